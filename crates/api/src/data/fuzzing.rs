//! The bodies and tokens of this plane, read as the operations read them.

use keyfront_model::StoreId;

use super::json::{self, PutKeyRequest};
use super::token;

/// The value in PutKey's body; `None` if it is refused.
pub fn read_put(body: &[u8]) -> Option<String> {
    json::parse::<PutKeyRequest>(body).ok().map(|put| put.value)
}

/// UpdateKeys' body, with at most so many edits: each key, and its value unless it is deleted. `None` if it
/// is refused.
pub fn read_edits(body: &[u8], most: usize) -> Option<Vec<(String, Option<String>)>> {
    json::parse_edits(body, most).ok()
}

/// The key in a NextToken of a store; `None` if it is refused.
pub fn read_token(store: StoreId, token: &str) -> Option<String> {
    token::parse(store, token).ok()
}

/// The NextToken of a place in a store.
pub fn write_token(store: StoreId, key: &str) -> String {
    token::after(store, key)
}

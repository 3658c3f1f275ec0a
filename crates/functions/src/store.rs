//! What a run sees of a key value store.

use keyfront_model::{StoreId, Timestamp};

/// The contents of a store at one version: what `cf.kvs()` reads. One run sees one version from its start to its end.
pub trait StoreReader: Send + Sync {
    /// The store's id, which code may give to `cf.kvs(id)`.
    fn id(&self) -> StoreId;

    /// The value of a key.
    fn get(&self, key: &str) -> Option<&str>;

    /// How many keys there are.
    fn key_count(&self) -> u64;

    /// When the store was created.
    fn created(&self) -> Timestamp;

    /// When its contents last changed.
    fn modified(&self) -> Timestamp;
}

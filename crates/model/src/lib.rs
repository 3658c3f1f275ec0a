//! The words of the domain and their rules; no I/O.
//!
//! A value that exists is valid: constructors check, and the rest of the code never checks again.
//! Quotas are settings ([`Limits`]), so they are checked where a request or an import enters and
//! never when stored data is loaded.
//!
//! ```
//! use keyfront_model::{AccountId, StoreArn};
//!
//! let arn: StoreArn = "arn:aws:cloudfront::123456789012:key-value-store/\
//!                      7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11".parse()?;
//! assert_eq!(arn.account, "123456789012".parse::<AccountId>()?);
//! # Ok::<(), keyfront_model::Invalid>(())
//! ```

mod account;
mod arn;
mod entry;
mod etag;
mod function;
mod id;
pub mod import;
mod json;
mod limits;
mod name;
mod random;
mod store;
mod tags;
mod time;

pub use account::AccountId;
pub use arn::{
    FunctionArn, ResourceArn, S3Arn, StoreArn, any_function_arn, any_store_arn, named_store_arn,
};
pub use entry::{Key, Value};
pub use etag::{ETag, IfMatch};
pub use function::{
    Function, FunctionCode, FunctionComment, FunctionConfig, FunctionId, FunctionName,
    FunctionRuntime, FunctionStage,
};
pub use json::JsonObject;
pub use limits::{
    DEFAULT_FUNCTIONS_PER_PAGE, DEFAULT_KEYS_PER_PAGE, DEFAULT_STORES_PER_PAGE, Limits,
    MAX_FUNCTIONS_PER_PAGE, MAX_KEYS_PER_PAGE, MAX_STORES_PER_PAGE, MODEL_EVENT_BYTES,
    MODEL_FUNCTION_CODE_BYTES, MODEL_KEY_BYTES,
};
pub use random::{Random, SystemRandom};
pub use store::{
    Comment, Contents, ImportSource, State, Status, Store, StoreId, StoreName, is_xml_character,
};
pub use tags::{TagKey, TagValue, Tags};
pub use time::{Clock, SystemClock, Timestamp};

/// Why a string is not the word it was taken for. The text says which rule was broken, for a log
/// line or an answer; it never repeats the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);

/// The longest key that the service model allows, in bytes. The quota, [`Limits::key_bytes`], is lower.
pub const MODEL_KEY_BYTES: u64 = 1024;

/// How many keys a page of ListKeys has unless the caller says (AWS documentation).
pub const DEFAULT_KEYS_PER_PAGE: usize = 10;

/// How many keys a page of ListKeys may have (service model).
pub const MAX_KEYS_PER_PAGE: usize = 50;

/// How many stores a page of ListKeyValueStores has unless the caller says: as in CloudFront's other
/// lists.
pub const DEFAULT_STORES_PER_PAGE: usize = 100;

/// How many stores a page of ListKeyValueStores has at most, however many the caller asks for.
pub const MAX_STORES_PER_PAGE: usize = 1000;

/// How many functions a page of ListFunctions has unless the caller says: as in CloudFront's other lists.
pub const DEFAULT_FUNCTIONS_PER_PAGE: usize = 100;

/// How many functions a page of ListFunctions has at most, however many the caller asks for.
pub const MAX_FUNCTIONS_PER_PAGE: usize = 1000;

/// The longest code of a function that the service model allows, in bytes. The quota,
/// [`Limits::function_code_bytes`], is lower.
pub const MODEL_FUNCTION_CODE_BYTES: u64 = 40_960;

/// The longest event of TestFunction, in bytes (service model).
pub const MODEL_EVENT_BYTES: usize = 40_960;

/// The quotas of stores, functions and requests. Each is a setting; the default is AWS's value
/// (CloudFront developer guide, "Quotas on key value stores" and "Quotas on CloudFront Functions").
///
/// Units: bytes of UTF-8; 1 KB = 1,024 bytes, 1 MB = 1,048,576 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A key's length in bytes: 512.
    pub key_bytes: u64,
    /// A value's length in bytes: 1 KB.
    pub value_bytes: u64,
    /// All keys and values of a store in bytes: 5 MB.
    pub store_bytes: u64,
    /// Puts and deletes together in one UpdateKeys: 50.
    pub keys_per_update: usize,
    /// All keys and values of one UpdateKeys in bytes: 3 MB.
    pub update_bytes: u64,
    /// An import file's length in bytes: 5 MB.
    pub import_bytes: u64,
    /// Stores of an account: 200.
    pub stores_per_account: u64,
    /// A function's code in bytes: 10 KB.
    pub function_code_bytes: u64,
    /// Functions of an account: 100.
    pub functions_per_account: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            key_bytes: 512,
            value_bytes: 1024,
            store_bytes: 5 * 1024 * 1024,
            keys_per_update: 50,
            update_bytes: 3 * 1024 * 1024,
            import_bytes: 5 * 1024 * 1024,
            stores_per_account: 200,
            function_code_bytes: 10 * 1024,
            functions_per_account: 100,
        }
    }
}

/// The quotas of a store and of a request. Each is a setting; the default is AWS's value
/// (CloudFront developer guide, "Quotas on key value stores").
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
        }
    }
}

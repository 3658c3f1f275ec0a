use keyfront_model::{FunctionName, StoreArn};

/// Why an operation of the control plane is refused. The API gives each its code and text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The account has a store of that name.
    #[error("the account has a store of that name")]
    AlreadyExists,
    /// The account has as many stores as it may.
    #[error("the account has as many stores as it may")]
    TooManyStores,
    /// There is no such store.
    #[error("there is no such store")]
    NotFound,
    /// The version that the caller named is not the current one.
    #[error("the named version is not the current one")]
    StaleVersion,
    /// The version that the caller named is no ETag.
    #[error("the named version is no ETag")]
    NotAnETag,
    /// Something else uses the store.
    #[error("the store is in use")]
    InUse,
    /// The tags would break a rule.
    #[error("{0}")]
    InvalidTags(&'static str),
    /// The service can't do its work now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why an operation on a function is refused. The API gives each its code and text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// The account has a function of that name.
    #[error("the account has a function of that name")]
    AlreadyExists,
    /// The account has as many functions as it may.
    #[error("the account has as many functions as it may")]
    TooManyFunctions,
    /// The code is over the quota.
    #[error("the function's code is over the quota")]
    CodeTooLarge,
    /// There is no such function, or it does not have that stage.
    #[error("there is no such function or stage")]
    NotFound,
    /// The version that the caller named is not the current one.
    #[error("the named version is not the current one")]
    StaleVersion,
    /// The version that the caller named is no ETag.
    #[error("the named version is no ETag")]
    NotAnETag,
    /// Behaviours use the function: how many.
    #[error("behaviours use the function")]
    InUse(FunctionName, usize),
    /// The function can't be associated with this store.
    #[error("the function can't be associated with a store: {1}")]
    Association(StoreArn, AssociationError),
    /// AWS's engine refuses the code, in these words, and the operator wants that refused.
    #[error("{0}")]
    Broken(String),
    /// The event is not what a function is given.
    #[error("{0}")]
    BadEvent(String),
    /// The function could not be run, through no fault of its own.
    #[error("the function could not be run")]
    TestFailed,
    /// A bound of those that run functions is reached; the text says which.
    #[error("{0}")]
    NoRoom(String),
    /// The service can't do its work now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a function can't be associated with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssociationError {
    /// The account has no such store.
    #[error("the account has no such store")]
    NotFound,
    /// The store is not READY yet.
    #[error("the store is PROVISIONING")]
    Provisioning,
    /// The store never will be READY.
    #[error("the import of the store failed")]
    ImportFailed,
}

/// Why an operation of the data plane is refused. The API gives each its code and text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// There is no such store, and no deleted one of that id is remembered.
    #[error("there is no such store")]
    StoreNotFound,
    /// The store has no such key.
    #[error("the store has no such key")]
    KeyNotFound,
    /// The store is not ready.
    #[error("the store is not ready")]
    NotReady,
    /// The store was deleted, not long ago.
    #[error("the store was deleted")]
    Deleted,
    /// The version that the caller named is not the current one.
    #[error("the named version is not the current one")]
    StaleVersion,
    /// The version that the caller named is no ETag.
    #[error("the named version is no ETag")]
    NotAnETag,
    /// One request changes the same key twice.
    #[error("the request names a key twice")]
    KeyTwice,
    /// A quota would be passed.
    #[error("over the quota: {0:?}")]
    OverQuota(Quota),
    /// The service can't do its work now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A quota of the data plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// [`keyfront_model::Limits::key_bytes`]
    KeyBytes,
    /// [`keyfront_model::Limits::value_bytes`]
    ValueBytes,
    /// [`keyfront_model::Limits::store_bytes`]
    StoreBytes,
    /// [`keyfront_model::Limits::keys_per_update`]
    KeysPerUpdate,
    /// [`keyfront_model::Limits::update_bytes`]
    UpdateBytes,
}

/// Why the service can't do its work now. A client is told to try again; the text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Too many changes wait to be written.
    #[error("too many changes are waiting to be written")]
    Busy,
    /// Others changed the same records again and again, until the time was up.
    #[error("the change was overtaken by others again and again")]
    Contended,
    /// The storage engine takes no changes, or the replica can't be relied on.
    #[error("{0}")]
    Failed(String),
}

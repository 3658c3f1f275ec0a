//! What others supply to the service.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use keyfront_model::S3Arn;

/// The source of the objects that are imported.
pub trait ObjectSource: Send + Sync + 'static {
    /// Opens an object. What it returns may fail later, while it is read.
    fn open<'a>(&'a self, object: &'a S3Arn) -> BoxFuture<'a, Result<ObjectBody, ObjectError>>;
}

/// An object's bytes, in order.
pub type ObjectBody = Pin<Box<dyn Stream<Item = Result<Bytes, ObjectError>> + Send>>;

/// Why an object could not be read. The text is shown to the owner of the store, so it holds no
/// path of the machine and no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// It will not be there a moment later either: no such object, no right to it, a key that the
    /// source can't express.
    #[error("{0}")]
    Refused(String),
    /// The source did not answer, or not with an answer about the object: worth another try.
    #[error("{0}")]
    Unavailable(String),
}

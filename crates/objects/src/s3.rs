mod answer;
mod client;
mod options;

pub use options::{S3Options, S3OptionsError};

use std::fmt;
use std::sync::Arc;

use futures_util::TryStreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use keyfront_model::S3Arn;
use keyfront_service::ports::{ObjectBody, ObjectError, ObjectSource};
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredentialProvider};
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore};

use crate::{check_segments, refused};
use options::Address;

/// AWS's S3, or a server that speaks its protocol.
///
/// One HTTP client and one set of credentials serve all buckets. A request that fails is tried again a few
/// times within seconds; the caller decides on more.
pub struct S3Source {
    /// All that is the same for every bucket.
    builder: AmazonS3Builder,
    credentials: AwsCredentialProvider,
    address: Address,
}

/// object_store's types would show the secrets.
impl fmt::Debug for S3Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Source")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl S3Source {
    /// Sets up a source; nothing is sent yet.
    ///
    /// `environment` looks up an environment variable. Region and credentials that the options leave
    /// out are taken from it as AWS's own clients do: `AWS_REGION`, `AWS_DEFAULT_REGION`,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and the variables of a web
    /// identity or a container, else the machine's role. Never an endpoint: on a machine set up to try
    /// Keyfront, `AWS_ENDPOINT_URL` is Keyfront itself.
    pub fn new(
        options: S3Options,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, S3OptionsError> {
        let address = Address::new(&options)?;
        let builder = options::builder(options, &address, environment)?;
        // Credentials are found for a builder with any bucket, and have nothing to do with it.
        let template = builder
            .clone()
            .with_bucket_name("any")
            .with_http_connector(client::ForCredentials)
            .build()?;
        let credentials = template.credentials().clone();
        let client = client::ForObjects::new(address.is_plain_http())?;
        Ok(Self {
            builder: builder
                .with_credentials(Arc::clone(&credentials))
                .with_http_connector(client),
            credentials,
            address,
        })
    }

    /// The object's bucket. It is made for each object, since that costs little more than the copy of some
    /// strings.
    fn bucket(&self, object: &S3Arn) -> Result<AmazonS3, ObjectError> {
        let name = object.bucket();
        let builder = self.builder.clone().with_bucket_name(name);
        let addressed = self.address.apply(builder, name);
        let unfit = "can't be asked for: its bucket's name can't be part of a host's";
        addressed
            .ok_or_else(|| refused(object, unfit))?
            .build()
            .map_err(|error| answer::tell(object, &error))
    }

    async fn get(&self, object: &S3Arn) -> Result<ObjectBody, ObjectError> {
        let path = path(object)?;
        let credentials = self.credentials.get_credential().await;
        credentials.map_err(|error| answer::no_credentials(object, &error))?;
        let bucket = self.bucket(object)?;
        let answer = bucket.get_opts(&path, GetOptions::default()).await;
        let body = answer.map_err(|error| answer::tell(object, &error))?;
        let object = object.clone();
        let pieces = body.into_stream();
        Ok(Box::pin(
            pieces.map_err(move |error| answer::tell(&object, &error)),
        ))
    }
}

impl ObjectSource for S3Source {
    fn open<'a>(&'a self, object: &'a S3Arn) -> BoxFuture<'a, Result<ObjectBody, ObjectError>> {
        self.get(object).boxed()
    }
}

/// The key as object_store's path. Only parsed: the conversions of `Path` encode some characters, and
/// so would name another object.
fn path(object: &S3Arn) -> Result<Path, ObjectError> {
    check_segments(object)?;
    match Path::parse(object.key()) {
        Ok(path) if path.as_ref() == object.key() => Ok(path),
        _ => Err(refused(object, "can't be asked for: its key is no path")),
    }
}

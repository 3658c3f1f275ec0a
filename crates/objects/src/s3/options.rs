use std::fmt;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use reqwest::Url;

/// The settings of an [`S3Source`](super::S3Source). The default is AWS's S3.
#[derive(Clone, Default)]
pub struct S3Options {
    /// The server's URL, `http://` or `https://`; `None` is AWS.
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path and not in the host's name. Left out, it does at a given
    /// endpoint; at AWS it stands in the host's name where that is possible, as AWS wants it.
    pub path_style: Option<bool>,
    /// The region that is signed for; left out, the environment's or `us-east-1`.
    pub region: Option<String>,
    /// The access key id. With it, no credentials are taken from the environment.
    pub access_key_id: Option<String>,
    /// The secret of that access key.
    pub secret_access_key: Option<String>,
    /// The session token, if the credentials are temporary ones.
    pub session_token: Option<String>,
}

/// Secrets stay out of logs.
impl fmt::Debug for S3Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Options")
            .field("endpoint", &self.endpoint)
            .field("path_style", &self.path_style)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Why a source can't be set up; for Keyfront's operator.
#[derive(Debug, thiserror::Error)]
pub enum S3OptionsError {
    /// The endpoint is no URL of a server.
    #[error(
        "the S3 endpoint must be a URL like http://localhost:9000, without user, query or fragment"
    )]
    Endpoint,
    /// The bucket can't stand before an IP address.
    #[error("the S3 endpoint is an IP address, so buckets must be addressed path-style")]
    PathStyle,
    /// Half of the credentials is missing.
    #[error("an access key id for S3 and its secret access key must be given together")]
    Credentials,
    /// The client could not be made; most likely the machine has no root certificates.
    #[error("the client for S3 could not be set up")]
    Client(#[from] object_store::Error),
}

/// How a bucket is addressed.
#[derive(Debug, Clone)]
pub(super) enum Address {
    /// At AWS.
    Aws { path_style: Option<bool> },
    /// In the path of this URL.
    InPath(Url),
    /// In the host's name of this URL.
    InHost(Url),
}

impl Address {
    pub(super) fn new(options: &S3Options) -> Result<Self, S3OptionsError> {
        let path_style = options.path_style;
        let Some(endpoint) = &options.endpoint else {
            return Ok(Self::Aws { path_style });
        };
        let url = parse_endpoint(endpoint).ok_or(S3OptionsError::Endpoint)?;
        if path_style.unwrap_or(true) {
            return Ok(Self::InPath(url));
        }
        match url.domain() {
            Some(_) => Ok(Self::InHost(url)),
            None => Err(S3OptionsError::PathStyle),
        }
    }

    /// Plain HTTP goes to a server that was given with it, never to AWS.
    pub(super) fn is_plain_http(&self) -> bool {
        match self {
            Self::Aws { .. } => false,
            Self::InPath(url) | Self::InHost(url) => url.scheme() == "http",
        }
    }

    /// Has a builder address this bucket. `None` if it would have to stand in the host's name and can't:
    /// hosts know no capitals, and the request would go to another bucket.
    pub(super) fn apply(&self, builder: AmazonS3Builder, bucket: &str) -> Option<AmazonS3Builder> {
        match self {
            Self::Aws { path_style } => {
                // The certificate covers one label before S3's host, and dots would make more.
                let usual = !fits_host(bucket) || bucket.contains('.');
                let in_path = path_style.unwrap_or(usual);
                (in_path || fits_host(bucket))
                    .then(|| builder.with_virtual_hosted_style_request(!in_path))
            }
            Self::InPath(url) => Some(builder.with_endpoint(without_slash(url))),
            Self::InHost(url) => {
                let url = with_bucket(url, bucket)?;
                let builder = builder.with_endpoint(without_slash(&url));
                Some(builder.with_virtual_hosted_style_request(true))
            }
        }
    }
}

fn parse_endpoint(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (plain && matches!(url.scheme(), "http" | "https")).then_some(url)
}

fn fits_host(bucket: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    bucket.bytes().all(fits)
}

fn with_bucket(endpoint: &Url, bucket: &str) -> Option<Url> {
    let mut url = endpoint.clone();
    let host = format!("{bucket}.{}", endpoint.host_str()?);
    if !fits_host(bucket) {
        return None;
    }
    url.set_host(Some(&host)).ok()?;
    Some(url)
}

/// object_store puts the slash before the key itself.
fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// Where AWS's clients find credentials that are not given as such.
const PROVIDERS: [(&str, AmazonS3ConfigKey); 6] = [
    (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        AmazonS3ConfigKey::WebIdentityTokenFile,
    ),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
    (
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
    ),
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        AmazonS3ConfigKey::ContainerCredentialsFullUri,
    ),
    (
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        AmazonS3ConfigKey::ContainerAuthorizationTokenFile,
    ),
];

/// The settings that are the same for every bucket. The environment is not read by object_store, which would
/// take endpoints and many a switch from it as well.
pub(super) fn builder(
    options: S3Options,
    address: &Address,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<AmazonS3Builder, S3OptionsError> {
    let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
    let region = options
        .region
        .clone()
        .or_else(|| variable("AWS_REGION"))
        .or_else(|| variable("AWS_DEFAULT_REGION"))
        .unwrap_or_else(|| "us-east-1".to_owned());
    let builder = AmazonS3Builder::new()
        .with_region(region)
        .with_retry(retry())
        .with_client_options(ClientOptions::new().with_allow_http(address.is_plain_http()));
    match static_credentials(options, &variable)? {
        Some(credentials) => Ok(credentials.give(builder)),
        None => Ok(PROVIDERS
            .iter()
            .fold(builder, |builder, (name, key)| match variable(name) {
                Some(value) => builder.with_config(*key, value),
                None => builder,
            })),
    }
}

struct StaticCredentials {
    id: String,
    secret: String,
    token: Option<String>,
}

impl StaticCredentials {
    fn give(self, builder: AmazonS3Builder) -> AmazonS3Builder {
        let builder = builder
            .with_access_key_id(self.id)
            .with_secret_access_key(self.secret);
        match self.token {
            Some(token) => builder.with_token(token),
            None => builder,
        }
    }
}

/// The options' credentials, else the environment's; never a mixture.
fn static_credentials(
    options: S3Options,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Option<StaticCredentials>, S3OptionsError> {
    let mut found = (
        options.access_key_id,
        options.secret_access_key,
        options.session_token,
    );
    let given = found != (None, None, None);
    if !given {
        found = (
            variable("AWS_ACCESS_KEY_ID"),
            variable("AWS_SECRET_ACCESS_KEY"),
            variable("AWS_SESSION_TOKEN"),
        );
    }
    match found {
        (Some(id), Some(secret), token) => Ok(Some(StaticCredentials { id, secret, token })),
        (None, None, _) if !given => Ok(None),
        _ => Err(S3OptionsError::Credentials),
    }
}

/// The retries are few, since the caller tries again as well, and for longer.
fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(1),
            base: 2.0,
        },
        max_retries: 2,
        retry_timeout: Duration::from_secs(10),
    }
}

#[cfg(test)]
mod tests {
    use object_store::path::Path;
    use object_store::signer::Signer;
    use reqwest::Method;

    use super::*;
    use crate::s3::client;

    /// The URL of an object's GET, without its query; none if the bucket can't be addressed.
    async fn url(options: &S3Options, bucket: &str, key: &str) -> Option<String> {
        let options = S3Options {
            access_key_id: Some("id".to_owned()),
            secret_access_key: Some("secret".to_owned()),
            ..options.clone()
        };
        let address = Address::new(&options).unwrap();
        let builder = builder(options, &address, |_| None).unwrap();
        // Nothing is sent, hence no certificates are wanted of the machine.
        let builder = builder.with_http_connector(client::ForObjects::new(true).unwrap());
        let store = address.apply(builder.with_bucket_name(bucket), bucket)?;
        let store = store.build().unwrap();
        let path = Path::parse(key).unwrap();
        let minute = Duration::from_secs(60);
        let signed = store.signed_url(Method::GET, &path, minute).await;
        let mut url = signed.unwrap();
        url.set_query(None);
        Some(url.to_string())
    }

    fn endpoint(url: &str, path_style: Option<bool>) -> S3Options {
        S3Options {
            endpoint: Some(url.to_owned()),
            path_style,
            ..S3Options::default()
        }
    }

    #[tokio::test]
    async fn aws_is_addressed_by_host_where_that_is_possible() {
        let aws = S3Options::default();
        let url = async |bucket| url(&aws, bucket, "a b/c%20#.json").await.unwrap();
        let key = "a%20b/c%2520%23.json";
        let host = "https://example.s3.us-east-1.amazonaws.com";
        assert_eq!(url("example").await, format!("{host}/{key}"));
        let host = "https://s3.us-east-1.amazonaws.com";
        assert_eq!(
            url("a.dotted.one").await,
            format!("{host}/a.dotted.one/{key}")
        );
        assert_eq!(url("An_Old_One").await, format!("{host}/An_Old_One/{key}"));
    }

    #[tokio::test]
    async fn the_region_is_part_of_aws_s_host() {
        let aws = S3Options {
            region: Some("eu-central-1".to_owned()),
            path_style: Some(true),
            ..S3Options::default()
        };
        let expected = "https://s3.eu-central-1.amazonaws.com/example/k";
        assert_eq!(url(&aws, "example", "k").await.unwrap(), expected);
    }

    #[tokio::test]
    async fn a_given_endpoint_is_addressed_by_path_unless_told_otherwise() {
        for base in [
            "http://127.0.0.1:9000",
            "https://minio/",
            "http://[::1]:9000/below/it/",
        ] {
            let expected = format!("{}/An_Old.One/k", base.trim_end_matches('/'));
            let found = url(&endpoint(base, None), "An_Old.One", "k").await;
            assert_eq!(found, Some(expected));
        }
        let by_host = endpoint("http://minio:9000/below/", Some(false));
        let found = url(&by_host, "example", "k").await.unwrap();
        assert_eq!(found, "http://example.minio:9000/below/k");
    }

    /// Without its bucket in the host's name, the request would read the bucket that the key's first
    /// segment names; in lower case, another one.
    #[tokio::test]
    async fn a_bucket_that_fits_no_host_is_not_asked_for_by_host() {
        let by_host = endpoint("http://minio:9000", Some(false));
        let aws = S3Options {
            path_style: Some(false),
            ..S3Options::default()
        };
        for bucket in ["Example", "exa_mple"] {
            assert_eq!(url(&by_host, bucket, "other/k").await, None);
            assert_eq!(url(&aws, bucket, "other/k").await, None);
        }
    }
}

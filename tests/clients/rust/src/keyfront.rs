//! What the tests share: clients of the server under test, and what they check of its refusals.

use std::env;
use std::fmt::Debug;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_cloudfront::operation::describe_key_value_store::DescribeKeyValueStoreOutput;
use aws_sdk_cloudfront::types::{ImportSource, ImportSourceType};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_types::request_id::RequestId;

/// Of the right form, and of no version.
pub(crate) const OTHER_CONTROL_ETAG: &str = "ETVPDKIKX0DER";
pub(crate) const OTHER_DATA_ETAG: &str = "KVTVPDKIKX0DER";

// AWS's texts, as observed.
pub(crate) const STALE_DATA: &str = "Pre-Condition failed during update of Key-Value-Store";
pub(crate) const WRONG_STATE: &str = "Key-Value-Store was not in expected state";
pub(crate) const TOO_MANY_PAIRS: &str =
    "Limit exceeded: Maximum key values pairs that you can update in a single API request";
pub(crate) const VALUE_TOO_BIG: &str =
    "Limit exceeded: Maximum size of the value in a key value pair";
pub(crate) const STALE_CONTROL: &str = "The request failed because it didn't meet the preconditions \
     in one or more request-header fields.";
pub(crate) const BAD_IF_MATCH: &str =
    "The If-Match version is missing or not valid for the resource.";

pub(crate) fn awkward_keys() -> Vec<String> {
    let long = "é".repeat(256);
    [
        "/",
        "/old/page",
        "a//b",
        "trailing/",
        " ",
        "sp ace",
        "pl+us",
        "per%cent",
        "%2F",
        "%",
        "co:lon",
        "'single' \"double\"",
        "é",
        "😀",
        "\u{2028}",
        "tab\there",
        "line\nbreak",
        "back\\slash",
        ".",
        "..",
        "...",
        "a/../b",
        "./a",
        "?query=1&x#fragment",
        "~-_.!*'()",
        "keys",
        "<a>&amp;",
        &long,
    ]
    .map(str::to_owned)
    .into()
}

pub(crate) fn given(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: tests/clients/run starts a server and sets it")
    })
}

/// A resolver to which every name is this machine: `000000000000.localhost` is known to few.
#[derive(Clone, Debug)]
struct ThisMachine;

impl ResolveDns for ThisMachine {
    fn resolve_dns<'a>(&'a self, _name: &'a str) -> DnsFuture<'a> {
        DnsFuture::ready(Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]))
    }
}

/// The SDK's own HTTP client.
pub(crate) fn http_client() -> SharedHttpClient {
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_with_resolver(ThisMachine)
}

static NUMBERS: AtomicU64 = AtomicU64::new(1);

fn number() -> u64 {
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

/// A name that no other test uses.
pub(crate) fn new_name() -> String {
    format!("rust-{}-{}", process::id(), number())
}

/// One access key's clients.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) control: aws_sdk_cloudfront::Client,
    pub(crate) data: aws_sdk_cloudfrontkeyvaluestore::Client,
}

/// What a caller does not take from the environment, as `keyfront env` sets it.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) key: Option<String>,
    pub(crate) secret: Option<&'static str>,
    pub(crate) region: Option<&'static str>,
    /// The same for both planes.
    pub(crate) endpoint: Option<&'static str>,
    pub(crate) client: Option<SharedHttpClient>,
}

impl Caller {
    /// An account's id is an access key of it; `test` is one of 000000000000.
    pub(crate) async fn new(settings: Settings) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(settings.client.unwrap_or_else(http_client));
        if settings.key.is_some() || settings.secret.is_some() {
            let key = settings.key.as_deref().unwrap_or("test");
            let secret = settings.secret.unwrap_or("test");
            loader = loader.credentials_provider(Credentials::new(key, secret, None, None, "test"));
        }
        if let Some(region) = settings.region {
            loader = loader.region(Region::from_static(region));
        }
        if let Some(endpoint) = settings.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let config = loader.load().await;
        Self {
            account: settings.key.unwrap_or_else(|| "000000000000".to_owned()),
            control: aws_sdk_cloudfront::Client::new(&config),
            data: aws_sdk_cloudfrontkeyvaluestore::Client::new(&config),
        }
    }

    /// The caller with the development credentials.
    pub(crate) async fn test() -> Self {
        Self::new(Settings::default()).await
    }

    /// The caller of an account that no other test uses.
    pub(crate) async fn fresh() -> Self {
        let account = 400_000_000_000 + u64::from(process::id() % 1_000_000) * 1_000 + number();
        Self::new(Settings {
            key: Some(account.to_string()),
            ..Settings::default()
        })
        .await
    }

    pub(crate) fn arn(&self) -> String {
        format!(
            "arn:aws:cloudfront::{}:key-value-store/00000000-0000-4000-8000-000000000000",
            self.account
        )
    }

    /// Waits until the store is no longer PROVISIONING, and returns what is then told of it.
    pub(crate) async fn settled(&self, name: &str) -> DescribeKeyValueStoreOutput {
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            let answer = self
                .control
                .describe_key_value_store()
                .name(name)
                .send()
                .await
                .unwrap();
            if answer.key_value_store().unwrap().status() != Some("PROVISIONING") {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{name} is still PROVISIONING");
    }
}

/// Puts a file into a bucket, and returns it as an import source.
pub(crate) fn put_object(key: &str, text: &str) -> ImportSource {
    let folder = PathBuf::from(given("KEYFRONT_BUCKETS")).join("rusty");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(key), text).unwrap();
    ImportSource::builder()
        .source_type(ImportSourceType::S3)
        .source_arn(format!("arn:aws:s3:::rusty/{key}"))
        .build()
        .unwrap()
}

/// Expects the SDK's own variant of the error, its status and its text; an empty text is any.
macro_rules! refused {
    ($answer:expr, $variant:ident, $status:expr) => {
        refused!($answer, $variant, $status, "")
    };
    ($answer:expr, $variant:ident, $status:expr, $text:expr) => {{
        let error = $answer.expect_err(stringify!($variant));
        assert!(
            error
                .as_service_error()
                .is_some_and(|error| error.$variant()),
            "{} expected: {error:?}",
            stringify!($variant)
        );
        let code = error
            .as_service_error()
            .and_then(|error| error.meta().code())
            .unwrap_or("");
        let message = error
            .as_service_error()
            .and_then(|error| error.meta().message());
        let snake = stringify!($variant)
            .trim_start_matches("is_")
            .replace('_', "");
        assert_eq!(code.to_lowercase(), snake);
        crate::keyfront::refused_with(&error, message, $status, $text);
    }};
}
pub(crate) use refused;

/// Expects an error that no model lists, of authentication for example.
macro_rules! refused_as {
    ($answer:expr, $code:expr, $status:expr) => {{
        let error = $answer.expect_err($code);
        let found = error.as_service_error().map(|error| error.meta());
        assert_eq!(
            found.and_then(|found| found.code()),
            Some($code),
            "{error:?}"
        );
        let message = found.and_then(|found| found.message());
        crate::keyfront::refused_with(&error, message, $status, "");
    }};
}
pub(crate) use refused_as;

pub(crate) fn refused_with<E: Debug>(
    error: &SdkError<E, HttpResponse>,
    message: Option<&str>,
    status: u16,
    text: &str,
) {
    let response = error.raw_response().unwrap();
    assert_eq!(response.status().as_u16(), status, "{error:?}");
    assert_uuid(
        response
            .headers()
            .get("x-amzn-requestid")
            .unwrap_or_default(),
    );
    let message = message.unwrap_or_default();
    if text.is_empty() {
        assert!(!message.is_empty(), "there is a text: {error:?}");
    } else {
        assert_eq!(message, text);
    }
}

/// Checks that the SDK found the request's id.
pub(crate) fn assert_request_id(answer: &impl RequestId) {
    assert_uuid(answer.request_id().unwrap_or_default());
}

pub(crate) fn assert_uuid(text: &str) {
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    let hex = text
        .chars()
        .all(|c| matches!(c, '0'..='9' | 'a'..='f' | '-'));
    assert!(parts == [8, 4, 4, 4, 12] && hex, "a UUID: {text:?}");
}

/// Checks that it is an ETag of AWS's form.
pub(crate) fn assert_etag(prefix: &str, etag: Option<&str>) {
    let rest = etag
        .and_then(|etag| etag.strip_prefix(prefix))
        .unwrap_or_default();
    let base36 = rest.chars().all(|c| matches!(c, '0'..='9' | 'A'..='Z'));
    assert!(
        base36 && (1..=13).contains(&rest.len()),
        "an ETag: {etag:?}"
    );
}

/// Checks that it is a time of this minute.
pub(crate) fn assert_now(time: &aws_sdk_cloudfront::primitives::DateTime) {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs_f64();
    assert!((now - time.as_secs_f64()).abs() < 60.0, "{time}");
}

use std::time::Duration;

use async_trait::async_trait;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::{ClientConfigKey, ClientOptions};
use reqwest::StatusCode;
use reqwest::redirect::Policy;

use super::answer::Refusal;

/// How long a server may take to accept a connection.
const CONNECT_DEADLINE: Duration = Duration::from_secs(3);

/// How long a server may then be silent.
const SILENCE_DEADLINE: Duration = Duration::from_secs(10);

/// Makes the clients that fetch credentials: over HTTPS from AWS, over plain HTTP from the machine's
/// or the container's own service.
#[derive(Debug)]
pub(super) struct ForCredentials;

impl HttpConnector for ForCredentials {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allowed = options.get_config_value(&ClientConfigKey::AllowHttp);
        Ok(HttpClient::new(client(allowed.as_deref() == Some("true"))?))
    }
}

/// Hands out the one client that fetches objects.
#[derive(Debug)]
pub(super) struct ForObjects(HttpClient);

impl ForObjects {
    pub(super) fn new(plain_http: bool) -> object_store::Result<Self> {
        Ok(Self(HttpClient::new(Refusing(client(plain_http)?))))
    }
}

impl HttpConnector for ForObjects {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

/// A client whose final answers other than success are errors of the type [`Refusal`], which
/// object_store, whose own types for them are private, passes on untouched.
#[derive(Debug)]
struct Refusing(reqwest::Client);

#[async_trait]
impl HttpService for Refusing {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let response = self.0.call(request).await?;
        if !is_refusal(response.status()) {
            return Ok(response);
        }
        // This kind of error is not tried again.
        let refusal = Refusal::read(response).await;
        Err(HttpError::new(HttpErrorKind::Unknown, refusal))
    }
}

fn is_refusal(status: StatusCode) -> bool {
    let transient = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
    );
    (status.is_redirection() || status.is_client_error()) && !transient
}

/// Plain HTTP never goes through a proxy: `HTTP_PROXY` may well be Keyfront itself, and a metadata
/// service is meant to be asked directly. Nor does it need certificates, of which a small container
/// may have none. HTTPS takes both from the machine: `HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`.
fn client(plain_http: bool) -> object_store::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("keyfront/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .http1_only()
        .connect_timeout(CONNECT_DEADLINE)
        .read_timeout(SILENCE_DEADLINE);
    let builder = match plain_http {
        true => builder.no_proxy().tls_certs_only([]),
        false => builder.https_only(true),
    };
    builder
        .build()
        .map_err(|error| object_store::Error::Generic {
            store: "S3",
            source: Box::new(error),
        })
}

//! The HTTP client of these programs: one endpoint, no proxy, no redirect, a deadline and a size limit.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, anyhow};
use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};

use crate::endpoint::Endpoint;
use crate::environment::Environment;

/// The deadline of one request, the connection included.
const REQUEST_DEADLINE: Duration = Duration::from_secs(5);

/// The largest body that is read: more than the output of a function, which has 2 MB of memory. What
/// Keyfront answers else is far smaller.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The longest version and the longest error code that are accepted.
pub(crate) const MAX_WORD_BYTES: usize = 64;

/// Sends requests to one endpoint, each on a connection of its own.
pub(crate) struct HttpClient {
    /// The URL without a path.
    base: String,
    client: Client,
}

/// An answer. All of it comes from the server, which may be any program: see [`crate::text`].
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl HttpClient {
    /// A client of the endpoint.
    ///
    /// # Errors
    /// If `AWS_CA_BUNDLE` can't be read, or TLS can't be set up.
    pub(crate) fn new(endpoint: &Endpoint, environment: &Environment) -> anyhow::Result<Self> {
        Ok(Self {
            base: endpoint.to_string(),
            client: builder(endpoint, environment)?.build()?,
        })
    }

    /// A client of the endpoint by another name, which resolves to this address alone.
    ///
    /// # Errors
    /// As [`HttpClient::new`].
    pub(crate) fn at(
        endpoint: &Endpoint,
        environment: &Environment,
        name: &str,
        address: SocketAddr,
    ) -> anyhow::Result<Self> {
        let builder = builder(endpoint, environment)?.resolve(name, address);
        Ok(Self {
            base: endpoint.at(name),
            client: builder.build()?,
        })
    }

    /// The head of a GET request, ready to be signed.
    ///
    /// # Errors
    /// If the path is not one.
    pub(crate) fn request(&self, path_and_query: &str) -> anyhow::Result<Parts> {
        self.request_of(Method::GET, path_and_query)
    }

    /// The head of a request, ready to be signed.
    ///
    /// # Errors
    /// If the path is not one.
    pub(crate) fn request_of(&self, method: Method, path_and_query: &str) -> anyhow::Result<Parts> {
        let uri: Uri = format!("{}{path_and_query}", self.base).parse()?;
        let host = uri.authority().context("an endpoint has a host")?.as_str();
        let host = HeaderValue::from_str(host)?;
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(HOST, host);
        Ok(request.body(())?.into_parts().0)
    }

    /// Sends an unsigned GET request. For the errors see [`HttpClient::send`].
    pub(crate) async fn get(&self, path_and_query: &str) -> anyhow::Result<Answer> {
        self.send(self.request(path_and_query)?).await
    }

    /// Sends the request, which has no body. For the errors see [`HttpClient::send_with`].
    pub(crate) async fn send(&self, request: Parts) -> anyhow::Result<Answer> {
        self.send_with(request, Vec::new()).await
    }

    /// Sends the request with a body.
    ///
    /// # Errors
    /// If no whole answer arrives in time; the text is the innermost cause, and the cause of a
    /// certificate that is not accepted can be found by [`certificate_error`].
    pub(crate) async fn send_with(&self, request: Parts, body: Vec<u8>) -> anyhow::Result<Answer> {
        let request = Request::from_parts(request, body).try_into()?;
        let mut response = self.client.execute(request).await?;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await? {
            body.extend_from_slice(&piece);
            if body.len() > MAX_BODY_BYTES {
                return Err(anyhow!("the answer is longer than {MAX_BODY_BYTES} bytes"));
            }
        }
        Ok(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body,
        })
    }
}

/// TLS that trusts the authorities of the system and of `AWS_CA_BUNDLE`, as AWS clients do. Without TLS
/// the system's authorities are not read, since a machine may have none.
fn builder(endpoint: &Endpoint, environment: &Environment) -> anyhow::Result<ClientBuilder> {
    let builder = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .http1_only()
        .pool_max_idle_per_host(0)
        .timeout(REQUEST_DEADLINE);
    if !endpoint.secure {
        return Ok(builder.tls_certs_only([]));
    }
    let Some(path) = environment.get("AWS_CA_BUNDLE") else {
        return Ok(builder);
    };
    let bundle = std::fs::read(path).context("AWS_CA_BUNDLE can't be read")?;
    let certificates =
        Certificate::from_pem_bundle(&bundle).context("AWS_CA_BUNDLE holds no certificates")?;
    Ok(builder.tls_certs_merge(certificates))
}

/// The error's code in the format of either plane, or else the status.
pub(crate) fn error_code(answer: &Answer) -> String {
    let header = answer
        .headers
        .get("x-amzn-errortype")
        .and_then(|value| value.to_str().ok());
    let text = String::from_utf8_lossy(&answer.body);
    let element = || {
        let (_, rest) = text.split_once("<Code>")?;
        Some(rest.split_once("</Code>")?.0)
    };
    let code = header.or_else(element).unwrap_or_default();
    let code = code.split(':').next().unwrap_or(code);
    let is_code = (1..=MAX_WORD_BYTES).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_code {
        code.to_owned()
    } else {
        answer.status.to_string()
    }
}

/// What a person needs to know of an error: its innermost cause.
pub(crate) fn cause(error: &anyhow::Error) -> String {
    let timed_out = error
        .downcast_ref::<reqwest::Error>()
        .is_some_and(reqwest::Error::is_timeout);
    if timed_out {
        return format!("no answer within {} s", REQUEST_DEADLINE.as_secs());
    }
    error.root_cause().to_string()
}

/// The reason why the server's certificate was not accepted, if that is what went wrong.
pub(crate) fn certificate_error(error: &anyhow::Error) -> Option<&rustls::CertificateError> {
    error.chain().find_map(|cause| match tls_error(cause)? {
        rustls::Error::InvalidCertificate(reason) => Some(reason),
        _ => None,
    })
}

/// The TLS error that an error is or holds. An `io::Error` names as its source that of the error which
/// it holds, and so leaves the held one out of the chain.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let held = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    match held {
        Some(held) => tls_error(held),
        None => error.downcast_ref(),
    }
}

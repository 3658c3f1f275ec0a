use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::endpoint::Endpoint;

/// How long one request may take.
const TIME: Duration = Duration::from_secs(5);

/// Anything that Keyfront answers to a doctor is smaller.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Sends requests to one endpoint, each on a connection of its own.
pub(super) struct Probe {
    endpoint: Endpoint,
    tls: Option<TlsConnector>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).trim().to_owned()
    }
}

impl Probe {
    pub(super) fn new(endpoint: &Endpoint) -> anyhow::Result<Self> {
        let tls = endpoint.secure.then(connector).transpose()?;
        Ok(Self {
            endpoint: endpoint.clone(),
            tls,
        })
    }

    /// The head of a GET request, ready to be signed.
    pub(super) fn request(&self, path_and_query: &str) -> anyhow::Result<Parts> {
        let uri: Uri = format!("{}{path_and_query}", self.endpoint).parse()?;
        let host = uri.authority().context("an endpoint has a host")?.as_str();
        let host = HeaderValue::from_str(host)?;
        Ok(Request::get(uri)
            .header(HOST, host)
            .body(())?
            .into_parts()
            .0)
    }

    /// Sends the request to the first of the endpoint's addresses that takes it.
    pub(super) async fn send(&self, request: Parts) -> anyhow::Result<Answer> {
        let place = (self.endpoint.host.bare(), self.endpoint.port);
        let addresses = tokio::net::lookup_host(place)
            .await
            .context("its name can't be resolved")?;
        let mut failed = anyhow!("its name has no address");
        for address in addresses {
            match self.send_to(address, request.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Sends the request to that address.
    pub(super) async fn send_to(
        &self,
        address: SocketAddr,
        request: Parts,
    ) -> anyhow::Result<Answer> {
        let exchange = async {
            let stream = TcpStream::connect(address).await?;
            match &self.tls {
                None => exchange(stream, request).await,
                Some(tls) => {
                    let name = ServerName::try_from(self.endpoint.host.bare())?;
                    exchange(tls.connect(name, stream).await?, request).await
                }
            }
        };
        let late = |_| anyhow!("no answer within {} s", TIME.as_secs());
        tokio::time::timeout(TIME, exchange).await.map_err(late)?
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    mut request: Parts,
) -> anyhow::Result<Answer> {
    // A server that is no proxy gets the path alone.
    let path = request.uri.path_and_query().cloned();
    request.uri = path.map(Uri::from).unwrap_or_default();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the connection, and what goes wrong on it the sender tells, too.
    tokio::spawn(connection);
    let request = Request::from_parts(request, Empty::<Bytes>::new());
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, MOST_BYTES)
        .collect()
        .await
        .map_err(|error| anyhow!(error))?;
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body: body.to_bytes(),
    })
}

/// TLS that trusts whom the system trusts, and whom AWS clients are told to trust.
fn connector() -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    // What can't be read of the system's store is as good as not there.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(bundle) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        let certificates =
            CertificateDer::pem_file_iter(bundle).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        roots.add_parsable_certificates(certificates.context("AWS_CA_BUNDLE can't be read")?);
    }
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

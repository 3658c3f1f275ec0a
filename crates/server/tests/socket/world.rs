//! The server under test, its handler, and clients.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::Authority;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use keyfront_server::{
    Admission, Answer, AnswerBody, BodyLimits, BoxError, Caller, Counts, Handler, Limits, Peer,
    Server, Unread, answer, tls,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Interval;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::sync::CancellationToken;

/// A running server.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    /// Has a permit for each request to `/hold` that has come.
    pub(crate) held: Arc<Semaphore>,
    /// A permit lets one of them be answered.
    pub(crate) release: Arc<Semaphore>,
    /// What the server counts.
    pub(crate) counts: Arc<Counts>,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

struct Small {
    held: Arc<Semaphore>,
    release: Arc<Semaphore>,
    admission: Arc<Admission>,
}

impl Handler for Small {
    async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        let (parts, body) = request.into_parts();
        if parts.method == Method::CONNECT {
            return answer::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        match parts.uri.path() {
            "/hold" => {
                self.held.add_permits(1);
                self.release.acquire().await.unwrap().forget();
                text("held")
            }
            "/stream" => Answer::new(AnswerBody::stream(Ticks::new(usize::MAX, 4))),
            "/ticks" => Answer::new(AnswerBody::stream(Ticks::new(120, 4))),
            "/large" => text(LARGE.as_str()),
            "/flood" => Answer::new(AnswerBody::stream(Ticks::new(usize::MAX, 1_000_000))),
            "/echo" => {
                let caller = Caller {
                    key: None,
                    address: peer.address.ip(),
                    connection: peer.connection,
                };
                let received = self.admission.receive(&caller, &parts, body, 1000).await;
                match received {
                    Ok(received) => {
                        answer::with_body(StatusCode::OK, "text/plain", received.bytes.clone())
                    }
                    Err(Unread::Refused(refused)) => self.refuse(&parts, peer, refused),
                    Err(_) => answer::empty(StatusCode::BAD_REQUEST),
                }
            }
            _ => text("hello"),
        }
    }

    fn probe(&self, path: &str) -> Option<Answer> {
        (path == "/healthz").then(|| text("ok"))
    }

    fn is_self(&self, host: &Authority) -> bool {
        host.host() == "itself.invalid"
    }
}

/// More than the windows of a client.
pub(crate) static LARGE: LazyLock<String> =
    LazyLock::new(|| (0..100_000).map(|n| format!("{n:08}\n")).collect());

fn text(text: &'static str) -> Answer {
    answer::with_body(StatusCode::OK, "text/plain", text)
}

/// A body that says "tick" some times, every 50 ms if it is small and as fast as it can if it is large.
struct Ticks {
    left: usize,
    piece: Bytes,
    interval: Interval,
}

impl Ticks {
    fn new(left: usize, size: usize) -> Self {
        let pause = if size > 1000 { 1 } else { 50 };
        Self {
            left,
            piece: b"tick".repeat(size / 4).into(),
            interval: tokio::time::interval(Duration::from_millis(pause)),
        }
    }
}

impl Body for Ticks {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        std::task::ready!(self.interval.poll_tick(context));
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(self.piece.clone()))))
    }
}

fn certificate(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/socket/tls")
        .join(name)
}

impl World {
    pub(crate) async fn start(limits: Limits) -> Self {
        Self::run(limits, None).await
    }

    pub(crate) async fn start_with_tls(limits: Limits) -> Self {
        let tls = tls::acceptor(&certificate("certificate.pem"), &certificate("key.pem"));
        Self::run(limits, Some(tls.unwrap())).await
    }

    async fn run(limits: Limits, tls: Option<tokio_rustls::TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let held = Arc::new(Semaphore::new(0));
        let release = Arc::new(Semaphore::new(0));
        let counts = Arc::<Counts>::default();
        let stop = CancellationToken::new();
        let server = Server {
            handler: Arc::new(Small {
                held: held.clone(),
                release: release.clone(),
                admission: Admission::new(BodyLimits {
                    bodies: 512,
                    ..BodyLimits::default()
                }),
            }),
            listeners: vec![listener],
            tls,
            limits,
            counts: counts.clone(),
        };
        let server = tokio::spawn(server.run(stop.clone()));
        Self {
            address,
            held,
            release,
            counts,
            stop,
            server,
        }
    }

    /// Stops the server and waits until it has stopped.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.server.await.unwrap();
    }

    /// A client over TLS that speaks HTTP/2.
    pub(crate) async fn http2(&self) -> Http2 {
        self.http2_with(&http2::Builder::new(TokioExecutor::new()))
            .await
    }

    /// A client that takes no byte of any answer but for headers.
    pub(crate) async fn http2_without_a_window(&self) -> Http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(0);
        self.http2_with(&builder).await
    }

    async fn http2_with(&self, builder: &http2::Builder<TokioExecutor>) -> Http2 {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_file(certificate("certificate.pem")).unwrap();
        roots.add(root).unwrap();
        let mut config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .unwrap();
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Http2 {
            sender,
            unfinished: Vec::new(),
        }
    }
}

type ClientBody = BoxBody<Bytes, BoxError>;

/// An HTTP/2 client.
pub(crate) struct Http2 {
    sender: SendRequest<ClientBody>,
    unfinished: Vec<JoinHandle<()>>,
}

/// An answer whose body may be yet to come.
#[derive(Debug)]
pub(crate) struct Streamed {
    pub(crate) status: StatusCode,
    body: Incoming,
}

impl Streamed {
    pub(crate) async fn next(&mut self) -> Option<hyper::Result<Frame<Bytes>>> {
        self.body.frame().await
    }
}

impl Http2 {
    pub(crate) async fn get(&mut self, path: &str) -> hyper::Result<Streamed> {
        self.send("GET", path, whole(b"")).await
    }

    pub(crate) async fn post(
        &mut self,
        path: &str,
        body: &'static [u8],
    ) -> hyper::Result<Streamed> {
        self.send("POST", path, whole(body)).await
    }

    /// Sends a request whose body begins and never ends.
    pub(crate) async fn begin_post(&mut self, path: &str, begin: &'static [u8]) {
        let body = Unfinished(Some(Bytes::from_static(begin)));
        let request = request("POST", path, body.boxed());
        self.sender.ready().await.unwrap();
        let answer = self.sender.send_request(request);
        self.unfinished.push(tokio::spawn(async move {
            // It may be refused or never answered.
            let _ = answer.await;
        }));
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: ClientBody,
    ) -> hyper::Result<Streamed> {
        self.sender.ready().await?;
        let answer = self
            .sender
            .send_request(request(method, path, body))
            .await?;
        Ok(Streamed {
            status: answer.status(),
            body: answer.into_body(),
        })
    }
}

fn request(method: &str, path: &str, body: ClientBody) -> Request<ClientBody> {
    let uri = format!("https://localhost{path}");
    Request::builder()
        .method(method)
        .uri(uri)
        .body(body)
        .unwrap()
}

fn whole(body: &'static [u8]) -> ClientBody {
    http_body_util::Full::from(body).map_err(Into::into).boxed()
}

/// A body that begins and never ends.
struct Unfinished(Option<Bytes>);

impl Body for Unfinished {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.0.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => Poll::Pending,
        }
    }
}

/// A connection from an address of this machine.
pub(crate) async fn connect_from(server: SocketAddr, address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket
        .bind(SocketAddr::new(address.parse().unwrap(), 0))
        .unwrap();
    socket.connect(server).await.unwrap()
}

pub(crate) async fn send(connection: &mut TcpStream, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
}

/// One answer on a connection that stays open: its headers and what has come with them.
pub(crate) async fn answer_on(connection: &mut TcpStream) -> String {
    let mut said = String::new();
    let mut buffer = [0; 4096];
    while !said.contains("\r\n\r\n") {
        let length = connection.read(&mut buffer).await.unwrap();
        assert!(length > 0, "closed after {said:?}");
        said += &String::from_utf8_lossy(&buffer[..length]);
    }
    said
}

/// All that comes until the connection is closed; a reset counts as the end.
pub(crate) async fn read_all(connection: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let reading = connection.read_to_end(&mut said);
    let outcome = tokio::time::timeout(Duration::from_secs(20), reading).await;
    assert!(outcome.is_ok(), "neither answered nor closed: {said:?}");
    String::from_utf8_lossy(&said).into_owned()
}

/// The whole answer to a request on a connection of its own.
pub(crate) async fn get(server: SocketAddr, from: &str, path: &str) -> String {
    let mut connection = connect_from(server, from).await;
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    read_all(&mut connection).await
}

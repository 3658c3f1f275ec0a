//! One connection: TLS, HTTP/1.1 or HTTP/2, a tunnel to the server itself, and its end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::{Method, Request, StatusCode, Version};
use hyper::body::{Body, Incoming};
use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

use crate::answer::{self, Answer};
use crate::body;
use crate::connections::Permit;
use crate::framing;
use crate::handler::{Handler, Peer};
use crate::idle::InFlight;
use crate::limits::{Bound, Refused};
use crate::server::Shared;
use crate::stream::Socket;
use crate::tunnel::Tunnel;
use crate::untaken::Untaken;

/// How long a TLS handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// How long a connection may last with a reserved permit.
const RESERVED_CONNECTION_TIME: Duration = Duration::from_secs(5);

/// How long an HTTP/2 client has to notice that its idle connection ends. What it asks meanwhile is still
/// answered.
const GOAWAY_TIME: Duration = Duration::from_secs(5);

/// How long streamed answers have to end once nothing else is in flight on a connection that stops. Longer
/// than a stream's own time, for clients that leave it no room to end.
const STREAMS_END_TIME: Duration = Duration::from_secs(1);

/// How many requests of one HTTP/2 connection may be in flight.
const MAX_STREAMS: u32 = 100;

/// How many bytes of bodies an HTTP/2 client may send before they are read, of one stream and of all.
/// They are held in memory before a body is admitted.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 256 * 1024;

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// Serves one connection; its permit is given back when it ends.
pub(crate) async fn serve<H: Handler>(
    shared: Arc<Shared<H>>,
    stream: TcpStream,
    address: SocketAddr,
    permit: Permit,
) {
    if let Some(bound) = permit.reserved_for
        && let Some(suppressed) = shared.reserved_log.due()
    {
        tracing::warn!(
            %address,
            suppressed,
            setting = bound.setting(),
            "there are as many {bound} as there may be: this connection is answered probes only"
        );
    }
    let connection = Connection {
        peer: Peer {
            address,
            secure: shared.tls.is_some(),
            connection: permit.id,
        },
        shared,
        permit,
        tunnel: Tunnel::default(),
        untaken: Arc::default(),
    };
    let connection = Arc::new(connection);
    let served = serve_stream(connection.clone(), stream);
    let outcome = if connection.permit.reserved_for.is_some() {
        let timed = tokio::time::timeout(RESERVED_CONNECTION_TIME, served).await;
        timed.unwrap_or(Ok(()))
    } else {
        served.await
    };
    if let Err(error) = outcome {
        tracing::debug!(%address, %error, "a connection ended early");
    }
}

/// A connection, for as long as one of its requests lasts.
pub(crate) struct Connection<H> {
    pub(crate) shared: Arc<Shared<H>>,
    pub(crate) peer: Peer,
    pub(crate) permit: Permit,
    pub(crate) tunnel: Tunnel,
    /// Of HTTP/2 alone: over HTTP/1.1 an answer that is not taken stops the socket.
    pub(crate) untaken: Arc<Untaken>,
}

async fn serve_stream<H: Handler>(
    connection: Arc<Connection<H>>,
    stream: TcpStream,
) -> Result<(), Error> {
    let stream = bounded(&connection, stream)?;
    let Some(tls) = &connection.shared.tls else {
        return serve_http1(&connection, stream).await;
    };
    // A connection that is closed in favour of another during the handshake has nothing to finish.
    let handshake = connection
        .permit
        .close
        .run_until_cancelled(handshake(tls, stream));
    let Some(stream) = handshake.await else {
        return Ok(());
    };
    let stream = stream?;
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        serve_http2(&connection, stream).await
    } else {
        serve_http1(&connection, stream).await
    }
}

type Bounded = Pin<Box<TimeoutStream<Socket>>>;

/// A stream on which a write that makes no progress ends the connection.
fn bounded<H>(connection: &Connection<H>, stream: TcpStream) -> io::Result<Bounded> {
    stream.set_nodelay(true)?;
    let socket = Socket::new(stream, connection.permit.in_flight.clone());
    let mut stream = TimeoutStream::new(socket);
    stream.set_write_timeout(Some(connection.shared.limits.write_time));
    Ok(Box::pin(stream))
}

async fn handshake(
    tls: &TlsAcceptor,
    stream: Bounded,
) -> Result<tokio_rustls::server::TlsStream<Bounded>, Error> {
    Ok(tokio::time::timeout(HANDSHAKE_TIME, tls.accept(stream)).await??)
}

pub(crate) async fn serve_http1<H: Handler>(
    connection: &Arc<Connection<H>>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<(), Error> {
    serve_requests(connection, TokioIo::new(stream)).await?;
    let Some(tunnel) = connection.tunnel.enter() else {
        return Ok(());
    };
    serve_requests(connection, tunnel.await?).await
}

/// Serves the requests of HTTP/1.1 until the stream ends or goes on as a tunnel.
async fn serve_requests<H: Handler>(
    connection: &Arc<Connection<H>>,
    stream: impl Read + Write + Unpin + Send + 'static,
) -> Result<(), Error> {
    let limits = &connection.shared.limits;
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        // A client that has sent all it will send may still wait for its answer.
        .half_close(true)
        // An answer is small: copied behind its headers it is sent sooner than from two places.
        .writev(false)
        .max_buf_size(limits.header_bytes.max(8192))
        .serve_connection(stream, service(connection.clone()))
        .with_upgrades();
    let shut_down = http1::UpgradeableConnection::graceful_shutdown;
    drive(connection, http, shut_down, std::future::pending()).await
}

async fn serve_http2<H: Handler>(
    connection: &Arc<Connection<H>>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<(), Error> {
    let limits = &connection.shared.limits;
    let http = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .keep_alive_interval(limits.header_time)
        .serve_connection(TokioIo::new(stream), service(connection.clone()));
    let idle = connection.permit.in_flight.idle_for(limits.header_time);
    let served = drive(connection, http, http2::Connection::graceful_shutdown, idle);
    tokio::select! {
        outcome = served => outcome,
        () = connection.untaken.stalled_for(limits.write_time) => Err(NotTaken.into()),
    }
}

/// The client has left an answer untaken for too long.
#[derive(Debug, thiserror::Error)]
#[error("the client took none of an answer for as long as that may be")]
struct NotTaken;

/// Runs the protocol until the client ends the connection, the server stops, the permit goes to another
/// connection, or `idle` completes.
async fn drive<H, C>(
    connection: &Connection<H>,
    http: C,
    shut_down: impl FnOnce(Pin<&mut C>),
    idle: impl Future<Output = ()>,
) -> Result<(), Error>
where
    C: Future<Output = hyper::Result<()>>,
{
    let in_flight = &connection.permit.in_flight;
    let mut http = pin!(http);
    let is_idle = tokio::select! {
        biased;
        outcome = http.as_mut() => return Ok(outcome?),
        () = connection.permit.close.cancelled() => false,
        () = idle => true,
    };
    shut_down(http.as_mut());
    if in_flight.is_closed() {
        // Its permit is another's. HTTP/2 clients are told so that they send nothing more.
        poll_once(http).await;
        return Ok(());
    }
    if is_idle {
        tokio::select! {
            outcome = http => Ok(outcome?),
            () = in_flight.idle_for(GOAWAY_TIME) => Ok(()),
            () = displaced(&connection.permit) => Ok(()),
        }
    } else {
        tokio::select! {
            outcome = http => Ok(outcome?),
            () = streams_end(in_flight) => Ok(()),
        }
    }
}

/// Returns when the connection's permit has gone to another.
async fn displaced(permit: &Permit) {
    permit.close.cancelled().await;
    if !permit.in_flight.is_closed() {
        std::future::pending().await
    }
}

/// Returns when streamed answers have had their time to end, and nothing else is in flight.
async fn streams_end(in_flight: &InFlight) {
    in_flight.only_streams().await;
    tokio::time::sleep(STREAMS_END_TIME).await;
}

async fn poll_once(mut future: Pin<&mut impl Future>) {
    std::future::poll_fn(|context| {
        let _ = future.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
}

/// What answers the requests of one connection.
fn service<H: Handler>(
    connection: Arc<Connection<H>>,
) -> impl Service<
    Request<Incoming>,
    Response = Answer,
    Error = Infallible,
    Future = impl Future<Output = Result<Answer, Infallible>> + Send,
> {
    service_fn(move |request| {
        let connection = connection.clone();
        async move { Ok(connection.answer(request).await) }
    })
}

impl<H: Handler> Connection<H> {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let Some(guard) = self.permit.in_flight.begin() else {
            // The permit went to another connection in this moment. The client sees the connection
            // closed before any answer, and may try again, as after an idle connection's end.
            return std::future::pending().await;
        };
        let is_head = request.method() == Method::HEAD;
        let version = request.version();
        let mut answer = self.respond(request).await;
        if is_head {
            answer = answer::without_body(answer);
        }
        answer.body_mut().attach(guard, &self.shared.stop);
        if version == Version::HTTP_2 {
            answer.body_mut().watch(|| self.untaken.begin());
        }
        answer
    }

    async fn respond(&self, mut request: Request<Incoming>) -> Answer {
        let version = request.version();
        if let Some(fault) = framing::fault(&request) {
            return closing(bad_request(fault), version);
        }
        if self.opens_tunnel(&mut request) {
            return answer::empty(StatusCode::OK);
        }
        if let Some(answer) = self.probe(&request) {
            if request.body().is_end_stream() {
                return answer;
            }
            return closing(answer, version);
        }
        match self.permit.reserved_for {
            // Rare, and a large future, which would be copied with each around it.
            Some(bound) => Box::pin(self.refuse(request, bound)).await,
            None => self.shared.handler.answer(request, self.peer).await,
        }
    }

    /// Whether the request opens a tunnel to this server.
    fn opens_tunnel(&self, request: &mut Request<Incoming>) -> bool {
        if request.method() != Method::CONNECT || request.version() >= Version::HTTP_2 {
            return false;
        }
        let host = request.uri().authority();
        let is_self = host.is_some_and(|host| self.shared.handler.is_self(host));
        let is_open = self.permit.reserved_for.is_none() && request.body().is_end_stream();
        is_self && is_open && self.tunnel.open(request)
    }

    fn probe(&self, request: &Request<Incoming>) -> Option<Answer> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if !is_read || is_for_a_proxy(request) {
            return None;
        }
        self.shared.handler.probe(request.uri().path())
    }

    async fn refuse(&self, request: Request<Incoming>, bound: Bound) -> Answer {
        self.shared.connections.counts().refused.count(bound);
        let (parts, body) = request.into_parts();
        body::discard_for(&parts, body, body::REFUSED_DISCARD_TIME).await;
        let mut answer = self
            .shared
            .handler
            .refuse(&parts, self.peer, Refused { bound });
        answer::retry_later(&mut answer);
        closing(answer, parts.version)
    }
}

/// Whether the request's target is in the form that clients send to a proxy. It may be for any host:
/// the health of another must not be answered with ours.
fn is_for_a_proxy<B>(request: &Request<B>) -> bool {
    request.version() < Version::HTTP_2 && request.uri().authority().is_some()
}

/// The answer to a request whose framing is refused. Its connection ends, since it isn't known where the
/// next request would begin.
fn bad_request(fault: &str) -> Answer {
    answer::with_body(StatusCode::BAD_REQUEST, "text/plain", format!("{fault}\n"))
}

/// The answer after which an HTTP/1.1 connection is closed. HTTP/2 knows no such header.
fn closing(mut answer: Answer, version: Version) -> Answer {
    if version < Version::HTTP_2 {
        answer::close_after(&mut answer);
    }
    answer
}

//! The HTTP server that carries the API: listening, connections and their limits, and the end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::Answer;
use crate::under_way::UnderWay;
use crate::{Api, Peer};

/// What keeps one client from taking what others need.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How many connections there may be: 4,096. More wait until one ends.
    pub connections: usize,
    /// How many bytes the request line and headers may have: 32 KiB.
    pub header_bytes: usize,
    /// How long the headers may take to arrive, and a connection may be idle: 60 s.
    pub header_time: Duration,
    /// How long a client may take none of its answer: 30 s.
    pub write_time: Duration,
    /// How long requests that are under way have to finish when the server stops: 10 s.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_bytes: 32 * 1024,
            header_time: Duration::from_secs(60),
            write_time: Duration::from_secs(30),
            stop_time: Duration::from_secs(10),
        }
    }
}

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long an HTTP/2 client has to take notice that its idle connection ends. What it asked meanwhile is
/// still answered.
const FAREWELL: Duration = Duration::from_secs(5);

/// How many requests of one HTTP/2 connection may be under way.
const STREAMS: u32 = 100;

/// How long to wait when the system has no room for another connection.
const BREATHER: Duration = Duration::from_millis(100);

/// A server that is yet to be run.
pub struct Server {
    /// What answers.
    pub api: Arc<Api>,
    /// Where it listens.
    pub listeners: Vec<TcpListener>,
    /// The TLS in front of it, if any; then HTTP/2 is spoken to who offers it.
    pub tls: Option<TlsAcceptor>,
    /// Its limits.
    pub limits: Limits,
}

impl Server {
    /// Serves until it is told to stop; then it takes no more connections, lets requests that are
    /// under way finish, and returns.
    pub async fn run(self, stop: CancellationToken) {
        let connections = TaskTracker::new();
        let places = Arc::new(Semaphore::new(self.limits.connections.max(1)));
        let shared = Arc::new(Shared {
            api: self.api,
            tls: self.tls,
            limits: self.limits,
            stop,
        });
        let accepting = TaskTracker::new();
        for listener in self.listeners {
            accepting.spawn(accept(
                shared.clone(),
                listener,
                places.clone(),
                connections.clone(),
            ));
        }
        accepting.close();
        accepting.wait().await;
        connections.close();
        let finished = tokio::time::timeout(shared.limits.stop_time, connections.wait()).await;
        if finished.is_err() {
            tracing::warn!(
                connections = connections.len(),
                "stopped before all requests were finished"
            );
        }
    }
}

struct Shared {
    api: Arc<Api>,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    stop: CancellationToken,
}

async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    places: Arc<Semaphore>,
    connections: TaskTracker,
) {
    let stop = shared.stop.clone();
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((stream, address)) => {
                    let Some(place) = place(&places).await else {
                        return;
                    };
                    connections.spawn(serve(shared.clone(), stream, address, place));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(BREATHER).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = accepting => {}
    }
}

/// A place for a connection that has come: one is waited for by those that have come alone, so that no
/// listener keeps a place from another. None if there will be none, which is never.
async fn place(places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    if let Ok(place) = places.clone().try_acquire_owned() {
        return Some(place);
    }
    tracing::warn!("there are as many connections as may be (--connections): another waits");
    places.clone().acquire_owned().await.ok()
}

/// Serves one connection; its place is free again when it ends.
async fn serve(
    shared: Arc<Shared>,
    stream: TcpStream,
    address: SocketAddr,
    _place: OwnedSemaphorePermit,
) {
    let outcome = match &shared.tls {
        None => {
            let peer = Peer {
                address,
                secure: false,
            };
            match bounded(stream, &shared.limits) {
                Ok(stream) => serve_http1(&shared, stream, peer).await,
                Err(error) => Err(error.into()),
            }
        }
        Some(tls) => serve_tls(&shared, tls, stream, address).await,
    };
    if let Err(error) = outcome {
        tracing::debug!(%address, %error, "a connection ended early");
    }
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A stream on which a write that makes no progress ends the connection.
fn bounded(
    stream: TcpStream,
    limits: &Limits,
) -> io::Result<std::pin::Pin<Box<TimeoutStream<TcpStream>>>> {
    stream.set_nodelay(true)?;
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_time));
    Ok(Box::pin(stream))
}

async fn serve_tls(
    shared: &Shared,
    tls: &TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
) -> Result<(), Error> {
    let stream = bounded(stream, &shared.limits)?;
    let stream = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await??;
    let peer = Peer {
        address,
        secure: true,
    };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        serve_http2(shared, stream, peer).await
    } else {
        serve_http1(shared, stream, peer).await
    }
}

async fn serve_http1(
    shared: &Shared,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
) -> Result<(), Error> {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.limits.header_time)
        // Who has sent all it will send may still wait for its answer.
        .half_close(true)
        // An answer is small: copied behind its headers it is sent sooner than from two places.
        .writev(false)
        .max_buf_size(shared.limits.header_bytes.max(8192))
        .serve_connection(TokioIo::new(stream), service(shared.api.clone(), peer));
    let mut connection = pin!(connection);
    tokio::select! {
        outcome = connection.as_mut() => return Ok(outcome?),
        () = shared.stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    Ok(connection.await?)
}

async fn serve_http2(
    shared: &Shared,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
) -> Result<(), Error> {
    let limits = &shared.limits;
    let under_way = UnderWay::default();
    let service = service(shared.api.clone(), peer);
    let counted = service_fn(|request| {
        let one = under_way.another();
        let answer = service.call(request);
        async move {
            let answer = answer.await;
            drop(one);
            answer
        }
    });
    let header_bytes = u32::try_from(limits.header_bytes).unwrap_or(u32::MAX);
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(header_bytes)
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(limits.header_time)
        .serve_connection(TokioIo::new(stream), counted);
    let mut connection = pin!(connection);
    tokio::select! {
        outcome = connection.as_mut() => return Ok(outcome?),
        () = shared.stop.cancelled() => connection.as_mut().graceful_shutdown(),
        () = under_way.none_for(limits.header_time) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                outcome = connection => return Ok(outcome?),
                () = under_way.none_for(FAREWELL) => return Ok(()),
            }
        }
    }
    Ok(connection.await?)
}

/// What answers the requests of one connection.
fn service(
    api: Arc<Api>,
    peer: Peer,
) -> impl Service<
    Request<Incoming>,
    Response = Answer,
    Error = Infallible,
    Future = impl Future<Output = Result<Answer, Infallible>> + Send,
> {
    service_fn(move |request| {
        let api = api.clone();
        async move { Ok(api.answer(request, peer).await) }
    })
}

//! Listening, and the end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection;
use crate::connections::Connections;
use crate::counts::Counts;
use crate::handler::Handler;
use crate::limits::Limits;
use crate::occasional::Occasional;

/// A server that is yet to be run.
pub struct Server<H> {
    /// What answers.
    pub handler: Arc<H>,
    /// Where it listens.
    pub listeners: Vec<TcpListener>,
    /// The TLS in front of it, if any; then HTTP/2 is spoken to clients that offer it.
    pub tls: Option<TlsAcceptor>,
    /// Its limits.
    pub limits: Limits,
    /// Where it counts what it does.
    pub counts: Arc<Counts>,
}

/// What the connections of a server share.
pub(crate) struct Shared<H> {
    pub(crate) handler: Arc<H>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) limits: Limits,
    pub(crate) stop: CancellationToken,
    pub(crate) connections: Arc<Connections>,
    /// Limits the log lines on connections that got a reserved permit.
    pub(crate) reserved_log: Occasional,
}

/// For how long no connection is accepted after an error of the listener, at first and at most.
const ACCEPT_BACKOFF_MIN: Duration = Duration::from_millis(10);
const ACCEPT_BACKOFF_MAX: Duration = Duration::from_secs(1);

impl<H: Handler> Server<H> {
    /// Serves until it is told to stop; then it takes no more connections, lets requests that are in
    /// flight finish within [`Limits::stop_time`], ends streams, and returns.
    pub async fn run(self, stop: CancellationToken) {
        let connections = TaskTracker::new();
        let shared = Arc::new(Shared {
            connections: Connections::new(&self.limits, self.counts, stop.clone()),
            handler: self.handler,
            tls: self.tls,
            limits: self.limits,
            stop,
            reserved_log: Occasional::default(),
        });
        let accepting = TaskTracker::new();
        for listener in self.listeners {
            accepting.spawn(accept(shared.clone(), listener, connections.clone()));
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

async fn accept<H: Handler>(
    shared: Arc<Shared<H>>,
    listener: TcpListener,
    connections: TaskTracker,
) {
    let accepting = async {
        let mut backoff = Backoff::default();
        loop {
            shared.connections.wait_for_closing().await;
            match listener.accept().await {
                Ok((stream, address)) => {
                    backoff.reset();
                    let permit = shared.connections.take(address.ip());
                    let served = connection::serve(shared.clone(), stream, address, permit);
                    connections.spawn(served);
                }
                Err(error) if is_of_connection(&error) => {
                    tracing::debug!(%error, "a connection ended before it was accepted");
                }
                Err(error) => {
                    // If it is file descriptors that are missing, an idle connection has one.
                    shared.connections.close_one_idle();
                    backoff.wait(&error).await;
                }
            }
        }
    };
    tokio::select! {
        () = shared.stop.cancelled() => {}
        () = accepting => {}
    }
}

/// Whether an error is that of a single connection, so that the next can be accepted immediately.
fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// The pauses after errors of a listener.
#[derive(Default)]
struct Backoff {
    delay: Option<Duration>,
    log: Occasional,
}

impl Backoff {
    fn reset(&mut self) {
        if self.delay.take().is_some() {
            tracing::info!("connections are accepted again");
        }
    }

    async fn wait(&mut self, error: &io::Error) {
        let delay = self.delay.map_or(ACCEPT_BACKOFF_MIN, |delay| delay * 2);
        let delay = delay.min(ACCEPT_BACKOFF_MAX);
        self.delay = Some(delay);
        if let Some(suppressed) = self.log.due() {
            tracing::error!(
                %error,
                suppressed,
                "connections can't be accepted; trying again until they can (if there are too \
                 many open files, raise the limit: ulimit -n)"
            );
        }
        tokio::time::sleep(delay).await;
    }
}

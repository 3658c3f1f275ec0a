//! What answers the requests that the server takes.

use std::net::SocketAddr;

use http::request::Parts;
use http::uri::Authority;
use http::{Request, StatusCode};
use hyper::body::Incoming;

use crate::answer::{self, Answer};
use crate::limits::Refused;

/// What answers the requests that the server takes.
pub trait Handler: Send + Sync + 'static {
    /// Answers a request. A handler that leaves a part of the body unread discards it
    /// ([`discard`](crate::body::discard)) or has the connection closed
    /// ([`close_after`](answer::close_after)).
    fn answer(&self, request: Request<Incoming>, peer: Peer)
    -> impl Future<Output = Answer> + Send;

    /// The answer to a probe, such as `/healthz`; `None` if the path is no probe. It is asked for GET
    /// and HEAD of a path of this server. Probes are answered on connections that were refused
    /// everything else, so that they must cost little and can't wait.
    fn probe(&self, path: &str) -> Option<Answer>;

    /// Whether a host that a client wants a tunnel to (CONNECT) is this server. The server then answers
    /// what comes through the tunnel. For other hosts, and by default for all, the request goes to
    /// [`Handler::answer`].
    fn is_self(&self, host: &Authority) -> bool {
        let _ = host;
        false
    }

    /// The answer to a request that was refused for a bound before it came to the handler. The server
    /// adds `Retry-After`.
    fn refuse(&self, request: &Parts, peer: Peer, refused: Refused) -> Answer {
        let _ = (request, peer);
        answer::with_body(
            StatusCode::SERVICE_UNAVAILABLE,
            "text/plain",
            format!("{refused}\n"),
        )
    }
}

/// The client at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The address from which the connection comes.
    pub address: SocketAddr,
    /// Whether it is encrypted.
    pub secure: bool,
    /// The connection.
    pub connection: ConnectionId,
}

/// Tells the connections of a process apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub(crate) u64);

//! A connection that is no socket, for fuzz targets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::connection::{self, Connection, Error};
use crate::connections::Connections;
use crate::handler::{Handler, Peer};
use crate::limits::Limits;
use crate::occasional::Occasional;
use crate::server::Shared;
use crate::tunnel::Tunnel;

/// Serves HTTP/1.1 on a stream until its client has ended it and has all of its answers.
///
/// # Errors
///
/// What the client sent is no HTTP, or it went away before it had its answers.
pub async fn serve_http1<H: Handler>(
    handler: Arc<H>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<(), Error> {
    let limits = Limits::default();
    let stop = CancellationToken::new();
    let connections = Connections::new(&limits, Arc::default(), stop.clone());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let permit = connections.take(address.ip());
    let shared = Shared {
        handler,
        tls: None,
        limits,
        stop,
        connections,
        reserved_log: Occasional::default(),
    };
    let connection = Connection {
        shared: Arc::new(shared),
        peer: Peer {
            address,
            secure: false,
            connection: permit.id,
        },
        permit,
        tunnel: Tunnel::default(),
        untaken: Arc::default(),
    };
    connection::serve_http1(&Arc::new(connection), stream).await
}

use std::io;
use std::net::SocketAddr;

use anyhow::{Context, anyhow};
use tokio::net::TcpListener;

use super::config::Listen;

/// The port that local AWS emulators share, so that scripts know it.
const DEFAULT_PORT: u16 = 4566;

/// The option that says where the API is.
const LISTEN: &str = "--listen";

/// The option that says where the operator's listener is.
const ADMIN: &str = "--admin";

/// Listens where the operator said, or on this machine alone.
pub(super) async fn bind(listen: &Listen) -> anyhow::Result<Vec<TcpListener>> {
    match listen {
        Listen::At(places) => {
            let mut listeners = Vec::new();
            for place in places {
                listeners.extend(bind_place(LISTEN, place).await?);
            }
            Ok(listeners)
        }
        Listen::Loopback => bind_loopback().await,
    }
}

/// Listens where the operator wants the metrics, if anywhere.
pub(super) async fn bind_admin(place: Option<&str>) -> anyhow::Result<Vec<TcpListener>> {
    match place {
        Some(place) => bind_place(ADMIN, place).await,
        None => Ok(Vec::new()),
    }
}

async fn bind_place(option: &str, place: &str) -> anyhow::Result<Vec<TcpListener>> {
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(place)
        .await
        .with_context(|| {
            format!("the host of {option} {place} has no address: give one that this machine has")
        })?
        .collect();
    let mut listeners = Vec::new();
    for address in addresses {
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.map_err(|error| cannot(option, address, error))?);
    }
    Ok(listeners)
}

/// Both loopback addresses: a resolver that knows `*.localhost` gives `::1` first.
async fn bind_loopback() -> anyhow::Result<Vec<TcpListener>> {
    let v4 = SocketAddr::from(([127, 0, 0, 1], DEFAULT_PORT));
    let v6 = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], DEFAULT_PORT));
    let mut listeners = vec![
        TcpListener::bind(v4)
            .await
            .map_err(|error| cannot(LISTEN, v4, error))?,
    ];
    match TcpListener::bind(v6).await {
        Ok(listener) => listeners.push(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            return Err(cannot(LISTEN, v6, error));
        }
        Err(error) => {
            tracing::info!(%error, "this machine has no IPv6: listening on 127.0.0.1 only")
        }
    }
    Ok(listeners)
}

fn cannot(option: &str, address: SocketAddr, error: io::Error) -> anyhow::Error {
    let what_helps = match error.kind() {
        io::ErrorKind::AddrInUse => "another program does: stop it, or choose another place with",
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: choose one that it has with"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a right that this user lacks: choose a higher one with"
        }
        _ => "choose another place with",
    };
    anyhow!("can't listen on {address} ({error}): {what_helps} {option}")
}

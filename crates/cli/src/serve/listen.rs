use std::io;
use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;

/// The port that local AWS emulators share, so that scripts know it.
const DEFAULT_PORT: u16 = 4566;

/// Listens where the operator said, or on this machine alone.
pub(crate) async fn bind(listen: Option<&[String]>) -> anyhow::Result<Vec<TcpListener>> {
    match listen {
        Some(places) if !places.is_empty() => {
            let mut listeners = Vec::new();
            for place in places {
                listeners.extend(bind_place(place).await?);
            }
            Ok(listeners)
        }
        _ => bind_loopback().await,
    }
}

async fn bind_place(place: &str) -> anyhow::Result<Vec<TcpListener>> {
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(place)
        .await
        .with_context(|| {
            format!("--listen {place} is no address: give HOST:PORT, as in 127.0.0.1:4566")
        })?
        .collect();
    let mut listeners = Vec::new();
    for address in addresses {
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.with_context(|| cannot(address))?);
    }
    Ok(listeners)
}

/// Both loopback addresses: a resolver that knows `*.localhost` gives `::1` first.
async fn bind_loopback() -> anyhow::Result<Vec<TcpListener>> {
    let v4 = SocketAddr::from(([127, 0, 0, 1], DEFAULT_PORT));
    let v6 = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], DEFAULT_PORT));
    let mut listeners = vec![TcpListener::bind(v4).await.with_context(|| cannot(v4))?];
    match TcpListener::bind(v6).await {
        Ok(listener) => listeners.push(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            return Err(error).with_context(|| cannot(v6));
        }
        Err(error) => {
            tracing::info!(%error, "this machine has no IPv6: listening on 127.0.0.1 only")
        }
    }
    Ok(listeners)
}

fn cannot(address: SocketAddr) -> String {
    format!(
        "can't listen on {address}; if another program does, stop it or choose another place with --listen"
    )
}

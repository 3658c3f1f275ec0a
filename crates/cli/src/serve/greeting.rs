use std::io::{Write, stdout};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::thread;

use keyfront_sqlite::Location;

use super::config::{Config, CredentialsSource, Tls};

/// Prints where the server listens, where its data is, and how an AWS client reaches it. A thread of its
/// own prints, and the server doesn't wait for it: the reader of the standard output may have stalled.
pub(super) fn print(config: &Config, addresses: &[SocketAddr], admin: &[SocketAddr]) {
    let text = greeting(config, addresses, admin);
    let printed = thread::Builder::new()
        .name("greeting".to_owned())
        .spawn(move || {
            // It is of use to a reader only.
            let _ = stdout().write_all(text.as_bytes());
        });
    if let Err(error) = printed {
        tracing::warn!(%error, "the greeting can't be printed");
    }
}

fn greeting(config: &Config, addresses: &[SocketAddr], admin: &[SocketAddr]) -> String {
    let scheme = match config.tls {
        Tls::On { .. } => "https",
        Tls::Off => "http",
    };
    let urls: Vec<String> = addresses
        .iter()
        .map(|address| format!("{scheme}://{address}"))
        .collect();
    let data = match &config.location {
        Location::Folder(path) => absolute(path),
        Location::Memory => "in memory, gone when the server stops".to_owned(),
    };
    let key = match &config.credentials {
        CredentialsSource::Development { .. } => {
            "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1"
                .to_owned()
        }
        CredentialsSource::File(file) => format!(
            "AWS_DEFAULT_REGION=us-east-1, and an access key of {}",
            file.display()
        ),
    };
    let mut lines = vec![
        format!(
            "Keyfront {} listens on {}",
            env!("CARGO_PKG_VERSION"),
            urls.join(" and ")
        ),
        format!("Data: {data}"),
    ];
    for address in admin {
        lines.push(format!("Metrics: http://{address}/metrics"));
    }
    if let Some(place) = addresses.first().copied().map(reachable) {
        lines.extend([
            "Point the AWS CLI or boto3 at it (other SDKs: keyfront env):".to_owned(),
            format!("  export AWS_ENDPOINT_URL_CLOUDFRONT={scheme}://{place}"),
            format!("  export AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE={scheme}://x@{place}"),
            format!("  export {key}"),
        ]);
    }
    lines.join("\n") + "\n"
}

/// Where a client on this machine finds a server that listens there.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or(path.to_owned())
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::super::options::ServeOptions;
    use super::*;

    #[test]
    fn clients_are_pointed_at_an_address_that_they_can_reach() {
        let exported = |address: &str| {
            let addresses = [address.parse().unwrap()];
            let config = Config::resolve(ServeOptions::default()).unwrap();
            let text = greeting(&config, &addresses, &[]);
            let line = text.lines().nth(3).unwrap_or_default();
            line.trim_start().to_owned()
        };
        let expected = |place| format!("export AWS_ENDPOINT_URL_CLOUDFRONT=http://{place}");
        assert_eq!(exported("0.0.0.0:80"), expected("127.0.0.1:80"));
        assert_eq!(exported("[::]:80"), expected("[::1]:80"));
        assert_eq!(exported("192.0.2.7:80"), expected("192.0.2.7:80"));
    }
}

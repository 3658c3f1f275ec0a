use std::io::{Write, stdout};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use keyfront_sqlite::Location;

use super::options::ServeOptions;

/// Tells, once, where everything is and how an AWS client gets there.
pub(super) fn print(options: &ServeOptions, addresses: &[SocketAddr], secure: bool) {
    let text = greeting(options, addresses, secure);
    // Who closed the standard output does not want to know.
    let _ = stdout().write_all(text.as_bytes());
}

fn greeting(options: &ServeOptions, addresses: &[SocketAddr], secure: bool) -> String {
    let scheme = if secure { "https" } else { "http" };
    let urls: Vec<String> = addresses
        .iter()
        .map(|address| format!("{scheme}://{address}"))
        .collect();
    let data = match options.location() {
        Location::Folder(path) => absolute(&path),
        Location::Memory => "in memory, gone when the server stops".to_owned(),
    };
    let key = match &options.credentials {
        None => "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1"
            .to_owned(),
        Some(file) => format!(
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
    use super::*;

    #[test]
    fn clients_are_pointed_at_an_address_that_they_can_reach() {
        let exported = |address: &str| {
            let addresses = [address.parse().unwrap()];
            let text = greeting(&ServeOptions::default(), &addresses, false);
            let line = text.lines().nth(3).unwrap_or_default();
            line.trim_start().to_owned()
        };
        let expected = |place| format!("export AWS_ENDPOINT_URL_CLOUDFRONT=http://{place}");
        assert_eq!(exported("0.0.0.0:80"), expected("127.0.0.1:80"));
        assert_eq!(exported("[::]:80"), expected("[::1]:80"));
        assert_eq!(exported("192.0.2.7:80"), expected("192.0.2.7:80"));
    }
}

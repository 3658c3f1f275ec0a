use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;

/// Where Keyfront is, as a person says it: a scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) secure: bool,
    pub(crate) host: Host,
    pub(crate) port: u16,
}

/// The host of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    Name(String),
    Ip(IpAddr),
}

impl Endpoint {
    /// Whether it is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        match &self.host {
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ip(address) => address.is_loopback(),
        }
    }

    /// The name before which an SDK can put the account. An address is none: with a label before it,
    /// it is neither a name nor an address.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Name(name) => Some(name),
            Host::Ip(address) => address.is_loopback().then_some("localhost"),
        }
    }

    /// This endpoint at another host.
    pub(crate) fn at(&self, host: &str) -> String {
        format!("{}://{host}:{}", self.scheme(), self.port)
    }

    /// This endpoint with a user name, which keeps the account out of the host where a client allows
    /// it: `http://x@127.0.0.1:4566` becomes `http://000000000000.x@127.0.0.1:4566`.
    pub(crate) fn with_user(&self) -> String {
        self.at(&format!("x@{}", self.host))
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme(), self.host, self.port)
    }
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "give scheme, host and port, as in http://127.0.0.1:4566".to_owned();
        let uri: Uri = text.trim().parse().map_err(|_| form())?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(form()),
        };
        if uri.path() != "/" || uri.query().is_some() {
            return Err(
                "Keyfront has no path before its own: give no more than host and port".into(),
            );
        }
        let host = uri.host().filter(|host| is_host(host)).ok_or_else(form)?;
        let default = if secure { 443 } else { 80 };
        Ok(Self {
            secure,
            host: Host::from(host),
            port: uri.port_u16().unwrap_or(default),
        })
    }
}

/// Less than what a URL allows: the host goes into scripts and lists.
fn is_host(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:[]".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

impl Host {
    /// The host as a client looks it up: without the brackets of an IPv6 address.
    pub(crate) fn bare(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Ip(address) => address.to_string(),
        }
    }
}

impl From<&str> for Host {
    fn from(text: &str) -> Self {
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        match bare.parse() {
            Ok(address) => Self::Ip(address),
            Err(_) => Self::Name(text.to_ascii_lowercase()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Endpoint {
        text.parse().unwrap()
    }

    #[test]
    fn reads_what_people_write() {
        for (text, written) in [
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
            ("http://127.0.0.1:4566/", "http://127.0.0.1:4566"),
            ("http://x@localhost:4566", "http://localhost:4566"),
            ("http://[::1]:4566", "http://[::1]:4566"),
            ("https://KVS.example", "https://kvs.example:443"),
        ] {
            assert_eq!(endpoint(text).to_string(), written, "{text}");
        }
        for text in [
            "",
            "4566",
            "localhost:4566",
            "ftp://a",
            "http://a/b",
            "http://a?b",
            "http://",
            "http://a'b",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_a_name_takes_the_account() {
        assert_eq!(endpoint("http://127.0.0.1:1").name(), Some("localhost"));
        assert_eq!(endpoint("http://kvs.example:1").name(), Some("kvs.example"));
        assert_eq!(endpoint("http://192.0.2.1:1").name(), None);
    }
}

//! Where a Keyfront is, as a person writes it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use http::uri::Authority;

/// A scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Whether the scheme is https.
    pub(crate) secure: bool,
    pub(crate) host: Host,
    pub(crate) port: u16,
}

/// The host of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// A name, in lower case.
    Name(String),
    Ip(IpAddr),
}

impl Endpoint {
    /// Whether the host is this machine's loopback by its form, without looking it up.
    pub(crate) fn is_local(&self) -> bool {
        match &self.host {
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ip(address) => address.is_loopback(),
        }
    }

    /// The name before which an SDK can put the account. An address has no such name, because an
    /// address with a label before it is neither a name nor an address; loopback has `localhost`.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Name(name) => Some(name),
            Host::Ip(address) => address.is_loopback().then_some("localhost"),
        }
    }

    /// Whether the host is a name and not an address.
    pub(crate) fn has_name(&self) -> bool {
        matches!(self.host, Host::Name(_))
    }

    /// This endpoint's URL with another host.
    pub(crate) fn at(&self, host: &str) -> String {
        format!("{}://{host}:{}", self.scheme(), self.port)
    }

    /// This endpoint's URL with a user name. A client that takes it puts the account before the user
    /// name and not before the host: `http://000000000000.x@127.0.0.1:4566`.
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
                "Keyfront serves no path before its own: give no more than host and port".into(),
            );
        }
        let authority = uri.authority().ok_or_else(form)?;
        let host = Host::parse(authority.host()).ok_or_else(form)?;
        let default = if secure { 443 } else { 80 };
        Ok(Self {
            secure,
            host,
            port: port(authority)?.unwrap_or(default),
        })
    }
}

/// The port that an authority gives, which `Authority::port_u16` leaves out if it is out of range.
fn port(authority: &Authority) -> Result<Option<u16>, String> {
    let (_, text) = authority
        .as_str()
        .rsplit_once('@')
        .unwrap_or(("", authority.as_str()));
    let rest = text.strip_prefix(authority.host()).unwrap_or(text);
    if rest.is_empty() {
        return Ok(None);
    }
    let digits = rest.strip_prefix(':').unwrap_or(rest);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(port) if is_number && port > 0 => Ok(Some(port)),
        _ => Err(format!(
            "{digits:?} is no port: give a number from 1 to 65535"
        )),
    }
}

/// The host of a URL, or of a host and port without a scheme; `None` if there is none.
pub(crate) fn host_of(text: &str) -> Option<Host> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let end = rest
        .find(['/', '?', '#', ' ', ',', '"', '\''])
        .unwrap_or(rest.len());
    let authority: Authority = rest.get(..end)?.parse().ok()?;
    Host::parse(authority.host())
}

impl Host {
    /// Takes fewer characters than a URL allows, because hosts are written into scripts and lists.
    fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:[]".contains(&byte);
        if text.is_empty() || !text.bytes().all(plain) {
            return None;
        }
        let bare = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        match bare.unwrap_or(text).parse() {
            Ok(address) => Some(Self::Ip(address)),
            Err(_) if bare.is_some() || looks_like_an_address(text) => None,
            Err(_) => Some(Self::Name(text.to_ascii_lowercase())),
        }
    }

    /// The host as a client looks it up: without the brackets of an IPv6 address.
    pub(crate) fn bare(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Ip(address) => address.to_string(),
        }
    }

    /// Whether this is that name.
    pub(crate) fn is_named(&self, expected: &str) -> bool {
        matches!(self, Self::Name(name) if name == expected)
    }
}

/// Whether some clients read a name as an address: `127.1`, `2130706433`.
fn looks_like_an_address(name: &str) -> bool {
    let last = name.trim_end_matches('.').rsplit('.').next();
    last.is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()))
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
            ("http://x:4566@localhost:1", "http://localhost:1"),
            ("http://[::1]:4566", "http://[::1]:4566"),
            ("http://[::1]", "http://[::1]:80"),
            ("https://KVS.example", "https://kvs.example:443"),
            ("http://a:65535", "http://a:65535"),
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
            "http://127.1:4566",
            "http://2130706433",
            "http://[::1",
            "http://[a]:1",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_out_of_range_is_refused() {
        for port in [
            "456600",
            "65536",
            "0",
            "",
            "+80",
            "-1",
            "80x",
            "localhost",
            "99999999999999999999",
        ] {
            for host in ["127.0.0.1", "[::1]", "x@localhost"] {
                let text = format!("http://{host}:{port}");
                assert!(text.parse::<Endpoint>().is_err(), "{text}");
            }
        }
        let error = "http://127.0.0.1:456600".parse::<Endpoint>().unwrap_err();
        assert!(error.contains("from 1 to 65535"), "{error}");
    }

    #[test]
    fn only_a_name_takes_the_account() {
        assert_eq!(endpoint("http://127.0.0.1:1").name(), Some("localhost"));
        assert_eq!(endpoint("http://kvs.example:1").name(), Some("kvs.example"));
        assert_eq!(endpoint("http://192.0.2.1:1").name(), None);
    }

    #[test]
    fn finds_hosts() {
        for (text, host) in [
            ("http://minio:9000/bucket", "minio"),
            ("minio:9000", "minio"),
            ("http://[::1]:80", "[::1]"),
            ("http://user@a.example", "a.example"),
        ] {
            assert_eq!(host_of(text).unwrap().to_string(), host);
        }
        assert!(host_of("http:///x").is_none());
    }
}

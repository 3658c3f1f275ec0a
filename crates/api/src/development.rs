//! What keeps a web page from using the development keys.
//!
//! Everybody knows these keys, and a browser sends a page's requests to any address that it can reach,
//! the developer's own machine included. So a request that is signed with one of them is refused if it
//! may come from a page that Keyfront doesn't serve itself: if its `Origin` is not the origin that it is
//! sent to, if `Sec-Fetch-Site` says that it comes from another site or origin, or if its host is a name
//! that the author of a page can register and let resolve to this machine (DNS rebinding). Access keys
//! from a file are secrets, which no page knows.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::LazyLock;

use http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use http::request::Parts;
use http::uri::{Authority, Scheme};
use http::{Uri, Version};

use crate::text::cut;

/// The header in which browsers say how a request's initiator relates to its target (W3C, Fetch
/// Metadata Request Headers).
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Suffixes of names that can't be registered: RFC 6761 reserves `localhost` and `test`, ICANN `internal`
/// for private use (2024).
const RESERVED_SUFFIXES: [&str; 3] = [".localhost", ".internal", ".test"];

/// The name that `keyfront exec` uses with Keyfront as a proxy. `invalid` is reserved by RFC 6761.
const PROXY_NAME: &str = "keyfront.invalid";

/// The top-level domains, sorted (the root zone as the Public Suffix List has it). Below one of them
/// anybody can register a name of twelve digits, which looks like an account before a name without a
/// dot.
static TOP_LEVEL_DOMAINS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    include_str!("development/top_level_domains.txt")
        .lines()
        .collect()
});

/// The hosts under which the development keys serve, beside those that no web page can have.
#[derive(Debug, Clone, Default)]
pub struct DevelopmentHosts(Vec<String>);

/// A name that is no host.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no host name: give a name or an IP address, without scheme, port or wildcard")]
pub struct InvalidHost(String);

impl DevelopmentHosts {
    /// Takes host names and IP addresses, each without a port.
    pub fn new(names: &[String]) -> Result<Self, InvalidHost> {
        let normal = |name: &String| {
            let host = normal(name);
            let good = is_ip_address(&host) || is_host_name(&host);
            good.then_some(host)
                .ok_or_else(|| InvalidHost(name.clone()))
        };
        Ok(Self(names.iter().map(normal).collect::<Result<_, _>>()?))
    }

    /// Whether a host is one that was added, perhaps with an account before it.
    pub(crate) fn have_added(&self, host: &str) -> bool {
        let host = normal(host);
        let name = name_to_allow(&host);
        self.0.iter().any(|own| *own == host || own == name)
    }

    /// Whether a page's author can't have chosen this host.
    fn take(&self, host: &str) -> bool {
        let name = name_to_allow(host);
        self.have_added(host)
            || is_ip_address(name)
            || is_host_name(host)
                && !is_registrable(host)
                && (is_reserved(host) || is_reserved(name))
    }
}

/// The name by which a host is allowed: without an account, unless that makes it somebody's domain.
fn name_to_allow(host: &str) -> &str {
    match is_registrable(host) {
        true => host,
        false => without_account(host),
    }
}

/// Whether a name can't be registered: one without a dot, and one in a part of the name space that is
/// kept free.
fn is_reserved(name: &str) -> bool {
    !name.contains('.')
        || name == PROXY_NAME
        || RESERVED_SUFFIXES
            .iter()
            .any(|suffix| name.ends_with(suffix))
}

/// Whether what looks like an account before a name without a dot is a domain that anybody can register.
fn is_registrable(host: &str) -> bool {
    let rest = without_account(host);
    rest != host && TOP_LEVEL_DOMAINS.binary_search(&rest).is_ok()
}

fn is_host_name(name: &str) -> bool {
    let in_label = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    name.split('.')
        .all(|label| !label.is_empty() && label.bytes().all(in_label))
}

/// In lower case and without the dot of the root, so that names compare.
fn normal(host: &str) -> String {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.to_ascii_lowercase()
}

fn is_ip_address(host: &str) -> bool {
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match bracketed {
        Some(host) => host.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<IpAddr>().is_ok(),
    }
}

/// The host without the account that the SDKs' endpoint rules put before it.
fn without_account(host: &str) -> &str {
    match host.split_once('.') {
        Some((account, rest))
            if account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) =>
        {
            rest
        }
        _ => host,
    }
}

/// Why a request may come from a web page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FromPage {
    /// Its origin is another than the one that it is sent to.
    Origin(String),
    /// The browser says that another site or origin makes it.
    Site(&'static str),
    /// Its host is a name that a page's author can have chosen.
    Host(String),
}

/// The text for the caller, which says how to have the request taken.
impl fmt::Display for FromPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The development credentials are refused to web pages: ")?;
        match self {
            Self::Origin(origin) => write!(
                f,
                "the request's Origin, {origin}, is not the origin that it is sent to. Start \
                 Keyfront with --credentials FILE, and use an access key of that file."
            ),
            Self::Site(site) => write!(
                f,
                "the request's Sec-Fetch-Site is {site}. Start Keyfront with --credentials FILE, \
                 and use an access key of that file."
            ),
            Self::Host(host) => write!(
                f,
                "a page could have been loaded from the request's host, {host}. Start Keyfront \
                 with --host {host} to allow it, or with --credentials FILE and use an access key \
                 of that file."
            ),
        }
    }
}

/// Checks that a request doesn't come from a page of another origin. `secure` is whether it came by TLS.
pub(crate) fn check(parts: &Parts, secure: bool, hosts: &DevelopmentHosts) -> Result<(), FromPage> {
    check_site(&parts.headers)?;
    if is_by_address(parts) && !parts.headers.contains_key(ORIGIN) {
        return Ok(());
    }
    let target = Target::of(parts, secure);
    for origin in parts.headers.get_all(ORIGIN) {
        if !target.is_origin(origin) {
            let text = String::from_utf8_lossy(origin.as_bytes());
            return Err(FromPage::Origin(cut(&text).into_owned()));
        }
    }
    if target.is_absolute {
        return Ok(());
    }
    match target.hosts.iter().find(|host| !hosts.take(host)) {
        Some(host) => Err(FromPage::Host(cut(name_to_allow(host)).into_owned())),
        None => Ok(()),
    }
}

/// Whether a request may come from a web page that Keyfront doesn't serve, by what it says itself. It is for
/// a listener that asks for no credentials and is meant for this machine: a browser on it can reach
/// that too. `secure` is whether the request came by TLS.
pub fn may_come_from_page(parts: &Parts, secure: bool, hosts: &DevelopmentHosts) -> bool {
    check(parts, secure, hosts).is_err()
}

/// Whether a request names its host by an IP address alone, as most do: then there is no name to look at.
fn is_by_address(parts: &Parts) -> bool {
    let is_address = |host: &HeaderValue| {
        let text = host.to_str().unwrap_or_default();
        text.parse::<SocketAddr>().is_ok() || is_ip_address(text)
    };
    parts.uri.authority().is_none() && parts.headers.get_all(HOST).iter().all(is_address)
}

fn check_site(headers: &HeaderMap) -> Result<(), FromPage> {
    for site in headers.get_all(SEC_FETCH_SITE) {
        for refused in ["cross-site", "same-site"] {
            if site
                .as_bytes()
                .trim_ascii()
                .eq_ignore_ascii_case(refused.as_bytes())
            {
                return Err(FromPage::Site(refused));
            }
        }
    }
    Ok(())
}

/// Where a request is sent to, by what it says itself.
struct Target {
    scheme: Scheme,
    /// The hosts that it names, each without user and port: HTTP/2 can name two.
    hosts: Vec<String>,
    ports: Vec<Option<u16>>,
    /// Whether the target is in the form that clients send to a proxy (RFC 9112, section 3.2.2). A page
    /// can't send one, so that it may name any host.
    is_absolute: bool,
}

impl Target {
    fn of(parts: &Parts, secure: bool) -> Self {
        let authority = parts.uri.authority();
        let is_absolute = parts.version < Version::HTTP_2 && authority.is_some();
        let own = if secure { Scheme::HTTPS } else { Scheme::HTTP };
        let scheme = match parts.uri.scheme() {
            Some(scheme) if is_absolute => scheme.clone(),
            _ => own,
        };
        let named = authority.map(|authority| authority.as_str().to_owned());
        // The target in absolute form takes the place of the header (RFC 9112, section 3.2.2).
        let headers = parts.headers.get_all(HOST).iter().filter(|_| !is_absolute);
        let headers = headers.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
        let (hosts, ports) = named
            .into_iter()
            .chain(headers)
            .map(|name| host_and_port(&name))
            .unzip();
        Self {
            scheme,
            hosts,
            ports,
            is_absolute,
        }
    }

    /// Whether an `Origin` header is of every host that the request names.
    fn is_origin(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = Uri::try_from(origin.as_bytes()) else {
            return false;
        };
        let (Some(scheme), Some(authority)) = (origin.scheme(), origin.authority()) else {
            return false;
        };
        let (host, port) = host_and_port(authority.as_str());
        let port = port.or(default_port(scheme));
        let mut targets = self.hosts.iter().zip(&self.ports);
        *scheme == self.scheme
            && !self.hosts.is_empty()
            && targets.all(|(own_host, own_port)| {
                *own_host == host && own_port.or(default_port(&self.scheme)) == port
            })
    }
}

fn default_port(scheme: &Scheme) -> Option<u16> {
    match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Takes a user and a port off. A text that is no authority stays whole, in brackets, which no host name has.
fn host_and_port(text: &str) -> (String, Option<u16>) {
    match text.parse::<Authority>() {
        Ok(authority) => (normal(authority.host()), authority.port_u16()),
        Err(_) => (format!("({text})"), None),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use proptest::prelude::*;

    use super::*;

    fn hosts(names: &[&str]) -> DevelopmentHosts {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        DevelopmentHosts::new(&names).unwrap()
    }

    /// Checks a request over HTTP/1.1 and without TLS.
    fn checked(target: &str, headers: &[(&str, &str)]) -> Result<(), FromPage> {
        checked_as(Version::HTTP_11, false, target, headers)
    }

    fn checked_as(
        version: Version,
        secure: bool,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Result<(), FromPage> {
        let request = headers.iter().fold(
            Request::get(target).version(version),
            |request, (name, value)| request.header(*name, *value),
        );
        let (parts, ()) = request.body(()).unwrap().into_parts();
        check(&parts, secure, &hosts(&["kvs.example", "192.0.2.7"]))
    }

    fn host(name: &str) -> Result<(), FromPage> {
        checked("/", &[("host", name)])
    }

    #[test]
    fn hosts_that_no_page_can_have_are_taken() {
        for name in [
            "127.0.0.1",
            "10.1.2.3",
            "[::1]",
            "localhost",
            "keyfront",
            "my_container-1",
            "LOCALHOST.",
            "keyfront.invalid",
            "a.localhost",
            "host.docker.internal",
            "a.b.test",
            "kvs.example",
            "KVS.example",
            "x@127.0.0.1",
            "2130706433",
        ] {
            for account in ["", "000000000000.", "123456789012."] {
                for port in ["", ":80", ":4566"] {
                    let name = match name.split_once('@') {
                        Some((user, rest)) => format!("{account}{user}@{rest}{port}"),
                        None if name.starts_with('[') && !account.is_empty() => continue,
                        None => format!("{account}{name}{port}"),
                    };
                    assert_eq!(host(&name), Ok(()), "{name}");
                }
            }
        }
    }

    #[test]
    fn hosts_that_a_page_can_have_are_refused() {
        for name in [
            "evil.example",
            "evil.example:4566",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "000000000000.evil.example",
            "keyfront.invalid.example",
            "evillocalhost.example",
            "a.kvs.example",
            "1234567890123.keyfront",
            "12345678901.keyfront",
            "a.keyfront",
            // Anybody can register these.
            "000000000000.com",
            "123456789012.COM.",
            "123456789012.de:4566",
            "test.com",
            // No host at all.
            "",
            "evil.example@",
            "a b",
            "127.0.0.1/evil.example",
            "evil.example\\.localhost.example",
        ] {
            let found = host(name);
            assert!(matches!(found, Err(FromPage::Host(_))), "{name}: {found:?}");
        }
    }

    #[test]
    fn a_name_that_was_given_is_taken_with_an_account_before_it() {
        let com = hosts(&["123456789012.com", "com"]);
        assert!(com.take("123456789012.com") && com.take("com"));
        assert!(!com.take("000000000000.com"));
        assert!(hosts(&["A.example."]).take("000000000000.a.example"));
    }

    #[test]
    fn a_request_without_a_host_comes_from_no_page() {
        assert_eq!(checked_as(Version::HTTP_10, false, "/", &[]), Ok(()));
    }

    #[test]
    fn every_host_that_a_request_names_counts() {
        let two = [("host", "localhost"), ("host", "evil.example")];
        assert!(checked("/", &two).is_err());
        let http2 = |target, headers| checked_as(Version::HTTP_2, true, target, headers);
        assert_eq!(http2("https://localhost:4566/", &[]), Ok(()));
        assert!(http2("https://evil.example/", &[]).is_err());
        assert!(http2("https://localhost/", &[("host", "evil.example")]).is_err());
    }

    #[test]
    fn a_target_for_a_proxy_may_name_any_host() {
        assert_eq!(
            checked("http://evil.example/", &[("host", "evil.example")]),
            Ok(())
        );
        assert_eq!(checked("http://evil.example/", &[]), Ok(()));
        let origin = |origin| checked("http://kvs.local:81/", &[("origin", origin)]);
        assert_eq!(origin("http://kvs.local:81"), Ok(()));
        assert!(origin("http://kvs.local").is_err());
    }

    #[test]
    fn the_origin_must_be_that_of_the_request() {
        let sent = |origin| checked("/", &[("host", "localhost:4566"), ("origin", origin)]);
        assert_eq!(sent("http://localhost:4566"), Ok(()));
        assert_eq!(sent("http://LOCALHOST:4566"), Ok(()));
        for origin in [
            "https://evil.example",
            "null",
            "",
            "http://localhost",
            "https://localhost:4566",
            "http://localhost:4567",
            "http://127.0.0.1:4566",
            "localhost:4566",
            "file://",
            "\u{ff}",
        ] {
            assert!(matches!(sent(origin), Err(FromPage::Origin(_))), "{origin}");
        }
        let both = [
            ("host", "localhost"),
            ("origin", "http://localhost"),
            ("origin", "http://a.example"),
        ];
        assert!(checked("/", &both).is_err());
        let secure = |origin| {
            let headers = [("host", "localhost"), ("origin", origin)];
            checked_as(Version::HTTP_11, true, "/", &headers)
        };
        assert_eq!(secure("https://localhost"), Ok(()));
        assert_eq!(secure("https://localhost:443"), Ok(()));
        assert!(secure("http://localhost").is_err());
        // Without a host there is no origin that the request is sent to.
        assert!(checked("/", &[("origin", "http://localhost")]).is_err());
    }

    #[test]
    fn another_site_is_refused() {
        let sent = |site| checked("/", &[("host", "localhost"), ("sec-fetch-site", site)]);
        assert_eq!(sent("same-origin"), Ok(()));
        assert_eq!(sent("none"), Ok(()));
        assert_eq!(sent("cross-site"), Err(FromPage::Site("cross-site")));
        assert_eq!(sent("Same-Site"), Err(FromPage::Site("same-site")));
    }

    #[test]
    fn the_text_says_why_and_what_to_do() {
        let said = host("000000000000.evil.example:4566")
            .unwrap_err()
            .to_string();
        assert!(said.contains("--host evil.example to allow it"), "{said}");
        let said = FromPage::Origin("null".to_owned()).to_string();
        assert!(
            said.contains("Origin, null,") && said.contains("--credentials"),
            "{said}"
        );
        let long = format!("{}.example", "a".repeat(2000));
        assert!(host(&long).unwrap_err().to_string().len() < 1000);
    }

    #[test]
    fn names_that_are_no_hosts_are_refused() {
        for name in ["", "*.example", "http://a", "a:80", "a b", "a..b", "[::1"] {
            let error = DevelopmentHosts::new(&[name.to_owned()]).unwrap_err();
            assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
        }
        hosts(&["::1", "[::1]", "a", "my_name.b-c.example."]);
    }

    #[test]
    fn the_top_level_domains_are_there() {
        assert!(TOP_LEVEL_DOMAINS.len() > 1000 && TOP_LEVEL_DOMAINS.is_sorted());
        let is_registrable = |name| is_registrable(&format!("123456789012.{name}"));
        for name in ["com", "dev", "app", "de", "xn--p1ai"] {
            assert!(is_registrable(name), "{name}");
        }
        for name in [
            "keyfront",
            "localhost",
            "kvs",
            "test",
            "internal",
            "localstack",
        ] {
            assert!(!is_registrable(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(host in "\\PC*", origin in "\\PC*") {
            let headers = [("host", host.as_bytes()), ("origin", origin.as_bytes())];
            let mut request = Request::get("/");
            for (name, value) in headers {
                if let Ok(value) = HeaderValue::from_bytes(value) {
                    request = request.header(name, value);
                }
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            let _ = check(&parts, false, &DevelopmentHosts::default());
        }
    }
}

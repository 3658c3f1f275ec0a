//! Proxies: the user's, which must not get the requests for Keyfront, and Keyfront as a proxy, which
//! must not get the requests for other servers.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::endpoint::{Endpoint, Host, host_of};
use crate::environment::Environment;
use crate::machine::Machine;

/// The data plane's host where Keyfront is the proxy. The name can't exist (RFC 6761): a client that
/// doesn't use the proxy fails to resolve it, and reaches no other server.
pub(crate) const RESERVED_NAME: &str = "keyfront.invalid";

/// Hosts for which Keyfront is never the proxy: loopback, and the addresses at which AWS and others
/// serve metadata and credentials by plain HTTP.
const LOOPBACK_AND_METADATA: [&str; 8] = [
    "localhost",
    "*.localhost",
    "127.0.0.1",
    "::1",
    "169.254.169.254",
    "169.254.170.2",
    "fd00:ec2::254",
    "metadata.google.internal",
];

/// The ends of most names. `NO_PROXY` can't say "all names but one"; this list comes nearest to it.
const COMMON_SUFFIXES: [&str; 10] = [
    ".com",
    ".net",
    ".org",
    ".io",
    ".dev",
    ".cloud",
    ".internal",
    ".local",
    ".lan",
    ".test",
];

const NO_PROXY_NAMES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The user's proxy variable that sends requests for the endpoint elsewhere, with its value. A value
/// that is not UTF-8 is a proxy of the user as well.
pub(crate) fn of_user<'a>(
    environment: &'a Environment,
    endpoint: &Endpoint,
) -> Option<(&'static str, &'a OsStr)> {
    let names = if endpoint.secure {
        ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    };
    let is_keyfront = |value: &OsStr| value.to_str().is_some_and(|url| leads_to(url, endpoint));
    environment
        .first(&names)
        .filter(|(_, value)| !is_keyfront(value))
}

/// Whether a URL is the endpoint's. All names and addresses of loopback count as the same host.
pub(crate) fn leads_to(url: &str, endpoint: &Endpoint) -> bool {
    let Ok(found) = url.parse::<Endpoint>() else {
        return false;
    };
    let same_host = found.host == endpoint.host || (found.is_local() && endpoint.is_local());
    same_host && found.port == endpoint.port && found.secure == endpoint.secure
}

/// The user's `NO_PROXY` byte for byte, and these hosts, each once.
pub(crate) fn no_proxy(environment: &Environment, more: &[String]) -> OsString {
    let existing = NO_PROXY_NAMES
        .iter()
        .filter_map(|name| environment.get(name))
        .flat_map(|list| list.as_bytes().split(|byte| *byte == b','));
    let mut hosts: Vec<&[u8]> = Vec::new();
    for host in existing.chain(more.iter().map(String::as_bytes)) {
        let host = host.trim_ascii();
        if !host.is_empty() && !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    OsString::from_vec(hosts.join(&b','))
}

/// The variables that have to hold the list: of a program that knows both, either may win.
pub(crate) fn no_proxy_variables(environment: &Environment) -> Vec<&'static str> {
    let [upper, lower] = NO_PROXY_NAMES;
    let lower = environment.has(lower).then_some(lower);
    [upper].into_iter().chain(lower).collect()
}

/// Whether the user's own list keeps requests for that host from the proxy.
pub(crate) fn exempts(environment: &Environment, host: &str) -> bool {
    let list = no_proxy(environment, &[]);
    list.to_string_lossy().split(',').any(|entry| {
        let end = entry.trim_start_matches('*').trim_start_matches('.');
        let below = || {
            host.strip_suffix(end)
                .is_some_and(|rest| rest.ends_with('.'))
        };
        entry == "*" || (!end.is_empty() && (host == end || below()))
    })
}

/// The hosts of Keyfront that the user's proxy must not get. botocore compares the user name, too.
pub(crate) fn hosts_of_keyfront(endpoint: &Endpoint) -> Vec<String> {
    let bare = endpoint.host.bare();
    let mut hosts = vec![bare.clone(), format!("x@{}", endpoint.host)];
    if let Some(name) = endpoint.name() {
        hosts.extend([name.to_owned(), format!("*.{name}")]);
    }
    hosts
}

/// The hosts for which Keyfront must not be the proxy: those that are never meant for it, and those
/// that the environment or the command names.
pub(crate) fn hosts_of_others(machine: &Machine, command: &[impl AsRef<OsStr>]) -> Vec<String> {
    let fixed = LOOPBACK_AND_METADATA.iter().chain(&COMMON_SUFFIXES);
    let mut hosts: Vec<String> = fixed.map(|host| (*host).to_owned()).collect();
    hosts.push(machine.endpoint.host.bare());
    let variables = machine.environment.texts();
    hosts.extend(variables.filter_map(|(name, value)| host_in_variable(&name, &value)));
    let words = command.iter().map(|word| word.as_ref().to_string_lossy());
    hosts.extend(words.filter_map(|word| host_in_word(&word)));
    hosts
}

/// The host of a variable that holds a URL of plain HTTP, or that is named as an endpoint.
fn host_in_variable(name: &str, value: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    let ours = name.starts_with("AWS_ENDPOINT_URL_CLOUDFRONT") || name == "KEYFRONT_ENDPOINT";
    if ours || name.ends_with("_PROXY") {
        return None;
    }
    if name.contains("ENDPOINT") && !value.starts_with("https://") {
        return host_of(value).as_ref().map(Host::bare);
    }
    host_in_word(value)
}

fn host_in_word(word: &str) -> Option<String> {
    let (_, rest) = word.split_once("http://")?;
    let host = host_of(rest)?;
    (!host.is_named(RESERVED_NAME)).then(|| host.bare())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        "http://127.0.0.1:4566".parse().unwrap()
    }

    /// An environment with one variable whose value is not UTF-8.
    fn not_utf8(name: &str, value: &[u8]) -> Environment {
        let value = OsStr::from_bytes(value).to_owned();
        [(OsString::from(name), value)].into_iter().collect()
    }

    #[test]
    fn keyfront_itself_is_no_proxy_of_the_user() {
        let ours = [("HTTP_PROXY", "http://localhost:4566")].into();
        assert_eq!(of_user(&ours, &endpoint()), None);
        let other = [("http_proxy", "http://proxy:3128")].into();
        assert_eq!(
            of_user(&other, &endpoint()),
            Some(("http_proxy", OsStr::new("http://proxy:3128")))
        );
        let secure = "https://127.0.0.1:4566".parse().unwrap();
        assert_eq!(of_user(&other, &secure), None);
        assert_eq!(of_user(&[("HTTP_PROXY", "")].into(), &endpoint()), None);
    }

    #[test]
    fn a_proxy_that_is_not_utf8_is_a_proxy() {
        let environment = not_utf8("HTTP_PROXY", b"http://pro\xffy:3128");
        assert!(of_user(&environment, &endpoint()).is_some());
    }

    #[test]
    fn the_list_keeps_what_the_user_has() {
        let environment = [("NO_PROXY", "a, b"), ("no_proxy", "b,c")].into();
        assert_eq!(no_proxy(&environment, &["c".into(), "d".into()]), "a,b,c,d");
        assert_eq!(no_proxy_variables(&environment), ["NO_PROXY", "no_proxy"]);
        assert_eq!(no_proxy_variables(&Environment::default()), ["NO_PROXY"]);
        let environment = not_utf8("NO_PROXY", b"\xff.example, b");
        assert_eq!(
            no_proxy(&environment, &["c".into()]).as_bytes(),
            b"\xff.example,b,c"
        );
    }

    #[test]
    fn a_list_exempts_names_and_what_is_below_them() {
        let list = |text| exempts(&[("NO_PROXY", text)].into(), "000000000000.localhost");
        assert!(list("localhost") && list(".localhost") && list("*.localhost") && list("a,*"));
        assert!(!list("host") && !list("example") && !list("1000000000000.localhost"));
        assert!(!exempts(&Environment::default(), "localhost"));
    }

    #[test]
    fn hosts_that_are_named_stay_away() {
        let machine = Machine::plain(
            [
                ("AWS_ENDPOINT_URL_S3", "http://minio:9000"),
                ("QUEUE_ENDPOINT", "queue:9324"),
                ("VAULT_ADDR", "http://vault:8200"),
                ("SECURE", "https://secure"),
                (
                    "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE",
                    "http://keyfront.invalid:4566",
                ),
                ("HTTP_PROXY", "http://proxy:3128"),
            ]
            .into(),
        );
        let hosts = hosts_of_others(&machine, &["curl", "--url=http://web/x"]);
        let fixed = LOOPBACK_AND_METADATA.len() + COMMON_SUFFIXES.len();
        let named: Vec<&str> = hosts[fixed..].iter().map(String::as_str).collect();
        assert_eq!(named, ["127.0.0.1", "minio", "queue", "vault", "web"]);
        assert!(hosts.iter().any(|host| host == "169.254.169.254"));
    }
}

//! Proxies: those of the user, which must not catch what is meant for Keyfront, and Keyfront as one,
//! which must not catch what is meant for others.

use std::ffi::OsStr;

use crate::endpoint::{Endpoint, Host};
use crate::environment::Environment;
use crate::machine::{Machine, host_of};

/// The data plane's host where Keyfront is the proxy. The name can't exist (RFC 6761): a client that
/// doesn't use the proxy fails to find it and reaches nobody else.
pub(crate) const RESERVED: &str = "keyfront.invalid";

/// Hosts that are never meant for Keyfront as a proxy. The addresses are those where AWS's metadata
/// and credentials are served, by plain HTTP.
const NEVER: [&str; 8] = [
    "localhost",
    "*.localhost",
    "127.0.0.1",
    "::1",
    "169.254.169.254",
    "169.254.170.2",
    "fd00:ec2::254",
    "metadata.google.internal",
];

/// Most names end so. `NO_PROXY` can't say "all but one name", and this is what comes nearest.
const ENDS: [&str; 10] = [
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

const LISTS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The proxy variable that sends requests for the endpoint elsewhere, and its value.
pub(crate) fn of_user<'a>(
    environment: &'a Environment,
    endpoint: &Endpoint,
) -> Option<(&'static str, &'a str)> {
    let names = if endpoint.secure {
        ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    };
    environment
        .first(&names)
        .filter(|(_, value)| !leads_to(value, endpoint))
}

/// Whether a URL is the endpoint, on this machine by whichever name.
pub(crate) fn leads_to(url: &str, endpoint: &Endpoint) -> bool {
    let Ok(found) = url.parse::<Endpoint>() else {
        return false;
    };
    let same_host = found.host == endpoint.host || (found.is_local() && endpoint.is_local());
    same_host && found.port == endpoint.port && found.secure == endpoint.secure
}

/// `NO_PROXY` as it is, and these hosts.
pub(crate) fn no_proxy(environment: &Environment, more: &[String]) -> String {
    let mut hosts: Vec<&str> = Vec::new();
    let existing = LISTS
        .iter()
        .filter_map(|name| environment.get(name))
        .flat_map(|list| list.split(','));
    for host in existing.chain(more.iter().map(String::as_str)) {
        let host = host.trim();
        if !host.is_empty() && !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts.join(",")
}

/// The variables that have to hold the list: a program that knows both takes either first.
pub(crate) fn lists(environment: &Environment) -> Vec<&'static str> {
    let small = LISTS[1..].iter().filter(|name| environment.has(name));
    LISTS[..1].iter().chain(small).copied().collect()
}

/// Whether the user's own list keeps requests for that host from the proxy.
pub(crate) fn exempts(environment: &Environment, host: &str) -> bool {
    let list = no_proxy(environment, &[]);
    list.split(',').any(|entry| {
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

/// The hosts that Keyfront as a proxy must not get: those that can't be meant, and those that the
/// environment or the command names.
pub(crate) fn hosts_of_others(machine: &Machine, command: &[impl AsRef<OsStr>]) -> Vec<String> {
    let fixed = NEVER.iter().chain(&ENDS).map(|host| (*host).to_owned());
    let mut hosts: Vec<String> = fixed.collect();
    let own = machine.endpoint.host.bare();
    hosts.extend([own]);
    let variables = machine.environment.iter();
    hosts.extend(variables.filter_map(|(name, value)| host_in_variable(name, value)));
    hosts.extend(
        command
            .iter()
            .filter_map(|word| host_in_word(&word.as_ref().to_string_lossy())),
    );
    hosts
}

/// The host of a variable that holds a URL of plain HTTP, or that says to be an endpoint.
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
    let at = word.find("http://")?;
    let host = host_of(&word[at..])?;
    (host != Host::Name(RESERVED.to_owned())).then(|| host.bare())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        "http://127.0.0.1:4566".parse().unwrap()
    }

    #[test]
    fn keyfront_itself_is_no_proxy_of_the_user() {
        let ours = [("HTTP_PROXY", "http://localhost:4566")].into();
        assert_eq!(of_user(&ours, &endpoint()), None);
        let other = [("http_proxy", "http://proxy:3128")].into();
        assert_eq!(
            of_user(&other, &endpoint()),
            Some(("http_proxy", "http://proxy:3128"))
        );
        let secure = "https://127.0.0.1:4566".parse().unwrap();
        assert_eq!(of_user(&other, &secure), None);
        assert_eq!(of_user(&[("HTTP_PROXY", "")].into(), &endpoint()), None);
    }

    #[test]
    fn the_list_keeps_what_the_user_has() {
        let environment = [("NO_PROXY", "a, b"), ("no_proxy", "b,c")].into();
        assert_eq!(no_proxy(&environment, &["c".into(), "d".into()]), "a,b,c,d");
        assert_eq!(lists(&environment), ["NO_PROXY", "no_proxy"]);
        assert_eq!(lists(&Environment::default()), ["NO_PROXY"]);
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
        let named: Vec<&str> = hosts[NEVER.len() + ENDS.len()..]
            .iter()
            .map(String::as_str)
            .collect();
        assert_eq!(named, ["127.0.0.1", "minio", "queue", "vault", "web"]);
        assert!(hosts.iter().any(|host| host == "169.254.169.254"));
    }
}

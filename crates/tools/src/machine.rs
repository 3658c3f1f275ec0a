use std::fs;
use std::net::{IpAddr, ToSocketAddrs};

use crate::endpoint::{Endpoint, Host};
use crate::environment::Environment;
use crate::target::{Credentials, DEFAULT_ENDPOINT, Target};

/// What there is to know before it can be decided how a client gets to Keyfront.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) endpoint: Endpoint,
    pub(crate) account: String,
    pub(crate) credentials: Credentials,
    /// The options that say as whom, to be repeated where a tool of ours is named.
    as_whom: Vec<String>,
    pub(crate) environment: Environment,
    pub(crate) lookup: Lookup,
}

/// What this machine makes of the endpoint's name with the account before it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lookup {
    /// The addresses, in the order in which clients try them.
    pub(crate) addresses: Vec<IpAddr>,
    /// Whether they are Keyfront's.
    pub(crate) reaches: bool,
    /// Whether a program finds them that asks the hosts file and DNS by itself rather than the
    /// system's library. Static Go programs do, Terraform's providers among them, and to them the
    /// modules of `nsswitch.conf` are unknown.
    pub(crate) without_library: bool,
}

impl Machine {
    /// This machine, now.
    pub(crate) fn describe(target: &Target) -> Self {
        let environment = Environment::of_this_process();
        let account = target.account(&environment);
        Self {
            lookup: look_up(&target.endpoint, &account),
            endpoint: target.endpoint.clone(),
            credentials: target.credentials(&environment),
            as_whom: target.as_whom(),
            account,
            environment,
        }
    }

    /// How a tool of ours is called to speak of the same: `keyfront env --endpoint …`.
    pub(crate) fn tool(&self, name: &str) -> String {
        let said = self
            .environment
            .get("KEYFRONT_ENDPOINT")
            .unwrap_or(DEFAULT_ENDPOINT);
        let mut words = vec![format!("keyfront {name}")];
        if said.parse::<Endpoint>().ok().as_ref() != Some(&self.endpoint) {
            words.push(format!("--endpoint {}", self.endpoint));
        }
        words.extend_from_slice(&self.as_whom);
        words.join(" ")
    }

    /// The name that an SDK makes of the endpoint's; none if the endpoint is a far address.
    pub(crate) fn prefixed_name(&self) -> Option<String> {
        Some(prefixed(&self.account, self.endpoint.name()?))
    }
}

fn prefixed(account: &str, name: &str) -> String {
    format!("{account}.{name}")
}

fn look_up(endpoint: &Endpoint, account: &str) -> Lookup {
    let Some(name) = endpoint.name() else {
        return Lookup::default();
    };
    let prefixed = prefixed(account, name);
    let addresses = resolve(&prefixed, endpoint.port);
    let reaches = if endpoint.is_local() {
        addresses.iter().any(IpAddr::is_loopback)
    } else {
        // Some resolvers answer every name with an address of their own.
        let own = resolve(name, endpoint.port);
        addresses.iter().any(|address| own.contains(address))
    };
    let outside_library = || {
        !endpoint.is_local()
            || cfg!(target_os = "macos")
            || fs::read_to_string("/etc/hosts").is_ok_and(|hosts| mentions(&hosts, &prefixed))
            || fs::read_to_string("/etc/resolv.conf").is_ok_and(|conf| asks_resolved(&conf))
    };
    Lookup {
        reaches,
        without_library: reaches && outside_library(),
        addresses,
    }
}

/// The addresses of a name, each once, in the order of the system.
fn resolve(name: &str, port: u16) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    // No answer and an error are the same to us: the name doesn't lead anywhere.
    for address in (name, port).to_socket_addrs().into_iter().flatten() {
        if !addresses.contains(&address.ip()) {
            addresses.push(address.ip());
        }
    }
    addresses
}

fn mentions(hosts: &str, name: &str) -> bool {
    let mut lines = hosts
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    lines.any(|line| {
        line.split_whitespace()
            .skip(1)
            .any(|host| host.eq_ignore_ascii_case(name))
    })
}

/// Whether DNS is systemd-resolved's, which knows `*.localhost`.
fn asks_resolved(conf: &str) -> bool {
    let mut lines = conf
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.any(|words| words == ["nameserver", "127.0.0.53"])
}

/// The host that a URL names, or a host and port without a scheme.
pub(crate) fn host_of(text: &str) -> Option<Host> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let end = rest
        .find(['/', '?', '#', ' ', ',', '"', '\''])
        .unwrap_or(rest.len());
    let authority: http::uri::Authority = rest[..end].parse().ok()?;
    let host = authority.host();
    (!host.is_empty()).then(|| Host::from(host))
}

#[cfg(test)]
impl Machine {
    /// A machine without names for accounts, for tests to change.
    pub(crate) fn plain(environment: Environment) -> Self {
        let target = Target::at("http://127.0.0.1:4566");
        Self {
            endpoint: target.endpoint.clone(),
            account: target.account(&environment),
            credentials: target.credentials(&environment),
            as_whom: target.as_whom(),
            environment,
            lookup: Lookup::default(),
        }
    }

    /// The same with an endpoint of another form.
    pub(crate) fn at(mut self, endpoint: &str) -> Self {
        self.endpoint = endpoint.parse().unwrap();
        self
    }

    /// The same where names with accounts resolve.
    pub(crate) fn with_names(mut self, addresses: &[&str], without_library: bool) -> Self {
        let addresses = addresses.iter().map(|address| address.parse().unwrap());
        self.lookup = Lookup {
            addresses: addresses.collect(),
            reaches: true,
            without_library,
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_told_the_same_again() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            target: Target,
        }
        let line = "env --account 111122223333 --access-key-id AKIA --secret-access-key HUSH";
        let target = <Line as clap::Parser>::parse_from(line.split(' ')).target;
        assert_eq!(
            Machine::describe(&target).tool("exec"),
            "keyfront exec --account 111122223333 --access-key-id AKIA --secret-access-key SECRET"
        );
    }

    #[test]
    fn reads_the_hosts_file() {
        let hosts = "127.0.0.1 localhost\n# 127.0.0.1 a.localhost\n127.0.0.1\tx 0.localhost # y\n";
        assert!(mentions(hosts, "0.localhost"));
        assert!(!mentions(hosts, "a.localhost"));
        assert!(!mentions(hosts, "127.0.0.1"));
    }

    #[test]
    fn knows_the_stub_of_systemd() {
        assert!(asks_resolved("# comment\nnameserver  127.0.0.53\n"));
        assert!(!asks_resolved(
            "#nameserver 127.0.0.53\nnameserver 127.0.0.11\n"
        ));
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

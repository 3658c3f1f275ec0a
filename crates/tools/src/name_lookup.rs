//! What this machine makes of the data plane's host: the endpoint's name with the account before it.

use std::fs;
use std::net::{IpAddr, ToSocketAddrs};

use crate::endpoint::Endpoint;

/// The outcome of looking a name up.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameLookup {
    /// The addresses, in the order in which clients try them.
    pub(crate) addresses: Vec<IpAddr>,
    /// Whether they are Keyfront's.
    pub(crate) reaches: bool,
    /// Whether a program finds them that reads the hosts file and asks DNS itself instead of calling
    /// the system's library. Static Go programs do so, Terraform's providers among them, and don't
    /// know the modules of `nsswitch.conf`.
    pub(crate) without_library: bool,
}

impl NameLookup {
    /// Looks the endpoint's name up with the account before it. An endpoint without a name (an address
    /// that is not loopback) has no addresses.
    pub(crate) fn of(endpoint: &Endpoint, account: &str) -> Self {
        let Some(name) = endpoint.name() else {
            return Self::default();
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
        Self {
            reaches,
            without_library: reaches && resolves_without_library(endpoint, &prefixed),
            addresses,
        }
    }
}

/// The host that an SDK makes of a name.
pub(crate) fn prefixed(account: &str, name: &str) -> String {
    format!("{account}.{name}")
}

fn resolves_without_library(endpoint: &Endpoint, name: &str) -> bool {
    !endpoint.is_local()
        || cfg!(target_os = "macos")
        || fs::read_to_string("/etc/hosts").is_ok_and(|hosts| mentions(&hosts, name))
        || fs::read_to_string("/etc/resolv.conf").is_ok_and(|conf| asks_resolved(&conf))
}

/// The addresses of a name, each once, in the order of the system. A lookup that fails has none.
fn resolve(name: &str, port: u16) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
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

#[cfg(test)]
mod tests {
    use super::*;

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
}

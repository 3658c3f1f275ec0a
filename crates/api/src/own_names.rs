//! The names under which clients on this machine have Keyfront as their proxy.

use std::net::IpAddr;

/// A name that can't exist (RFC 6761), which `keyfront exec` gives to clients that use a proxy; and
/// loopback's. An account may stand before each.
const NAMES: [&str; 2] = ["keyfront.invalid", "localhost"];

/// Whether a host can mean nothing but Keyfront itself, by its form.
pub(crate) fn has(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return address.is_loopback();
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    NAMES.iter().any(|name| {
        host.strip_suffix(name)
            .is_some_and(|account| account.is_empty() || account.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_can_mean_nothing_else_are_ours() {
        for host in [
            "keyfront.invalid",
            "000000000000.keyfront.invalid",
            "000000000000.LOCALHOST.",
            "localhost",
            "127.0.0.1",
            "[::1]",
        ] {
            assert!(has(host), "{host}");
        }
        for host in [
            "example.com",
            "notlocalhost",
            "xkeyfront.invalid",
            "localhost.example.com",
            "192.0.2.1",
            "169.254.169.254",
            "",
        ] {
            assert!(!has(host), "{host}");
        }
    }
}

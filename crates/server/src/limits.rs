//! The bounds of the server, and how a request that one of them refuses is told.

use std::fmt;
use std::time::Duration;

/// What keeps one client from taking what others need.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How many connections there may be: 4,096. Beside them are [`RESERVED_CONNECTIONS`].
    pub connections: usize,
    /// How many of them one address may have: a quarter, 1,024; `None` for any number. The addresses
    /// of an IPv6 /64 count as one.
    pub connections_per_address: Option<usize>,
    /// How many bytes the request line and headers may have: 32 KiB.
    pub header_bytes: usize,
    /// How long the headers may take to arrive, and a connection may be idle: 60 s.
    pub header_time: Duration,
    /// How long a client may take none of its answer: 30 s.
    pub write_time: Duration,
    /// How long requests in flight have to finish when the server stops: 10 s.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: Some(1024),
            header_bytes: 32 * 1024,
            header_time: Duration::from_secs(60),
            write_time: Duration::from_secs(30),
            stop_time: Duration::from_secs(10),
        }
    }
}

/// How many connections there may be beside those of [`Limits::connections`]. They are for probes: any
/// other request on them is refused.
pub const RESERVED_CONNECTIONS: usize = 64;

/// How many connections that were closed in favour of others may still hold a file descriptor.
pub const CLOSING_CONNECTIONS: usize = 32;

/// A bound that can refuse a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// The number of connections.
    Connections,
    /// The number of connections of one address.
    ConnectionsPerAddress,
    /// The number of request bodies that are arriving.
    Bodies(Scope),
    /// The bytes of request bodies that are held.
    BodyBytes(Scope),
}

/// Whose requests a bound counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All of the server.
    All,
    /// Those that claim one access key, or those that claim no key.
    Key,
    /// Those of one address.
    Address,
    /// Those of one connection.
    Connection,
}

impl Bound {
    /// Every bound.
    pub const ALL: [Self; 10] = [
        Self::Connections,
        Self::ConnectionsPerAddress,
        Self::Bodies(Scope::All),
        Self::Bodies(Scope::Key),
        Self::Bodies(Scope::Address),
        Self::Bodies(Scope::Connection),
        Self::BodyBytes(Scope::All),
        Self::BodyBytes(Scope::Key),
        Self::BodyBytes(Scope::Address),
        Self::BodyBytes(Scope::Connection),
    ];

    /// Its place in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Connections => 0,
            Self::ConnectionsPerAddress => 1,
            Self::Bodies(scope) => 2 + scope as usize,
            Self::BodyBytes(scope) => 6 + scope as usize,
        }
    }

    /// The command-line option that sets the bound.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Connections => "--connections",
            Self::ConnectionsPerAddress => "--connections-per-address",
            Self::Bodies(_) => "--bodies",
            Self::BodyBytes(_) => "--body-memory-bytes",
        }
    }

    /// A word for the bound, for metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::ConnectionsPerAddress => "connections_per_address",
            Self::Bodies(Scope::All) => "bodies",
            Self::Bodies(Scope::Key) => "bodies_per_key",
            Self::Bodies(Scope::Address) => "bodies_per_address",
            Self::Bodies(Scope::Connection) => "bodies_per_connection",
            Self::BodyBytes(Scope::All) => "body_bytes",
            Self::BodyBytes(Scope::Key) => "body_bytes_per_key",
            Self::BodyBytes(Scope::Address) => "body_bytes_per_address",
            Self::BodyBytes(Scope::Connection) => "body_bytes_per_connection",
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, scope) = match self {
            Self::Connections => return f.write_str("connections"),
            Self::ConnectionsPerAddress => return f.write_str("connections of this address"),
            Self::Bodies(scope) => ("request bodies in flight", scope),
            Self::BodyBytes(scope) => ("bytes of request bodies in flight", scope),
        };
        let of = match scope {
            Scope::All => "",
            Scope::Key => " for this access key",
            Scope::Address => " for this address",
            Scope::Connection => " for this connection",
        };
        write!(f, "{what}{of}")
    }
}

/// A request that is refused because a bound is reached. It is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The server has reached its limit of {bound} ({}). Try again later.", .bound.setting())]
pub struct Refused {
    /// The bound that is reached.
    pub bound: Bound,
}

impl Refused {
    /// After how many seconds a client should try again: the value of `Retry-After`.
    pub const RETRY_AFTER_SECONDS: u64 = 1;
}

use std::net::IpAddr;

use super::{Problem, Request};

/// A global condition key that Keyfront can give a value to (IAM user guide, "AWS global condition
/// context keys"). Each has one value, or is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// The address that the request came from. Absent if it is not known.
    SourceIp,
    /// Whether it came over TLS.
    SecureTransport,
    /// When it came, to the second.
    CurrentTime,
    /// The same as seconds since 1970.
    EpochTime,
    /// Its User-Agent header. Absent if it has none.
    UserAgent,
    /// The user's name. Absent for an access key without a user.
    Username,
    PrincipalAccount,
    PrincipalArn,
    /// `User`, or `Account` for an access key without a user.
    PrincipalType,
}

/// The kinds of values, each with operators of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Arn,
    Number,
    Date,
    Bool,
    Ip,
}

/// The value that a request has for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Ip(IpAddr),
    Bool(bool),
    /// Seconds since 1970.
    Seconds(i64),
}

const KEYS: [(&str, Key); 9] = [
    ("aws:SourceIp", Key::SourceIp),
    ("aws:SecureTransport", Key::SecureTransport),
    ("aws:CurrentTime", Key::CurrentTime),
    ("aws:EpochTime", Key::EpochTime),
    ("aws:UserAgent", Key::UserAgent),
    ("aws:username", Key::Username),
    ("aws:PrincipalAccount", Key::PrincipalAccount),
    ("aws:PrincipalArn", Key::PrincipalArn),
    ("aws:PrincipalType", Key::PrincipalType),
];

impl Key {
    /// Reads a key's name; its case does not matter (IAM user guide, "Condition").
    pub(crate) fn parse(name: &str) -> Result<Self, Problem> {
        KEYS.iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, key)| *key)
            .ok_or_else(|| {
                let known: Vec<_> = KEYS.iter().map(|(name, _)| *name).collect();
                Problem::new(format!(
                    "the condition key `{name}` can't be evaluated here, and a condition is never \
                     passed over; the known keys are {}",
                    known.join(", ")
                ))
            })
    }

    /// The kinds of operators that AWS documents for it.
    pub(crate) fn kinds(self) -> &'static [Kind] {
        match self {
            Self::SourceIp => &[Kind::Ip],
            Self::SecureTransport => &[Kind::Bool],
            Self::CurrentTime => &[Kind::Date],
            Self::EpochTime => &[Kind::Date, Kind::Number],
            Self::PrincipalArn => &[Kind::Arn, Kind::Text],
            Self::UserAgent | Self::Username | Self::PrincipalAccount | Self::PrincipalType => {
                &[Kind::Text]
            }
        }
    }

    /// Those operators, for a message.
    pub(crate) fn operators(self) -> &'static str {
        match self {
            Self::SourceIp => "IpAddress or NotIpAddress",
            Self::SecureTransport => "Bool",
            Self::CurrentTime => "a Date operator",
            Self::EpochTime => "a Date or Numeric operator",
            Self::PrincipalArn => "an Arn or String operator",
            Self::UserAgent | Self::Username | Self::PrincipalAccount | Self::PrincipalType => {
                "a String operator"
            }
        }
    }

    pub(crate) fn value<'a>(self, request: &Request<'a>) -> Option<Value<'a>> {
        let Request {
            principal, context, ..
        } = request;
        match self {
            // A socket for both families shows an IPv4 caller as ::ffff:a.b.c.d.
            Self::SourceIp => context.source_ip.map(|ip| Value::Ip(ip.to_canonical())),
            Self::SecureTransport => Some(Value::Bool(context.secure)),
            Self::CurrentTime | Self::EpochTime => {
                Some(Value::Seconds(context.now.millis().div_euclid(1_000)))
            }
            Self::UserAgent => context.user_agent.map(Value::Text),
            Self::Username => principal.user.as_deref().map(Value::Text),
            Self::PrincipalAccount => Some(Value::Text(&principal.account)),
            Self::PrincipalArn => Some(Value::Text(&principal.arn)),
            Self::PrincipalType => Some(Value::Text(principal.kind())),
        }
    }
}

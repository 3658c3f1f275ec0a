use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;

use super::arn::{Arn, ArnPattern};
use super::document::Scalar;
use super::key::{Key, Kind, Value};
use super::pattern::{Case, Pattern};
use super::variables::{self, Part};
use super::{Principal, Problem, Version, date};

/// An operator of a condition, with the prefix and the suffix of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    comparison: Comparison,
    /// Whether none of the values may match, instead of any.
    pub(crate) negated: bool,
    /// Whether it ends with `IfExists`.
    pub(crate) if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Text,
    TextIgnoringCase,
    TextLike,
    Arn,
    Number(Order),
    Date(Order),
    Bool,
    Ip,
    Null,
}

/// How the request's value stands to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a request's value is compared with; one match is enough.
#[derive(Debug)]
pub(crate) enum Test {
    Text(Box<[String]>),
    TextIgnoringCase(Box<[String]>),
    Like(Box<[Pattern]>),
    Arn(Box<[ArnPattern]>),
    Number(Order, Box<[f64]>),
    /// Milliseconds since 1970.
    Date(Order, Box<[i64]>),
    Bool(Box<[bool]>),
    Ip(Box<[IpNet]>),
    /// Whether the key is to be absent.
    Null(Box<[bool]>),
}

impl Operator {
    pub(crate) fn parse(name: &str) -> Result<Self, Problem> {
        let (plain, if_exists) = match name.strip_suffix("IfExists") {
            Some(plain) => (plain, true),
            None => (name, false),
        };
        let (comparison, negated) = Comparison::parse(plain).ok_or_else(|| unknown(name))?;
        if comparison == Comparison::Null && if_exists {
            return Err(unknown(name));
        }
        Ok(Self {
            comparison,
            negated,
            if_exists,
        })
    }

    /// Whether AWS documents it for that key. `Null` is for all.
    pub(crate) fn fits(self, key: Key) -> bool {
        self.comparison
            .kind()
            .is_none_or(|kind| key.kinds().contains(&kind))
    }

    /// Reads the values. Variables stand in those of String and Arn operators only.
    pub(crate) fn test(
        self,
        values: &[Scalar],
        version: Version,
        principal: &Principal,
    ) -> Result<Test, Problem> {
        let text = |value: &str| match version {
            Version::V2012 => variables::expand_text(value, principal),
            Version::V2008 => Ok(value.to_owned()),
        };
        Ok(match self.comparison {
            Comparison::Text => Test::Text(each(values, text)?),
            Comparison::TextIgnoringCase => Test::TextIgnoringCase(each(values, text)?),
            Comparison::TextLike => {
                Test::Like(each(values, |value| like(value, version, principal))?)
            }
            Comparison::Arn => Test::Arn(each(values, |value| {
                ArnPattern::new(value, version, principal)
            })?),
            Comparison::Number(order) => Test::Number(order, each(values, number)?),
            Comparison::Date(order) => Test::Date(order, each(values, date::millis)?),
            Comparison::Bool => Test::Bool(each(values, boolean)?),
            Comparison::Null => Test::Null(each(values, boolean)?),
            Comparison::Ip => Test::Ip(each(values, network)?),
        })
    }
}

impl Comparison {
    /// The comparison of that name, and whether the name is its negation.
    fn parse(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "StringEquals" => (Self::Text, false),
            "StringNotEquals" => (Self::Text, true),
            "StringEqualsIgnoreCase" => (Self::TextIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (Self::TextIgnoringCase, true),
            "StringLike" => (Self::TextLike, false),
            "StringNotLike" => (Self::TextLike, true),
            // The two "behave identically" (IAM user guide).
            "ArnEquals" | "ArnLike" => (Self::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Self::Arn, true),
            "Bool" => (Self::Bool, false),
            "IpAddress" => (Self::Ip, false),
            "NotIpAddress" => (Self::Ip, true),
            "Null" => (Self::Null, false),
            _ => return Self::parse_ordered(name),
        })
    }

    fn parse_ordered(name: &str) -> Option<(Self, bool)> {
        let (of, order): (fn(Order) -> Self, _) = if let Some(order) = name.strip_prefix("Numeric")
        {
            (Self::Number, order)
        } else {
            (Self::Date, name.strip_prefix("Date")?)
        };
        let (order, negated) = match order {
            "Equals" => (Order::Equal, false),
            "NotEquals" => (Order::Equal, true),
            "LessThan" => (Order::Less, false),
            "LessThanEquals" => (Order::LessOrEqual, false),
            "GreaterThan" => (Order::Greater, false),
            "GreaterThanEquals" => (Order::GreaterOrEqual, false),
            _ => return None,
        };
        Some((of(order), negated))
    }

    fn kind(self) -> Option<Kind> {
        Some(match self {
            Self::Text | Self::TextIgnoringCase | Self::TextLike => Kind::Text,
            Self::Arn => Kind::Arn,
            Self::Number(_) => Kind::Number,
            Self::Date(_) => Kind::Date,
            Self::Bool => Kind::Bool,
            Self::Ip => Kind::Ip,
            Self::Null => return None,
        })
    }
}

impl Test {
    /// Whether the request's value matches one of the policy's. A value of another kind matches
    /// none; [`Operator::fits`] has let none come here.
    pub(crate) fn matches_any(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(own), Value::Text(text)) => own.iter().any(|o| o == text),
            (Self::TextIgnoringCase(own), Value::Text(text)) => {
                own.iter().any(|o| o.eq_ignore_ascii_case(text))
            }
            (Self::Like(own), Value::Text(text)) => own.iter().any(|o| o.matches(text)),
            (Self::Arn(own), Value::Text(text)) => {
                Arn::new(text).is_some_and(|arn| own.iter().any(|o| o.matches(&arn)))
            }
            (Self::Number(order, own), Value::Seconds(seconds)) => {
                let seconds = seconds as f64;
                own.iter().any(|o| order.holds(seconds.partial_cmp(o)))
            }
            (Self::Date(order, own), Value::Seconds(seconds)) => {
                let millis = seconds.saturating_mul(1_000);
                own.iter().any(|o| order.holds(millis.partial_cmp(o)))
            }
            (Self::Bool(own), Value::Bool(value)) => own.contains(&value),
            (Self::Ip(own), Value::Ip(ip)) => own.iter().any(|o| o.contains(&ip)),
            _ => false,
        }
    }
}

impl Order {
    fn holds(self, ordering: Option<Ordering>) -> bool {
        ordering.is_some_and(|ordering| match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        })
    }
}

fn each<T>(
    values: &[Scalar],
    read: impl Fn(&str) -> Result<T, Problem>,
) -> Result<Box<[T]>, Problem> {
    values.iter().map(|value| read(&value.0)).collect()
}

fn like(value: &str, version: Version, principal: &Principal) -> Result<Pattern, Problem> {
    let parts = match version {
        Version::V2012 => variables::expand(value, principal)?,
        Version::V2008 => vec![Part::Written(value.to_owned())],
    };
    Ok(Pattern::of_parts(&parts, Case::Matters))
}

/// An integer or a decimal fraction; Rust's parser would take `inf` and `1e9` as well.
fn number(value: &str) -> Result<f64, Problem> {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'-' | b'.');
    Some(value)
        .filter(|value| value.bytes().all(plain))
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| Problem::new(format!("`{value}` is no number")))
}

fn boolean(value: &str) -> Result<bool, Problem> {
    value
        .parse()
        .map_err(|_| Problem::new(format!("`{value}` is neither true nor false")))
}

/// A range of addresses, or one address (IAM user guide, "IP address condition operators").
fn network(value: &str) -> Result<IpNet, Problem> {
    let one = |value: &str| value.parse::<IpAddr>().map(IpNet::from).ok();
    let network = value.parse().ok().or_else(|| one(value)).ok_or_else(|| {
        Problem::new(format!(
            "`{value}` is no IP address and no range of them, as in 203.0.113.0/24 or 2001:db8::/32"
        ))
    })?;
    match network {
        IpNet::V6(net) if net.addr().to_ipv4_mapped().is_some() => Err(Problem::new(format!(
            "`{value}` is IPv4 written as IPv6, which no caller's address is: write it as IPv4"
        ))),
        _ => Ok(network),
    }
}

fn unknown(name: &str) -> Problem {
    let text = if name.starts_with("ForAllValues:") || name.starts_with("ForAnyValue:") {
        format!("`{name}`: set operators are for keys with several values, and no known key is one")
    } else {
        format!("`{name}` is no condition operator that can be evaluated here")
    };
    Problem::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_of_all_kinds_are_known() {
        for name in [
            "StringEquals",
            "StringNotEqualsIgnoreCase",
            "StringLikeIfExists",
            "ArnNotLikeIfExists",
            "NumericLessThanEquals",
            "DateNotEquals",
            "DateGreaterThanEqualsIfExists",
            "BoolIfExists",
            "NotIpAddress",
            "Null",
        ] {
            assert!(Operator::parse(name).is_ok(), "{name}");
        }
        assert!(Operator::parse("DateNotEquals").unwrap().negated);
        assert!(Operator::parse("BoolIfExists").unwrap().if_exists);
    }

    #[test]
    fn what_can_not_be_evaluated_is_refused() {
        for name in [
            "",
            "IfExists",
            "NullIfExists",
            "stringequals",
            "StringEqual",
            "StringEqualsIfExistsIfExists",
            "BinaryEquals",
            "DateLike",
            "NumericNotLessThan",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringLikeIfExists",
        ] {
            assert!(Operator::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn an_address_alone_is_a_range_of_one() {
        assert_eq!(network("203.0.113.7").unwrap().prefix_len(), 32);
        assert_eq!(network("2001:db8::7").unwrap().prefix_len(), 128);
        for value in [
            "*",
            "203.0.113.*",
            "203.0.113.0/33",
            "::ffff:203.0.113.0/120",
            "",
        ] {
            assert!(network(value).is_err(), "{value}");
        }
    }

    #[test]
    fn numbers_are_decimal() {
        assert_eq!(number("1700000000").unwrap(), 1_700_000_000.0);
        assert_eq!(number("-1.5").unwrap(), -1.5);
        for value in [
            "", "inf", "NaN", "1e9", "+1", "1_000", " 1", "0x10", "-", ".",
        ] {
            assert!(number(value).is_err(), "{value}");
        }
    }
}

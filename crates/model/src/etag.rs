use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::Invalid;

/// The version of one record, in AWS's form: a letter or two for the plane and 64 bits in base 36.
///
/// The bits are random for each version, so that an ETag is never given twice, not even after a
/// restore, and can't be guessed. The two planes have ETags of their own, which never match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum ETag {
    /// `E…`: the version of what the control plane sees.
    Control(u64),
    /// `KV…`: the version of a store's contents.
    Data(u64),
}

/// The version on which a caller makes a change conditional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// This version.
    Version(ETag),
    /// A text that no ETag has the form of. No version matches it.
    NotAnETag,
}

impl IfMatch {
    /// Parses the value of an `If-Match` header: a bare ETag, or one between a single pair of quotes
    /// (some people's scripts keep them). Wildcards, weak tags and lists are no ETags.
    pub fn parse(header: &str) -> Self {
        let bare = header
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(header);
        bare.parse().map_or(Self::NotAnETag, Self::Version)
    }
}

impl From<ETag> for IfMatch {
    fn from(etag: ETag) -> Self {
        Self::Version(etag)
    }
}

impl std::str::FromStr for ETag {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if let Some(digits) = text.strip_prefix("KV") {
            from_base36(digits).map(Self::Data)
        } else if let Some(digits) = text.strip_prefix('E') {
            from_base36(digits).map(Self::Control)
        } else {
            Err(Invalid("an ETag begins with E or KV"))
        }
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write(&mut [0; MAX_LENGTH]))
    }
}

impl Serialize for ETag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.write(&mut [0; MAX_LENGTH]))
    }
}

impl TryFrom<String> for ETag {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The longest prefix, and the 13 digits of the largest number.
const MAX_LENGTH: usize = 15;

impl ETag {
    /// Writes the ETag at the end of the buffer.
    fn write<'a>(&self, buffer: &'a mut [u8; MAX_LENGTH]) -> &'a str {
        let (prefix, mut bits) = match self {
            Self::Control(bits) => ("E", *bits),
            Self::Data(bits) => ("KV", *bits),
        };
        let mut start = buffer.len();
        loop {
            start -= 1;
            buffer[start] = DIGITS[(bits % 36) as usize];
            bits /= 36;
            if bits == 0 {
                break;
            }
        }
        start -= prefix.len();
        buffer[start..start + prefix.len()].copy_from_slice(prefix.as_bytes());
        // All of it is ASCII.
        std::str::from_utf8(&buffer[start..]).unwrap_or_default()
    }
}

fn from_base36(digits: &str) -> Result<u64, Invalid> {
    const FORM: Invalid = Invalid("an ETag is 64 bits in base 36, in capitals");
    let in_form = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase();
    // AWS writes no zeros before it (observed), and one version has one spelling.
    let padded = digits.len() > 1 && digits.starts_with('0');
    if digits.is_empty() || padded || !digits.bytes().all(in_form) {
        return Err(FORM);
    }
    u64::from_str_radix(digits, 36).map_err(|_| FORM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_etags_that_aws_gives() {
        for text in [
            "ETVPDKIKX0DER",
            "E3UN6WX5RRO2AG",
            "KV3O6B1CX531EBP",
            "KVDC9VEVZ71ZGO",
        ] {
            assert_eq!(text.parse::<ETag>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn takes_one_pair_of_quotes_off() {
        let etag: ETag = "ETVPDKIKX0DER".parse().unwrap();
        for header in ["ETVPDKIKX0DER", "\"ETVPDKIKX0DER\""] {
            assert_eq!(IfMatch::parse(header), IfMatch::Version(etag), "{header}");
        }
        for header in [
            "",
            "*",
            "\"*\"",
            "W/\"E1\"",
            "E1, E2",
            "\"\"E1\"\"",
            "\"E1",
            "E",
            "KV",
            "Eabc",
            "E+1",
            "EZZZZZZZZZZZZZZ",
            "E0TVPDKIKX0DER",
            "KV00",
        ] {
            assert_eq!(IfMatch::parse(header), IfMatch::NotAnETag, "{header}");
        }
    }

    proptest! {
        #[test]
        fn survives_the_round_trip(bits: u64) {
            for etag in [ETag::Control(bits), ETag::Data(bits)] {
                prop_assert_eq!(etag.to_string().parse::<ETag>().unwrap(), etag);
            }
        }
    }
}

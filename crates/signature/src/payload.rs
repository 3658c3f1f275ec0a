use aws_lc_rs::digest::{self, SHA256};

use crate::{Failure, hex};

/// The SHA-256 of a request's payload, which is part of what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload([u8; 32]);

/// The hash of no bytes, which most requests have.
const SHA256_OF_NOTHING: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

impl Payload {
    /// Hashes a whole payload.
    pub fn of(payload: &[u8]) -> Self {
        if payload.is_empty() {
            return Self(SHA256_OF_NOTHING);
        }
        Self(sha256(payload))
    }

    pub(crate) fn write_hex(&self, out: &mut Vec<u8>) {
        hex::encode(&self.0, out);
    }

    /// Whether the hash that a request declares for its payload (`x-amz-content-sha256`) is this one.
    /// The declaration need not be signed, because it has to be what is signed anyway.
    pub(crate) fn check(&self, declared: Option<&str>) -> Result<(), Failure> {
        let Some(declared) = declared else {
            return Ok(());
        };
        if hex::decode(declared, &mut [0; 32]) == Some(&self.0) {
            Ok(())
        } else {
            Err(Failure::PayloadChanged)
        }
    }
}

/// Checks what needs no payload of a declared hash: that it is one.
pub(crate) fn check_declared(declared: Option<&str>) -> Result<(), Failure> {
    match declared {
        Some(text) if text == "UNSIGNED-PAYLOAD" || text.starts_with("STREAMING-") => {
            Err(Failure::UnsignedPayload)
        }
        Some(text) if hex::decode(text, &mut [0; 32]).is_none_or(|hash| hash.len() != 32) => {
            Err(Failure::PayloadChanged)
        }
        _ => Ok(()),
    }
}

pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&SHA256, message).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn takes_only_the_true_hash() {
        let payload = Payload::of(b"");
        assert_eq!(payload, Payload(sha256(b"")));
        assert_eq!(payload.check(None), Ok(()));
        assert_eq!(payload.check(Some(EMPTY)), Ok(()));
        for declared in ["", "e3", &EMPTY.to_uppercase(), &EMPTY.replace('e', "f")] {
            assert_eq!(payload.check(Some(declared)), Err(Failure::PayloadChanged));
        }
    }

    #[test]
    fn what_is_no_hash_is_refused_before_the_payload_is_there() {
        for declared in [None, Some(EMPTY)] {
            assert_eq!(check_declared(declared), Ok(()));
        }
        for declared in [
            "UNSIGNED-PAYLOAD",
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        ] {
            assert_eq!(
                check_declared(Some(declared)),
                Err(Failure::UnsignedPayload)
            );
        }
        for declared in ["", "e3", &EMPTY.to_uppercase(), &format!("{EMPTY}00")] {
            assert_eq!(check_declared(Some(declared)), Err(Failure::PayloadChanged));
        }
    }
}

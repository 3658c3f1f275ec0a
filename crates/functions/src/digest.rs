//! The hashes of the module `crypto`.

use ::hmac::{Hmac, KeyInit, Mac};
use aws_lc_rs::{digest, hmac};
use md5::{Digest, Md5};

/// A hash function that runtime 2.0 documents (developer guide, "JavaScript runtime 2.0 features").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Md5,
    Sha1,
    Sha256,
}

impl Algorithm {
    /// The algorithm of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "md5" => Some(Self::Md5),
            "sha1" => Some(Self::Sha1),
            "sha256" => Some(Self::Sha256),
            _ => None,
        }
    }

    /// The hash of bytes.
    pub(crate) fn hash(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Md5 => return Md5::digest(bytes).to_vec(),
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }

    /// The HMAC of bytes.
    pub(crate) fn hmac(self, key: &[u8], bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Md5 => return hmac_of_md5(key, bytes),
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
        };
        let key = hmac::Key::new(algorithm, key);
        hmac::sign(&key, bytes).as_ref().to_vec()
    }
}

fn hmac_of_md5(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    // An HMAC has a key of any length, so that this error is never made.
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hashes_are_those_of_the_standards() {
        for (name, hash, mac) in [
            (
                "md5",
                "900150983cd24fb0d6963f7d28e17f72",
                "750c783e6ab0b503eaa86e310a5db738",
            ),
            (
                "sha1",
                "a9993e364706816aba3e25717850c26c9cd0d89d",
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            ),
            (
                "sha256",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ] {
            let algorithm = Algorithm::named(name).unwrap();
            assert_eq!(hex(&algorithm.hash(b"abc")), hash, "{name}");
            // RFC 2202 and RFC 4231, test case 2.
            let signed = algorithm.hmac(b"Jefe", b"what do ya want for nothing?");
            assert_eq!(hex(&signed), mac, "{name}");
        }
        assert_eq!(Algorithm::named("sha512"), None);
    }
}

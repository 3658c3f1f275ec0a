//! SigV4: HMAC-SHA256 with a key of one scope.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign_to_buffer, verify};
use zeroize::Zeroizing;

use crate::credential::Scope;
use crate::hex;

/// The key of a scope ("Create a signed AWS API request", step 4): the secret goes in, and is bound
/// to one part of the scope after the other.
pub(crate) struct ScopeKey(Key);

impl ScopeKey {
    pub(crate) fn derive(secret: &str, scope: &Scope) -> Self {
        let mut secret_key = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
        secret_key.extend_from_slice(b"AWS4");
        secret_key.extend_from_slice(secret.as_bytes());
        let key = Key::new(HMAC_SHA256, &secret_key);
        Self(scope.as_str().split('/').fold(key, |key, part| {
            let bound = authenticate(&key, part.as_bytes());
            Key::new(HMAC_SHA256, &*bound)
        }))
    }

    /// Whether the signature, in hexadecimal, is that of the message. In constant time.
    pub(crate) fn check(&self, message: &[u8], signature: &str) -> bool {
        let mut bytes = [0; 32];
        hex::decode(signature, &mut bytes)
            .is_some_and(|signature| verify(&self.0, message, signature).is_ok())
    }

    /// The message's signature.
    pub(crate) fn sign(&self, message: &[u8]) -> Zeroizing<[u8; 32]> {
        authenticate(&self.0, message)
    }
}

/// HMAC-SHA256 into a buffer that is wiped, because the result may be a key.
pub(crate) fn authenticate(key: &Key, message: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut code = Zeroizing::new([0; 32]);
    #[expect(
        clippy::expect_used,
        reason = "it fails only for a buffer that is too small"
    )]
    sign_to_buffer(key, message, &mut *code).expect("32 bytes hold an HMAC-SHA256");
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Algorithm, AmzDate};

    /// The example of "Deriving the signing key with other languages" in the AWS general reference.
    #[test]
    fn derives_the_documented_key() {
        let signed = AmzDate::from_basic("20120215T000000Z").unwrap();
        let scope = Scope::new(Algorithm::Hmac, signed, "us-east-1", "iam");
        let derived = ScopeKey::derive("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &scope);
        let documented = "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d";
        let mut bytes = [0; 32];
        let documented = Key::new(HMAC_SHA256, hex::decode(documented, &mut bytes).unwrap());
        assert_eq!(
            *derived.sign(b"message"),
            *authenticate(&documented, b"message")
        );
    }

    #[test]
    fn takes_nothing_but_the_whole_signature() {
        let signed = AmzDate::from_basic("20120215T000000Z").unwrap();
        let scope = Scope::new(Algorithm::Hmac, signed, "", "iam");
        let key = ScopeKey::derive("secret", &scope);
        let mut digits = Vec::new();
        hex::encode(&*key.sign(b"message"), &mut digits);
        let signature = String::from_utf8(digits).unwrap();
        assert!(key.check(b"message", &signature));
        assert!(!key.check(b"massage", &signature));
        for wrong in [
            "",
            &signature[2..],
            &signature.to_uppercase(),
            &format!("{signature}00"),
        ] {
            assert!(!key.check(b"message", wrong), "{wrong}");
        }
    }
}

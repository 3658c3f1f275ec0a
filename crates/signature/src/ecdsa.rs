//! SigV4A: ECDSA on P-256 with a key that is derived from the secret.

use aws_lc_rs::agreement::{self, ECDH_P256};
use aws_lc_rs::hmac::{HMAC_SHA256, Key};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{DerSignature, Signature, SigningKey};
use p256::elliptic_curve::PrimeField;
use p256::elliptic_curve::ops::Reduce;
use p256::{FieldBytes, NonZeroScalar, Scalar};
use zeroize::Zeroizing;

use crate::hex;
use crate::hmac::authenticate;
use crate::payload::sha256;

/// The length of the longest DER signature on this curve.
const DER_BYTES: usize = 72;

/// The private key of an access key, good for every day, region and service.
pub(crate) struct PrivateKey(Zeroizing<NonZeroScalar>);

impl PrivateKey {
    /// Derives the key: the KDF in counter mode of NIST SP 800-108 with HMAC-SHA256, then the
    /// testing of candidates of FIPS 186-5, appendix A.2.2 (as in aws-c-auth, `key_derivation.c`).
    ///
    /// `None` for one access key in 2^8128, for which all candidates fail.
    pub(crate) fn derive(access_key_id: &str, secret: &str) -> Option<Self> {
        let mut kdf_key = Zeroizing::new(Vec::with_capacity(5 + secret.len()));
        kdf_key.extend_from_slice(b"AWS4A");
        kdf_key.extend_from_slice(secret.as_bytes());
        let kdf_key = Key::new(HMAC_SHA256, &kdf_key);
        (1..=254)
            .find_map(|counter| candidate(&kdf_key, access_key_id, counter))
            .map(|scalar| Self(Zeroizing::new(scalar)))
    }

    /// Whether the signature, strict DER in hexadecimal, is one of the message by this key.
    ///
    /// A signature (r, s) of the hash z was made with the nonce k = (z + r d) / s, and r is the x of
    /// k G. Without d one has to compute u G + v Q to see that; with d there is only k G, whose base
    /// is fixed, at less than half the cost. It is the same predicate, s need not be low, and all
    /// that depends on d or k is in constant time. The nonce k reveals the private key, so it is wiped.
    pub(crate) fn check(&self, message: &[u8], signature: &str) -> bool {
        let mut der = [0; DER_BYTES];
        hex::decode(signature, &mut der)
            .and_then(|der| Signature::from_der(der).ok())
            .and_then(|signature| self.is_of(&sha256(message), &signature))
            .unwrap_or(false)
    }

    fn is_of(&self, hash: &[u8; 32], signature: &Signature) -> Option<bool> {
        let (r, s) = signature.split_scalars();
        let nonce = self.nonce(hash, &r, &s)?;
        let x = times_base_x(&nonce)?;
        Some(Scalar::reduce(&x) == *r)
    }

    /// `None` for a nonce of 0, which no signature has.
    fn nonce(
        &self,
        hash: &[u8; 32],
        r: &NonZeroScalar,
        s: &NonZeroScalar,
    ) -> Option<Zeroizing<NonZeroScalar>> {
        let z = Scalar::reduce(&FieldBytes::from(*hash));
        // The signature is public, so its inverse may take a time of its own.
        let inverse = Option::<Scalar>::from(s.invert_vartime())?;
        let nonce = Zeroizing::new(inverse * *Zeroizing::new(z + **r * **self.0));
        Option::from(NonZeroScalar::new(*nonce)).map(Zeroizing::new)
    }

    /// A signature of the message, DER in hexadecimal, with the nonce of RFC 6979.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signature: DerSignature = SigningKey::from(*self.0)
            .sign_prehash(&sha256(message))
            .ok()?;
        let mut digits = Vec::with_capacity(2 * DER_BYTES);
        hex::encode(signature.as_bytes(), &mut digits);
        Some(digits)
    }
}

/// The key that the counter leads to: the KDF's output plus one, unless that is not below the order.
fn candidate(kdf_key: &Key, access_key_id: &str, counter: u8) -> Option<NonZeroScalar> {
    let mut input = Vec::with_capacity(64 + access_key_id.len());
    input.extend_from_slice(&1_u32.to_be_bytes());
    input.extend_from_slice(b"AWS4-ECDSA-P256-SHA256\0");
    input.extend_from_slice(access_key_id.as_bytes());
    input.push(counter);
    input.extend_from_slice(&256_u32.to_be_bytes());
    let output = Zeroizing::new(FieldBytes::from(*authenticate(kdf_key, &input)));
    let below_order = Zeroizing::new(Option::<Scalar>::from(Scalar::from_repr(*output))?);
    NonZeroScalar::new(*below_order + Scalar::ONE).into()
}

/// The x of the scalar's product with the base point. The arithmetic of aws-lc takes a quarter of
/// the time of p256's; a key agreement's public key is the way to it.
fn times_base_x(scalar: &NonZeroScalar) -> Option<FieldBytes> {
    let bytes = Zeroizing::new(<[u8; 32]>::from(scalar.to_bytes()));
    let key = agreement::PrivateKey::from_private_key(&ECDH_P256, &*bytes).ok()?;
    let point = key.compute_public_key().ok()?;
    // Uncompressed: 4, then x, then y.
    let x: [u8; 32] = point.as_ref().get(1..33)?.try_into().ok()?;
    Some(FieldBytes::from(x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
    use proptest::prelude::*;

    fn key(access_key_id: &str, secret: &str) -> PrivateKey {
        PrivateKey::derive(access_key_id, secret).unwrap()
    }

    fn hexadecimal(bytes: &[u8]) -> String {
        let mut digits = Vec::new();
        hex::encode(bytes, &mut digits);
        String::from_utf8(digits).unwrap()
    }

    /// A signature of the message as a pair of scalars.
    fn signature(key: &PrivateKey, message: &[u8]) -> Signature {
        SigningKey::from(*key.0)
            .sign_prehash(&sha256(message))
            .unwrap()
    }

    /// What aws-lc says with the public key, and that alone.
    fn oracle(key: &PrivateKey, message: &[u8], der: &[u8]) -> bool {
        let key = SigningKey::from(*key.0);
        let point = key.verifying_key().to_sec1_point(false);
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point.as_bytes())
            .verify(message, der)
            .is_ok()
    }

    /// The first case of aws-c-auth's `key_derivation_tests.c`.
    #[test]
    fn derives_the_key_of_awss_test() {
        let key = key(
            "AKISORANDOMAASORANDOM",
            "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom",
        );
        assert_eq!(
            hexadecimal(&key.0.to_bytes()),
            "7fd3bd010c0d9c292141c2b77bfbde1042c92e6836fff749d1269ec890fca1bd"
        );
    }

    #[test]
    fn s_need_not_be_low() {
        let key = key("AK", "secret");
        let low = signature(&key, b"message").normalize_s();
        let high = Signature::from_scalars(*low.r(), -*low.s()).unwrap();
        assert_ne!(low, high);
        for signature in [low, high] {
            assert!(key.check(b"message", &hexadecimal(signature.to_der().as_bytes())));
        }
    }

    #[test]
    fn refuses_what_is_not_strict_der() {
        let key = key("AK", "secret");
        let good = signature(&key, b"message").to_der();
        let good = good.as_bytes();
        let (r, s) = (
            &good[4..4 + usize::from(good[3])],
            &good[4 + usize::from(good[3])..],
        );
        let sequence = |parts: &[&[u8]]| {
            let parts = parts.concat();
            [&[0x30, parts.len() as u8], &parts[..]].concat()
        };
        let integer = |bytes: &[u8]| [&[2, bytes.len() as u8], bytes].concat();
        assert!(key.check(b"message", &hexadecimal(&sequence(&[&integer(r), s]))));
        let order = [
            &b"\x00\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"[..],
            b"\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51",
        ]
        .concat();
        for wrong in [
            vec![],
            [good, &[0]].concat(),
            good[..good.len() - 1].to_vec(),
            [&[0x30, 0x81, good[1]], &good[2..]].concat(),
            sequence(&[&integer(&[&[0], r].concat()), s]),
            sequence(&[&integer(&[0]), s]),
            sequence(&[&integer(r), &integer(&[0])]),
            sequence(&[&integer(&[0]), &integer(&[0])]),
            sequence(&[&integer(&order), s]),
            sequence(&[&integer(r), &integer(&order)]),
            sequence(&[&integer(r), &integer(&[0xff])]),
            sequence(&[&integer(r), s, &integer(&[1])]),
            sequence(&[&integer(r)]),
        ] {
            assert!(!key.check(b"message", &hexadecimal(&wrong)), "{wrong:02x?}");
        }
        assert!(!key.check(b"message", &hexadecimal(good).to_uppercase()));
    }

    /// For z = -r d, which only who has the key can know.
    #[test]
    fn a_nonce_of_zero_is_refused() {
        let key = key("AK", "secret");
        let r = NonZeroScalar::new(Scalar::ONE).unwrap();
        let hash = (-(*r * **key.0)).to_bytes();
        let signature = Signature::from_scalars(*r, *r).unwrap();
        assert_eq!(key.is_of(&hash.into(), &signature), None);
    }

    proptest! {
        #[test]
        fn derives_the_keys_of_the_sdk(id in "[ -~]{1,40}", secret in ".{0,60}") {
            let theirs = aws_sigv4::sign::v4a::generate_signing_key(&id, &secret);
            prop_assert_eq!(&key(&id, &secret).0.to_bytes()[..], theirs.as_ref());
        }

        #[test]
        fn agrees_with_the_public_key(
            secret: [u8; 8],
            message: Vec<u8>,
            flips in prop::collection::vec((0..3_usize, 0..256_usize), 0..2),
        ) {
            let key = key("AK", &hexadecimal(&secret));
            let mut bytes = signature(&key, &message).to_bytes();
            let mut seen = [&message[..], &[0; 32]].concat();
            for (what, bit) in flips {
                let flipped = match what {
                    0 => &mut bytes[bit / 8],
                    1 => &mut bytes[32 + bit / 8],
                    _ => &mut seen[bit / 8 % message.len().max(1)],
                };
                *flipped ^= 1 << (bit % 8);
            }
            let seen = &seen[..message.len()];
            let Ok(signature) = Signature::from_bytes(&bytes) else { return Ok(()) };
            let der = signature.to_der();
            prop_assert_eq!(
                key.check(seen, &hexadecimal(der.as_bytes())),
                oracle(&key, seen, der.as_bytes())
            );
        }

        #[test]
        fn agrees_on_any_bytes(secret: u8, bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let key = key("AK", &secret.to_string());
            prop_assert_eq!(
                key.check(b"message", &hexadecimal(&bytes)),
                oracle(&key, b"message", &bytes)
            );
        }
    }
}

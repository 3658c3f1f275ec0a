//! The check of a SigV4A signature, beside a verification with the public key by aws-lc.

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use keyfront_signature::SigningKeys;

use crate::client::ACCESS_KEY;
use crate::table::{Figure, Reach, Table, median};

const ROUNDS: usize = 501;
const CALLS: u32 = 20;

/// As long as a string to sign.
const MESSAGE: &[u8; 151] = &[b'm'; 151];

pub(crate) fn measure(table: &mut Table) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let signature = pair.sign(&SystemRandom::new(), MESSAGE).unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, pair.public_key().as_ref());
    let by_aws_lc = || {
        public
            .verify(black_box(MESSAGE), signature.as_ref())
            .unwrap()
    };
    // It is another key's signature, which is told by the last of all steps.
    let keys = SigningKeys::new(ACCESS_KEY, ACCESS_KEY);
    let digits: String = signature
        .as_ref()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let by_keyfront = || assert!(!keys.check_ecdsa(black_box(MESSAGE), black_box(&digits)));

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(round(by_keyfront));
        theirs.push(round(by_aws_lc));
    }
    table.ratio(
        "the SigV4A check / a verification by aws-lc",
        Figure::micros(median(&ours)),
        Figure::micros(median(&theirs)),
        Reach::AtMost(0.45),
    );
}

/// The time of one call.
fn round(call: impl Fn()) -> Duration {
    let began = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    began.elapsed() / CALLS
}

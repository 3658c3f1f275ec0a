//! What it costs to check a signature: SigV4A's against a verification by aws-lc with the public
//! key, in the same run, and a whole recorded request by either algorithm.
//!
//! The contestants take turns, and of each the best round counts, so that a busy machine tells as
//! little as possible. The ratio matters (at most 0.45 is wanted), not the times.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark may panic"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey, UnparsedPublicKey};
use keyfront_signature::{Claim, DotSegments, Expected, Payload, SigningKeys};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};

#[path = "../tests/common/mod.rs"]
mod common;

use common::{ACCESS_KEY_ID, SECRET, recorded};

const ROUNDS: usize = 500;
const CALLS: u32 = 20;

/// As long as a string to sign.
const MESSAGE: &[u8; 151] = &[b'm'; 151];

fn main() {
    let keys = SigningKeys::new(ACCESS_KEY_ID, SECRET);
    let scalar = aws_sigv4::sign::v4a::generate_signing_key(ACCESS_KEY_ID, SECRET);
    let signing = SigningKey::from_slice(scalar.as_ref()).unwrap();
    let der: DerSignature = signing.sign(MESSAGE);
    let digits: String = der.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
    let point = signing.verifying_key().to_sec1_point(false);
    let unparsed = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point.as_bytes());
    let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point.as_bytes()).unwrap();

    let mut whole_ecdsa = whole("GetKey 'plain'", "cloudfront-keyvaluestore", &keys);
    let mut whole_hmac = whole("List", "cloudfront", &keys);
    let mut check = || assert!(keys.check_ecdsa(black_box(MESSAGE), black_box(&digits)));
    let mut by_unparsed = || unparsed.verify(black_box(MESSAGE), der.as_bytes()).unwrap();
    let mut by_parsed = || {
        parsed
            .verify_sig(black_box(MESSAGE), der.as_bytes())
            .unwrap()
    };
    let [unparsed, parsed, check, ecdsa, hmac] = best([
        &mut by_unparsed,
        &mut by_parsed,
        &mut check,
        &mut whole_ecdsa,
        &mut whole_hmac,
    ]);
    println!("aws-lc, public key                {unparsed:6.2} us");
    println!("aws-lc, public key parsed before  {parsed:6.2} us");
    println!("SigV4A check                      {check:6.2} us");
    println!("whole request, SigV4A             {ecdsa:6.2} us");
    println!("whole request, SigV4              {hmac:6.2} us");
    println!(
        "SigV4A check / aws-lc: {:.3} (parsed: {:.3})",
        check / unparsed,
        check / parsed
    );
}

/// Reading and verifying a recorded request; its payload's hash is there already.
fn whole<'a>(name: &str, service: &'a str, keys: &'a SigningKeys) -> impl FnMut() + 'a {
    let requests = recorded(include_bytes!("../tests/vectors/boto3.txt"));
    let found = requests.into_iter().find(|recorded| recorded.name == name);
    let recorded = found.expect("the request is recorded");
    let payload = Payload::of(&recorded.body);
    let now = "2026-11-23T20:11:45Z".parse().unwrap();
    let expected = Expected {
        service,
        dot_segments: DotSegments::Kept,
    };
    move || {
        let request = black_box(&recorded.request);
        let claim = Claim::from_request(request).unwrap().unwrap();
        let checked = claim.check(request, now, &expected).unwrap();
        checked.verify(request, &payload, keys).unwrap();
    }
}

/// The time of a call of each in its best round, in microseconds.
fn best<const N: usize>(mut contestants: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut best = [Duration::MAX; N];
    for _ in 0..ROUNDS {
        for (contestant, best) in contestants.iter_mut().zip(&mut best) {
            *best = round(*contestant).min(*best);
        }
    }
    best.map(|time| time.as_secs_f64() * 1e6 / f64::from(CALLS))
}

fn round(contestant: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..CALLS {
        contestant();
    }
    start.elapsed()
}

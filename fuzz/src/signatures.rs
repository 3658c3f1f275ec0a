use http::HeaderValue;
use http::header::HOST;
use http::request::Parts;
use keyfront_signature::{Algorithm, Claim, Expected, Failure, Payload, Signer, SigningKeys};

use super::{world, written};

const SERVICE: &str = "cloudfront-keyvaluestore";
const SECRET: &str = "test";

/// A request and what it says of its signature: read, checked and verified. What is signed anew verifies,
/// and not with another body.
pub fn signature(input: &[u8]) {
    let Some((mut parts, body)) = written::parse(input) else {
        return;
    };
    if let Ok(Some(claim)) = Claim::from_request(&parts) {
        let keys = SigningKeys::new(claim.access_key_id(), SECRET);
        let _ = verify(&parts, claim, &keys, body);
    }
    let is_of_signature = |name: &str| name == "authorization" || name.starts_with("x-amz-");
    let names: Vec<_> = parts.headers.keys().cloned().collect();
    for name in names
        .into_iter()
        .filter(|name| is_of_signature(name.as_str()))
    {
        parts.headers.remove(name);
    }
    if parts.uri.authority().is_none() && !parts.headers.contains_key(HOST) {
        parts
            .headers
            .insert(HOST, HeaderValue::from_static("localhost"));
    }
    // A signature in the query besides.
    if matches!(Claim::from_request(&parts), Ok(None)) {
        check_signing(parts, body);
    }
}

fn check_signing(mut parts: Parts, body: &[u8]) {
    let keys = SigningKeys::new("test", SECRET);
    // An elliptic curve takes its time.
    let algorithm = match body.len() % 16 {
        0 => Algorithm::Ecdsa,
        _ => Algorithm::Hmac,
    };
    let signer = Signer {
        keys: &keys,
        algorithm,
        region: "us-east-1",
        service: SERVICE,
        session_token: None,
    };
    if signer
        .sign(&mut parts, &Payload::of(body), world::instant())
        .is_err()
    {
        return;
    }
    let claim = || Claim::from_request(&parts).expect("it was signed well");
    let claim = || claim().expect("it was signed");
    assert_eq!(claim().access_key_id(), "test");
    assert_eq!(verify(&parts, claim(), &keys, body), Ok(()), "{parts:?}");
    let other = [body, b"x"].concat();
    let refused = verify(&parts, claim(), &keys, &other);
    assert!(refused.is_err(), "another body is taken: {parts:?}");
}

fn verify(parts: &Parts, claim: Claim, keys: &SigningKeys, body: &[u8]) -> Result<(), Failure> {
    let expected = Expected::service(SERVICE);
    let claim = claim.check(parts, world::instant(), &expected)?;
    claim.verify(parts, &Payload::of(body), keys)
}

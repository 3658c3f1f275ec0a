//! A request that was changed after it was signed does not verify, and nothing that a client can
//! send makes the reader panic.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use http::request::Parts;
use http::{HeaderValue, Method};
use keyfront_signature::{Algorithm, Claim, DotSegments, Expected, Payload, Signer, SigningKeys};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::sample::Index;

mod common;

use common::{ACCESS_KEY_ID, SECRET, recorded, verify};

const NOW: &str = "2026-11-23T20:11:45Z";
const SERVICE: &str = "cloudfront-keyvaluestore";
const BODY: &[u8] = b"{\"Value\": \"a value\"}";

fn signed(algorithm: Algorithm) -> Parts {
    let (mut request, ()) = http::Request::put("/key-value-stores/a%3Ab%2Fc/keys/a?Mark=er&Max=10")
        .header("Host", "kvs.example")
        .header("If-Match", "KV3O6B1CX531EBP")
        .header("Content-Type", "application/json")
        .body(())
        .unwrap()
        .into_parts();
    let signer = Signer {
        keys: &SigningKeys::new(ACCESS_KEY_ID, SECRET),
        algorithm,
        region: "us-east-1",
        service: SERVICE,
        session_token: Some("token"),
    };
    signer
        .sign(&mut request, &Payload::of(BODY), NOW.parse().unwrap())
        .unwrap();
    request
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::Hmac), Just(Algorithm::Ecdsa)]
}

/// One byte of a text, exchanged for another. None if the new one is the old.
fn exchanged(text: &[u8], at: Index, new: u8) -> Option<Vec<u8>> {
    let mut text = text.to_vec();
    let old = at.get_mut(&mut text);
    (*old != new).then(|| *old = new)?;
    Some(text)
}

fn with_target(request: &Parts, target: Vec<u8>) -> Option<Parts> {
    let mut request = request.clone();
    request.uri = target.try_into().ok()?;
    Some(request)
}

#[track_caller]
fn refused(request: &Parts, body: &[u8]) {
    let verified = matches!(Claim::from_request(request), Ok(Some(_)))
        .then(|| verify(request, body, NOW, SERVICE, DotSegments::LastFolded));
    assert!(!matches!(verified, Some(Ok(()))), "{request:?}");
}

#[test]
fn unchanged_it_verifies() {
    for algorithm in [Algorithm::Hmac, Algorithm::Ecdsa] {
        let request = signed(algorithm);
        assert_eq!(
            verify(&request, BODY, NOW, SERVICE, DotSegments::Kept),
            Ok(())
        );
    }
}

#[test]
fn another_method_is_refused() {
    for algorithm in [Algorithm::Hmac, Algorithm::Ecdsa] {
        for method in [
            Method::GET,
            Method::DELETE,
            Method::from_bytes(b"put").unwrap(),
        ] {
            let mut request = signed(algorithm);
            request.method = method;
            refused(&request, BODY);
        }
    }
}

#[test]
fn a_signed_header_may_neither_go_nor_come_twice() {
    for algorithm in [Algorithm::Hmac, Algorithm::Ecdsa] {
        let names: Vec<_> = signed(algorithm).headers.keys().cloned().collect();
        for name in names {
            let mut request = signed(algorithm);
            let value = request.headers.remove(&name).unwrap();
            refused(&request, BODY);
            request.headers.append(&name, value.clone());
            request.headers.append(&name, value);
            refused(&request, BODY);
        }
    }
}

proptest! {
    #[test]
    fn a_changed_target_is_refused(algorithm in algorithm(), at: Index, new: u8) {
        let request = signed(algorithm);
        let target = exchanged(request.uri.to_string().as_bytes(), at, new);
        if let Some(request) = target.and_then(|target| with_target(&request, target)) {
            refused(&request, BODY);
        }
    }

    #[test]
    fn a_changed_header_is_refused(algorithm in algorithm(), which: Index, at: Index, new: u8) {
        let mut request = signed(algorithm);
        let which = which.index(request.headers.len());
        let value = request.headers.values_mut().nth(which).unwrap();
        let changed = exchanged(value.as_bytes(), at, new);
        // A blank in Authorization may be any blank.
        let blank = at.get(value.as_bytes()) == &b' ';
        let changed = changed.and_then(|changed| HeaderValue::from_bytes(&changed).ok());
        if let Some(changed) = changed.filter(|_| !blank) {
            *value = changed;
            refused(&request, BODY);
        }
    }

    #[test]
    fn a_changed_body_is_refused(algorithm in algorithm(), at: Index, new: u8) {
        if let Some(body) = exchanged(BODY, at, new) {
            refused(&signed(algorithm), &body);
        }
    }

    #[test]
    fn a_changed_presigned_target_is_refused(which: Index, at: Index, new: u8) {
        let presigned = recorded(include_bytes!("vectors/boto3.txt"))
            .into_iter()
            .filter(|recorded| recorded.name.starts_with("presigned"));
        let presigned: Vec<_> = presigned.map(|recorded| recorded.request).collect();
        let request = which.get(&presigned);
        let old = request.uri.to_string();
        let same = |new: &str| percent_decode_str(new).eq(percent_decode_str(&old));
        let changed = exchanged(old.as_bytes(), at, new)
            .and_then(|target| with_target(request, target))
            // %2F and %2f are one in a query.
            .filter(|request| !same(&request.uri.to_string()));
        if let Some(changed) = changed {
            for service in ["cloudfront", SERVICE] {
                let verified = matches!(Claim::from_request(&changed), Ok(Some(_)))
                    .then(|| verify(&changed, b"", NOW, service, DotSegments::Kept));
                prop_assert!(!matches!(verified, Some(Ok(()))), "{}", changed.uri);
            }
        }
    }

    #[test]
    fn nothing_in_an_authorization_header_panics(
        text in prop_oneof![
            "[ -~\t\u{80}-\u{ff}]{0,200}",
            "AWS4-(HMAC|ECDSA-P256)-SHA256 (Credential|SignedHeaders|Signature|[a-z])=[ -~]{0,20}",
            "AWS4-(HMAC|ECDSA-P256)-SHA256 Credential=AKIDEXAMPLE(/(20261123|us-east-1|cloudfront-keyvaluestore|aws4_request|)){2,5}, SignedHeaders=[a-z;-]{0,20}host[a-z;-]{0,20}, Signature=[0-9a-f]{0,150}",
        ],
        date in "20261123T201145Z|[ -~]{0,20}",
    ) {
        let Ok(text) = HeaderValue::from_bytes(text.as_bytes()) else { return Ok(()) };
        let (request, ()) = http::Request::get("/keys/.")
            .header("host", "kvs.example")
            .header("authorization", text)
            .header("x-amz-date", date)
            .header("x-amz-region-set", "*")
            .body(())
            .unwrap()
            .into_parts();
        refused(&request, b"");
    }

    #[test]
    fn nothing_in_a_query_panics(
        query in prop_oneof![
            "[!-\"$-~]{0,200}",
            "(&?(X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Region-Set)|[a-z%+])=?(AWS4-HMAC-SHA256|AWS4-ECDSA-P256-SHA256|AKIDEXAMPLE/20261123//cloudfront-keyvaluestore/aws4_request|20261123T201145Z|60|host|[!-~]{0,9})){0,9}",
        ],
    ) {
        let target = format!("/keys/.?{query}").into_bytes();
        let request = http::Request::get("/").header("host", "kvs.example").body(()).unwrap();
        if let Some(request) = with_target(&request.into_parts().0, target) {
            refused(&request, b"");
        }
    }

    #[test]
    fn nothing_in_a_request_panics_when_it_is_signed(
        target in prop::collection::vec(any::<u8>(), 0..60),
        region in ".{0,10}",
        token in prop::option::of(".{0,10}"),
        seconds in any::<i64>(),
        algorithm in algorithm(),
    ) {
        let request = http::Request::get("/").header("host", "kvs.example").body(()).unwrap();
        let Some(mut request) = with_target(&request.into_parts().0, target) else { return Ok(()) };
        let Ok(now) = jiff::Timestamp::from_second(seconds % (1 << 38)) else { return Ok(()) };
        let keys = SigningKeys::new(ACCESS_KEY_ID, SECRET);
        let signer = Signer {
            keys: &keys,
            algorithm,
            region: &region,
            service: SERVICE,
            session_token: token.as_deref(),
        };
        if signer.sign(&mut request, &Payload::of(b""), now).is_ok()
            && let Ok(Some(claim)) = Claim::from_request(&request)
        {
            let expected = Expected::service(SERVICE);
            if let Ok(checked) = claim.check(&request, now, &expected) {
                let _ = checked.verify(&request, &Payload::of(b""), &keys);
            }
        }
    }
}

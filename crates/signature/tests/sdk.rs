//! Whatever the SDK for Rust signs verifies here.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningParams, SigningSettings, sign,
};
use aws_sigv4::sign::{v4, v4a};
use http::request::Parts;
use keyfront_signature::{Algorithm, Claim, DotSegments, Failure};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

mod common;

use common::{ACCESS_KEY_ID, SECRET, verify};

const NOW: &str = "2026-11-22T16:52:48Z";
const SERVICE: &str = "cloudfront-keyvaluestore";

/// How a request is to be signed.
#[derive(Debug, Clone)]
struct Style {
    algorithm: Algorithm,
    presigned: bool,
    region: String,
    token: Option<String>,
}

fn style() -> impl Strategy<Value = Style> {
    let scoped = prop_oneof![
        (Just(Algorithm::Hmac), "us-east-1|aws-global|"),
        (Just(Algorithm::Ecdsa), "\\*|us-east-1|eu-west-1,us-\\*"),
    ];
    let token = prop::option::of("[A-Za-z0-9+/=%&]{1,60}");
    (scoped, any::<bool>(), token).prop_map(|((algorithm, region), presigned, token)| Style {
        algorithm,
        presigned,
        region,
        token,
    })
}

fn signed(style: &Style, request: http::request::Builder, body: &[u8]) -> Parts {
    let mut request = request.body(()).unwrap();
    let mut settings = SigningSettings::default();
    if style.presigned {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(60));
    }
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET, style.token.clone(), None, "test");
    let identity = credentials.into();
    let now: jiff::Timestamp = NOW.parse().unwrap();
    let since = Duration::from_secs(now.as_second().try_into().unwrap());
    let time = SystemTime::UNIX_EPOCH + since;
    let params: SigningParams<'_> = match style.algorithm {
        Algorithm::Hmac => v4::SigningParams::builder()
            .identity(&identity)
            .region(&style.region)
            .name(SERVICE)
            .time(time)
            .settings(settings)
            .build()
            .unwrap()
            .into(),
        Algorithm::Ecdsa => v4a::SigningParams::builder()
            .identity(&identity)
            .region_set(&style.region)
            .name(SERVICE)
            .time(time)
            .settings(settings)
            .build()
            .unwrap()
            .into(),
    };
    let uri = request.uri().to_string();
    let headers = request.headers();
    let headers = headers
        .iter()
        .map(|(n, v)| (n.as_str(), v.to_str().unwrap()));
    let signable = SignableRequest::new(
        request.method().as_str(),
        uri,
        headers,
        SignableBody::Bytes(body),
    );
    let (instructions, _) = sign(signable.unwrap(), &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request.into_parts().0
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn uri(key: &str, query: &[(String, String)]) -> String {
    let query: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    let path = format!(
        "/key-value-stores/{}/keys/{}",
        encode("arn:aws:a/b"),
        encode(key)
    );
    format!(
        "http://123456789012.kvs.example:8080{path}?{}",
        query.join("&")
    )
}

proptest! {
    #[test]
    fn any_request_verifies(
        style in style(),
        method in "GET|PUT|POST|DELETE",
        key in ".{1,20}",
        query in prop::collection::vec((".{1,5}", ".{0,5}"), 0..4),
        if_match in prop::option::of("[!-~]([ -~]{0,9}[!-~])?"),
        body: Vec<u8>,
    ) {
        let mut request = http::Request::builder().method(&*method).uri(uri(&key, &query));
        if let Some(if_match) = if_match {
            request = request.header("If-Match", if_match);
        }
        let request = signed(&style, request, &body);
        let claim = Claim::from_request(&request).unwrap().unwrap();
        prop_assert_eq!(claim.access_key_id(), ACCESS_KEY_ID);
        prop_assert_eq!(claim.session_token(), style.token.as_deref());
        prop_assert_eq!(claim.algorithm(), style.algorithm);
        let verified = verify(&request, &body, NOW, SERVICE, DotSegments::Kept);
        prop_assert_eq!(verified, Ok(()));
    }
}

/// The SDK folds `.` and `..` in what it signs and leaves a slash at the end.
#[test]
fn keys_that_are_dots_verify_where_they_are_allowed() {
    for key in [".", ".."] {
        let style = Style {
            algorithm: Algorithm::Ecdsa,
            presigned: false,
            region: "*".to_owned(),
            token: None,
        };
        let uri = format!("http://kvs.example/key-value-stores/arn%3Aaws/keys/{key}");
        let request = signed(&style, http::Request::get(uri), b"");
        assert!(request.uri.path().ends_with(&format!("/keys/{key}")));
        let verify = |dots| verify(&request, b"", NOW, SERVICE, dots);
        assert_eq!(verify(DotSegments::LastFolded), Ok(()));
        assert_eq!(verify(DotSegments::Kept), Err(Failure::Mismatch));
    }
}

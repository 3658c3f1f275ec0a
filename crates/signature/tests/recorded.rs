//! Requests that others have signed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use keyfront_signature::{Claim, DotSegments, Failure};

mod common;

use common::{recorded, verify};

#[test]
fn requests_of_boto3_verify() {
    let requests = recorded(include_bytes!("vectors/boto3.txt"));
    assert!(requests.len() >= 25);
    for recorded in requests {
        let service = if recorded.request.uri.path().starts_with("/2020-05-31/") {
            "cloudfront"
        } else {
            "cloudfront-keyvaluestore"
        };
        let verify = |dots| {
            verify(
                &recorded.request,
                &recorded.body,
                "2026-11-23T20:11:45Z",
                service,
                dots,
            )
        };
        let dotted = matches!(
            recorded.request.uri.path().rsplit_once('/'),
            Some((_, "." | ".."))
        );
        let as_it_came = if dotted {
            Err(Failure::Mismatch)
        } else {
            Ok(())
        };
        assert_eq!(verify(DotSegments::Kept), as_it_came, "{}", recorded.name);
        assert_eq!(verify(DotSegments::LastFolded), Ok(()), "{}", recorded.name);
        let claim = Claim::from_request(&recorded.request).unwrap().unwrap();
        let token = "FQoGZXIvYXdzEXAMPLE/token+with=chars";
        let expected = recorded.name.contains("session token").then_some(token);
        assert_eq!(claim.session_token(), expected, "{}", recorded.name);
    }
}

/// What of AWS's own suite is refused, because the path was folded before it was signed. (So is
/// what has a session token added after it was signed, in the style of another service.)
const FOLDED: [&str; 6] = [
    "get-relative-normalized",
    "get-relative-relative-normalized",
    "get-slash-dot-slash-normalized",
    "get-slash-normalized",
    "get-slash-pointless-dot-normalized",
    "get-slashes-normalized",
];

#[test]
fn awss_signing_test_suite_verifies() {
    let requests = recorded(include_bytes!("vectors/aws-signing-test-suite.txt"));
    assert!(requests.len() >= 130);
    for recorded in requests {
        let verified = verify(
            &recorded.request,
            &recorded.body,
            "2015-08-30T12:36:00Z",
            "service",
            DotSegments::Kept,
        );
        let name = &recorded.name;
        let case = name.split(['/', ' ']).nth(1).unwrap();
        if FOLDED.contains(&case) {
            assert_eq!(verified, Err(Failure::Mismatch), "{name}");
        } else if case == "post-sts-header-after" && name.ends_with("header") {
            assert!(matches!(verified, Err(Failure::Incomplete(_))), "{name}");
        } else if case == "post-sts-header-after" {
            assert_eq!(verified, Err(Failure::Mismatch), "{name}");
        } else {
            assert_eq!(verified, Ok(()), "{name}");
        }
    }
}

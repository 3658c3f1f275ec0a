use http::header::HOST;
use http::request::Parts;

use crate::canonical::Subject;
use crate::claim::{Claim, Validity};
use crate::path::spellings;
use crate::payload::check_declared;
use crate::{Algorithm, AmzDate, DotSegments, Failure, Payload, SigningKeys};

/// How far a client's clock may be off, in seconds: AWS's five minutes.
const MAX_SKEW_SECONDS: i64 = 300;

/// Enough for the canonical request of every SDK with a long key, so that the buffer grows once.
const CANONICAL_BYTES: usize = 1024;

/// What a signature has to be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected<'a> {
    /// The service in the credential's scope.
    pub service: &'a str,
    /// What the client may have done to the path before it signed it.
    pub dot_segments: DotSegments,
}

impl<'a> Expected<'a> {
    /// A signature for that service, of the path as it came.
    pub const fn service(service: &'a str) -> Self {
        Self {
            service,
            dot_segments: DotSegments::Kept,
        }
    }
}

impl Claim {
    /// Checks all of the claim that needs neither the request's payload nor a secret: what it is for,
    /// the time, the form of the declared payload hash, and that every signed header has arrived.
    ///
    /// So a request whose signature can't be good is refused before a byte of its payload is read.
    /// Nothing of the claim is to be believed yet: see [`CheckedClaim::verify`].
    pub fn check(
        self,
        request: &Parts,
        now: jiff::Timestamp,
        expected: &Expected<'_>,
    ) -> Result<CheckedClaim, Failure> {
        self.scope.check(expected.service, self.signed)?;
        self.check_time(AmzDate::containing(now))?;
        check_declared(self.declared_payload.as_deref())?;
        self.check_headers(request)?;
        Ok(CheckedClaim {
            claim: self,
            dot_segments: expected.dot_segments,
        })
    }

    fn check_headers(&self, request: &Parts) -> Result<(), Failure> {
        // HTTP/2 has an authority in the place of the Host header.
        let arrived = |name: &str| {
            request.headers.contains_key(name)
                || (name == HOST.as_str() && request.uri.authority().is_some())
        };
        match self.signed_headers.iter().find(|name| !arrived(name)) {
            Some(absent) => Err(Failure::HeaderAbsent(absent.to_owned())),
            None => Ok(()),
        }
    }

    fn check_time(&self, now: AmzDate) -> Result<(), Failure> {
        let signed = self.signed;
        let latest = now.plus(MAX_SKEW_SECONDS);
        if signed > latest {
            return Err(Failure::NotYetCurrent {
                signed,
                latest,
                now,
            });
        }
        match self.validity {
            Validity::AroundNow => {
                let earliest = now.plus(-MAX_SKEW_SECONDS);
                if signed < earliest {
                    return Err(Failure::Expired {
                        signed,
                        earliest,
                        now,
                    });
                }
            }
            Validity::Seconds(seconds) => {
                let until = signed.plus(i64::from(seconds));
                if until < now {
                    return Err(Failure::Outlived { until, now });
                }
            }
        }
        Ok(())
    }

    fn is_of(&self, string_to_sign: &[u8], keys: &SigningKeys) -> bool {
        match self.algorithm {
            Algorithm::Hmac => keys.check_hmac(&self.scope, string_to_sign, &self.signature),
            Algorithm::Ecdsa => keys.check_ecdsa(string_to_sign, &self.signature),
        }
    }
}

/// A claim of which all is checked that needs no payload; its signature is not.
#[derive(Debug, Clone)]
pub struct CheckedClaim {
    claim: Claim,
    dot_segments: DotSegments,
}

impl CheckedClaim {
    /// The session token that came with the claim. Whether it is the right one is not checked here.
    pub fn session_token(&self) -> Option<&str> {
        self.claim.session_token()
    }

    /// Checks the signature: that it is one of this request, the request that the claim was read
    /// from, with this payload, made with this access key, the one that the claim names.
    pub fn verify(
        &self,
        request: &Parts,
        payload: &Payload,
        keys: &SigningKeys,
    ) -> Result<(), Failure> {
        let claim = &self.claim;
        if keys.access_key_id() != claim.access_key_id {
            return Err(Failure::Mismatch);
        }
        payload.check(claim.declared_payload.as_deref())?;
        let subject = Subject {
            request,
            signed_headers: &claim.signed_headers,
            payload,
            algorithm: claim.algorithm,
            signed: claim.signed,
            scope: &claim.scope,
        };
        let mut buffer = Vec::with_capacity(CANONICAL_BYTES);
        for path in spellings(request.uri.path(), request.uri.query(), self.dot_segments) {
            subject.string_to_sign(path, &mut buffer)?;
            if claim.is_of(&buffer, keys) {
                return Ok(());
            }
        }
        Err(Failure::Mismatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Signer;

    const SERVICE: &str = "cloudfront-keyvaluestore";

    fn now() -> jiff::Timestamp {
        "2026-11-22T16:52:48Z".parse().unwrap()
    }

    fn keys() -> SigningKeys {
        SigningKeys::new("AKIDEXAMPLE", "secret")
    }

    fn signed(algorithm: Algorithm, request: http::request::Builder, body: &[u8]) -> Parts {
        let (mut request, ()) = request.body(()).unwrap().into_parts();
        let signer = Signer {
            keys: &keys(),
            algorithm,
            region: "us-east-1",
            service: SERVICE,
            session_token: None,
        };
        signer
            .sign(&mut request, &Payload::of(body), now())
            .unwrap();
        request
    }

    fn get() -> http::request::Builder {
        http::Request::get("http://kvs.example/key-value-stores/s/keys/k")
    }

    fn check(request: &Parts, expected: &Expected<'_>, seconds: i64) -> Result<(), Failure> {
        let claim = Claim::from_request(request)?.unwrap();
        let now = now() + jiff::SignedDuration::from_secs(seconds);
        let checked = claim.check(request, now, expected)?;
        checked.verify(request, &Payload::of(b""), &keys())
    }

    #[test]
    fn takes_five_minutes_each_way() {
        for algorithm in [Algorithm::Hmac, Algorithm::Ecdsa] {
            let request = signed(algorithm, get(), b"");
            let check = |seconds| check(&request, &Expected::service(SERVICE), seconds);
            for seconds in [-300, 0, 300] {
                assert_eq!(check(seconds), Ok(()));
            }
            assert_eq!(
                check(301).unwrap_err().to_string(),
                "Signature expired: 20261122T165248Z is now earlier than 20261122T165249Z \
                 (20261122T165749Z - 5 min.)"
            );
            assert_eq!(
                check(-301).unwrap_err().to_string(),
                "Signature not yet current: 20261122T165248Z is still later than \
                 20261122T165247Z (20261122T164747Z + 5 min.)"
            );
        }
    }

    #[test]
    fn is_for_one_service() {
        let request = signed(Algorithm::Ecdsa, get(), b"");
        let failure = check(&request, &Expected::service("cloudfront"), 0).unwrap_err();
        assert!(matches!(failure, Failure::Scope(_)), "{failure}");
    }

    #[test]
    fn the_payload_counts_and_what_is_said_of_it() {
        let expected = Expected::service(SERVICE);
        let request = signed(Algorithm::Ecdsa, get(), b"a body");
        assert_eq!(check(&request, &expected, 0), Err(Failure::Mismatch));
        let says = |hash: &str| {
            signed(
                Algorithm::Ecdsa,
                get().header("x-amz-content-sha256", hash),
                b"",
            )
        };
        let failure = check(&says("UNSIGNED-PAYLOAD"), &expected, 0);
        assert_eq!(failure, Err(Failure::UnsignedPayload));
        let failure = check(&says("00"), &expected, 0);
        assert_eq!(failure, Err(Failure::PayloadChanged));
    }

    #[test]
    fn what_needs_no_payload_is_checked_without_it() {
        let before_the_payload = |request: &Parts, service, seconds| {
            let claim = Claim::from_request(request).unwrap().unwrap();
            let now = now() + jiff::SignedDuration::from_secs(seconds);
            claim.check(request, now, &Expected::service(service)).err()
        };
        let request = signed(Algorithm::Ecdsa, get(), b"a body");
        assert_eq!(before_the_payload(&request, SERVICE, 0), None);
        let refused = before_the_payload(&request, "cloudfront", 0);
        assert!(matches!(refused, Some(Failure::Scope(_))));
        let refused = before_the_payload(&request, SERVICE, 301);
        assert!(matches!(refused, Some(Failure::Expired { .. })));
        let mut request = signed(Algorithm::Ecdsa, get().header("if-match", "KV1"), b"");
        request.headers.remove("if-match");
        let absent = Failure::HeaderAbsent("if-match".to_owned());
        assert_eq!(before_the_payload(&request, SERVICE, 0), Some(absent));
        let unsigned = get().header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        let request = signed(Algorithm::Ecdsa, unsigned, b"");
        let refused = before_the_payload(&request, SERVICE, 0);
        assert_eq!(refused, Some(Failure::UnsignedPayload));
    }

    #[test]
    fn another_access_key_is_refused() {
        let request = signed(Algorithm::Hmac, get(), b"");
        let claim = Claim::from_request(&request).unwrap().unwrap();
        let checked = claim.check(&request, now(), &Expected::service(SERVICE));
        let checked = checked.unwrap();
        let verify = |keys: &SigningKeys| checked.verify(&request, &Payload::of(b""), keys);
        assert_eq!(verify(&keys()), Ok(()));
        for (id, secret) in [("AKIDEXAMPLE", "other"), ("AKOTHER", "secret")] {
            assert_eq!(
                verify(&SigningKeys::new(id, secret)),
                Err(Failure::Mismatch)
            );
        }
    }

    /// What a client that folds dot segments has signed is good for the dotted path only where the
    /// caller says so, and what one that doesn't has signed is always good for it.
    #[test]
    fn a_folded_path_is_taken_only_where_allowed() {
        let folded = |dot_segments| Expected {
            dot_segments,
            ..Expected::service(SERVICE)
        };
        let sent = |signed_path: &str, path: &str| {
            let mut request = signed(
                Algorithm::Ecdsa,
                http::Request::get(signed_path).header("host", "h"),
                b"",
            );
            request.uri = path.parse().unwrap();
            request
        };
        for (signed_path, path) in [
            ("/s/keys", "/s/keys/."),
            ("/s/keys/", "/s/keys/."),
            ("/s", "/s/keys/.."),
            ("/s/", "/s/keys/.."),
        ] {
            let request = sent(signed_path, path);
            assert_eq!(check(&request, &folded(DotSegments::LastFolded), 0), Ok(()));
            let failure = check(&request, &folded(DotSegments::Kept), 0);
            assert_eq!(failure, Err(Failure::Mismatch));
        }
        for path in ["/s/keys/.", "/s/keys/.."] {
            let request = sent(path, path);
            assert_eq!(check(&request, &folded(DotSegments::Kept), 0), Ok(()));
        }
        for (signed_path, path) in [
            ("/s/keys/.", "/s/keys"),
            ("/s", "/s/keys/."),
            ("/s/keys", "/s/keys/.."),
            ("/s/keys", "/s/keys/x"),
            ("/s/keys?a=b", "/s/keys/.?a=b"),
        ] {
            let failure = check(
                &sent(signed_path, path),
                &folded(DotSegments::LastFolded),
                0,
            );
            assert_eq!(failure, Err(Failure::Mismatch), "{signed_path} {path}");
        }
    }
}

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use keyfront_access::{AccessKey, Credentials};
use keyfront_model::Timestamp;
use keyfront_signature::{CheckedClaim, Claim, Expected, Failure, Payload};

use crate::log::RequestLog;
use crate::uri;

/// Why the sender of a request is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unauthenticated {
    /// It is not signed.
    Missing,
    /// Its signature is incomplete, or not of the form.
    Incomplete(String),
    /// There is no such access key.
    UnknownKey,
    /// The session token is missing, wrong, or not expected.
    SessionToken,
    /// The signature is not that of this request, now and for this service; with a text where there
    /// is more to say.
    Signature(Option<String>),
}

/// The access key that a request claims to be signed with. Its signature is yet to be checked.
pub(crate) struct Claimant {
    key: Arc<AccessKey>,
    /// Boxed, since it goes from stage to stage.
    claim: Box<CheckedClaim>,
}

/// Checks all of a request's claim that needs no body: its form, that the access key is known, the scope,
/// the date, and that every signed header has arrived.
pub(crate) fn check_claim(
    credentials: &Credentials,
    parts: &Parts,
    now: Timestamp,
    expected: &Expected<'_>,
    log: &RequestLog<'_>,
) -> Result<Claimant, Unauthenticated> {
    let claim = Claim::from_request(parts)
        .map_err(|failure| refused(&failure, None, log))?
        .ok_or(Unauthenticated::Missing)?;
    let id = claim.access_key_id();
    let Some(key) = credentials.find(id) else {
        log.unauthenticated(Some(id), "there is no such access key");
        return Err(Unauthenticated::UnknownKey);
    };
    let claim = claim
        .check(parts, instant(now), expected)
        .map_err(|failure| refused(&failure, Some(&key.id), log))?;
    let claim = Box::new(claim);
    Ok(Claimant { key, claim })
}

impl Claimant {
    /// The id of the access key that is claimed.
    pub(crate) fn key_id(&self) -> &str {
        &self.key.id
    }

    /// The access key, if the request is signed with it, and with the session token that belongs to it.
    pub(crate) fn check_signature(
        self,
        parts: &Parts,
        payload: &Payload,
        log: &RequestLog<'_>,
    ) -> Result<Arc<AccessKey>, Unauthenticated> {
        let Self { key, claim } = self;
        claim
            .verify(parts, payload, &key.keys)
            .map_err(|failure| refused(&failure, Some(&key.id), log))?;
        if !key.check_session_token(claim.session_token()) {
            log.unauthenticated(Some(&key.id), "wrong session token");
            return Err(Unauthenticated::SessionToken);
        }
        Ok(key)
    }
}

fn refused(failure: &Failure, access_key: Option<&str>, log: &RequestLog<'_>) -> Unauthenticated {
    log.unauthenticated(access_key, &failure.to_string());
    match failure {
        Failure::Incomplete(_) => Unauthenticated::Incomplete(failure.to_string()),
        Failure::Scope(_)
        | Failure::Expired { .. }
        | Failure::NotYetCurrent { .. }
        | Failure::Outlived { .. }
        | Failure::UnsignedPayload => Unauthenticated::Signature(Some(failure.to_string())),
        Failure::PayloadChanged | Failure::HeaderAbsent(_) | Failure::Mismatch => {
            Unauthenticated::Signature(None)
        }
    }
}

fn instant(time: Timestamp) -> jiff::Timestamp {
    // A time out of range means a clock that is wrong by thousands of years; every signature is then too old.
    jiff::Timestamp::from_millisecond(time.millis()).unwrap_or(jiff::Timestamp::MAX)
}

/// Whether what a request says of its signature mentions a service. It need not be true: it only
/// decides in which format the client is answered.
pub(crate) fn scope_mentions(parts: &Parts, service: &str) -> bool {
    let scope = format!("/{service}/aws4_request");
    let header = parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let query = parts
        .uri
        .query()
        .and_then(|query| uri::query_value(query, "X-Amz-Credential"));
    header.is_some_and(|header| header.contains(&scope))
        || query.is_some_and(|query| query.contains(&scope))
}

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use keyfront_access::{AccessKey, Credentials};
use keyfront_model::Timestamp;
use keyfront_signature::{Claim, Expected, Failure, Payload};

use crate::error::{Code, Refusal};
use crate::request_id::RequestId;

/// Why it is not known who sent a request.
#[derive(Debug)]
pub(crate) enum Unauthenticated {
    /// It is not signed.
    Missing,
    /// What it says of its signature is unreadable or incomplete.
    Incomplete(String),
    /// There is no such access key.
    UnknownKey,
    /// The session token is missing, wrong, or not expected.
    SessionToken,
    /// The signature is not that of this request, now and for this service; with a text where there
    /// is more to say.
    Signature(Option<String>),
}

impl Unauthenticated {
    /// The refusal with a code of a plane, and the text that belongs to the reason.
    pub(crate) fn refusal<C: Code>(&self, code: C) -> Refusal<C> {
        match self {
            Self::Incomplete(text) | Self::Signature(Some(text)) => {
                Refusal::because(code, text.clone())
            }
            _ => code.into(),
        }
    }
}

/// The access key that has signed a request.
pub(crate) fn check(
    credentials: &Credentials,
    parts: &Parts,
    body: &[u8],
    now: Timestamp,
    expected: &Expected<'_>,
    request_id: RequestId,
) -> Result<Arc<AccessKey>, Unauthenticated> {
    let claim = Claim::from_request(parts)
        .map_err(|failure| refused(&failure, None, request_id))?
        .ok_or(Unauthenticated::Missing)?;
    let id = claim.access_key_id();
    let Some(key) = credentials.find(id) else {
        tracing::info!(%request_id, access_key = id, "not authenticated: there is no such access key");
        return Err(Unauthenticated::UnknownKey);
    };
    let id = key.id.as_str();
    let claim = claim
        .check(parts, instant(now), expected)
        .map_err(|failure| refused(&failure, Some(id), request_id))?;
    claim
        .verify(parts, &Payload::of(body), &key.keys)
        .map_err(|failure| refused(&failure, Some(id), request_id))?;
    if !key.check_session_token(claim.session_token()) {
        tracing::info!(%request_id, access_key = id, "not authenticated: wrong session token");
        return Err(Unauthenticated::SessionToken);
    }
    Ok(key)
}

fn refused(failure: &Failure, access_key: Option<&str>, request_id: RequestId) -> Unauthenticated {
    tracing::info!(%request_id, access_key, %failure, "not authenticated");
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
    // Out of range would be a clock that is off by thousands of years; every signature is then old.
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
        .and_then(|query| crate::path::query_value(query, "X-Amz-Credential"));
    header.is_some_and(|header| header.contains(&scope))
        || query.is_some_and(|query| query.contains(&scope))
}

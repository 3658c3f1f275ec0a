use std::fmt;

use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName};
use http::request::Parts;

use crate::credential::{self, Scope};
use crate::header_form::{self, Authorization};
use crate::query_form::{self, Parameters};
use crate::signed_headers::SignedHeaders;
use crate::{Algorithm, AmzDate, Failure};

/// What a request says of its signature, read but not yet checked.
#[derive(Clone)]
pub struct Claim {
    pub(crate) algorithm: Algorithm,
    pub(crate) access_key_id: String,
    pub(crate) scope: Scope,
    pub(crate) signed_headers: SignedHeaders,
    pub(crate) signature: String,
    pub(crate) signed: AmzDate,
    pub(crate) validity: Validity,
    pub(crate) session_token: Option<String>,
    /// What the request says is the hash of its payload.
    pub(crate) declared_payload: Option<String>,
}

/// For how long a signature is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    /// In the header: around the moment of signing.
    AroundNow,
    /// In the query: for this many seconds from the date on.
    Seconds(u32),
}

impl Claim {
    /// Parses what a request says of its signature, in its `Authorization` header or in its query;
    /// `None` if the request is not signed.
    ///
    /// A request that can be understood in two ways is refused: one with a signature in both places, or
    /// with a part of one twice.
    pub fn from_request(request: &Parts) -> Result<Option<Self>, Failure> {
        let query = request.uri.query().unwrap_or_default();
        let header = single(&request.headers, &AUTHORIZATION)?;
        if request.headers.get_all(HOST).iter().nth(1).is_some() {
            return Err(Failure::Incomplete("There is more than one Host header."));
        }
        match (header, query_form::is_used(query)) {
            (None, false) => Ok(None),
            (Some(header), false) => {
                let authorization = Authorization::parse(header)?;
                header_form::claim(&authorization, &request.headers).map(Some)
            }
            (None, true) => {
                let parameters = Parameters::parse(query)?;
                query_form::claim(&parameters, &request.headers).map(Some)
            }
            (Some(_), true) => Err(Failure::Incomplete(
                "Only one of the Authorization header and the X-Amz-Algorithm, X-Amz-Credential \
                 and X-Amz-Signature query parameters may be given.",
            )),
        }
    }

    /// The access key that is said to have signed.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The session token that came with it. Whether it is the right one is not checked here.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// How it is signed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

// The signature and the token may still be valid, so neither goes into a log.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("algorithm", &self.algorithm)
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope)
            .field("signed", &self.signed)
            .finish_non_exhaustive()
    }
}

/// The parts of a claim that both forms have, under names of their own.
pub(crate) struct Essentials<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) credential: &'a str,
    pub(crate) signed_headers: &'a str,
    pub(crate) signature: &'a str,
}

impl Essentials<'_> {
    pub(crate) fn claim(&self, signed: AmzDate, validity: Validity) -> Result<Claim, Failure> {
        let (access_key_id, scope) = credential::parse(self.credential, self.algorithm)?;
        Ok(Claim {
            algorithm: self.algorithm,
            access_key_id,
            scope,
            signed_headers: SignedHeaders::parse(self.signed_headers)?,
            signature: self.signature.to_owned(),
            signed,
            validity,
            session_token: None,
            declared_payload: None,
        })
    }
}

/// A part of the signature, which must be there and not be empty.
pub(crate) fn present<'a>(
    value: Option<&'a str>,
    absent: &'static str,
) -> Result<&'a str, Failure> {
    value
        .filter(|value| !value.is_empty())
        .ok_or(Failure::Incomplete(absent))
}

/// A header that may come once, as text.
pub(crate) fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, Failure> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Failure::Incomplete(
            "A header that is part of the signature comes more than once.",
        ));
    }
    value.to_str().map(Some).map_err(|_| {
        Failure::Incomplete("A header that is part of the signature is not plain text.")
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use http::request::Builder;

    pub(crate) fn parse(request: Builder) -> Result<Option<Claim>, Failure> {
        let (request, ()) = request.body(()).unwrap().into_parts();
        Claim::from_request(&request)
    }

    #[track_caller]
    pub(crate) fn incomplete(request: Builder, says: &str) {
        match parse(request).unwrap_err() {
            Failure::Incomplete(text) if text.contains(says) => {}
            other => panic!("{other:?}"),
        }
    }
}

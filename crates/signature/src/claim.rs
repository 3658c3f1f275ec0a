use std::fmt;

use http::header::{HeaderMap, HeaderName};

use crate::credential::{self, Scope};
use crate::signed_headers::SignedHeaders;
use crate::{Algorithm, Failure, Moment};

/// What a request says of its signature, read but not yet checked.
#[derive(Clone)]
pub struct Claim {
    pub(crate) algorithm: Algorithm,
    pub(crate) access_key_id: String,
    pub(crate) scope: Scope,
    pub(crate) signed_headers: SignedHeaders,
    pub(crate) signature: String,
    pub(crate) signed: Moment,
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
    /// In the query: so many seconds from then on.
    Seconds(u32),
}

impl Claim {
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

// The signature may be good for a while yet and the token for longer: neither goes into a log.
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
    pub(crate) fn claim(&self, signed: Moment, validity: Validity) -> Result<Claim, Failure> {
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

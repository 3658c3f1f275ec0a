use keyfront_model::Invalid;
use keyfront_service::{DataError, Quota};

use crate::error::{Code, Refusal, codes, unavailable_as};

codes! {
    /// The error codes of the data plane.
    #[expect(clippy::enum_variant_names, reason = "the names are the model's")]
    pub(crate) enum DataCode, internal: InternalServerException;

    AccessDeniedException: FORBIDDEN, modelled, because;
    /// Its text was observed, for a store that was deleted.
    ConflictException: CONFLICT, modelled, "Key-Value-Store was not in expected state";
    InternalServerException: INTERNAL_SERVER_ERROR, modelled, "Internal server error.";
    ResourceNotFoundException: NOT_FOUND, modelled, "Resource was not found.";
    ServiceQuotaExceededException: PAYMENT_REQUIRED, modelled, because;
    ValidationException: BAD_REQUEST, modelled, because;
    IncompleteSignatureException: BAD_REQUEST, universal, because;
    InvalidSignatureException: FORBIDDEN, universal,
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method. Consult the service \
         documentation for details.";
    MissingAuthenticationTokenException: FORBIDDEN, universal, "Missing Authentication Token";
    ServiceUnavailableException: SERVICE_UNAVAILABLE, universal, because;
    UnknownOperationException: NOT_FOUND, universal, because;
    UnrecognizedClientException: FORBIDDEN, universal,
        "The security token included in the request is invalid.";
}

/// The text of a write on a version that is not current (observed).
const STALE: &str = "Pre-Condition failed during update of Key-Value-Store";

fn stale() -> Refusal<DataCode> {
    Refusal::because(DataCode::ValidationException, STALE)
}

impl From<DataError> for Refusal<DataCode> {
    fn from(error: DataError) -> Self {
        match error {
            DataError::StoreNotFound => Self::from(DataCode::ResourceNotFoundException)
                .with_reason("there is no such store"),
            DataError::KeyNotFound => Self::from(DataCode::ResourceNotFoundException)
                .with_reason("the store has no such key"),
            // Observed for a deleted store; the model says it of the state.
            DataError::NotReady => {
                Self::from(DataCode::ConflictException).with_reason("the store is not READY")
            }
            DataError::Deleted => {
                Self::from(DataCode::ConflictException).with_reason("the store was deleted")
            }
            DataError::StaleVersion => stale(),
            // Answered as one that is not current (observed).
            DataError::NotAnETag => stale().with_reason("the If-Match header is no ETag"),
            DataError::KeyTwice => Self::because(
                DataCode::ValidationException,
                "A key can be changed only once in a single API request",
            ),
            DataError::OverQuota(quota) => over(quota),
            DataError::Unavailable(unavailable) => {
                unavailable_as(DataCode::ServiceUnavailableException, &unavailable)
            }
        }
    }
}

/// The texts for pairs and for a value are observed; the others follow them.
pub(super) fn over(quota: Quota) -> Refusal<DataCode> {
    let text = match quota {
        Quota::KeyBytes => "Limit exceeded: Maximum size of the key in a key value pair",
        Quota::ValueBytes => "Limit exceeded: Maximum size of the value in a key value pair",
        Quota::StoreBytes => "Limit exceeded: Maximum size of a key value store",
        Quota::KeysPerUpdate => {
            "Limit exceeded: Maximum key values pairs that you can update in a single API request"
        }
        Quota::UpdateBytes => "Limit exceeded: Maximum size of a single API request",
    };
    Refusal::because(DataCode::ServiceQuotaExceededException, text)
}

/// The refusal of a word of another form, with a code that the operation's model lists.
pub(crate) fn malformed(code: DataCode, why: Invalid) -> Refusal<DataCode> {
    let text = match code.text() {
        Some(text) => format!("{}: {}.", text.trim_end_matches('.'), why.0),
        None => format!("Validation failed: {}.", why.0),
    };
    Refusal::because(code, text)
}

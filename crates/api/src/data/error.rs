use http::StatusCode;
use keyfront_service::{DataError, Quota};

use crate::error::{Code, Refusal};

/// The error codes of the data plane.
#[expect(clippy::enum_variant_names, reason = "the names are the model's")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataCode {
    AccessDeniedException,
    ConflictException,
    InternalServerException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    ServiceUnavailableException,
    UnknownOperationException,
    UnrecognizedClientException,
}

impl Code for DataCode {
    fn name(self) -> &'static str {
        match self {
            Self::AccessDeniedException => "AccessDeniedException",
            Self::ConflictException => "ConflictException",
            Self::InternalServerException => "InternalServerException",
            Self::ResourceNotFoundException => "ResourceNotFoundException",
            Self::ServiceQuotaExceededException => "ServiceQuotaExceededException",
            Self::ValidationException => "ValidationException",
            Self::IncompleteSignatureException => "IncompleteSignatureException",
            Self::InvalidSignatureException => "InvalidSignatureException",
            Self::MissingAuthenticationTokenException => "MissingAuthenticationTokenException",
            Self::ServiceUnavailableException => "ServiceUnavailableException",
            Self::UnknownOperationException => "UnknownOperationException",
            Self::UnrecognizedClientException => "UnrecognizedClientException",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::ValidationException | Self::IncompleteSignatureException => {
                StatusCode::BAD_REQUEST
            }
            Self::ServiceQuotaExceededException => StatusCode::PAYMENT_REQUIRED,
            Self::AccessDeniedException
            | Self::InvalidSignatureException
            | Self::MissingAuthenticationTokenException
            | Self::UnrecognizedClientException => StatusCode::FORBIDDEN,
            Self::ResourceNotFoundException | Self::UnknownOperationException => {
                StatusCode::NOT_FOUND
            }
            Self::ConflictException => StatusCode::CONFLICT,
            Self::InternalServerException => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailableException => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn is_universal(self) -> bool {
        matches!(
            self,
            Self::IncompleteSignatureException
                | Self::InvalidSignatureException
                | Self::MissingAuthenticationTokenException
                | Self::ServiceUnavailableException
                | Self::UnknownOperationException
                | Self::UnrecognizedClientException
        )
    }

    fn text(self) -> &'static str {
        match self {
            Self::AccessDeniedException => "Access denied.",
            // Observed, for a store that was deleted.
            Self::ConflictException => "Key-Value-Store was not in expected state",
            Self::InternalServerException => "Internal server error.",
            Self::ResourceNotFoundException => "Resource was not found.",
            Self::ServiceQuotaExceededException => "Limit exceeded.",
            Self::ValidationException => "Validation failed.",
            Self::IncompleteSignatureException => {
                "The request signature does not conform to AWS standards."
            }
            Self::InvalidSignatureException => {
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service \
                 documentation for details."
            }
            Self::MissingAuthenticationTokenException => "Missing Authentication Token",
            Self::ServiceUnavailableException => {
                "The request has failed due to a temporary failure of the server."
            }
            Self::UnknownOperationException => "There is no such operation.",
            Self::UnrecognizedClientException => {
                "The security token included in the request is invalid."
            }
        }
    }
}

/// The text of a write on a version that is not current (observed).
pub(super) const STALE: &str = "Pre-Condition failed during update of Key-Value-Store";

impl From<DataError> for Refusal<DataCode> {
    fn from(error: DataError) -> Self {
        match error {
            DataError::StoreNotFound | DataError::KeyNotFound => {
                DataCode::ResourceNotFoundException.into()
            }
            // Observed for a deleted store; the model says it of the state.
            DataError::NotReady | DataError::Deleted => DataCode::ConflictException.into(),
            DataError::StaleVersion => Self::because(DataCode::ValidationException, STALE),
            DataError::KeyTwice => Self::because(
                DataCode::ValidationException,
                "A key can be changed only once in a single API request",
            ),
            DataError::OverQuota(quota) => over(quota),
            DataError::Unavailable(reason) => {
                tracing::error!(%reason, "an operation failed");
                DataCode::InternalServerException.into()
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

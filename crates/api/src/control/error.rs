use http::StatusCode;
use keyfront_service::ControlError;

use crate::error::{Code, Refusal};

/// The error codes of the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ControlCode {
    AccessDenied,
    CannotDeleteEntityWhileInUse,
    EntityAlreadyExists,
    EntityLimitExceeded,
    EntityNotFound,
    EntitySizeLimitExceeded,
    InvalidArgument,
    InvalidIfMatchVersion,
    InvalidTagging,
    NoSuchResource,
    PreconditionFailed,
    UnsupportedOperation,
    IncompleteSignature,
    InternalFailure,
    InvalidClientTokenId,
    MissingAuthenticationToken,
    ServiceUnavailable,
    SignatureDoesNotMatch,
    UnknownOperation,
}

impl Code for ControlCode {
    fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::CannotDeleteEntityWhileInUse => "CannotDeleteEntityWhileInUse",
            Self::EntityAlreadyExists => "EntityAlreadyExists",
            Self::EntityLimitExceeded => "EntityLimitExceeded",
            Self::EntityNotFound => "EntityNotFound",
            Self::EntitySizeLimitExceeded => "EntitySizeLimitExceeded",
            Self::InvalidArgument => "InvalidArgument",
            Self::InvalidIfMatchVersion => "InvalidIfMatchVersion",
            Self::InvalidTagging => "InvalidTagging",
            Self::NoSuchResource => "NoSuchResource",
            Self::PreconditionFailed => "PreconditionFailed",
            Self::UnsupportedOperation => "UnsupportedOperation",
            Self::IncompleteSignature => "IncompleteSignature",
            Self::InternalFailure => "InternalFailure",
            Self::InvalidClientTokenId => "InvalidClientTokenId",
            Self::MissingAuthenticationToken => "MissingAuthenticationToken",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::SignatureDoesNotMatch => "SignatureDoesNotMatch",
            Self::UnknownOperation => "UnknownOperation",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::EntityLimitExceeded
            | Self::IncompleteSignature
            | Self::InvalidArgument
            | Self::InvalidIfMatchVersion
            | Self::InvalidTagging
            | Self::UnsupportedOperation => StatusCode::BAD_REQUEST,
            Self::AccessDenied
            | Self::InvalidClientTokenId
            | Self::MissingAuthenticationToken
            | Self::SignatureDoesNotMatch => StatusCode::FORBIDDEN,
            Self::EntityNotFound | Self::NoSuchResource | Self::UnknownOperation => {
                StatusCode::NOT_FOUND
            }
            Self::CannotDeleteEntityWhileInUse | Self::EntityAlreadyExists => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::EntitySizeLimitExceeded => StatusCode::PAYLOAD_TOO_LARGE,
            Self::InternalFailure => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn is_universal(self) -> bool {
        matches!(
            self,
            Self::IncompleteSignature
                | Self::InternalFailure
                | Self::InvalidClientTokenId
                | Self::MissingAuthenticationToken
                | Self::ServiceUnavailable
                | Self::SignatureDoesNotMatch
                | Self::UnknownOperation
        )
    }

    fn text(self) -> &'static str {
        match self {
            Self::AccessDenied => "Access denied.",
            Self::CannotDeleteEntityWhileInUse => {
                "The entity cannot be deleted while it is in use."
            }
            Self::EntityAlreadyExists => {
                "The entity already exists. You must provide a unique entity."
            }
            Self::EntityLimitExceeded => "The entity limit has been exceeded.",
            Self::EntityNotFound => "The key value store entity was not found.",
            Self::EntitySizeLimitExceeded => "The entity size limit was exceeded.",
            Self::InvalidArgument => "An argument is invalid.",
            // Observed on CloudFront, as is the next but two.
            Self::InvalidIfMatchVersion => {
                "The If-Match version is missing or not valid for the resource."
            }
            Self::InvalidTagging => "The tagging specified is not valid.",
            Self::NoSuchResource => "A resource that was specified is not valid.",
            Self::PreconditionFailed => {
                "The request failed because it didn't meet the preconditions in one or more \
                 request-header fields."
            }
            Self::UnsupportedOperation => {
                "This operation is not supported in this Amazon Web Services Region."
            }
            Self::IncompleteSignature => "The request signature does not conform to AWS standards.",
            Self::InternalFailure => {
                "The request processing has failed because of an unknown error, exception or failure."
            }
            Self::InvalidClientTokenId => "The security token included in the request is invalid.",
            Self::MissingAuthenticationToken => "Request is missing Authentication Token",
            Self::ServiceUnavailable => {
                "The request has failed due to a temporary failure of the server."
            }
            Self::SignatureDoesNotMatch => {
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service \
                 documentation for details."
            }
            Self::UnknownOperation => "There is no such operation.",
        }
    }
}

/// The refusal for a store that is addressed by its name.
impl From<ControlError> for Refusal<ControlCode> {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::AlreadyExists => ControlCode::EntityAlreadyExists.into(),
            ControlError::TooManyStores => ControlCode::EntityLimitExceeded.into(),
            ControlError::NotFound => ControlCode::EntityNotFound.into(),
            ControlError::StaleVersion => ControlCode::PreconditionFailed.into(),
            ControlError::InUse => ControlCode::CannotDeleteEntityWhileInUse.into(),
            ControlError::InvalidTags(text) => Self::because(ControlCode::InvalidTagging, text),
            ControlError::Unavailable(reason) => {
                tracing::error!(%reason, "an operation failed");
                ControlCode::InternalFailure.into()
            }
        }
    }
}

use keyfront_model::Invalid;
use keyfront_service::ControlError;

use crate::error::{Refusal, codes, unavailable_as};

codes! {
    /// The error codes of the control plane.
    pub(crate) enum ControlCode, internal: InternalFailure;

    AccessDenied: FORBIDDEN, modelled, because;
    CannotDeleteEntityWhileInUse: CONFLICT, modelled,
        "The entity cannot be deleted while it is in use.";
    EntityAlreadyExists: CONFLICT, modelled,
        "The entity already exists. You must provide a unique entity.";
    EntityLimitExceeded: BAD_REQUEST, modelled, "The entity limit has been exceeded.";
    EntityNotFound: NOT_FOUND, modelled, "The key value store entity was not found.";
    EntitySizeLimitExceeded: PAYLOAD_TOO_LARGE, modelled, "The entity size limit was exceeded.";
    InvalidArgument: BAD_REQUEST, modelled, because;
    /// Its text was observed on CloudFront.
    InvalidIfMatchVersion: BAD_REQUEST, modelled,
        "The If-Match version is missing or not valid for the resource.";
    InvalidTagging: BAD_REQUEST, modelled, because;
    NoSuchResource: NOT_FOUND, modelled, "A resource that was specified is not valid.";
    /// Its text was observed on CloudFront.
    PreconditionFailed: PRECONDITION_FAILED, modelled,
        "The request failed because it didn't meet the preconditions in one or more request-header \
         fields.";
    UnsupportedOperation: BAD_REQUEST, modelled, because;
    IncompleteSignature: BAD_REQUEST, universal, because;
    InternalFailure: INTERNAL_SERVER_ERROR, universal,
        "The request processing has failed because of an unknown error, exception or failure.";
    InvalidClientTokenId: FORBIDDEN, universal,
        "The security token included in the request is invalid.";
    MissingAuthenticationToken: FORBIDDEN, universal, "Request is missing Authentication Token";
    ServiceUnavailable: SERVICE_UNAVAILABLE, universal, because;
    SignatureDoesNotMatch: FORBIDDEN, universal,
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method. Consult the service \
         documentation for details.";
    UnknownOperation: NOT_FOUND, universal, because;
}

/// The refusal for a store that is addressed by its name.
impl From<ControlError> for Refusal<ControlCode> {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::AlreadyExists => ControlCode::EntityAlreadyExists.into(),
            ControlError::TooManyStores => ControlCode::EntityLimitExceeded.into(),
            ControlError::NotFound => ControlCode::EntityNotFound.into(),
            ControlError::StaleVersion => ControlCode::PreconditionFailed.into(),
            ControlError::NotAnETag => if_match("the If-Match header is no ETag"),
            ControlError::InUse => ControlCode::CannotDeleteEntityWhileInUse.into(),
            ControlError::InvalidTags(text) => invalid_tagging(Invalid(text)),
            ControlError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<keyfront_service::Unavailable> for Refusal<ControlCode> {
    fn from(unavailable: keyfront_service::Unavailable) -> Self {
        unavailable_as(ControlCode::ServiceUnavailable, &unavailable)
    }
}

/// The refusal of an If-Match header that names no version: the text, which was observed, leaves the
/// reason to the log.
pub(super) fn if_match(reason: &'static str) -> Refusal<ControlCode> {
    Refusal::from(ControlCode::InvalidIfMatchVersion).with_reason(reason)
}

pub(super) fn invalid(invalid: Invalid) -> Refusal<ControlCode> {
    Refusal::because(
        ControlCode::InvalidArgument,
        format!("An argument is invalid: {}.", invalid.0),
    )
}

pub(super) fn invalid_tagging(invalid: Invalid) -> Refusal<ControlCode> {
    Refusal::because(
        ControlCode::InvalidTagging,
        format!("The tagging is not valid: {}.", invalid.0),
    )
}

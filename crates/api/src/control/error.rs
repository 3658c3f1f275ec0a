use keyfront_model::{Invalid, StoreArn};
use keyfront_service::{AssociationError, ControlError, FunctionError};

use crate::error::{Refusal, codes, unavailable_as};
use crate::text::cut;

codes! {
    /// The error codes of the control plane.
    pub(crate) enum ControlCode, internal: InternalFailure;

    /// The models of the operations on functions don't list it, which a policy may deny as well.
    AccessDenied: FORBIDDEN, universal, because;
    /// Its text is in the style of one that was observed of another resource of CloudFront's.
    CannotDeleteEntityWhileInUse: CONFLICT, modelled,
        "The specified key value store is currently associated with one or more functions.";
    EntityAlreadyExists: CONFLICT, modelled,
        "The entity already exists. You must provide a unique entity.";
    EntityLimitExceeded: BAD_REQUEST, modelled, "The entity limit has been exceeded.";
    EntityNotFound: NOT_FOUND, modelled, "The key value store entity was not found.";
    EntitySizeLimitExceeded: PAYLOAD_TOO_LARGE, modelled, "The entity size limit was exceeded.";
    FunctionAlreadyExists: CONFLICT, modelled,
        "A function with the same name already exists in this Amazon Web Services account. To create \
         a function, you must provide a unique name. To update an existing function, use \
         UpdateFunction.";
    FunctionInUse: CONFLICT, modelled, because;
    FunctionSizeLimitExceeded: PAYLOAD_TOO_LARGE, modelled, "The function is too large.";
    InvalidArgument: BAD_REQUEST, modelled, because;
    /// Its text was observed on CloudFront.
    InvalidIfMatchVersion: BAD_REQUEST, modelled,
        "The If-Match version is missing or not valid for the resource.";
    InvalidTagging: BAD_REQUEST, modelled, because;
    NoSuchFunctionExists: NOT_FOUND, modelled, "The function does not exist.";
    NoSuchResource: NOT_FOUND, modelled, "A resource that was specified is not valid.";
    /// Its text was observed on CloudFront.
    PreconditionFailed: PRECONDITION_FAILED, modelled,
        "The request failed because it didn't meet the preconditions in one or more request-header \
         fields.";
    TestFunctionFailed: INTERNAL_SERVER_ERROR, modelled, "The CloudFront function failed.";
    TooManyFunctions: BAD_REQUEST, modelled,
        "You have reached the maximum number of CloudFront functions for this Amazon Web Services \
         account.";
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

/// The refusal of an operation on a function.
impl From<FunctionError> for Refusal<ControlCode> {
    fn from(error: FunctionError) -> Self {
        let argument = |text: String| Self::because(ControlCode::InvalidArgument, text);
        match error {
            FunctionError::AlreadyExists => ControlCode::FunctionAlreadyExists.into(),
            FunctionError::TooManyFunctions => ControlCode::TooManyFunctions.into(),
            FunctionError::CodeTooLarge => ControlCode::FunctionSizeLimitExceeded.into(),
            FunctionError::NotFound => ControlCode::NoSuchFunctionExists.into(),
            FunctionError::StaleVersion => ControlCode::PreconditionFailed.into(),
            FunctionError::NotAnETag => if_match("the If-Match header is no ETag"),
            // Observed, with one distribution.
            FunctionError::InUse(name, uses) => Self::because(
                ControlCode::FunctionInUse,
                format!("Cannot delete function {name}, it is in use by {uses} distributions"),
            ),
            FunctionError::Association(store, why) => argument(association(&store, why)),
            // Both may repeat what the caller sent.
            FunctionError::Broken(text) | FunctionError::BadEvent(text) => {
                argument(cut(&text).into_owned())
            }
            FunctionError::TestFailed => ControlCode::TestFunctionFailed.into(),
            FunctionError::NoRoom(text) => Self::because(ControlCode::ServiceUnavailable, text),
            FunctionError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

/// The text for a store that a function can't be associated with. That of one that is not READY yet holds the
/// two parts that were observed, by which clients know that they may try again.
fn association(store: &StoreArn, why: AssociationError) -> String {
    let why = match why {
        AssociationError::NotFound => "names no key value store of this account",
        AssociationError::Provisioning => "cannot be associated before the resource is provisioned",
        AssociationError::ImportFailed => {
            "cannot be associated, because the import of the key value store failed"
        }
    };
    format!("The KeyValueStoreAssociationArn {store} {why}.")
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

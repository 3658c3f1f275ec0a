//! The control plane: REST-XML, CloudFront of 2020-05-31.

mod endpoints;
mod error;
mod stores;
mod tags;
mod xml;

use http::Method;
use http::header::HeaderName;
use keyfront_model::Limits;
use keyfront_server::answer::{self, Answer};
use keyfront_server::{Refused, Unread};
use keyfront_service::Service;

use crate::authenticate::Unauthenticated;
use crate::endpoint::Endpoint;
use crate::error::{Code, Refusal};
use crate::plane::{Call, Plane};
use crate::request_id::RequestId;

pub(crate) use error::ControlCode;

/// The operations of the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ControlOperation {
    CreateKeyValueStore,
    DeleteKeyValueStore,
    DescribeKeyValueStore,
    ListKeyValueStores,
    ListTagsForResource,
    TagResource,
    UntagResource,
    UpdateKeyValueStore,
}

/// The control plane. See the [module](self).
pub(crate) struct ControlPlane;

/// More than any valid body needs: 50 tags of 128 + 256 characters, each of them written as a
/// numeric reference.
const MOST_BYTES: u64 = 256 * 1024;

impl Plane for ControlPlane {
    type Operation = ControlOperation;
    type Code = ControlCode;

    const SERVICE: &'static str = "cloudfront";

    fn endpoints() -> &'static [Endpoint<ControlOperation, ControlCode>] {
        &endpoints::ENDPOINTS
    }

    /// Older SDKs put a slash behind the path of CreateKeyValueStore (older models).
    fn routed(path: &str) -> &str {
        path.strip_suffix('/').unwrap_or(path)
    }

    fn most_bytes(_: ControlOperation, _: &Limits) -> u64 {
        MOST_BYTES
    }

    fn given_twice(parameter: &str) -> Refusal<ControlCode> {
        let text = format!("The parameter {parameter} is given more than once.");
        Refusal::because(ControlCode::InvalidArgument, text)
    }

    fn unread(operation: ControlOperation, unread: Unread) -> Refusal<ControlCode> {
        match (operation, unread) {
            // Worth another try, which SDKs make after this code only.
            (_, Unread::TooSlow) => ControlCode::InternalFailure.into(),
            (_, Unread::Refused(refused)) => Self::unavailable(refused),
            (ControlOperation::CreateKeyValueStore, Unread::TooLarge) => {
                ControlCode::EntitySizeLimitExceeded.into()
            }
            // The model lists no code for a bad body, since there is none to send.
            (ControlOperation::DeleteKeyValueStore, _) => {
                Refusal::because(ControlCode::UnsupportedOperation, "A delete has no body.")
            }
            _ => Refusal::because(
                ControlCode::InvalidArgument,
                "The request's body can't be read.",
            ),
        }
    }

    fn unavailable(refused: Refused) -> Refusal<ControlCode> {
        Refusal::because(ControlCode::ServiceUnavailable, refused.to_string())
    }

    fn unauthenticated(reason: &Unauthenticated) -> Refusal<ControlCode> {
        let code = match reason {
            Unauthenticated::Missing => ControlCode::MissingAuthenticationToken,
            Unauthenticated::Incomplete(_) => ControlCode::IncompleteSignature,
            Unauthenticated::UnknownKey | Unauthenticated::SessionToken => {
                ControlCode::InvalidClientTokenId
            }
            Unauthenticated::Signature(_) => ControlCode::SignatureDoesNotMatch,
        };
        reason.refusal(code)
    }

    fn denied(text: String) -> Refusal<ControlCode> {
        Refusal::because(ControlCode::AccessDenied, text)
    }

    fn unknown(method: &Method, path: &str) -> Refusal<ControlCode> {
        if path.starts_with("/2020-05-31/") {
            let text = format!("{method} {path} is not supported by Keyfront");
            return Refusal::because(ControlCode::UnsupportedOperation, text);
        }
        let text = format!("There is no operation {method} {path}");
        Refusal::because(ControlCode::UnknownOperation, text)
    }

    async fn perform(
        service: &Service,
        operation: ControlOperation,
        call: &Call<'_>,
    ) -> Result<Answer, Refusal<ControlCode>> {
        match operation {
            ControlOperation::CreateKeyValueStore => stores::create(service, call).await,
            ControlOperation::DescribeKeyValueStore => stores::describe(service, call).await,
            ControlOperation::UpdateKeyValueStore => stores::update(service, call).await,
            ControlOperation::DeleteKeyValueStore => stores::delete(service, call).await,
            ControlOperation::ListKeyValueStores => stores::list(service, call).await,
            ControlOperation::ListTagsForResource => tags::list(service, call).await,
            ControlOperation::TagResource => tags::add(service, call).await,
            ControlOperation::UntagResource => tags::remove(service, call).await,
        }
    }

    fn render(refusal: &Refusal<ControlCode>, request_id: RequestId) -> Answer {
        let status = refusal.code.status();
        let fault = if status.is_server_error() {
            "Receiver"
        } else {
            "Sender"
        };
        let body = xml::document("ErrorResponse", |response| {
            response.child("Error", |error| {
                error.text("Type", fault);
                error.text("Code", refusal.code.name());
                error.text("Message", &refusal.text);
            });
            response.text("RequestId", &request_id.to_string());
        });
        answer::with_body(status, xml::CONTENT_TYPE, body)
    }

    fn stamp(answer: &mut Answer, request_id: RequestId) {
        answer::set(
            answer,
            HeaderName::from_static("x-amzn-requestid"),
            &request_id.to_string(),
        );
    }
}

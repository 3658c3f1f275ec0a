//! The control plane: REST-XML, CloudFront of 2020-05-31.

mod create;
mod error;
mod functions;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod list;
mod store;
mod stores;
mod tags;
mod xml;

use crate::authenticate::Unauthenticated;
use crate::endpoint::Endpoint;
use crate::error::{Code, Refusal};
use crate::plane::Plane;
use crate::rejection::{Rejection, slow_body};
use crate::request_id::RequestId;
use crate::text::cut;
use create::CreateKeyValueStore;
use functions::{
    CreateFunction, DeleteFunction, DescribeFunction, GetFunction, ListFunctions, PublishFunction,
    TestFunction, UpdateFunction,
};
use keyfront_server::answer::{self, Answer};
use list::ListKeyValueStores;
use stores::{DeleteKeyValueStore, DescribeKeyValueStore, UpdateKeyValueStore};
use tags::{ListTagsForResource, TagResource, UntagResource};

pub(crate) use error::ControlCode;

/// The control plane. See the [module](self).
pub(crate) struct ControlPlane;

static ENDPOINTS: [Endpoint<ControlPlane>; 16] = [
    Endpoint::of::<CreateKeyValueStore>(),
    Endpoint::of::<ListKeyValueStores>(),
    Endpoint::of::<DescribeKeyValueStore>(),
    Endpoint::of::<UpdateKeyValueStore>(),
    Endpoint::of::<DeleteKeyValueStore>(),
    Endpoint::of::<ListTagsForResource>(),
    Endpoint::of::<TagResource>(),
    Endpoint::of::<UntagResource>(),
    Endpoint::of::<CreateFunction>(),
    Endpoint::of::<ListFunctions>(),
    Endpoint::of::<DescribeFunction>(),
    Endpoint::of::<GetFunction>(),
    Endpoint::of::<UpdateFunction>(),
    Endpoint::of::<PublishFunction>(),
    Endpoint::of::<TestFunction>(),
    Endpoint::of::<DeleteFunction>(),
];

impl Plane for ControlPlane {
    type Code = ControlCode;

    const NAME: &'static str = "control";

    const SERVICE: &'static str = "cloudfront";

    /// More than any valid body needs: 50 tags of 128 + 256 characters, each of them written as a
    /// numeric reference.
    const MAX_BODY_BYTES: u64 = 256 * 1024;

    fn endpoints() -> &'static [Endpoint<Self>] {
        &ENDPOINTS
    }

    /// Older SDKs end the path of CreateKeyValueStore with a slash (older models).
    fn routed(path: &str) -> &str {
        path.strip_suffix('/').unwrap_or(path)
    }

    fn refusal(rejection: Rejection<'_>) -> Refusal<ControlCode> {
        match rejection {
            Rejection::Unknown { method, path } if path.starts_with("/2020-05-31/") => {
                let (method, path) = (cut(method.as_str()), cut(path));
                let text = format!("{method} {path} is not supported by Keyfront");
                Refusal::because(ControlCode::UnsupportedOperation, text)
            }
            Rejection::Unknown { method, path } => {
                let (method, path) = (cut(method.as_str()), cut(path));
                let text = format!("There is no operation {method} {path}");
                Refusal::because(ControlCode::UnknownOperation, text)
            }
            Rejection::Unauthenticated(reason) => unauthenticated(reason),
            Rejection::RepeatedParameter(parameter) => {
                let text = format!("The parameter {parameter} is given more than once.");
                Refusal::because(ControlCode::InvalidArgument, text)
            }
            Rejection::Denied(text) => Refusal::because(ControlCode::AccessDenied, text),
            Rejection::Bound(refused) => {
                Refusal::because(ControlCode::ServiceUnavailable, refused.to_string())
            }
            Rejection::SlowBody => Refusal::because(ControlCode::ServiceUnavailable, slow_body()),
        }
    }

    fn format(refusal: &Refusal<ControlCode>, request_id: RequestId) -> Answer {
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
}

fn unauthenticated(reason: Unauthenticated) -> Refusal<ControlCode> {
    match reason {
        Unauthenticated::Missing => ControlCode::MissingAuthenticationToken.into(),
        Unauthenticated::Incomplete(text) => {
            Refusal::because(ControlCode::IncompleteSignature, text)
        }
        Unauthenticated::UnknownKey | Unauthenticated::SessionToken => {
            ControlCode::InvalidClientTokenId.into()
        }
        Unauthenticated::Signature(None) => ControlCode::SignatureDoesNotMatch.into(),
        Unauthenticated::Signature(Some(text)) => {
            Refusal::because(ControlCode::SignatureDoesNotMatch, text)
        }
    }
}

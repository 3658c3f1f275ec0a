//! The data plane: REST-JSON, CloudFront KeyValueStore of 2022-07-26.

mod describe;
mod error;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod json;
mod keys;
mod list;
mod store;
mod token;
mod update;

use http::header::{HeaderName, HeaderValue};

use crate::authenticate::Unauthenticated;
use crate::endpoint::Endpoint;
use crate::error::{Code, Refusal};
use crate::plane::Plane;
use crate::rejection::{Rejection, slow_body};
use crate::request_id::RequestId;
use crate::text::cut;
use describe::DescribeKeyValueStore;
use keyfront_server::answer::{self, Answer};
use keys::{DeleteKey, GetKey, PutKey};
use list::ListKeys;
use update::UpdateKeys;

pub(crate) use error::DataCode;
#[cfg(test)]
pub(crate) use error::malformed;

/// The data plane. See the [module](self).
pub(crate) struct DataPlane;

/// The bytes that a body may have besides its keys and values: markup, and blanks between it.
const MARKUP_BYTES: u64 = 64 * 1024;

/// A byte may be written as six in JSON: `\u0041`.
const JSON_ESCAPE_BYTES: u64 = 6;

/// The largest body that carries this many bytes of keys and values.
fn in_json(bytes: u64) -> u64 {
    bytes
        .saturating_mul(JSON_ESCAPE_BYTES)
        .saturating_add(MARKUP_BYTES)
}

static ENDPOINTS: [Endpoint<DataPlane>; 6] = [
    Endpoint::of::<GetKey>(),
    Endpoint::of::<PutKey>(),
    Endpoint::of::<DeleteKey>(),
    Endpoint::of::<ListKeys>(),
    Endpoint::of::<UpdateKeys>(),
    Endpoint::of::<DescribeKeyValueStore>(),
];

impl Plane for DataPlane {
    type Code = DataCode;

    const NAME: &'static str = "data";

    const SERVICE: &'static str = "cloudfront-keyvaluestore";

    /// Most operations of this plane read no body.
    const MAX_BODY_BYTES: u64 = MARKUP_BYTES;

    fn endpoints() -> &'static [Endpoint<Self>] {
        &ENDPOINTS
    }

    fn refusal(rejection: Rejection<'_>) -> Refusal<DataCode> {
        match rejection {
            Rejection::Unknown { method, path } => {
                let (method, path) = (cut(method.as_str()), cut(path));
                let text = format!("There is no operation {method} {path}");
                Refusal::because(DataCode::UnknownOperationException, text)
            }
            Rejection::Unauthenticated(reason) => unauthenticated(reason),
            Rejection::RepeatedParameter(parameter) => {
                let text = format!("The parameter {parameter} is given more than once");
                Refusal::because(DataCode::ValidationException, text)
            }
            Rejection::Denied(text) => Refusal::because(DataCode::AccessDeniedException, text),
            Rejection::Bound(refused) => {
                Refusal::because(DataCode::ServiceUnavailableException, refused.to_string())
            }
            Rejection::SlowBody => {
                Refusal::because(DataCode::ServiceUnavailableException, slow_body())
            }
        }
    }

    fn format(refusal: &Refusal<DataCode>, _: RequestId) -> Answer {
        let body = serde_json::json!({ "Message": refusal.text }).to_string();
        let mut answer = answer::with_body(refusal.code.status(), json::CONTENT_TYPE, body);
        let name = HeaderName::from_static("x-amzn-errortype");
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(refusal.code.name()));
        answer
    }
}

fn unauthenticated(reason: Unauthenticated) -> Refusal<DataCode> {
    match reason {
        Unauthenticated::Missing => DataCode::MissingAuthenticationTokenException.into(),
        Unauthenticated::Incomplete(text) => {
            Refusal::because(DataCode::IncompleteSignatureException, text)
        }
        Unauthenticated::UnknownKey => DataCode::UnrecognizedClientException.into(),
        // Observed, with its text.
        Unauthenticated::SessionToken => {
            Refusal::because(DataCode::AccessDeniedException, "Authentication failed")
        }
        Unauthenticated::Signature(None) => DataCode::InvalidSignatureException.into(),
        Unauthenticated::Signature(Some(text)) => {
            Refusal::because(DataCode::InvalidSignatureException, text)
        }
    }
}

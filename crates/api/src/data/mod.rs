//! The data plane: REST-JSON, CloudFront KeyValueStore of 2022-07-26.

mod endpoints;
mod error;
mod json;
mod keys;
mod token;

use http::Method;
use http::header::{HeaderName, HeaderValue};
use keyfront_model::Limits;
use keyfront_server::answer::{self, Answer};
use keyfront_server::{Refused, Unread};
use keyfront_service::{Quota, Service};

use crate::authenticate::Unauthenticated;
use crate::endpoint::Endpoint;
use crate::error::{Code, Refusal};
use crate::plane::{Call, Plane};
use crate::request_id::RequestId;

pub(crate) use error::DataCode;

/// The operations of the data plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataOperation {
    DeleteKey,
    DescribeKeyValueStore,
    GetKey,
    ListKeys,
    PutKey,
    UpdateKeys,
}

/// The data plane. See the [module](self).
pub(crate) struct DataPlane;

/// What a body may have besides its keys and values: markup, and blanks between it.
const MARKUP: u64 = 64 * 1024;

/// A byte may be written as six in JSON: `\u0041`.
const JSON_ESCAPE: u64 = 6;

/// The most that a body has which carries so many bytes of keys and values.
fn in_json(bytes: u64) -> u64 {
    bytes.saturating_mul(JSON_ESCAPE).saturating_add(MARKUP)
}

/// The most bytes that the body of any request has, under these quotas.
pub fn largest_body_bytes(limits: &Limits) -> u64 {
    in_json(limits.value_bytes.max(limits.update_bytes))
}

impl Plane for DataPlane {
    type Operation = DataOperation;
    type Code = DataCode;

    const SERVICE: &'static str = "cloudfront-keyvaluestore";

    fn endpoints() -> &'static [Endpoint<DataOperation, DataCode>] {
        &endpoints::ENDPOINTS
    }

    fn most_bytes(operation: DataOperation, limits: &Limits) -> u64 {
        match operation {
            DataOperation::PutKey => in_json(limits.value_bytes),
            DataOperation::UpdateKeys => in_json(limits.update_bytes),
            _ => MARKUP,
        }
    }

    fn given_twice(parameter: &str) -> Refusal<DataCode> {
        let text = format!("The parameter {parameter} is given more than once");
        Refusal::because(DataCode::ValidationException, text)
    }

    fn unread(operation: DataOperation, unread: Unread) -> Refusal<DataCode> {
        match (operation, unread) {
            // Worth another try, which SDKs make after this code only.
            (_, Unread::TooSlow) => DataCode::InternalServerException.into(),
            (_, Unread::Refused(refused)) => Self::unavailable(refused),
            (DataOperation::PutKey, Unread::TooLarge) => error::over(Quota::ValueBytes),
            (DataOperation::UpdateKeys, Unread::TooLarge) => error::over(Quota::UpdateBytes),
            (DataOperation::GetKey | DataOperation::DescribeKeyValueStore, _) => {
                DataCode::ResourceNotFoundException.into()
            }
            _ => Refusal::because(
                DataCode::ValidationException,
                "The request's body can't be read.",
            ),
        }
    }

    fn unavailable(refused: Refused) -> Refusal<DataCode> {
        Refusal::because(DataCode::ServiceUnavailableException, refused.to_string())
    }

    fn unauthenticated(reason: &Unauthenticated) -> Refusal<DataCode> {
        let code = match reason {
            Unauthenticated::Missing => DataCode::MissingAuthenticationTokenException,
            Unauthenticated::Incomplete(_) => DataCode::IncompleteSignatureException,
            Unauthenticated::UnknownKey => DataCode::UnrecognizedClientException,
            // Observed, with its text.
            Unauthenticated::SessionToken => {
                return Refusal::because(DataCode::AccessDeniedException, "Authentication failed");
            }
            Unauthenticated::Signature(_) => DataCode::InvalidSignatureException,
        };
        reason.refusal(code)
    }

    fn denied(text: String) -> Refusal<DataCode> {
        Refusal::because(DataCode::AccessDeniedException, text)
    }

    fn unknown(method: &Method, path: &str) -> Refusal<DataCode> {
        let text = format!("There is no operation {method} {path}");
        Refusal::because(DataCode::UnknownOperationException, text)
    }

    async fn perform(
        service: &Service,
        operation: DataOperation,
        call: &Call<'_>,
    ) -> Result<Answer, Refusal<DataCode>> {
        match operation {
            DataOperation::DescribeKeyValueStore => keys::describe(service, call).await,
            DataOperation::GetKey => keys::get(service, call).await,
            DataOperation::ListKeys => keys::list(service, call).await,
            DataOperation::PutKey => keys::put(service, call).await,
            DataOperation::DeleteKey => keys::delete(service, call).await,
            DataOperation::UpdateKeys => keys::update(service, call).await,
        }
    }

    fn render(refusal: &Refusal<DataCode>, _: RequestId) -> Answer {
        let body = serde_json::json!({ "Message": refusal.text }).to_string();
        let mut answer = answer::with_body(refusal.code.status(), json::CONTENT_TYPE, body);
        let name = HeaderName::from_static("x-amzn-errortype");
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(refusal.code.name()));
        answer
    }

    fn stamp(answer: &mut Answer, request_id: RequestId) {
        answer::set(
            answer,
            HeaderName::from_static("x-amzn-requestid"),
            &request_id.to_string(),
        );
    }
}

use http::StatusCode;
use http::header::HeaderName;
use keyfront_server::answer::{self, Answer};

use crate::endpoint::Endpoint;
use crate::error::{Code, Refusal};
use crate::rejection::Rejection;
use crate::request_id::RequestId;

/// The differences between the two planes.
pub(crate) trait Plane: Sized + 'static {
    /// Its error codes.
    type Code: Code;

    /// Its name, for people.
    const NAME: &'static str;

    /// The service for which its requests are signed, and the prefix of its actions in a policy.
    const SERVICE: &'static str;

    /// The most bytes that a body may have, except where an operation says otherwise.
    const MAX_BODY_BYTES: u64;

    /// Its operations.
    fn endpoints() -> &'static [Endpoint<Self>];

    /// The path by which an endpoint is found.
    fn routed(path: &str) -> &str {
        path
    }

    /// The code and the text of a request that is refused before, or beside, its operation.
    fn refusal(rejection: Rejection<'_>) -> Refusal<Self::Code>;

    /// A refusal in the plane's format.
    fn format(refusal: &Refusal<Self::Code>, request_id: RequestId) -> Answer;

    /// The answer to a request that is refused.
    fn refused(refusal: &Refusal<Self::Code>, request_id: RequestId) -> Answer {
        let mut answer = Self::format(refusal, request_id);
        if refusal.code.status() == StatusCode::SERVICE_UNAVAILABLE {
            answer::retry_later(&mut answer);
        }
        name_request(&mut answer, request_id);
        answer
    }
}

/// Names the request in its answer, under the header's name on both planes (observed).
pub(crate) fn name_request(answer: &mut Answer, request_id: RequestId) {
    let name = HeaderName::from_static("x-amzn-requestid");
    answer::set(answer, name, request_id.write(&mut [0; 36]));
}

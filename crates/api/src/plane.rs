use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http::request::Parts;
use keyfront_access::AccessKey;
use keyfront_model::{Limits, Timestamp};
use keyfront_server::{Answer, Peer, Refused, Unread};
use keyfront_service::{Author, Service};

use crate::authenticate::Unauthenticated;
use crate::endpoint::{Endpoint, Labels};
use crate::error::{Code, Refusal};
use crate::request_id::RequestId;

/// One request of a plane, read and authenticated.
pub(crate) struct Call<'a> {
    /// The operation's name in the model.
    pub(crate) operation: &'static str,
    pub(crate) parts: &'a Parts,
    /// The labels of the path, still encoded.
    pub(crate) labels: Labels<'a>,
    pub(crate) body: Bytes,
    pub(crate) key: Arc<AccessKey>,
    pub(crate) peer: Peer,
    pub(crate) now: Timestamp,
    pub(crate) request_id: RequestId,
}

/// What the two planes differ in.
pub(crate) trait Plane: 'static {
    type Operation: Copy + Send + Sync + 'static;
    type Code: Code;

    /// The service for which its requests are signed, and the prefix of its actions in a policy.
    const SERVICE: &'static str;

    fn endpoints() -> &'static [Endpoint<Self::Operation, Self::Code>];

    /// The path by which an endpoint is found.
    fn routed(path: &str) -> &str {
        path
    }

    /// The most bytes that a body of an operation may have.
    fn most_bytes(operation: Self::Operation, limits: &Limits) -> u64;

    fn unread(operation: Self::Operation, unread: Unread) -> Refusal<Self::Code>;

    fn unauthenticated(reason: &Unauthenticated) -> Refusal<Self::Code>;

    /// The refusal of a parameter that is given more than once.
    fn given_twice(parameter: &str) -> Refusal<Self::Code>;

    /// The refusal for a caller who may not do what was asked.
    fn denied(text: String) -> Refusal<Self::Code>;

    /// The refusal of a request for which the server has no room.
    fn unavailable(refused: Refused) -> Refusal<Self::Code>;

    /// The refusal of a path or method that it lacks.
    fn unknown(method: &Method, path: &str) -> Refusal<Self::Code>;

    fn perform(
        service: &Service,
        operation: Self::Operation,
        call: &Call<'_>,
    ) -> impl Future<Output = Result<Answer, Refusal<Self::Code>>> + Send;

    /// A refusal in the plane's format.
    fn render(refusal: &Refusal<Self::Code>, request_id: RequestId) -> Answer;

    /// Names the request in its answer.
    fn stamp(answer: &mut Answer, request_id: RequestId);
}

impl Call<'_> {
    /// Who asks, for the record of what was changed.
    pub(crate) fn author(&self) -> Author {
        Author {
            account: self.key.account,
            access_key: self.key.id.clone(),
            request: self.request_id.to_string(),
        }
    }

    /// The text of a header; none if it is missing, empty, no text, or there twice.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.parts.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        (!value.is_empty() && values.next().is_none()).then_some(value)
    }

    pub(crate) fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }
}

use http::header::HeaderName;
use http::{Method, StatusCode};
use keyfront_model::{IfMatch, Limits};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{Authorized, FunctionSummary, NamedFunction, Service};

use super::body::{Definition, DefinitionBody};
use super::{create, named};
use crate::call::Call;
use crate::control::{ControlCode as C, ControlPlane, store, xml};
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};

/// UpdateFunction.
pub(in crate::control) struct UpdateFunction;

/// PublishFunction.
pub(in crate::control) struct PublishFunction;

/// DeleteFunction.
pub(in crate::control) struct DeleteFunction;

const FUNCTION: &str = "/2020-05-31/function/{Name}";

/// The header that the model of UpdateFunction has for the version; it is spelled so there alone.
const ETTAG: HeaderName = HeaderName::from_static("ettag");

impl Operation for UpdateFunction {
    type Plane = ControlPlane;
    type Target = NamedFunction;
    type Input = (IfMatch, Definition);
    type Output = FunctionSummary;

    const NAME: &'static str = "UpdateFunction";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = FUNCTION;
    const REQUEST_HEADERS: &'static [&'static str] = &["If-Match"];
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETtag"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [C] = &[
        C::FunctionSizeLimitExceeded,
        C::InvalidArgument,
        C::InvalidIfMatchVersion,
        C::NoSuchFunctionExists,
        C::PreconditionFailed,
        C::UnsupportedOperation,
    ];
    const UNREADABLE: C = C::InvalidArgument;

    fn max_body_bytes(limits: &Limits) -> u64 {
        create::max_body_bytes(limits)
    }

    fn too_large(_: &Limits) -> Refusal<C> {
        C::FunctionSizeLimitExceeded.into()
    }

    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        named(service, call, C::InvalidArgument).await
    }

    async fn decode(call: &Call<'_>, _: &NamedFunction) -> Outcome<Self, (IfMatch, Definition)> {
        let version = store::version(call)?;
        let body: DefinitionBody =
            xml::read("UpdateFunctionRequest", "FunctionConfig", call).await?;
        Ok((version, body.checked()?))
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        function: &Authorized<NamedFunction>,
        (version, (config, code)): (IfMatch, Definition),
    ) -> Outcome<Self, FunctionSummary> {
        let updated = service
            .update_function(&call.author(), function, version, config, code)
            .await;
        Ok(updated?)
    }

    /// Clients that are made from the model read one spelling, and Terraform's provider the other, too.
    fn encode(_: &Call<'_>, updated: FunctionSummary) -> Outcome<Self, Answer> {
        let mut answer = super::answer(&updated);
        answer::set(&mut answer, ETTAG, &updated.function.etag.to_string());
        Ok(answer)
    }
}

impl Operation for PublishFunction {
    type Plane = ControlPlane;
    type Target = NamedFunction;
    type Input = IfMatch;
    type Output = FunctionSummary;

    const NAME: &'static str = "PublishFunction";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/2020-05-31/function/{Name}/publish";
    const REQUEST_HEADERS: &'static [&'static str] = &["If-Match"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [C] = &[
        C::InvalidArgument,
        C::InvalidIfMatchVersion,
        C::NoSuchFunctionExists,
        C::PreconditionFailed,
        C::UnsupportedOperation,
    ];
    const UNREADABLE: C = C::InvalidArgument;

    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        named(service, call, C::InvalidArgument).await
    }

    async fn decode(call: &Call<'_>, _: &NamedFunction) -> Outcome<Self, IfMatch> {
        store::version(call)
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        function: &Authorized<NamedFunction>,
        version: IfMatch,
    ) -> Outcome<Self, FunctionSummary> {
        let published = service
            .publish_function(&call.author(), function, version)
            .await;
        Ok(published?)
    }

    /// Its model has no ETag.
    fn encode(_: &Call<'_>, published: FunctionSummary) -> Outcome<Self, Answer> {
        Ok(super::answer_without_version(&published))
    }
}

impl Operation for DeleteFunction {
    type Plane = ControlPlane;
    type Target = NamedFunction;
    type Input = IfMatch;
    type Output = ();

    const NAME: &'static str = "DeleteFunction";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = FUNCTION;
    const REQUEST_HEADERS: &'static [&'static str] = &["If-Match"];
    const SUCCESS: StatusCode = StatusCode::NO_CONTENT;
    const ERRORS: &'static [C] = &[
        C::FunctionInUse,
        C::InvalidIfMatchVersion,
        C::NoSuchFunctionExists,
        C::PreconditionFailed,
        C::UnsupportedOperation,
    ];
    /// The model lists no code for a bad body, since a delete has no body.
    const UNREADABLE: C = C::UnsupportedOperation;

    fn too_large(_: &Limits) -> Refusal<C> {
        Refusal::because(Self::UNREADABLE, "A delete has no body.")
    }

    /// Its model has no InvalidArgument, so that an invalid name is answered as one that does not exist.
    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        named(service, call, C::NoSuchFunctionExists).await
    }

    async fn decode(call: &Call<'_>, _: &NamedFunction) -> Outcome<Self, IfMatch> {
        store::version(call)
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        function: &Authorized<NamedFunction>,
        version: IfMatch,
    ) -> Outcome<Self, ()> {
        let deleted = service
            .delete_function(&call.author(), function, version)
            .await;
        Ok(deleted?)
    }

    fn encode(_: &Call<'_>, (): ()) -> Outcome<Self, Answer> {
        Ok(answer::empty(Self::SUCCESS))
    }
}

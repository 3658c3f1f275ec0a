use http::header::LOCATION;
use http::{Method, StatusCode};
use keyfront_model::Limits;
use keyfront_server::answer::{self, Answer};
use keyfront_service::{Authorized, FunctionSummary, NewFunction, Service};

use super::body::CreateBody;
use super::{FUNCTIONS, unusable};
use crate::call::Call;
use crate::control::{ControlCode as C, ControlPlane, store, xml};
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};
use crate::plane::Plane;

/// CreateFunction. Its target, the new function, is in the body.
pub(in crate::control) struct CreateFunction;

/// The most bytes of a body that holds a function's code, which base64 makes a third longer, and perhaps tags.
pub(super) fn max_body_bytes(limits: &Limits) -> u64 {
    ControlPlane::MAX_BODY_BYTES + 2 * limits.function_code_bytes
}

impl Operation for CreateFunction {
    type Plane = ControlPlane;
    type Target = NewFunction;
    type Input = ();
    type Output = FunctionSummary;

    const NAME: &'static str = "CreateFunction";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = FUNCTIONS;
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETag", "Location"];
    const SUCCESS: StatusCode = StatusCode::CREATED;
    const ERRORS: &'static [C] = &[
        C::FunctionAlreadyExists,
        C::FunctionSizeLimitExceeded,
        C::InvalidArgument,
        C::TooManyFunctions,
        C::UnsupportedOperation,
    ];
    const UNREADABLE: C = C::InvalidArgument;

    fn max_body_bytes(limits: &Limits) -> u64 {
        max_body_bytes(limits)
    }

    fn too_large(_: &Limits) -> Refusal<C> {
        C::FunctionSizeLimitExceeded.into()
    }

    /// If the rest of the request has a fault, the caller's right to the name is judged before the fault is
    /// reported.
    async fn resolve(_: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        let account = call.key.account;
        let parsed = xml::read("CreateFunctionRequest", "Name", call).await;
        let named = parsed.and_then(|body: CreateBody| Ok((body.name()?, body)));
        let (name, body) = match named {
            Ok(named) => named,
            Err(refusal) => return Ok(Resolved::Unusable(unusable(account, None), refusal)),
        };
        call.log.new_function(name.as_str());
        Ok(match body.rest() {
            Ok(((config, code), tags)) => Resolved::Target(NewFunction {
                account,
                name,
                config,
                code,
                tags,
            }),
            Err(refusal) => Resolved::Unusable(unusable(account, Some(name)), refusal),
        })
    }

    async fn decode(_: &Call<'_>, _: &NewFunction) -> Outcome<Self, ()> {
        Ok(())
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        new: &Authorized<NewFunction>,
        (): (),
    ) -> Outcome<Self, FunctionSummary> {
        Ok(service.create_function(&call.author(), new).await?)
    }

    fn encode(call: &Call<'_>, created: FunctionSummary) -> Outcome<Self, Answer> {
        let mut answer = super::answer(&created);
        let location = store::location(call, FUNCTIONS, &created.function.name);
        answer::set(&mut answer, LOCATION, &location);
        Ok(answer)
    }
}

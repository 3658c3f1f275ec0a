use bytes::Bytes;
use http::header::ETAG;
use http::{Method, StatusCode};
use keyfront_model::{Function, FunctionStage, Limits};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{Authorized, FunctionSummary, NamedFunction, Service};

use super::{named, stage};
use crate::call::Call;
use crate::control::{ControlCode as C, ControlPlane};
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};

/// DescribeFunction.
pub(in crate::control) struct DescribeFunction;

/// GetFunction: the code of a function.
pub(in crate::control) struct GetFunction;

const ERRORS: &[C] = &[C::NoSuchFunctionExists, C::UnsupportedOperation];

/// The type of a function's code, which may be any bytes.
const CODE_TYPE: &str = "application/octet-stream";

/// The models list no code for a bad body, since these operations have no body.
fn no_body() -> Refusal<C> {
    Refusal::because(C::UnsupportedOperation, "The operation has no body.")
}

impl Operation for DescribeFunction {
    type Plane = ControlPlane;
    type Target = NamedFunction;
    type Input = FunctionStage;
    type Output = FunctionSummary;

    const NAME: &'static str = "DescribeFunction";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/2020-05-31/function/{Name}/describe";
    const QUERY: &'static [&'static str] = &["Stage"];
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETag"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [C] = ERRORS;
    const UNREADABLE: C = C::UnsupportedOperation;

    fn too_large(_: &Limits) -> Refusal<C> {
        no_body()
    }

    /// Its model has no InvalidArgument, so that an invalid name is answered as one that does not exist.
    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        named(service, call, C::NoSuchFunctionExists).await
    }

    async fn decode(call: &Call<'_>, _: &NamedFunction) -> Outcome<Self, FunctionStage> {
        stage(call)
    }

    async fn call(
        service: &Service,
        _: &Call<'_>,
        function: &Authorized<NamedFunction>,
        stage: FunctionStage,
    ) -> Outcome<Self, FunctionSummary> {
        Ok(service.describe_function(function, stage).await?)
    }

    fn encode(_: &Call<'_>, described: FunctionSummary) -> Outcome<Self, Answer> {
        Ok(super::answer(&described))
    }
}

impl Operation for GetFunction {
    type Plane = ControlPlane;
    type Target = NamedFunction;
    type Input = FunctionStage;
    type Output = Function;

    const NAME: &'static str = "GetFunction";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/2020-05-31/function/{Name}";
    const QUERY: &'static [&'static str] = &["Stage"];
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETag", "Content-Type"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [C] = ERRORS;
    const UNREADABLE: C = C::UnsupportedOperation;

    fn too_large(_: &Limits) -> Refusal<C> {
        no_body()
    }

    /// As for DescribeFunction.
    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        named(service, call, C::NoSuchFunctionExists).await
    }

    async fn decode(call: &Call<'_>, _: &NamedFunction) -> Outcome<Self, FunctionStage> {
        stage(call)
    }

    async fn call(
        service: &Service,
        _: &Call<'_>,
        function: &Authorized<NamedFunction>,
        stage: FunctionStage,
    ) -> Outcome<Self, Function> {
        Ok(service.get_function(function, stage).await?)
    }

    fn encode(_: &Call<'_>, function: Function) -> Outcome<Self, Answer> {
        let code = Bytes::from_owner(function.code.clone());
        let mut answer = answer::with_body(Self::SUCCESS, CODE_TYPE, code);
        answer::set(&mut answer, ETAG, &function.etag.to_string());
        Ok(answer)
    }
}

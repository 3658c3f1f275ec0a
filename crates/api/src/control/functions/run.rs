use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_model::{FunctionStage, IfMatch};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{
    Authorized, FunctionError, FunctionTested, NamedFunction, Service, TestRequest,
};

use super::body::TestBody;
use super::{named, write};
use crate::call::Call;
use crate::control::error::if_match;
use crate::control::{ControlCode as C, ControlPlane, store, xml};
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};

/// TestFunction.
pub(in crate::control) struct TestFunction;

impl Operation for TestFunction {
    type Plane = ControlPlane;
    type Target = NamedFunction;
    type Input = (IfMatch, FunctionStage, Bytes);
    type Output = FunctionTested;

    const NAME: &'static str = "TestFunction";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/2020-05-31/function/{Name}/test";
    const REQUEST_HEADERS: &'static [&'static str] = &["If-Match"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [C] = &[
        C::InvalidArgument,
        C::InvalidIfMatchVersion,
        C::NoSuchFunctionExists,
        C::TestFunctionFailed,
        C::UnsupportedOperation,
    ];
    const UNREADABLE: C = C::InvalidArgument;

    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        named(service, call, C::InvalidArgument).await
    }

    async fn decode(
        call: &Call<'_>,
        _: &NamedFunction,
    ) -> Outcome<Self, (IfMatch, FunctionStage, Bytes)> {
        let version = store::version(call)?;
        let body: TestBody = xml::read("TestFunctionRequest", "EventObject", call).await?;
        let (stage, event) = body.checked()?;
        Ok((version, stage, event))
    }

    async fn call(
        service: &Service,
        _: &Call<'_>,
        function: &Authorized<NamedFunction>,
        (version, stage, event): (IfMatch, FunctionStage, Bytes),
    ) -> Outcome<Self, FunctionTested> {
        let request = TestRequest {
            stage,
            version,
            event,
            // A caller who waits no longer closes its connection, and the run is dropped.
            deadline: None,
        };
        let tested = service.test_function(function, request).await;
        tested.map_err(refusal)
    }

    fn encode(_: &Call<'_>, tested: FunctionTested) -> Outcome<Self, Answer> {
        let outcome = &tested.outcome;
        let body = xml::document("TestResult", |result| {
            result.child("FunctionSummary", |summary| write(summary, &tested.summary));
            let utilization = outcome.compute_utilization.to_string();
            result.text("ComputeUtilization", &utilization);
            result.child("FunctionExecutionLogs", |logs| {
                for line in &outcome.logs {
                    logs.text("member", line);
                }
            });
            result.text("FunctionErrorMessage", &outcome.error_message);
            result.text("FunctionOutput", &outcome.output);
        });
        Ok(answer::with_body(Self::SUCCESS, xml::CONTENT_TYPE, body))
    }
}

/// Its model has no PreconditionFailed, so that a stale version is one that is not valid.
fn refusal(error: FunctionError) -> Refusal<C> {
    match error {
        FunctionError::StaleVersion => if_match("the named version is not the current one"),
        other => other.into(),
    }
}

//! Where functions are run.

use std::pin::Pin;

use keyfront_model::{FunctionCode, FunctionRuntime};
use keyfront_service::ports::{FunctionRunner, FunctionTest, RunnerError, TestOutcome};

/// A server without an engine for functions: it takes any code, and TestFunction fails.
pub(super) struct NoRunner;

type Testing<'a> = Pin<Box<dyn Future<Output = Result<TestOutcome, RunnerError>> + Send + 'a>>;

impl FunctionRunner for NoRunner {
    fn check(&self, _: FunctionRuntime, _: &FunctionCode) -> Result<(), String> {
        Ok(())
    }

    fn test(&self, _: FunctionTest) -> Testing<'_> {
        Box::pin(async { Err(RunnerError::Failed) })
    }
}

use bytes::Bytes;
use keyfront_model::{Function, FunctionStage, IfMatch, Store};
use keyfront_replica::Snapshot;
use tokio::time::Instant;

use super::{FunctionSummary, function_at};
use crate::ports::{FunctionTest, RunnerError, StoreView, TestOutcome};
use crate::{Authorized, FunctionError, NamedFunction, Service};

/// What TestFunction is asked for, besides the function.
#[derive(Debug, Clone)]
pub struct TestRequest {
    /// The stage that is to be run.
    pub stage: FunctionStage,
    /// The version of that stage.
    pub version: IfMatch,
    /// The event, as the caller sent it.
    pub event: Bytes,
    /// When the caller waits no longer.
    pub deadline: Option<Instant>,
}

/// The answer of TestFunction.
#[derive(Debug, Clone)]
pub struct FunctionTested {
    /// The stage that was run.
    pub summary: FunctionSummary,
    /// What came of it.
    pub outcome: TestOutcome,
}

impl Service {
    /// TestFunction: runs a stage once, with the store that it is associated with as the same snapshot has it.
    pub async fn test_function(
        &self,
        target: &Authorized<NamedFunction>,
        request: TestRequest,
    ) -> Result<FunctionTested, FunctionError> {
        let snapshot = self.snapshot().await?;
        let function = function_at(&snapshot, target, request.stage, request.version)?;
        let summary = self.summary(&snapshot, function);
        let test = FunctionTest {
            account: function.account,
            store: store_of(&snapshot, function),
            function: summary.function.clone(),
            event: request.event,
            deadline: request.deadline,
        };
        // A run may take a while, for which everything that has changed since need not be kept.
        drop(snapshot);
        let outcome = self.parts.function_runner.test(test).await;
        Ok(FunctionTested {
            summary,
            outcome: outcome?,
        })
    }
}

/// The store that a stage is associated with. It is there: a store that is used can't be deleted.
fn store_of(snapshot: &Snapshot, function: &Function) -> Option<StoreView> {
    let id = function.config.store()?.id;
    Some(StoreView {
        store: Store::clone(snapshot.store(id)?),
        contents: snapshot.contents(id)?.clone(),
    })
}

impl From<RunnerError> for FunctionError {
    fn from(error: RunnerError) -> Self {
        match error {
            RunnerError::BadEvent(text) => Self::BadEvent(text),
            RunnerError::Failed => Self::TestFailed,
            RunnerError::NoRoom { text } => Self::NoRoom(text),
        }
    }
}

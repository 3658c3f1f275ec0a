//! What others supply to the service.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use keyfront_model::{
    AccountId, Function, FunctionArn, FunctionCode, FunctionRuntime, S3Arn, Store,
};
use keyfront_replica::StoreContents;
use tokio::time::Instant;

/// Runs functions for TestFunction.
pub trait FunctionRunner: Send + Sync + 'static {
    /// What AWS's engine refuses in a function's code, in its words, of which those that repeat the code are cut. It
    /// is called where a request is decided, so it takes a moment at most.
    fn check(&self, runtime: FunctionRuntime, code: &FunctionCode) -> Result<(), String>;

    /// Runs a function once. A function that fails is an outcome like any other. The run is given up
    /// when the future is dropped.
    fn test(&self, test: FunctionTest) -> BoxFuture<'_, Result<TestOutcome, RunnerError>>;
}

/// There is no engine: any code is taken, and no function can be run.
impl FunctionRunner for () {
    fn check(&self, _: FunctionRuntime, _: &FunctionCode) -> Result<(), String> {
        Ok(())
    }

    fn test(&self, _: FunctionTest) -> BoxFuture<'_, Result<TestOutcome, RunnerError>> {
        Box::pin(async { Err(RunnerError::Failed) })
    }
}

/// A run of a function that is asked for.
#[derive(Debug, Clone)]
pub struct FunctionTest {
    /// The account whose share of the runs it takes.
    pub account: AccountId,
    /// The stage that is to be run.
    pub function: Function,
    /// The event, as the caller sent it.
    pub event: Bytes,
    /// The store that the stage is associated with.
    pub store: Option<StoreView>,
    /// When the caller waits no longer.
    pub deadline: Option<Instant>,
}

/// A store as one snapshot has it.
#[derive(Debug, Clone)]
pub struct StoreView {
    /// Its configuration.
    pub store: Store,
    /// Its contents.
    pub contents: StoreContents,
}

/// What came of a run (service model, `TestResult`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestOutcome {
    /// How much of the time that a run may take it took, in percent.
    pub compute_utilization: u8,
    /// The lines that the function logged.
    pub logs: Vec<String>,
    /// Why the function failed; empty if it did not.
    pub error_message: String,
    /// What the function returned, as JSON; empty if it failed.
    pub output: String,
}

/// Why a function was not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunnerError {
    /// The event is not what a function is given; the text says why.
    #[error("{0}")]
    BadEvent(String),
    /// The engine itself failed.
    #[error("the engine failed")]
    Failed,
    /// A bound on runs is reached; the text names it and its setting.
    #[error("{text}")]
    NoRoom {
        /// The text of the answer.
        text: String,
    },
}

/// Counts the uses of functions: the behaviours of the edges that are connected. They are no records, and so no
/// condition of a commit: an edge that connects at the same moment may name a function that is just being deleted.
pub trait FunctionUses: Send + Sync + 'static {
    /// How many behaviours name a function. It is called where a request is decided, so it waits for nothing.
    fn count(&self, function: &FunctionArn) -> usize;
}

/// No edge is connected.
impl FunctionUses for () {
    fn count(&self, _: &FunctionArn) -> usize {
        0
    }
}

/// The source of the objects that are imported.
pub trait ObjectSource: Send + Sync + 'static {
    /// Opens an object. What it returns may fail later, while it is read.
    fn open<'a>(&'a self, object: &'a S3Arn) -> BoxFuture<'a, Result<ObjectBody, ObjectError>>;
}

/// An object's bytes, in order.
pub type ObjectBody = Pin<Box<dyn Stream<Item = Result<Bytes, ObjectError>> + Send>>;

/// Why an object could not be read. The text is shown to the owner of the store, so it holds no
/// path of the machine and no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// It will not be there a moment later either: no such object, no right to it, a key that the
    /// source can't express.
    #[error("{0}")]
    Refused(String),
    /// The source did not answer, or not with an answer about the object: worth another try.
    #[error("{0}")]
    Unavailable(String),
}

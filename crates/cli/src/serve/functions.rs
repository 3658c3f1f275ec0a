//! Where functions are run: the service's port, joined with the runtime.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use keyfront_functions::event::Event;
use keyfront_functions::{
    Input, Program, Run, Runner, RunnerError as NotRun, RunnerSettings, StoreReader, syntax,
};
use keyfront_model::{
    Clock, ETag, Function, FunctionCode, FunctionRuntime, Random, StoreId, Timestamp,
};
use keyfront_service::ports::{FunctionRunner, FunctionTest, RunnerError, StoreView, TestOutcome};

/// Runs functions, and keeps the latest of them parsed.
pub(super) struct Functions {
    runner: Runner,
    programs: Mutex<Programs>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// How many programs are kept parsed. The one that was parsed first goes.
const KEPT_PROGRAMS: usize = 256;

/// How much of a refusal is told.
const MAX_REFUSAL_BYTES: usize = 160;

/// Programs by the ETag of the stage that they were made from, which no other version ever has.
#[derive(Default)]
struct Programs {
    by_version: HashMap<ETag, Arc<Program>>,
    order: VecDeque<ETag>,
}

impl Functions {
    pub(super) fn new(
        settings: RunnerSettings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            runner: Runner::new(settings),
            programs: Mutex::default(),
            clock,
            random,
        }
    }

    /// How many tests are in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.runner.in_flight()
    }

    /// How many threads were given up with runs that did not end.
    pub(super) fn lost_threads(&self) -> u64 {
        self.runner.lost_threads()
    }

    fn programs(&self) -> MutexGuard<'_, Programs> {
        // It is whole after each change, whatever panicked.
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program of a stage, one for each version.
    fn program(&self, function: &Function) -> Arc<Program> {
        if let Some(program) = self.programs().by_version.get(&function.etag) {
            return program.clone();
        }
        let program = Program::new(function.config.runtime(), function.code.as_ref());
        let mut programs = self.programs();
        if programs.order.len() >= KEPT_PROGRAMS
            && let Some(oldest) = programs.order.pop_front()
        {
            programs.by_version.remove(&oldest);
        }
        programs.order.push_back(function.etag);
        programs.by_version.insert(function.etag, program.clone());
        program
    }

    async fn run(&self, test: FunctionTest) -> Result<TestOutcome, RunnerError> {
        let event = Event::from_test(&test.event)
            .map_err(|error| RunnerError::BadEvent(error.to_string()))?;
        let input = Input {
            event,
            store: test
                .store
                .map(|store| Arc::new(OneVersion(store)) as Arc<_>),
            now: self.clock.now(),
            // The lower half is as random as the whole.
            seed: self.random.bits() as u64,
            edge: None,
        };
        let program = self.program(&test.function);
        let tested = self.runner.test(test.account, program, input).await;
        let (run, compute_utilization) = tested.map_err(|error| not_run(&error))?;
        Ok(outcome(run, compute_utilization))
    }
}

impl FunctionRunner for Functions {
    fn check(&self, runtime: FunctionRuntime, code: &FunctionCode) -> Result<(), String> {
        // Only what takes a moment: the program is compiled by the thread that runs it.
        match syntax::check(&String::from_utf8_lossy(code.as_ref()), runtime) {
            Ok(_) => Ok(()),
            Err(refusal) => Err(cut(refusal.to_string())),
        }
    }

    fn test(&self, test: FunctionTest) -> BoxFuture<'_, Result<TestOutcome, RunnerError>> {
        self.run(test).boxed()
    }
}

/// A text that may repeat a part of the code, which neither a log nor an answer holds at length.
fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_REFUSAL_BYTES));
    text
}

fn not_run(error: &NotRun) -> RunnerError {
    match error {
        NotRun::Full(most) => RunnerError::NoRoom {
            text: format!("{most} tests of functions are in flight (--function-tests)"),
        },
        NotRun::AccountFull(most) => RunnerError::NoRoom {
            text: format!(
                "{most} tests of the account's functions are in flight (--function-tests-per-account)"
            ),
        },
        NotRun::Engine(_) | NotRun::Stopped(_) | NotRun::NoThread(_) => {
            tracing::error!(%error, "a function could not be run");
            RunnerError::Failed
        }
    }
}

fn outcome(run: Run, compute_utilization: u8) -> TestOutcome {
    let (output, error_message) = match run.result {
        Ok(output) => (output.to_test_json(), String::new()),
        Err(failure) => (String::new(), failure.message()),
    };
    TestOutcome {
        compute_utilization,
        logs: run.logs,
        error_message,
        output,
    }
}

/// A store as the snapshot has it on which the run was decided.
struct OneVersion(StoreView);

impl StoreReader for OneVersion {
    fn id(&self) -> StoreId {
        self.0.store.id
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.contents.entries.get(key).map(|value| value.as_str())
    }

    fn key_count(&self) -> u64 {
        self.0.contents.head.items
    }

    fn created(&self) -> Timestamp {
        self.0.store.created
    }

    fn modified(&self) -> Timestamp {
        self.0.contents.head.modified
    }
}

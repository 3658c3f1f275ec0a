//! A function of a file, run in this process as a server runs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use keyfront_functions::event::Event;
use keyfront_functions::syntax::Refusal;
use keyfront_functions::{Input, Program, Runtime, Settings, StoreReader};
use keyfront_model::{
    Clock, FunctionRuntime, Key, Random, StoreId, SystemClock, SystemRandom, Timestamp, Value,
};

use super::advice::of_construct;
use super::data;
use super::outcome::{Outcome, parse_output};
use super::place::Place;
use super::remote::Contents;

/// A function of a file, and the store that it reads.
pub(super) struct Local {
    program: Arc<Program>,
    runtime: Runtime,
    store: Option<Arc<dyn StoreReader>>,
}

/// A store in memory.
struct Store {
    id: StoreId,
    entries: BTreeMap<String, Value>,
    created: Timestamp,
    modified: Timestamp,
}

impl StoreReader for Store {
    fn id(&self) -> StoreId {
        self.id
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(Value::as_str)
    }

    fn key_count(&self) -> u64 {
        self.entries.len() as u64
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn modified(&self) -> Timestamp {
        self.modified
    }
}

impl Store {
    fn new(id: StoreId, entries: Vec<(Key, Value)>, [created, modified]: [Timestamp; 2]) -> Self {
        let entry = |(key, value): (Key, Value)| (key.as_str().to_owned(), value);
        let entries = entries.into_iter().map(entry).collect();
        Self {
            id,
            entries,
            created,
            modified,
        }
    }
}

/// The store that a server has.
pub(super) fn store_of(contents: Contents) -> Arc<dyn StoreReader> {
    let times = [contents.created, contents.modified];
    Arc::new(Store::new(contents.arn.id, contents.entries, times))
}

/// The store of a file of entries, for a function with this code. Its id is the one that the code
/// names, if it names one, so that `cf.kvs('…')` finds it.
///
/// # Errors
/// If the file can't be read, or is not of a form that [`data`] knows.
pub(super) fn store_of_file(path: &Path, code: &str) -> anyhow::Result<Arc<dyn StoreReader>> {
    let file = fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
    let entries = data::parse(&file).with_context(|| path.display().to_string())?;
    let id = id_in(code).unwrap_or_else(|| StoreId::from_random(SystemRandom.bits()));
    let now = SystemClock.now();
    Ok(Arc::new(Store::new(id, entries, [now, now])))
}

/// The first text of the code, in quotes, that is a store's id.
fn id_in(code: &str) -> Option<StoreId> {
    code.split(['\'', '"', '`'])
        .find_map(|text| text.parse().ok())
}

/// The refusal of a program of this code, if it is refused with this message, by either runtime.
pub(super) fn refusal(code: &[u8], message: &str) -> Option<Refusal> {
    let refused = |runtime| {
        let program = Program::new(runtime, code);
        program
            .refusal()
            .filter(|refusal| refusal.to_string() == message)
            .cloned()
    };
    [FunctionRuntime::Js2, FunctionRuntime::Js1]
        .into_iter()
        .find_map(refused)
}

impl Local {
    /// A function with this code.
    pub(super) fn new(
        runtime: FunctionRuntime,
        code: &[u8],
        store: Option<Arc<dyn StoreReader>>,
    ) -> Self {
        Self {
            program: Program::new(runtime, code),
            runtime: Runtime::new(Settings::default()),
            store,
        }
    }

    /// Runs it with an event object.
    ///
    /// # Errors
    /// If that is no event, or the engine fails.
    pub(super) fn test(&mut self, event: &[u8], source: &str) -> anyhow::Result<Outcome> {
        // The low half of them is as random as all.
        let seed = SystemRandom.bits() as u64;
        let input = Input {
            event: Event::from_test(event).map_err(|error| anyhow!("{error}"))?,
            store: self.store.clone(),
            now: SystemClock.now(),
            seed,
            edge: None,
        };
        let (run, utilization) = self.runtime.test(&self.program, &input)?;
        let position = run
            .position
            .map(|position| (position.line, position.column));
        let refusal = self.program.refusal();
        let place = refusal.and_then(|refusal| Place::of_refusal(refusal, source));
        let reads = run.reads.into_iter().map(|read| (read.key, read.hit));
        Ok(Outcome {
            result: match run.result {
                Ok(output) => Ok(parse_output(&output.to_test_json())),
                Err(failure) => Err(failure.message()),
            },
            place: place.or_else(|| Place::at(position?, source)),
            advice: refusal.and_then(|refusal| of_construct(refusal.construct)),
            logs: run.logs,
            utilization: utilization.to_string(),
            reads: Some(reads.collect()),
        })
    }
}

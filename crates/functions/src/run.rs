//! A run: what it is given, what comes of it, and the images that a thread keeps for it.

use std::ffi::CStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use keyfront_model::{FunctionRuntime, Timestamp};

use crate::engine::{
    self, Bytecode, CompileError, Ended, EndedWith, Image, ImageError, Interpreter, Prelude, Script,
};
use crate::event::{Event, Failure, Output};
use crate::host::{Building, Host, names};
use crate::prelude;
use crate::program::{Position, Program};
use crate::store::StoreReader;

/// What a run is given.
#[derive(Clone)]
pub struct Input {
    /// What the handler is called with.
    pub event: Event,
    /// The store that the function is associated with.
    pub store: Option<Arc<dyn StoreReader>>,
    /// The time, which stands still during a run.
    pub now: Timestamp,
    /// What `Math.random` begins from.
    pub seed: u64,
    /// What `cf.edgeLocation` says.
    pub edge: Option<EdgeLocation>,
}

/// The edge location at which a function runs (developer guide, "General helper methods").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeLocation {
    /// The location's name: an airport's IATA code.
    pub name: String,
    /// The address of the server.
    pub server_ip: String,
    /// The region of the regional edge cache that is expected to be used.
    pub region: String,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What the function returned, or why it is not used.
    pub result: Result<Output, Failure>,
    /// Where a failure stands in the program's text, if that is known.
    pub position: Option<Position>,
    /// What was logged, also before a failure.
    pub logs: Vec<String>,
    /// The keys that were read, the first 200.
    pub reads: Vec<KeyRead>,
    /// The last change of the origin that the function asked for.
    pub origin: Option<OriginChange>,
    /// The processor time that the run took.
    pub time: Duration,
}

impl Run {
    /// A run that came to nothing.
    pub(crate) fn failed(failure: Failure) -> Self {
        Self {
            result: Err(failure),
            position: None,
            logs: Vec::new(),
            reads: Vec::new(),
            origin: None,
            time: Duration::ZERO,
        }
    }
}

/// A key that was read, and whether it was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRead {
    /// The key.
    pub key: String,
    /// Whether the store has it.
    pub hit: bool,
}

/// A change of the origin, as the function asked for it (developer guide, "Helper methods for origin modification").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginChange {
    /// `update`, `select` or `group`.
    pub kind: String,
    /// The arguments, as JSON.
    pub json: String,
}

/// The engine itself failed: no fault of the function's.
#[derive(Debug, thiserror::Error)]
#[error("a function's engine failed: {0}")]
pub struct EngineFailed(String);

impl EngineFailed {
    pub(crate) fn panicked() -> Self {
        Self("it panicked".to_owned())
    }
}

impl From<ImageError> for EngineFailed {
    fn from(error: ImageError) -> Self {
        Self(error.to_string())
    }
}

/// How each run is kept from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// Each run starts from a copy of the memory of a program that is ready to run.
    #[default]
    Image,
    /// Each run has an engine of its own, made for it: more than a hundred times slower, and what the other way is tested against.
    Fresh,
}

/// What an operator may set of runs.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The most memory of a run in bytes, above what the runtime itself takes: 2 MB (developer guide, "Quotas on
    /// CloudFront Functions").
    pub memory: usize,
    /// The most processor time of a run: 50 ms. AWS publishes none.
    pub time: Duration,
    /// How runs are kept apart.
    pub isolation: Isolation,
    /// How many bytes of images a thread keeps for each version of the runtime: 32 MiB, some thousand functions. The least
    /// recently used go.
    pub image_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            memory: 2 * 1024 * 1024,
            time: Duration::from_millis(50),
            isolation: Isolation::default(),
            image_bytes: 32 << 20,
        }
    }
}

/// Runs programs, on one thread.
pub struct Runtime {
    settings: Settings,
    versions: Vec<(FunctionRuntime, Programs)>,
}

impl Runtime {
    /// A runtime without images.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            versions: Vec::new(),
        }
    }

    /// Runs a program once.
    pub fn run(&mut self, program: &Arc<Program>, input: &Input) -> Result<Run, EngineFailed> {
        let mut host = Host::new(program.clone(), input);
        if let Some(failure) = program.failure() {
            let failed = Err(failure);
            return Ok(run_of(host, failed, program.position(), Duration::ZERO));
        }
        let settings = self.settings;
        let mut fresh;
        let programs = match settings.isolation {
            Isolation::Image => self.programs(program.runtime())?,
            Isolation::Fresh => {
                fresh = Programs::new(program.runtime(), settings)?;
                &mut fresh
            }
        };
        let (ended, time) = programs.run(program, &input.event, &mut host, settings)?;
        let (result, position) = result_of(ended, &input.event)?;
        Ok(run_of(host, result, position, time))
    }

    /// The programs of a version of the runtime, with their interpreter, which is built unless the thread has it.
    fn programs(&mut self, version: FunctionRuntime) -> Result<&mut Programs, EngineFailed> {
        let place = match self.versions.iter().position(|(has, _)| *has == version) {
            Some(place) => place,
            None => {
                let programs = Programs::new(version, self.settings)?;
                self.versions.push((version, programs));
                self.versions.len() - 1
            }
        };
        Ok(&mut self.versions[place].1)
    }

    /// What the engine counts as its own memory once a run is undone.
    #[cfg(test)]
    pub(crate) fn counted(&mut self, program: &Arc<Program>) -> Option<usize> {
        let programs = self.programs(program.runtime()).ok()?;
        let (_, image) = programs.images.iter().find(|(id, _)| *id == program.id())?;
        programs.interpreter.restore(image);
        Some(programs.interpreter.counted())
    }

    /// Runs a program as TestFunction does: the run, and how much of what it may compute it took, from 1 to 100.
    pub fn test(
        &mut self,
        program: &Arc<Program>,
        input: &Input,
    ) -> Result<(Run, u8), EngineFailed> {
        let run = self.run(program, input)?;
        if matches!(run.result, Err(Failure::OutOfTime)) {
            return Ok((run, 100));
        }
        // The first run, which may have built the image, tells little.
        let mut times = [Duration::ZERO; 3];
        for time in &mut times {
            *time = self.run(program, input)?.time;
        }
        times.sort_unstable();
        let share = times[1].as_secs_f64() / budget(self.settings)?.as_secs_f64();
        // A share is at least zero, and what is above the budget is all of it.
        Ok((run, (share * 100.0).ceil().clamp(1.0, 100.0) as u8))
    }
}

/// The interpreter for one version of the runtime, and the programs that are ready to run in it.
struct Programs {
    interpreter: Interpreter,
    /// The most recently used is the last.
    images: Vec<(u64, Image)>,
}

impl Programs {
    fn new(version: FunctionRuntime, settings: Settings) -> Result<Self, EngineFailed> {
        let shared = shared()?;
        let prelude = Prelude {
            parts: &shared.prelude,
            on_demand: &shared.on_demand,
            natives: &names(),
        };
        let mut host = Building::new(version);
        Ok(Self {
            interpreter: Interpreter::build(&prelude, &mut host, settings.memory)?,
            images: Vec::new(),
        })
    }

    fn run<'a>(
        &'a mut self,
        program: &Program,
        event: &'a Event,
        host: &mut Host,
        settings: Settings,
    ) -> Result<(EndedWith<'a, Event>, Duration), EngineFailed> {
        self.make_last(program, settings)?;
        match self.images.last() {
            Some((_, image)) => Ok(self.interpreter.run(image, event, host, settings.time)),
            None => Err(EngineFailed("the image is gone".to_owned())),
        }
    }

    /// Makes a program's image the last, and makes it first if it is not kept.
    fn make_last(&mut self, program: &Program, settings: Settings) -> Result<(), EngineFailed> {
        let id = program.id();
        if self.images.last().is_some_and(|(last, _)| *last == id) {
            return Ok(());
        }
        let kept = match self.images.iter().position(|(kept, _)| *kept == id) {
            Some(place) => self.images.remove(place),
            None => (id, self.image(program)?),
        };
        self.images.push(kept);
        let mut bytes: usize = self.images.iter().map(|(_, image)| image.bytes()).sum();
        while bytes > settings.image_bytes && self.images.len() > 1 {
            bytes -= self.images.remove(0).1.bytes();
        }
        Ok(())
    }

    fn image(&mut self, program: &Program) -> Result<Image, EngineFailed> {
        let Some((body, imports)) = program.compiled() else {
            return Err(EngineFailed("the program was not compiled".to_owned()));
        };
        let script = Script {
            program: body,
            imports,
        };
        let mut host = Building::of(program);
        Ok(self.interpreter.image(&script, &mut host)?)
    }
}

fn run_of(
    host: Host,
    result: Result<Output, Failure>,
    position: Option<Position>,
    time: Duration,
) -> Run {
    Run {
        result,
        position,
        logs: host.logs.into_lines(),
        reads: host.reads,
        origin: host.origin,
        time,
    }
}

type Judged = (Result<Output, Failure>, Option<Position>);

fn result_of(ended: EndedWith<'_, Event>, event: &Event) -> Result<Judged, EngineFailed> {
    let failure = match ended {
        Ended::Data(data) => return Ok((Output::of(data, event), None)),
        Ended::Json(json) => return Ok((Output::from_json(Some(&json), event), None)),
        Ended::NotAnObject => return Ok((Output::from_json(None, event), None)),
        Ended::Thrown { text, position } => {
            let position = position.map(|(line, column)| Position { line, column });
            return Ok((Err(Failure::Execution(text)), position));
        }
        Ended::NoHandler => Failure::NoHandler,
        Ended::NeverSettled => Failure::NeverSettled,
        Ended::Late => Failure::OutOfTime,
        Ended::Exhausted => Failure::OutOfMemory,
        Ended::Failed(what) => return Err(EngineFailed(what.to_owned())),
    };
    Ok((Err(failure), None))
}

/// What all interpreters are built from.
struct Shared {
    prelude: Vec<Bytecode>,
    on_demand: Vec<(&'static CStr, Bytecode)>,
}

fn shared() -> Result<&'static Shared, EngineFailed> {
    static SHARED: OnceLock<Result<Shared, CompileError>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        Ok(Shared {
            prelude: prelude::SOURCES
                .iter()
                .map(|(name, source)| compile_part(name, source))
                .collect::<Result<_, _>>()?,
            on_demand: prelude::ON_DEMAND
                .iter()
                .map(|(name, source)| Ok((*name, compile_part(name, source)?)))
                .collect::<Result<_, _>>()?,
        })
    });
    shared
        .as_ref()
        .map_err(|error| EngineFailed(format!("the prelude does not compile: {error:?}")))
}

fn compile_part(name: &CStr, source: &str) -> Result<Bytecode, CompileError> {
    if name == prelude::NAMED {
        engine::compile(name, source)
    } else {
        engine::compile_without_places(name, source)
    }
}

/// A rewrite of the path, as the samples of the developer guide have it.
const REFERENCE: &str = "
function handler(event) {
    var request = event.request;
    var uri = request.uri;
    if (uri.endsWith('/')) {
        request.uri += 'index.html';
    } else if (!uri.includes('.')) {
        request.uri += '/index.html';
    }
    return request;
}";

/// What part of the budget [`REFERENCE`] takes here, run many times in a row: such that half of AWS's samples come out below, and
/// half above, what AWS tells of them, which is 13 to 20 (aws-samples/amazon-cloudfront-functions). `benches/run functions`
/// measures that.
const REFERENCE_SHARE: f64 = 0.08;

/// The processor time that counts as all that a function may compute. It is measured on this machine, so that the share of it
/// that a function takes is the same on a slow one.
fn budget(settings: Settings) -> Result<Duration, EngineFailed> {
    static BUDGET: OnceLock<Duration> = OnceLock::new();
    if let Some(budget) = BUDGET.get() {
        return Ok(*budget);
    }
    let program = Program::new(FunctionRuntime::Js2, REFERENCE.as_bytes());
    let event = br#"{"context":{"eventType":"viewer-request"},"viewer":{"ip":"192.0.2.1"},"request":{"method":"GET","uri":"/docs/start","querystring":{},"headers":{"host":{"value":"www.example.com"},"accept":{"value":"text/html"}},"cookies":{}}}"#;
    let event = Event::from_test(event).map_err(|error| EngineFailed(error.to_string()))?;
    let input = Input {
        event,
        store: None,
        now: Timestamp::from_millis(0),
        seed: 0,
        edge: None,
    };
    let mut runtime = Runtime::new(settings);
    let mut times = [Duration::ZERO; 25];
    for time in &mut times {
        *time = runtime.run(&program, &input)?.time;
    }
    times.sort_unstable();
    Ok(*BUDGET.get_or_init(|| times[times.len() / 2].div_f64(REFERENCE_SHARE)))
}

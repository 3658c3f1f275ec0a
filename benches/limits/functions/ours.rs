//! Keyfront's runs, in a process of their own.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keyfront_functions::event::Event;
use keyfront_functions::{Input, Isolation, Program, Runtime, Settings, StoreReader};
use keyfront_model::{FunctionRuntime, StoreId, Timestamp};
use keyfront_service::ports::StoreView;

use super::{EVENT, HANDLER, KEYS, hostile, key, samples, value};
use crate::machine;
use crate::service::InProcess;

/// How many functions an account may have.
pub(super) const MANY: usize = 100;

/// Answers each line of the input.
pub(crate) fn run_as_told() {
    let folder = machine::folder();
    let store = store(&folder.path().join("data"));
    let mut ours = Ours::new(Arc::new(store));
    for line in io::stdin().lines() {
        let line = line.unwrap();
        let (what, runs) = line.split_once(' ').unwrap();
        println!("{}", ours.answer(what, runs.parse().unwrap()));
    }
}

/// A store as a replica has it, whose threads have ended.
fn store(data: &Path) -> OneVersion {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut service = InProcess::start(data).await;
        let entries = (0..KEYS).map(|number| (key(number), value(number)));
        let of_samples = samples::ENTRIES.map(|(key, value)| (key.to_owned(), value.to_owned()));
        service.fill(entries.chain(of_samples)).await;
        OneVersion(service.view())
    })
}

/// The programs, and the threads' runtimes that keep their images.
struct Ours {
    input: Input,
    image: Runtime,
    fresh: Runtime,
    many: Runtime,
    one_get: Arc<Program>,
    eleven_gets: Arc<Program>,
    nothing: Arc<Program>,
    functions: Vec<Arc<Program>>,
}

impl Ours {
    fn new(store: Arc<dyn StoreReader>) -> Self {
        Self {
            input: input(EVENT, store),
            image: Runtime::new(Settings::default()),
            fresh: Runtime::new(Settings {
                isolation: Isolation::Fresh,
                ..Settings::default()
            }),
            many: Runtime::new(Settings::default()),
            one_get: program(&with_gets(1)),
            eleven_gets: program(&with_gets(11)),
            nothing: program("function handler(event) { return event.request; }"),
            functions: (0..MANY).map(|_| program(&with_gets(1))).collect(),
        }
    }

    fn answer(&mut self, what: &str, runs: u32) -> String {
        let Self {
            image, fresh, many, ..
        } = self;
        let one = std::slice::from_ref(&self.one_get);
        match what {
            "image" => repeat(image, one, 1, &self.input, runs),
            "fresh" => repeat(fresh, one, 1, &self.input, runs),
            "eleven" => {
                let eleven = std::slice::from_ref(&self.eleven_gets);
                repeat(image, eleven, 11, &self.input, runs);
            }
            "nothing" => {
                let nothing = std::slice::from_ref(&self.nothing);
                repeat(image, nothing, 0, &self.input, runs);
            }
            "many" => repeat(many, &self.functions, 1, &self.input, runs),
            "samples" => return samples::figures(&self.input),
            "hostile" => return slowest_hostile(&self.input),
            other => panic!("{other}"),
        }
        "done".to_owned()
    }
}

fn input(event: &str, store: Arc<dyn StoreReader>) -> Input {
    Input {
        event: Event::from_test(event.as_bytes()).unwrap(),
        store: Some(store),
        now: Timestamp::from_millis(1_767_225_600_000),
        seed: 1,
        edge: None,
    }
}

pub(super) fn program(source: &str) -> Arc<Program> {
    let program = Program::new(FunctionRuntime::Js2, source.as_bytes());
    assert_eq!(program.broken(), None, "{source}");
    program
}

/// The function, with more reads than its own before it.
fn with_gets(gets: usize) -> String {
    let more: String = (1..gets)
        .map(|number| format!("    await kvs.get('{}');\n", key(number * 90)))
        .collect();
    let (first, rest) = HANDLER.split_once('\n').unwrap();
    format!("import cf from 'cloudfront';\nconst kvs = cf.kvs();\n{first}\n{more}{rest}")
}

/// Runs the programs in turn, each of which reads so many keys that are there.
fn repeat(runtime: &mut Runtime, programs: &[Arc<Program>], gets: usize, input: &Input, runs: u32) {
    for program in programs.iter().cycle().take(runs as usize) {
        let run = runtime.run(program, input).unwrap();
        assert!(run.result.is_ok(), "{run:?}");
        assert_eq!(run.reads.len(), gets);
        assert!(run.reads.iter().all(|read| read.hit));
    }
}

/// The most processor time that a hostile program took, in microseconds; its name; and how many there were.
fn slowest_hostile(input: &Input) -> String {
    let of = |uri: &str| {
        let mut input = input.clone();
        input.event.request.uri = uri.to_owned();
        input
    };
    let (calm, hostile) = (of("/calm"), of("/hostile"));
    let mut runtime = Runtime::new(Settings::default());
    let programs = hostile::all();
    let times = programs.iter().map(|(name, body)| {
        let program = program(&hostile::source(body));
        // It builds the image.
        runtime.run(&program, &calm).unwrap();
        let run = runtime.run(&program, &hostile).unwrap();
        (run.time, name)
    });
    let (time, name): (Duration, _) = times.max().unwrap();
    format!("{} {} {name}", time.as_micros(), programs.len())
}

/// A store as a snapshot has it, as the server gives it to runs.
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

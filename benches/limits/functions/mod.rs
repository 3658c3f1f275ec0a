//! A run of a function with one `kvs.get`, isolated from all others, beside what else runs the same function.
//!
//! The function is like the documentation's example, its event has some 900 bytes, and event and result are JSON. Each
//! contestant is a process on the servers' processor, whose processor time is divided by its runs: of a server, the time that
//! an answer takes with the function less the time that the same answer takes without it.

mod ours;
mod peers;
mod runs;
mod samples;

/// The hostile programs of the tests.
#[path = "../../../crates/functions/src/tests/programs.rs"]
mod hostile;

use std::path::Path;
use std::time::Duration;

use crate::server::Server;
use crate::table::{Figure, Reach, Table, median};
use crate::{load, machine};
use peers::Pair;
use runs::Runs;

pub(crate) use ours::run_as_told;

/// Has this program do Keyfront's runs, as its input tells.
pub(crate) const RUNS: &str = "--runs";

const EVENT: &str = include_str!("event.json");
const HANDLER: &str = include_str!("handler.js");

/// How many keys the store has, and the number of the one that the event asks for.
const KEYS: usize = 1000;
const EVENTS_KEY: usize = 500;

const ROUNDS: usize = 9;

/// How long a server is under load, each time.
const ROUND: Duration = Duration::from_millis(300);

/// How many runs a round has: as many as take a tenth of a second or so, for the clock of processor time has a
/// few milliseconds.
const FAST: u32 = 4000;
const SLOW: u32 = 400;

/// Most of what njs adds to nginx, and of what workerd adds to itself.
const OF_NJS: Reach = Reach::AtMost(0.75);
const OF_WORKERD: Reach = Reach::AtMost(2.0);

/// Most that a read takes, in microseconds.
const READ: Reach = Reach::AtMost(2.0);

/// Most that a hostile program takes, in milliseconds: its bound of 50, and 50 more.
const HOSTILE: Reach = Reach::AtMost(100.0);

/// What AWS's published samples come out at most (`TestFunction` in the developer guide).
const SAMPLES: Reach = Reach::AtMost(20.0);

pub(crate) fn measure(table: &mut Table) {
    // These are parts of this program: there is no other to compare with.
    if table.is_for_process() {
        return;
    }
    let folder = machine::folder();
    let mut contest = Contest::new(folder.path());
    contest.warm_up();
    for _ in 0..ROUNDS {
        contest.round();
    }
    tell_contest(table, &contest);
    tell_parts(table, &mut contest);
    tell_samples(table, &mut contest.ours);
    tell_hostile(table, &mut contest.ours);
}

fn key(number: usize) -> String {
    format!("page-{number:06}")
}

fn value(number: usize) -> String {
    format!("articles/2026/{number:06}")
}

/// Who takes part.
struct Contest {
    ours: Runs,
    njs: Result<Pair, &'static str>,
    workerd: Result<Pair, &'static str>,
    node: Option<Runs>,
    times: Times,
}

/// The processor time of a run in each round, in microseconds.
#[derive(Default)]
struct Times {
    image: Vec<f64>,
    fresh: Vec<f64>,
    nothing: Vec<f64>,
    many: Vec<f64>,
    /// A read, as eleven in a run tell.
    read: Vec<f64>,
    njs: Added,
    workerd: Added,
    node: Vec<f64>,
}

/// What an answer takes without the function, and what the function adds.
#[derive(Default)]
struct Added {
    bare: Vec<f64>,
    added: Vec<f64>,
}

impl Contest {
    fn new(folder: &Path) -> Self {
        Self {
            ours: keyfront(),
            njs: peers::njs(folder),
            workerd: peers::workerd(folder),
            node: peers::node(folder),
            times: Times::default(),
        }
    }

    /// A round that does not count, twice: programs are loaded, images built, and code is compiled that runs often.
    fn warm_up(&mut self) {
        self.round();
        self.round();
        self.times = Times::default();
    }

    fn round(&mut self) {
        let Self { ours, times, .. } = self;
        times.image.push(ours.time("image", FAST));
        times.njs.measure(self.njs.as_ref());
        times.fresh.push(ours.time("fresh", SLOW));
        times.workerd.measure(self.workerd.as_ref());
        if let Some(node) = &mut self.node {
            times.node.push(node.time("context", SLOW));
        }
        // One after the other, since their difference is told.
        let (one, eleven) = (ours.time("image", FAST), ours.time("eleven", FAST));
        times.read.push((eleven - one) / 10.0);
        times.nothing.push(ours.time("nothing", FAST));
        times.many.push(ours.time("many", FAST));
    }
}

impl Added {
    fn measure<E>(&mut self, pair: Result<&Pair, E>) {
        if let Ok(Pair { function, bare }) = pair {
            let bare = answer_time(bare);
            self.bare.push(bare);
            self.added.push(answer_time(function) - bare);
        }
    }
}

/// This program, in a process that does Keyfront's runs.
fn keyfront() -> Runs {
    let this = std::env::current_exe().unwrap();
    let mut command = machine::on_server_processor(this.to_str().unwrap());
    command.arg(RUNS);
    Runs::start(command)
}

/// The processor time of an answer, in microseconds.
fn answer_time(server: &Server) -> f64 {
    1e6 / load::repeat(server, peers::REQUEST, ROUND).by_processor
}

fn micros(times: &[f64]) -> Figure {
    Figure {
        value: median(times),
        unit: "us",
    }
}

/// The contestants beside each other.
fn tell_contest(table: &mut Table, contest: &Contest) {
    let times = &contest.times;
    let image = micros(&times.image);
    let rivals = [
        ("njs adds to nginx", &contest.njs, &times.njs, OF_NJS),
        ("workerd adds", &contest.workerd, &times.workerd, OF_WORKERD),
    ];
    for (name, pair, times, reach) in rivals {
        let what = format!("a function with a kvs.get / what {name}");
        match pair {
            Ok(_) => {
                table.ratio(&what, image, micros(&times.added), reach);
                let bare = median(&times.bare);
                table.note(&format!("an answer without it takes {bare:.1} us"));
            }
            Err(why) => table.left_out(&what, why),
        }
    }
    let beside = |name: &str, times: &[f64]| {
        let time = median(times);
        table.note(&format!(
            "{name}: {time:.1} us, {:.1} x that from an image",
            time / image.value
        ));
    };
    beside("in a fresh engine", &times.fresh);
    match contest.node {
        Some(_) => beside("in a context of Node, one for each run", &times.node),
        None => table.note("Node is not installed"),
    }
}

/// What a run is made of, and what many functions cost.
fn tell_parts(table: &mut Table, contest: &mut Contest) {
    let times = &contest.times;
    table.bound("kvs.get", median(&times.read), "us", READ);
    let nothing = median(&times.nothing);
    table.note(&format!(
        "a function that does nothing: {nothing:.1} us, its image's restoring included"
    ));
    let one = median(&times.image);
    let in_turn = median(&times.many);
    table.note(&format!(
        "{} functions in turn: {in_turn:.1} us, {:.2} x one",
        ours::MANY,
        in_turn / one
    ));
    let image = image_size();
    table.note(&format!("an image: {image:.0} KB of memory"));
}

/// What an image takes of the memory, in kilobytes: what a process has grown by once it has many.
fn image_size() -> f64 {
    let mut ours = keyfront();
    ours.ask("many", 1);
    let before = machine::resident(ours.process());
    ours.ask("many", ours::MANY as u32);
    let grown = machine::resident(ours.process()).saturating_sub(before);
    grown as f64 / 1e3 / ours::MANY as f64
}

/// What share of its time TestFunction tells of programs like AWS's samples.
fn tell_samples(table: &mut Table, ours: &mut Runs) {
    let answer = ours.ask("samples", 1);
    let samples: Vec<&str> = answer.split(", ").collect();
    let figures = samples.iter().filter_map(|sample| sample.split(' ').next());
    let figures: Vec<f64> = figures.map(|figure| figure.parse().unwrap()).collect();
    let what = format!("ComputeUtilization of {} samples, median", figures.len());
    table.bound(&what, median(&figures), "", SAMPLES);
    table.note(&format!("AWS's own: 13 to 20. {answer}"));
}

/// How long the slowest of the hostile programs takes.
fn tell_hostile(table: &mut Table, ours: &mut Runs) {
    let answer = ours.ask("hostile", 1);
    let mut fields = answer.splitn(3, ' ');
    let micros: f64 = fields.next().unwrap().parse().unwrap();
    let [programs, name] = [(); 2].map(|()| fields.next().unwrap());
    let what = format!("the slowest of {programs} hostile programs");
    table.bound(&what, micros / 1e3, "ms", HOSTILE);
    table.note(&format!("it is \"{name}\""));
}

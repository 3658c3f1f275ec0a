//! The recogniser beside Debian's `njs` 0.7.9, from which AWS's engine doesn't differ in what it refuses, as far as is
//! known, on thousands of generated programs.
//!
//! The programs are the same each time. `SEED=2 cargo test -p keyfront-functions --test njs -- --nocapture` takes
//! others, and shows where the two differ.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod engine;
mod exceptions;
mod generator;
mod snippets;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use engine::Verdict;
use exceptions::{Case, EXCEPTIONS};
use generator::Numbers;
use keyfront_functions::syntax::check;
use keyfront_model::FunctionRuntime;

/// The least share of programs that have the same verdict, in thousandths.
const LEAST_SAME_VERDICTS: usize = 995;

/// The least share of programs that have the same verdict, text and line, in thousandths.
const LEAST_SAME: usize = 990;

/// The greatest share of programs that differ without being one of the exceptions, in thousandths.
const MOST_UNEXPLAINED: usize = 2;

/// Functions as people write them. njs has no module cloudfront.
fn functions() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            fs::read_to_string(path)
                .unwrap()
                .replace("'cloudfront'", "'crypto'")
        })
        .collect()
}

fn programs(seed: u64) -> Vec<String> {
    let functions = functions();
    let numbers = &mut Numbers::new(seed);
    let mut programs = functions.clone();
    programs.extend(generator::in_places(numbers, 1000));
    programs.extend(generator::pairs(numbers, 700));
    let small = generator::in_places(numbers, 500);
    programs.extend(generator::with_lines(numbers, &small, 550));
    programs.extend(generator::mutations(numbers, &functions, 1100));
    programs
}

/// How many programs are the same, and which classes of differences there are.
#[derive(Default)]
struct Count {
    programs: usize,
    same_verdicts: usize,
    same: usize,
    unexplained: usize,
    classes: BTreeMap<&'static str, Vec<String>>,
}

impl Count {
    fn add(&mut self, program: &str, theirs: &Verdict) {
        let ours = &Verdict::ours(program);
        self.programs += 1;
        self.same_verdicts += usize::from(ours.refusal.is_none() == theirs.refusal.is_none());
        if ours == theirs {
            self.same += 1;
            return;
        }
        let refused_at = check(program, FunctionRuntime::Js2)
            .err()
            .map(|refusal| refusal.position.range.start);
        let case = Case {
            program,
            refused_at,
            ours,
            theirs,
        };
        let exception = EXCEPTIONS
            .iter()
            .find(|exception| (exception.applies)(&case));
        self.unexplained += usize::from(exception.is_none());
        let start: String = program.chars().take(200).collect();
        self.classes
            .entry(exception.map_or("", |exception| exception.name))
            .or_default()
            .push(format!(
                "{start:?}\n        ours: {ours:?}\n        njs: {theirs:?}"
            ));
    }

    fn show(&self) {
        println!(
            "{} programs: same verdict {}, same {}",
            self.programs, self.same_verdicts, self.same
        );
        for (name, programs) in &self.classes {
            let reason = EXCEPTIONS
                .iter()
                .find(|exception| exception.name == *name)
                .map(|exception| exception.reason);
            println!(
                "{} {name}: {}",
                programs.len(),
                reason.unwrap_or("UNEXPLAINED")
            );
            for program in programs.iter().take(if reason.is_some() { 1 } else { 20 }) {
                println!("    {program}");
            }
        }
    }

    fn thousandths(&self, part: usize) -> usize {
        part * 1000 / self.programs
    }
}

#[test]
fn refuses_what_njs_refuses() {
    let Some(engine) = engine::find() else {
        println!("left out: there is no njs here");
        return;
    };
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1);
    let programs = programs(seed);
    let mut count = Count::default();
    for (program, theirs) in programs.iter().zip(&engine::ask_all(&engine, &programs)) {
        count.add(program, theirs);
    }
    count.show();
    assert!(count.programs >= 3000);
    assert!(count.thousandths(count.same_verdicts) >= LEAST_SAME_VERDICTS);
    assert!(count.thousandths(count.same) >= LEAST_SAME);
    assert!(count.thousandths(count.unexplained) <= MOST_UNEXPLAINED);
}

#[test]
fn accepts_functions_as_people_write_them() {
    for program in functions() {
        check(&program, FunctionRuntime::Js2).unwrap();
    }
}

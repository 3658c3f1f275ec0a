//! The fuzz targets on their seeds, and on mutations of these that are the same in each run.
//!
//! This needs no fuzzer, and finds inputs that a change has broken. The programs in `fuzz/` search for new
//! ones with libFuzzer, for any time. They need a nightly compiler; without one, `FUZZ_TIMES=100` makes this
//! test try a hundred times as many mutations.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod mutate;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use keyfront_fuzz_replay as targets;
use mutate::Mutator;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The seeds of a target: the name of each file, and its bytes.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fuzz().join("seeds").join(target);
    let files =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut seeds: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    seeds.sort();
    seeds
}

/// Runs a target on each of its seeds and on as many mutations of them.
fn replay(name: &str, mutations: usize) {
    let (_, target) = targets::TARGETS
        .iter()
        .find(|(found, _)| *found == name)
        .unwrap();
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    for (seed, bytes) in &seeds {
        run(target, bytes, &format!("the seed {seed}"));
    }
    let mut mutator = Mutator::new(seeds.iter().map(|(_, bytes)| bytes.as_slice()).collect());
    for number in 0..mutations * times() {
        let input = mutator.next();
        run(target, &input, &format!("mutation {number}"));
    }
}

fn times() -> usize {
    let times = std::env::var("FUZZ_TIMES").map(|times| times.parse().unwrap());
    times.unwrap_or(1)
}

fn run(target: &fn(&[u8]), input: &[u8], which: &str) {
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| target(input)));
    assert!(
        outcome.is_ok(),
        "it fails on {which}: b\"{}\"",
        input.escape_ascii()
    );
}

/// A test for each target, with how many mutations take about a second without optimization.
macro_rules! replay {
    ($($target:ident: $mutations:expr,)*) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target), $mutations);
        })*

        const REPLAYED: &[&str] = &[$(stringify!($target),)*];
    };
}

replay! {
    arn: 20_000,
    control_body: 10_000,
    credentials_file: 5_000,
    data_body: 20_000,
    etag: 20_000,
    function_run: 300,
    function_source: 3_000,
    http1: 2_000,
    import_document: 10_000,
    next_token: 20_000,
    operations: 1_000,
    policy: 5_000,
    proposal: 5_000,
    route: 10_000,
    signature: 2_000,
    stored_commit: 10_000,
    stored_record: 10_000,
}

/// The targets, the programs that fuzz them, the seeds and the tests here are the same.
#[test]
fn every_target_is_replayed() {
    let names: BTreeSet<_> = targets::TARGETS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(
        names,
        REPLAYED.iter().map(|name| (*name).to_owned()).collect()
    );
    let listed = |folder: &str| {
        let files = fs::read_dir(fuzz().join(folder)).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let names = names.map(|name| name.trim_end_matches(".rs").to_owned());
        names.collect::<BTreeSet<_>>()
    };
    assert_eq!(names, listed("seeds"));
    assert_eq!(names, listed("fuzz_targets"));
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in names {
        assert!(
            manifest.contains(&format!("\nname = \"{name}\"\n")),
            "{name}"
        );
    }
}

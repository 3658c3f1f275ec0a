//! The recogniser beside Debian's `njs` 0.7.9, which AWS's engine is near to, on thousands of generated programs.

mod engine;
mod generator;
mod snippets;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use engine::Verdict;
use generator::Numbers;

fn fixtures() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    // njs has no module cloudfront.
    paths
        .iter()
        .map(|path| {
            fs::read_to_string(path)
                .unwrap()
                .replace("'cloudfront'", "'crypto'")
        })
        .collect()
}

#[test]
fn compare() {
    let Some(engine) = engine::find() else {
        println!("left out: there is no njs here");
        return;
    };
    let fixtures = fixtures();
    let numbers = &mut Numbers::new(
        std::env::var("SEED")
            .ok()
            .and_then(|s| s.parse().ok())
            .unwrap_or(1),
    );
    let n: usize = std::env::var("COUNT")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(1500);
    let mut programs = fixtures.clone();
    programs.extend(generator::in_places(numbers, n));
    programs.extend(generator::pairs(numbers, n));
    programs.extend(generator::mutations(numbers, &fixtures, n));
    let theirs = engine::ask_all(&engine, &programs);
    let (mut verdicts, mut same) = (0, 0);
    let mut classes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (program, theirs) in programs.iter().zip(&theirs) {
        let ours = Verdict::ours(program);
        let v = ours.refusal.is_none() == theirs.refusal.is_none();
        verdicts += usize::from(v);
        same += usize::from(ours == *theirs);
        if ours != *theirs {
            let short = if program.len() > 300 {
                String::from("(long)")
            } else {
                program.clone()
            };
            classes
                .entry(format!("{v} {:?} / {:?}", theirs.refusal, ours.refusal))
                .or_default()
                .push(format!("{short:?} {:?} {:?}", theirs.line, ours.line));
        }
    }
    for (class, programs) in &classes {
        println!("{} {class}", programs.len());
        for program in programs.iter().take(3) {
            println!("      {program}");
        }
    }
    println!(
        "{} programs, {verdicts} verdicts, {same} same",
        programs.len()
    );
}

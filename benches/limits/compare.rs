//! Two programs, each measured several times, in turns: is the second one worse than the first?

use std::process::Command;

use crate::server::{self, OTHER_KEYFRONT};
use crate::table::{Row, median};

const ROUNDS: usize = 5;

/// Has a process write its rows for this one.
pub(crate) const FOR_PROCESS: &str = "--for-process";

/// A row in all rounds, of the program before and of the one that was built.
struct Compared {
    what: String,
    less_is_better: bool,
    before: Vec<f64>,
    after: Vec<f64>,
}

/// Measures the rows with the program `before` and with the one that was built, in turns, and prints which
/// rows are worse: their median is beyond all that the program before had.
pub(crate) fn run(before: &str, rows: &[&String]) {
    let after = server::keyfront();
    let mut compared: Vec<Compared> = Vec::new();
    for round in 0..ROUNDS {
        // Each begins a round as often as the other, as far as the number of rounds allows.
        let mut turns = [(before, true), (&after, false)];
        if round % 2 == 1 {
            turns.reverse();
        }
        for (program, is_before) in turns {
            for row in measured(program, rows) {
                let compared = entry(&mut compared, &row);
                match is_before {
                    true => compared.before.push(row.figure),
                    false => compared.after.push(row.figure),
                }
            }
        }
    }
    print(&compared);
}

fn measured(program: &str, rows: &[&String]) -> Vec<Row> {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this)
        .arg(FOR_PROCESS)
        .args(rows)
        .env(OTHER_KEYFRONT, program)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(Row::of_line).collect()
}

fn entry<'a>(compared: &'a mut Vec<Compared>, row: &Row) -> &'a mut Compared {
    let found = compared.iter().position(|known| known.what == row.what);
    let index = found.unwrap_or_else(|| {
        compared.push(Compared {
            what: row.what.clone(),
            less_is_better: row.less_is_better,
            before: Vec::new(),
            after: Vec::new(),
        });
        compared.len() - 1
    });
    &mut compared[index]
}

impl Compared {
    fn is_worse(&self) -> bool {
        let after = median(&self.after);
        match self.less_is_better {
            true => self.before.iter().all(|before| after > *before),
            false => self.before.iter().all(|before| after < *before),
        }
    }
}

fn print(rows: &[Compared]) {
    println!(
        "{:<47} {:>24} {:>24}  {ROUNDS} rounds: median (least to most)",
        "what", "before", "after"
    );
    for row in rows {
        let verdict = if row.is_worse() { "WORSE" } else { "ok" };
        let (before, after) = (spread(&row.before), spread(&row.after));
        println!("{:<47} {before:>24} {after:>24}  {verdict}", row.what);
    }
}

fn spread(figures: &[f64]) -> String {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figures.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2} to {most:.2})", median(figures))
}

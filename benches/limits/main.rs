//! Keyfront beside the limits of the machine that it runs on, measured in the same run: the time of
//! a signature check, a bare HTTP answer, a bare write and sync, another program's reading of JSON,
//! other engines that run functions.
//!
//! What is measured against each other takes turns, and medians count. A server has one processor to
//! itself and its load comes from another, where the machine has two. Rates are told for a second of
//! the server's own processor time, so that other work on the machine tells little. The ratios
//! matter, not the times.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a benchmark may panic, and takes the machine's time"
)]

mod attack;
mod bare;
mod client;
mod compare;
mod functions;
mod growth;
mod imports;
mod load;
mod machine;
mod reads;
mod server;
mod service;
mod signature;
mod stalled;
mod start;
mod table;
mod writes;

use table::{Reach, Table};

/// What measures a few rows of the table, and the name by which it can be asked for.
type Row = (&'static str, fn(&mut Table));

/// The rows of the table, by the name under which each can be asked for alone.
const ROWS: [Row; 9] = [
    ("signature", signature::measure),
    ("reads", reads::measure),
    ("writes", writes::measure),
    ("imports", imports::measure),
    ("start", start::measure),
    ("growth", growth::measure),
    ("attack", attack::measure),
    ("stalled", stalled::measure),
    ("functions", functions::measure),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(kind) = arguments.iter().find_map(|a| a.strip_prefix("--bare=")) {
        return bare::serve(kind);
    }
    if arguments.iter().any(|a| a == functions::RUNS) {
        return functions::run_as_told();
    }
    // Cargo says `--bench` of itself.
    let wanted: Vec<&String> = arguments.iter().filter(|a| !a.starts_with("--")).collect();
    if let Some(before) = arguments.iter().find_map(|a| a.strip_prefix("--before=")) {
        return compare::run(before, &wanted);
    }
    machine::take_load_processor();
    let mut table = Table::begin(arguments.iter().any(|a| a == compare::FOR_PROCESS));
    for (name, measure) in ROWS {
        if wanted.is_empty() || wanted.iter().any(|wanted| *wanted == name) {
            measure(&mut table);
        }
    }
    measure_binary(&mut table);
    table.end();
}

fn measure_binary(table: &mut Table) {
    let bytes = std::fs::metadata(server::keyfront()).unwrap().len();
    let megabytes = bytes as f64 / 1e6;
    table.bound("the binary", megabytes, "MB", Reach::AtMost(25.0));
}

//! The real server under faults: killed, on a disk that loses power, fails or fills up, on folders
//! that it can't use or that are taken away, fed what no client sends, filled and contended for without
//! an end, and stopped while it works.
//!
//! `server` runs the binary, `client` speaks to it, `disk` puts a disk with faults under it, `small_disk`
//! one that is full soon, and `stores` and `functions` know what must be there of both. The other modules are
//! the faults.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]
// Each test runs the binary on this system's signals and disks.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::thread;

mod client;
mod disk;
mod functions;
mod random;
mod server;
mod small_disk;
mod stores;

mod clock;
mod contention;
mod crash;
mod failing_sync;
mod folders;
mod full_disk;
mod growth;
mod hanging_reads;
mod malformed;
mod outside;
mod replaced;
mod restored;
mod stop;
mod torn;
mod unsynced;

/// Says what of the running test is left out on this machine, also when the test passes.
fn left_out(why: &str) {
    let test = thread::current().name().unwrap_or_default().to_owned();
    // What is printed by the macros is shown of failed tests only.
    let _ = std::io::stderr().write_all(format!("left out: {test}: {why}\n").as_bytes());
}

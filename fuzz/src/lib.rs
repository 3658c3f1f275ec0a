//! What the fuzz targets do with their input: every parser of Keyfront, and whole requests.
//!
//! A target panics where a parser panics, where what it accepts is not what another reader makes of the
//! same bytes, or where an answer is not one that a client may get. The programs in `fuzz_targets/` run
//! them under libFuzzer; `tests/fuzz` runs them on the seeds and on mutations of these.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target that panics has found something"
)]

mod access;
mod documents;
mod functions;
mod names;
mod requests;
mod routes;
mod signatures;
mod stored;
mod world;
mod written;

pub use access::{credentials_file, policy};
pub use documents::{control_body, data_body, import_document};
pub use functions::{function_run, function_source};
pub use names::{arn, etag, next_token};
pub use requests::{http1, operations};
pub use routes::route;
pub use signatures::signature;
pub use stored::{proposal, stored_commit, stored_record};

/// A target: its name, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target. The seeds of each are in `seeds/NAME`.
pub const TARGETS: [Target; 17] = [
    ("arn", arn),
    ("control_body", control_body),
    ("credentials_file", credentials_file),
    ("data_body", data_body),
    ("etag", etag),
    ("function_run", function_run),
    ("function_source", function_source),
    ("http1", http1),
    ("import_document", import_document),
    ("next_token", next_token),
    ("operations", operations),
    ("policy", policy),
    ("proposal", proposal),
    ("route", route),
    ("signature", signature),
    ("stored_commit", stored_commit),
    ("stored_record", stored_record),
];

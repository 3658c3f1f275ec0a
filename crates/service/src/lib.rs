//! One function for each operation: check, decide, commit, answer.

mod objects;

pub use objects::{ObjectBody, ObjectError, ObjectSource};

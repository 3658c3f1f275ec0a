//! A replica against sources that do what the test says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod applying;
mod cursors;
mod loading;
mod records;
mod running;
mod scripted;
mod story;

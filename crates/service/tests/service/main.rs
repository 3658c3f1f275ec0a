//! The service, whole, over the embedded engine.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod against_model;
mod authorized;
mod client;
mod cluster;
mod common;
mod functions;
mod functions_against_model;
mod provisioning;

//! The AWS SDK for Rust against a Keyfront server, which `tests/clients/run` starts for it.

#![cfg(test)]

mod control;
mod data;
mod functions;
mod keyfront;
mod transport;

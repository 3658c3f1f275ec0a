//! The programs for people at their desk: [`mod@env`] prints the environment variables with which AWS
//! clients reach a Keyfront server, [`exec`] runs a command with them, [`doctor`] finds what keeps a
//! client from it, and [`function`] tests a function, with or without a server.
//!
//! An SDK puts the account before the host of the data plane's endpoint, `000000000000.localhost`,
//! and many machines can't resolve that. Keyfront ignores the host, so it is enough that the request
//! arrives. `machine` describes what is known about this machine, `plan` decides from it how the
//! requests get there, and `environment` holds the variables that carry the plan out.
//!
//! This crate meets a server over HTTP only, as any client does. It is no SDK and no part of the server;
//! a function of a file is run by the crate that the server runs functions with.

mod bun;
mod client;
mod connect_options;
pub mod doctor;
mod endpoint;
pub mod env;
mod environment;
pub mod exec;
pub mod function;
mod http_client;
mod machine;
mod name_lookup;
mod nodejs;
mod plan;
mod programs;
mod proxy;
mod text;

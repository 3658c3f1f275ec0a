//! The tools for people: how an AWS client on this machine is made to reach Keyfront.
//!
//! An SDK puts the account before the host of the data plane's endpoint, `000000000000.localhost`,
//! and many machines can't resolve that. Keyfront ignores the host, so that it is enough for the
//! request to arrive. `plan` decides how, and with which variables, from the description in
//! `machine`; `env` prints them, `exec` runs a command with them, `doctor` checks them.

pub(crate) mod doctor;
mod endpoint;
pub(crate) mod env;
mod environment;
pub(crate) mod exec;
mod machine;
mod node;
mod plan;
mod proxy;
mod shell;
mod target;
mod variables;

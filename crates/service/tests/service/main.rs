//! The service, whole, over the embedded engine.

mod against_model;
mod common;
mod provisioning;

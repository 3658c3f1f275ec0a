//! The keyfront binary: configuration, logging, wiring, and the tools for people.
fn main() {}

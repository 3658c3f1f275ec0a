//! Where a change becomes durable: the traits of an engine, and the embedded one.

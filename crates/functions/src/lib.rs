//! CloudFront Functions: the JavaScript runtimes `cloudfront-js-1.0` and `cloudfront-js-2.0`.
//!
//! A program is a function's code, parsed once for what AWS's engine refuses. A run has
//! a program, an event and the store that the function is associated with; it ends with an output or a failure in
//! AWS's words, within limits of memory and time, and leaves nothing to the next run.
//!
//! | module | what it is |
//! |---|---|
//! | `syntax` | the recogniser: what AWS's engine refuses in a program's text, as it refuses it |
//! | `engine` | the JavaScript engine and its memory images; the one module with `unsafe` |
//! | `prelude` | what a function finds in its global scope and in its modules, mostly JavaScript |
//! | `event`, `json` | what goes in and out: events, outputs, and what CloudFront refuses in them; JSON as they have it |
//! | `program`, `run`, `runner` | a program, compiled; a run, and the images that a thread keeps; the threads, and the queue before them |
//! | `host`, `digest`, `text`, `store` | what the prelude asks Rust for |
//!
//! ```
//! use keyfront_functions::event::Event;
//! use keyfront_functions::{Input, Program, Runtime, Settings};
//! use keyfront_model::{FunctionRuntime, Timestamp};
//!
//! let code = b"function handler(event) { event.request.uri += 'index.html'; return event.request; }";
//! let program = Program::new(FunctionRuntime::Js2, code);
//! let event = br#"{"context":{"eventType":"viewer-request"},"request":{"method":"GET","uri":"/docs/"}}"#;
//! let input = Input {
//!     event: Event::from_test(event)?,
//!     store: None,
//!     now: Timestamp::from_millis(1_700_000_000_000),
//!     seed: 1,
//!     edge: None,
//! };
//! let run = Runtime::new(Settings::default()).run(&program, &input)?;
//! assert!(run.result?.to_test_json().contains("/docs/index.html"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod digest;
mod engine;
pub mod event;
mod host;
pub mod json;
mod prelude;
mod program;
mod run;
mod runner;
mod store;
pub mod syntax;
#[cfg(test)]
mod tests;
mod text;

pub use program::{Position, Program};
pub use run::{
    EdgeLocation, EngineFailed, Input, Isolation, KeyRead, OriginChange, Run, Runtime, Settings,
};
pub use runner::{Runner, RunnerError, RunnerSettings};
pub use store::StoreReader;

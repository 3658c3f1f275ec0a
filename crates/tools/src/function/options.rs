//! The options of `keyfront function`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use keyfront_model::{FunctionRuntime, StoreName};

use crate::connect_options::ConnectOptions;

/// The options of `keyfront function`.
#[derive(Args)]
pub struct FunctionOptions {
    #[command(subcommand)]
    pub(super) command: FunctionCommand,
}

#[derive(Subcommand)]
pub(super) enum FunctionCommand {
    /// Run a function with an event, as CloudFront's TestFunction does, and show what comes of it.
    ///
    /// The function is a file, which needs no server, or one that a server has (--function). The exit
    /// status is 0 if it returned a valid request or response, or if all cases passed.
    Test(TestOptions),
}

/// The options of `keyfront function test`.
#[derive(Args)]
pub(super) struct TestOptions {
    /// The function's code
    #[arg(required_unless_present = "function", conflicts_with = "function")]
    pub(super) file: Option<PathBuf>,
    /// The event, in the form of CloudFront's event object
    #[arg(long, value_name = "FILE", required_unless_present = "cases")]
    pub(super) event: Option<PathBuf>,
    /// Instead of an event, a folder of cases: each a folder with event.json and expected.json, which
    /// holds {"request": …}, {"response": …} or {"error": "…"}
    #[arg(long, value_name = "FOLDER", conflicts_with = "event")]
    pub(super) cases: Option<PathBuf>,
    /// The contents of the function's store: an import document, {"data":[{"key":"…","value":"…"}]}, or
    /// {"key":"value"}
    #[arg(long, value_name = "FILE", conflicts_with_all = ["store", "function"])]
    pub(super) kvs: Option<PathBuf>,
    /// The function's store, as a running server has it
    #[arg(long, value_name = "NAME", conflicts_with = "function")]
    pub(super) store: Option<StoreName>,
    /// A function that a running server has, with the store that it is associated with
    #[arg(long, value_name = "NAME")]
    pub(super) function: Option<String>,
    /// The stage of that function
    #[arg(long, value_enum, ignore_case = true, default_value = "DEVELOPMENT")]
    pub(super) stage: Stage,
    /// The runtime of the file
    #[arg(long, default_value = "cloudfront-js-2.0", conflicts_with = "function")]
    pub(super) runtime: FunctionRuntime,
    /// Run again whenever a file changes
    #[arg(long)]
    pub(super) watch: bool,
    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

/// A stage of a function.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// What was created or updated last
    #[value(name = "DEVELOPMENT")]
    Development,
    /// What was published last
    #[value(name = "LIVE")]
    Live,
}

impl Stage {
    /// The stage's name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Development => "DEVELOPMENT",
            Self::Live => "LIVE",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: FunctionOptions,
    }

    fn parses(line: &str) -> bool {
        let words = line.split(' ').filter(|word| !word.is_empty());
        Line::try_parse_from(["function", "test"].into_iter().chain(words)).is_ok()
    }

    #[test]
    fn a_function_and_an_event_are_needed() {
        for line in [
            "f.js --event e.json",
            "f.js --event e.json --kvs d.json --watch --runtime cloudfront-js-1.0",
            "f.js --cases c --store s --endpoint http://127.0.0.1:1",
            "--function f --event e.json --stage LIVE",
            "--function f --cases c --stage live",
        ] {
            assert!(parses(line), "{line}");
        }
        for line in [
            "",
            "f.js",
            "--event e.json",
            "f.js --event e.json --cases c",
            "f.js --event e.json --kvs d.json --store s",
            "f.js --event e.json --function f",
            "--function f --event e.json --kvs d.json",
            "f.js --event e.json --runtime cloudfront-js-3.0",
        ] {
            assert!(!parses(line), "{line}");
        }
    }
}

//! The prelude's scripts: each prints what a function finds in its scope and in its modules, and its `.out` has what
//! that is, mostly made with Debian's njs 0.7.9 (`tests/library/README.md`).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use keyfront_functions::event::{Event, Failure};
use keyfront_functions::{
    EdgeLocation, Input, Isolation, Program, Run, Runtime, Settings, StoreReader,
};
use keyfront_model::{FunctionRuntime, StoreId, Timestamp};

/// What every script's handler is called with, if it has one.
const EVENT: &str = r#"{"version":"1.0","context":{"eventType":"viewer-request"},"viewer":{"ip":"192.0.2.1"},"request":{"method":"GET","uri":"/a","querystring":{},"headers":{"host":{"value":"www.example.com"}},"cookies":{}}}"#;

/// The time at which all scripts run: 2024-02-15T09:05:07.003Z.
const NOW: i64 = 1_707_987_907_003;

struct Store(BTreeMap<String, String>);

impl StoreReader for Store {
    fn id(&self) -> StoreId {
        "11111111-2222-3333-4444-555555555555".parse().unwrap()
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn key_count(&self) -> u64 {
        self.0.len() as u64
    }

    fn created(&self) -> Timestamp {
        Timestamp::from_millis(1_704_067_200_000)
    }

    fn modified(&self) -> Timestamp {
        Timestamp::from_millis(1_706_745_600_000)
    }
}

/// A comment `// name: value` at the beginning of a line.
fn directive<'a>(script: &'a str, name: &str) -> Option<&'a str> {
    script.lines().find_map(|line| {
        line.strip_prefix("// ")?
            .strip_prefix(name)?
            .strip_prefix(": ")
    })
}

fn run(script: &str, isolation: Isolation) -> Run {
    let version = match directive(script, "runtime") {
        Some("1.0") => FunctionRuntime::Js1,
        _ => FunctionRuntime::Js2,
    };
    let mut event = Event::from_test(EVENT.as_bytes()).unwrap();
    event.request.raw_query = directive(script, "raw-query").map(str::to_owned);
    let store = directive(script, "store").map(|entries| -> Arc<dyn StoreReader> {
        Arc::new(Store(serde_json::from_str(entries).unwrap()))
    });
    let edge = directive(script, "edge").map(|_| EdgeLocation {
        name: "SEA".to_owned(),
        server_ip: "192.0.2.1".to_owned(),
        region: "us-west-2".to_owned(),
    });
    let input = Input {
        event,
        store,
        now: Timestamp::from_millis(NOW),
        seed: 1,
        edge,
    };
    // A script makes more errors than any function does in 50 ms.
    let settings = Settings {
        time: Duration::from_secs(10),
        isolation,
        ..Settings::default()
    };
    let program = Program::new(version, script.as_bytes());
    Runtime::new(settings).run(&program, &input).unwrap()
}

/// All that came of a run, as a script's `.out` has it.
fn print(run: &Run) -> String {
    let mut lines = run.logs.clone();
    if let Some(change) = &run.origin {
        lines.push(format!("origin: {} {}", change.kind, change.json));
    }
    match (&run.result, run.position) {
        // A script without a handler is about what it logs.
        (Err(Failure::NoHandler), _) => {}
        (Err(failure), Some(at)) => {
            lines.push(format!(
                "failure: {} at {}:{}",
                failure.cause(),
                at.line,
                at.column
            ));
        }
        (Err(failure), None) => lines.push(format!("failure: {}", failure.cause())),
        (Ok(output), _) => lines.push(format!("result: {}", output.to_test_json())),
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/library");
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "js"))
        .collect();
    found.sort();
    found
}

/// With `LIBRARY_WRITE` set, the `.out` of scripts that are expected "by hand" are written anew, to be looked at.
#[test]
fn scripts_print_what_is_expected() {
    let writes = std::env::var_os("LIBRARY_WRITE").is_some();
    let mut wrong = Vec::new();
    for path in scripts() {
        let script = fs::read_to_string(&path).unwrap();
        let printed = print(&run(&script, Isolation::Image));
        let out = path.with_extension("out");
        if writes && directive(&script, "expected").is_some_and(|from| from.starts_with("by hand"))
        {
            fs::write(&out, &printed).unwrap();
        }
        let expected = fs::read_to_string(&out).unwrap_or_default();
        for (place, (printed, expected)) in lines(&printed, &expected).enumerate() {
            if printed != expected {
                wrong.push(format!(
                    "{}: line {}\n  expected {expected:?}\n  printed  {printed:?}",
                    path.display(),
                    place + 1
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The lines of both, with nothing where one has no more.
fn lines<'a>(left: &'a str, right: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let count = left.lines().count().max(right.lines().count());
    let padded = |text: &'a str| text.lines().chain(std::iter::repeat("(nothing)"));
    padded(left).zip(padded(right)).take(count)
}

/// Whatever a script has replaced, the next run of the same program finds all as it was.
#[test]
fn scripts_print_the_same_in_their_second_run_and_without_an_image() {
    for path in scripts() {
        let script = fs::read_to_string(&path).unwrap();
        let fresh = print(&run(&script, Isolation::Fresh));
        assert_eq!(
            print(&run(&script, Isolation::Image)),
            fresh,
            "{}",
            path.display()
        );
    }
}

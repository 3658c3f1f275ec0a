//! Debian's `njs`, asked for its verdict on a program's text.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use keyfront_functions::syntax::check;
use keyfront_model::FunctionRuntime;

/// Stands before each program, so that an accepted one does nothing but this.
const FIRST: &str = "throw 0;";

/// What is said of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Class and text; `None` if the program is accepted.
    pub(crate) refusal: Option<String>,
    /// The line, if one is named.
    pub(crate) line: Option<u32>,
}

impl Verdict {
    /// Ours.
    pub(crate) fn ours(program: &str) -> Self {
        match check(program, FunctionRuntime::Js2) {
            Ok(_) => Self {
                refusal: None,
                line: None,
            },
            Err(refusal) => Self {
                refusal: Some(format!("{}: {}", refusal.kind, refusal.text)),
                line: refusal.line,
            },
        }
    }

    fn theirs(output: &[u8]) -> Self {
        let output = String::from_utf8_lossy(output);
        let text = output.strip_prefix("Thrown:\n").unwrap_or(&output);
        let text = text.strip_suffix('\n').unwrap_or(text);
        // Nothing is said at all when the engine loses its first statement, as it does before `label: ;`.
        // So it can come to run the others, whose errors have a trace.
        if text == "0" || text.is_empty() || text.contains("\n    at ") {
            return Self {
                refusal: None,
                line: None,
            };
        }
        let parts = text
            .rsplit_once(" in -:")
            .and_then(|(text, line)| Some((text, line.parse().ok()?)));
        match parts {
            Some((text, line)) => Self {
                refusal: Some(text.into()),
                line: Some(line),
            },
            None => Self {
                refusal: Some(text.into()),
                line: None,
            },
        }
    }
}

/// The engine's program, if it is installed.
pub(crate) fn find() -> Option<PathBuf> {
    let path = PathBuf::from("/usr/bin/njs");
    path.is_file().then_some(path)
}

fn ask(engine: &PathBuf, program: &str) -> Verdict {
    let mut child = Command::new(engine)
        .args(["-s", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(FIRST.as_bytes()).unwrap();
    stdin.write_all(program.as_bytes()).unwrap();
    drop(stdin);
    Verdict::theirs(&child.wait_with_output().unwrap().stderr)
}

/// The engine's verdicts on `programs`, in their order.
pub(crate) fn ask_all(engine: &PathBuf, programs: &[String]) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut verdicts = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(program) = programs.get(index) else {
                return verdicts;
            };
            verdicts.push((index, ask(engine, program)));
        }
    };
    let mut verdicts: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    verdicts.sort_by_key(|(index, _)| *index);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

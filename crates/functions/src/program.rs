//! Programs: a function's code, judged and compiled once.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use keyfront_model::FunctionRuntime;

use crate::engine::{self, Bytecode, CompileError};
use crate::event::Failure;
use crate::syntax::{self, Refusal};

/// A function's code. It is parsed and compiled once, for all its runs, when the first of them needs it: on the thread that runs it,
/// since hostile code may take long to compile. A program that AWS's engine refuses is a program all the same, each run of
/// which fails.
pub struct Program {
    id: u64,
    runtime: FunctionRuntime,
    source: String,
    state: OnceLock<Result<Compiled, Broken>>,
    /// Set when a run did not end, so that there is never another.
    throttled: AtomicBool,
}

struct Compiled {
    body: Bytecode,
    /// Under which name which module is imported.
    imports: Vec<(String, String)>,
}

struct Broken {
    text: String,
    position: Option<Position>,
    refusal: Option<Refusal>,
}

/// A place in a program's text, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

impl Program {
    /// A program of any bytes. Code that is no UTF-8 is read with replacement characters, which no program can have outside of
    /// strings and comments.
    pub fn new(runtime: FunctionRuntime, code: &[u8]) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let source = String::from_utf8_lossy(code).into_owned();
        Arc::new(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            runtime,
            state: OnceLock::new(),
            source,
            throttled: AtomicBool::new(false),
        })
    }

    fn state(&self) -> &Result<Compiled, Broken> {
        self.state
            .get_or_init(|| compile(&self.source, self.runtime))
    }

    /// The program's runtime.
    pub fn runtime(&self) -> FunctionRuntime {
        self.runtime
    }

    /// Why AWS's engine refuses the program, as it says it; `None` of a program that it compiles.
    pub fn broken(&self) -> Option<&str> {
        self.state()
            .as_ref()
            .err()
            .map(|broken| broken.text.as_str())
    }

    /// What AWS's engine refuses in it, for advice.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.state().as_ref().err()?.refusal.as_ref()
    }

    /// Where [`Self::broken`] is, if that is known.
    pub fn position(&self) -> Option<Position> {
        self.state().as_ref().err()?.position
    }

    /// A line of its text, from 1.
    pub fn line(&self, number: usize) -> Option<&str> {
        self.source.lines().nth(number.checked_sub(1)?)
    }

    /// Whether a word is anywhere in its text.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.source.contains(word)
    }

    /// Which of all programs of this process it is.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Why no run of the program is tried.
    pub(crate) fn failure(&self) -> Option<Failure> {
        if self.throttled.load(Ordering::Relaxed) {
            return Some(Failure::Throttled);
        }
        self.broken()
            .map(|text| Failure::Execution(text.to_owned()))
    }

    /// No run of the program is tried from now on.
    pub(crate) fn throttle(&self) {
        self.throttled.store(true, Ordering::Relaxed);
    }

    /// The compiled body, and what it imports.
    pub(crate) fn compiled(&self) -> Option<(&Bytecode, &[(String, String)])> {
        let compiled = self.state().as_ref().ok()?;
        Some((&compiled.body, &compiled.imports))
    }
}

fn compile(source: &str, runtime: FunctionRuntime) -> Result<Compiled, Broken> {
    let parsed = syntax::check(source, runtime).map_err(|refusal| Broken {
        text: refusal.to_string(),
        position: Some(Position {
            line: refusal.position.line,
            column: refusal.position.column,
        }),
        refusal: Some(refusal),
    })?;
    let mut script = source.as_bytes().to_vec();
    for import in &parsed.imports {
        blank(&mut script[import.range.clone()]);
    }
    script.extend_from_slice(engine::HANDLER.as_bytes());
    // Whole statements became spaces, so that what is left is UTF-8 as before.
    let script = String::from_utf8_lossy(&script);
    let body = engine::compile(c"function", &script).map_err(refused_by_the_engine)?;
    let imports = parsed
        .imports
        .into_iter()
        .map(|import| (import.local, import.module))
        .collect();
    Ok(Compiled { body, imports })
}

/// Overwrites a statement, and keeps its lines.
fn blank(statement: &mut [u8]) {
    for byte in statement {
        if *byte != b'\n' && *byte != b'\r' {
            *byte = b' ';
        }
    }
}

/// What AWS's engine would take and ours does not.
fn refused_by_the_engine(error: CompileError) -> Broken {
    match error {
        CompileError::Refused { text, line } => Broken {
            text: match line {
                Some(line) => format!("{text} in {line}"),
                None => text,
            },
            position: line.map(|line| Position { line, column: 1 }),
            refusal: None,
        },
        CompileError::TooLarge => Broken {
            text: "RangeError: the program is too large".to_owned(),
            position: None,
            refusal: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_after_a_program_completes_none() {
        let handler = "function handler(event) { return event.request; }";
        for end in [
            "if (1)",
            "while (0)",
            "for (;;)",
            "do",
            "if (1) {} else",
            "label:",
            "var a =",
            "a +",
            "(",
            "`",
            "/*",
            "'",
        ] {
            for runtime in [FunctionRuntime::Js1, FunctionRuntime::Js2] {
                let program = Program::new(runtime, format!("{handler}\n{end}").as_bytes());
                assert!(program.broken().is_some(), "{end}");
            }
        }
        for end in [
            "// comment",
            "/* comment */",
            "var a = 1",
            "var a = handler",
            "-1",
        ] {
            let program =
                Program::new(FunctionRuntime::Js2, format!("{handler}\n{end}").as_bytes());
            assert_eq!(program.broken(), None, "{end}");
        }
    }
}

//! The engines that are asked.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use keyfront_functions::event::Event;
use keyfront_functions::{Input, Program, Runtime, Settings};
use keyfront_model::{FunctionRuntime, Timestamp};

/// What an engine says to each question of a program.
pub(crate) type Answers = BTreeMap<usize, String>;

const EVENT: &[u8] = br#"{"version":"1.0","context":{"eventType":"viewer-request"},"viewer":{"ip":"192.0.2.1"},"request":{"method":"GET","uri":"/","querystring":{},"headers":{},"cookies":{}}}"#;

/// The answers of the engine that is tested.
pub(crate) fn ours(program: &str) -> Answers {
    let input = Input {
        event: Event::from_test(EVENT).unwrap(),
        store: None,
        now: Timestamp::from_millis(0),
        seed: 1,
        edge: None,
    };
    // A program asks for more than any function does.
    let settings = Settings {
        time: Duration::from_secs(10),
        ..Settings::default()
    };
    let program = Program::new(FunctionRuntime::Js2, program.as_bytes());
    // It has no handler, so that the run fails after all was asked.
    let run = Runtime::new(settings).run(&program, &input).unwrap();
    run.logs.iter().filter_map(|line| answer(line)).collect()
}

/// An engine that is a program of its own.
pub(crate) struct Other {
    program: &'static str,
    arguments: &'static [&'static str],
}

/// The older version of AWS's engine.
pub(crate) const NJS: Other = Other {
    program: "njs",
    arguments: &["-"],
};

/// V8.
pub(crate) const NODE: Other = Other {
    program: "node",
    arguments: &["-"],
};

impl Other {
    /// Whether it is on this machine.
    pub(crate) fn is_here(&self) -> bool {
        let found = std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|folder| folder.join(self.program).is_file())
        });
        if !found {
            println!("left out: there is no {} here", self.program);
        }
        found
    }

    /// Its answers.
    pub(crate) fn answers(&self, program: &str) -> Answers {
        let mut child = Command::new(self.program)
            .args(self.arguments)
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(program.as_bytes()).unwrap();
        drop(stdin);
        let printed = child.wait_with_output().unwrap().stdout;
        String::from_utf8_lossy(&printed)
            .lines()
            .filter_map(answer)
            .collect()
    }
}

/// A line `NUMBER ANSWER`.
fn answer(line: &str) -> Option<(usize, String)> {
    let (number, answer) = line.split_once(' ')?;
    Some((number.parse().ok()?, answer.to_owned()))
}

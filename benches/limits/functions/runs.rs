//! A process that does runs as it is told, of whose processor time each has a part.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::machine;

/// How soon a process has told all its processor time after its answer: it counts once the process sleeps.
const ASLEEP: Duration = Duration::from_millis(3);

/// Reads lines, each of what to run and how often, and answers each with a line once that is done. It ends with the value.
pub(super) struct Runs {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Runs {
    /// Starts the process.
    pub(super) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            commands: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// The answer to a line, without its end.
    pub(super) fn ask(&mut self, what: &str, runs: u32) -> String {
        writeln!(self.commands, "{what} {runs}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert!(answer.ends_with('\n'), "{what}: the process has ended");
        answer.trim_end().to_owned()
    }

    /// The processor time of one of so many runs, in microseconds.
    pub(super) fn time(&mut self, what: &str, runs: u32) -> f64 {
        let before = machine::processor_time(self.process());
        self.ask(what, runs);
        sleep(ASLEEP);
        let used = machine::processor_time(self.process()).saturating_sub(before);
        used.as_secs_f64() * 1e6 / f64::from(runs)
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

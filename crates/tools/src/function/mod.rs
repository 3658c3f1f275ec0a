//! `keyfront function test`: runs a function with an event, and shows what comes of it.
//!
//! A function of a file runs in this process, by the crate that the server runs functions with; a
//! deployed one runs on its server. `outcome` is what both give; `advice` and `place` explain a
//! failure, `cases` compares with what is expected. Text that comes from a function, from its event or
//! from a server is shown as `text` has it.

mod advice;
mod cases;
mod data;
mod difference;
mod json_text;
mod local;
mod options;
mod outcome;
mod place;
mod remote;
mod style;
mod table;
#[cfg(test)]
mod tests;
mod watch;

use std::fs;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use anyhow::Context;
use keyfront_functions::event::texts::EXECUTION_PREFIX;

use crate::environment::Environment;
use crate::machine::Machine;
use crate::text::printable;
use local::Local;
pub use options::FunctionOptions;
use options::{FunctionCommand, TestOptions};
use outcome::{Outcome, Source, parse_output};
use remote::{Deployed, Remote};
use style::{Ink, Style};
use watch::{LOOK_INTERVAL, State};

/// The most code of a function that CloudFront takes, in bytes (developer guide, "Quotas on CloudFront
/// Functions").
const MAX_CODE_BYTES: usize = 10 * 1024;

/// Runs the function, and prints what comes of it on standard output. The exit code is a failure if it
/// returned no valid request or response, or if a case did not pass. With `--watch` it returns only if
/// standard output is closed.
///
/// # Errors
/// If a file or the server can't be read, or standard output is closed.
pub fn main(options: &FunctionOptions) -> anyhow::Result<ExitCode> {
    let FunctionCommand::Test(options) = &options.command;
    let style = Style::of(&stdout(), &Environment::of_this_process());
    if options.watch {
        return watch(options, style);
    }
    let (text, passed) = test(options, style)?;
    stdout().write_all(text.as_bytes())?;
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Tests again and again, when a file was changed. An error is shown as an outcome is, since the next
/// save may mend it.
fn watch(options: &TestOptions, style: Style) -> anyhow::Result<ExitCode> {
    let paths = options.paths();
    loop {
        let seen = State::of(&paths);
        let text = match test(options, style) {
            Ok((text, _)) => text,
            Err(error) => style.paint(Ink::Bad, &printable(&format!("{error:#}"))) + "\n",
        };
        stdout().write_all(text.as_bytes())?;
        writeln!(
            stdout(),
            "{}",
            style.paint(Ink::Faint, "waiting for a file to change")
        )?;
        stdout().flush()?;
        while State::of(&paths) == seen {
            thread::sleep(LOOK_INTERVAL);
        }
    }
}

/// What is shown, and whether all is well.
fn test(options: &TestOptions, style: Style) -> anyhow::Result<(String, bool)> {
    let mut subject = Subject::new(options)?;
    if let Some(folder) = &options.cases {
        return table::run(&cases::find(folder)?, &mut subject, style);
    }
    let path = options
        .event
        .as_deref()
        .context("give an event: --event FILE")?;
    let outcome = subject
        .test(&read(path)?)
        .with_context(|| path.display().to_string())?;
    let text = outcome.text(&subject.source(), style);
    Ok((subject.notes(style) + &text, outcome.result.is_ok()))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} can't be read", path.display()))
}

/// The function that is tested.
struct Subject {
    name: String,
    code: Vec<u8>,
    text: String,
    runner: Runner,
}

/// Where a function runs.
enum Runner {
    Here(Local),
    There(Box<(Remote, Deployed)>),
}

impl Subject {
    fn new(options: &TestOptions) -> anyhow::Result<Self> {
        match (&options.function, &options.file) {
            (Some(name), _) => Self::deployed(name, options),
            (None, Some(file)) => Self::of_file(file, options),
            (None, None) => anyhow::bail!("give a file, or a function: --function NAME"),
        }
    }

    fn of_file(file: &Path, options: &TestOptions) -> anyhow::Result<Self> {
        let code = read(file)?;
        let text = String::from_utf8_lossy(&code).into_owned();
        let store = match (&options.kvs, &options.store) {
            (Some(path), _) => Some(local::store_of_file(path, &text)?),
            (None, Some(name)) => {
                let server = Remote::new(&Machine::describe(&options.connect))?;
                Some(local::store_of(server.contents(name)?))
            }
            (None, None) => None,
        };
        Ok(Self {
            name: file.display().to_string(),
            runner: Runner::Here(Local::new(options.runtime, &code, store)),
            code,
            text,
        })
    }

    fn deployed(name: &str, options: &TestOptions) -> anyhow::Result<Self> {
        let server = Remote::new(&Machine::describe(&options.connect))?;
        let function = server.function(name, options.stage)?;
        let code = function.code.clone();
        Ok(Self {
            name: name.to_owned(),
            text: String::from_utf8_lossy(&code).into_owned(),
            code,
            runner: Runner::There(Box::new((server, function))),
        })
    }

    fn source(&self) -> Source<'_> {
        Source {
            name: &self.name,
            text: &self.text,
        }
    }

    fn test(&mut self, event: &[u8]) -> anyhow::Result<Outcome> {
        let (server, function) = match &mut self.runner {
            Runner::Here(local) => return local.test(event, &self.text),
            Runner::There(there) => (&there.0, &there.1),
        };
        let result = server.test(function, event)?;
        let logs = result.function_execution_logs.member;
        let utilization = result.compute_utilization;
        let result = match result.function_error_message {
            message if message.is_empty() => Ok(parse_output(&result.function_output)),
            message => Err(message),
        };
        let message = result.as_ref().err().map(String::as_str);
        let cause = message.and_then(|message| message.strip_prefix(EXECUTION_PREFIX));
        let refusal = cause.and_then(|cause| local::refusal(&self.code, cause));
        let refusal = refusal.as_ref();
        Ok(Outcome {
            place: refusal.and_then(|refusal| place::Place::of_refusal(refusal, &self.text)),
            advice: refusal.and_then(|refusal| advice::of_construct(refusal.construct)),
            result,
            logs,
            utilization,
            reads: None,
        })
    }

    /// What is to be said of the code itself, if there is anything.
    fn notes(&self, style: Style) -> String {
        let bytes = self.code.len();
        if bytes <= MAX_CODE_BYTES {
            return String::new();
        }
        let note = format!("the code has {bytes} bytes, and CloudFront takes {MAX_CODE_BYTES}");
        style.paint(Ink::Hint, &note) + "\n"
    }
}

impl TestOptions {
    /// The files that an outcome depends on.
    fn paths(&self) -> Vec<PathBuf> {
        let paths = [&self.file, &self.event, &self.cases, &self.kvs];
        paths.into_iter().flatten().cloned().collect()
    }
}

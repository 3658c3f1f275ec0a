//! The log: its filter, its form, and its way out of the process, which delays no other thread.

mod format;
mod queue;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fs::File;
use std::io::{self, IsTerminal, stderr};
use std::os::fd::AsFd;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use format::{Escaped, TextLine};
use keyfront_model::{Clock, SystemClock};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::options::LogFormat;

pub(crate) use format::escape;
pub(super) use queue::LineQueue;

/// How long the end of the process waits for lines that are not yet written.
const DRAIN_TIME_LIMIT: Duration = Duration::from_secs(1);

/// What is logged, and how.
pub(super) struct LogConfig {
    /// As [`parse_filter`] takes it.
    pub(super) filter: String,
    pub(super) format: LogFormat,
}

/// The log of the running server, on the standard error stream.
pub(super) struct Log {
    queue: Arc<LineQueue>,
}

impl Log {
    /// Starts the log. From then on nothing else may write to the standard error stream, whose reader
    /// may have stalled.
    pub(super) fn start(config: &LogConfig) -> anyhow::Result<Self> {
        let format = config.format;
        let queue = own_stream()
            .and_then(|stream| LineQueue::start(stream, move |dropped| notice(format, dropped)))
            .context("the log can't be started")?;
        let filter = parse_filter(&config.filter)?;
        let builder = tracing_subscriber::fmt()
            // The filter decides.
            .with_max_level(LevelFilter::TRACE)
            .with_writer(Arc::clone(&queue))
            // It would write to the standard error stream by itself.
            .log_internal_errors(false);
        match format {
            LogFormat::Text => builder
                .with_ansi(stderr().is_terminal())
                .event_format(TextLine)
                .finish()
                .with(filter)
                .init(),
            LogFormat::Json => builder
                .json()
                .flatten_event(true)
                .map_event_format(Escaped)
                .finish()
                .with(filter)
                .init(),
        }
        std::panic::set_hook(Box::new(log_panic));
        Ok(Self { queue })
    }

    /// The queue that its lines go through.
    pub(super) fn queue(&self) -> Arc<LineQueue> {
        self.queue.clone()
    }

    /// Writes the error with which the server ends, and gives the log some time to be read.
    pub(super) fn finish(self, outcome: &anyhow::Result<()>) {
        let lost = self.queue.lost_lines();
        if lost > 0 {
            tracing::warn!(lost, "log lines were lost while the server ran");
        }
        if let Err(error) = outcome {
            let mut line = String::from("keyfront: ");
            // Writing to a string can't fail.
            let _ = escape(&format!("{error:#}"), &mut line);
            line.push('\n');
            self.queue.push(line.as_bytes());
        }
        self.queue.drain(DRAIN_TIME_LIMIT);
    }
}

/// Parses `--log`.
pub(super) fn parse_filter(text: &str) -> anyhow::Result<Targets> {
    // Targets takes a word that it does not know for the name of a module, and logs that alone.
    let known = text.split(',').all(|part| {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        !level.is_empty() && level.parse::<LevelFilter>().is_ok()
    });
    ensure!(
        known,
        "--log {text:?} is wrong: give error, warn, info, debug or trace, or add \
         MODULE=LEVEL as in info,keyfront_api=debug"
    );
    text.parse().context("--log is wrong")
}

/// The standard error stream under a descriptor of our own: the writer thread may be stuck in it, and
/// must then not hold the lock of the standard library, which the end of the process would wait for.
fn own_stream() -> io::Result<File> {
    Ok(File::from(stderr().as_fd().try_clone_to_owned()?))
}

/// The line that says that lines were dropped. It doesn't go through the filter, since a reader of the
/// log must know that it has a gap.
fn notice(format: LogFormat, dropped: u64) -> String {
    const MESSAGE: &str = "log lines were dropped, because the reader of the log is too slow";
    let now = SystemClock.now();
    let target = module_path!();
    match format {
        LogFormat::Text => format!("{now} ERROR {target}: {dropped} {MESSAGE}\n"),
        LogFormat::Json => {
            let line = serde_json::json!({
                "timestamp": now.to_string(),
                "level": "ERROR",
                "message": format!("{dropped} {MESSAGE}"),
                "dropped": dropped,
                "target": target,
            });
            format!("{line}\n")
        }
    }
}

/// The standard library's own hook writes to the standard error stream, and waits for its reader.
fn log_panic(info: &PanicHookInfo<'_>) {
    let location = info.location().map(ToString::to_string);
    let reason = info.payload_as_str().unwrap_or("no text");
    // Captured if RUST_BACKTRACE asks for it.
    let backtrace = Backtrace::capture();
    let captured = backtrace.status() == BacktraceStatus::Captured;
    let backtrace = captured.then(|| backtrace.to_string());
    tracing::error!(location, reason, backtrace, "a thread panicked");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_says_nothing_known_is_refused() {
        for good in ["info", "warn,keyfront_api=debug", "off"] {
            parse_filter(good).unwrap();
        }
        for bad in [
            "",
            "loud",
            "info,",
            "keyfront_api=loud",
            "info,keyfront_api",
        ] {
            let error = parse_filter(bad).unwrap_err().to_string();
            assert!(error.contains("--log"), "{error}");
        }
    }

    #[test]
    fn dropped_lines_are_told_in_either_form() {
        let text = notice(LogFormat::Text, 3);
        assert!(
            text.contains("ERROR") && text.contains("3 log lines were dropped"),
            "{text}"
        );
        let json: serde_json::Value = serde_json::from_str(&notice(LogFormat::Json, 3)).unwrap();
        assert_eq!(
            (&json["dropped"], &json["level"]),
            (&3.into(), &"ERROR".into())
        );
    }
}

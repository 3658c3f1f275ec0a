use std::io::{IsTerminal, stderr};

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::options::LogFormat;

/// Sends log lines to the standard error stream.
pub(crate) fn start(filter: Option<&str>, format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter.unwrap_or("info"))
        .context("--log is wrong: give error, warn, info, debug or trace")?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr);
    match format {
        LogFormat::Text => log.with_ansi(stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

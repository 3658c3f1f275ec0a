use std::io::{IsTerminal, stderr};

use anyhow::{Context, ensure};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::options::LogFormat;

/// Sends log lines to the standard error stream.
pub(super) fn start(filter: Option<&str>, format: LogFormat) -> anyhow::Result<()> {
    let filter = filter.unwrap_or("info");
    // EnvFilter takes a word that it does not know for the name of a module, and logs that alone.
    let known = filter.split(',').all(|part| {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        !level.is_empty() && level.parse::<LevelFilter>().is_ok()
    });
    ensure!(
        known,
        "--log {filter:?} is wrong: give error, warn, info, debug or trace, or add \
         MODULE=LEVEL as in info,keyfront_api=debug"
    );
    let filter = EnvFilter::try_new(filter).context("--log is wrong")?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        // It would tell of a line that can't be written where that line can't be written, and panic.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => log.with_ansi(stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

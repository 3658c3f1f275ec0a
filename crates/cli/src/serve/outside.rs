//! Work that waits for files, each on a thread of its own: a file system that hangs must not hold up the
//! threads that serve and obey signals.

use std::io;
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;

/// How long such work may take. A thread that takes longer is left alone, since it can't be ended.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Starts work on a thread of its own.
pub(super) fn start<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<oneshot::Receiver<T>> {
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new()
        .name("outside".to_owned())
        .spawn(move || {
            // The receiver is gone if the result came too late.
            let _ = sender.send(work());
        })?;
    Ok(receiver)
}

/// Does work on a thread of its own within the time limit. `what` is named in the error.
pub(super) async fn within_limit<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let result = start(work).context("a thread can't be started")?;
    match tokio::time::timeout(TIME_LIMIT, result).await {
        Ok(result) => result.map_err(|_| anyhow!("reading {what} ended abnormally")),
        Err(_) => Err(too_slow(what)),
    }
}

/// The error for work that took longer than the time limit.
pub(super) fn too_slow(what: &str) -> anyhow::Error {
    anyhow!(
        "{what} could not be read within {} s: is its file system reachable?",
        TIME_LIMIT.as_secs()
    )
}

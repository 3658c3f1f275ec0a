//! Log lines that many connections cause, written now and then.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How often such a line is written at most.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Decides when a log line that could come very often is written.
#[derive(Default)]
pub(crate) struct Occasional(Mutex<State>);

#[derive(Default)]
struct State {
    written: Option<Instant>,
    suppressed: u64,
}

impl Occasional {
    /// Whether the line should be written: then how many were left out since the last.
    pub(crate) fn due(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = |written: Instant| written.elapsed() < LOG_INTERVAL;
        if state.written.is_some_and(is_early) {
            state.suppressed += 1;
            return None;
        }
        state.written = Some(Instant::now());
        Some(std::mem::take(&mut state.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_lines_becomes_one_with_a_count() {
        let log = Occasional::default();
        assert_eq!(log.due(), Some(0));
        for _ in 0..5 {
            assert_eq!(log.due(), None);
        }
        tokio::time::advance(LOG_INTERVAL).await;
        assert_eq!(log.due(), Some(5));
    }
}

//! The whole answers that an HTTP/2 client has yet to take. Its windows say how much it takes: a client that
//! opens none leaves the socket free, so that no write ever times out, and hyper asks a body for nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

/// The answers of one connection whose bodies the client has yet to take, each with the time since when it
/// has taken none of it.
#[derive(Default)]
pub(crate) struct Untaken(Mutex<Answers>);

#[derive(Default)]
struct Answers {
    since: HashMap<u64, Instant>,
    next: u64,
}

impl Untaken {
    /// Waits for an answer until the guard is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> UntakenGuard {
        let mut answers = self.lock();
        let id = answers.next;
        answers.next += 1;
        answers.since.insert(id, Instant::now());
        drop(answers);
        UntakenGuard {
            untaken: self.clone(),
            id,
        }
    }

    /// Returns when the client has taken none of an answer for `time`.
    pub(crate) async fn stalled_for(&self, time: Duration) {
        loop {
            let oldest = self.lock().since.values().min().copied();
            match oldest.map(|oldest| oldest.checked_add(time)) {
                Some(Some(deadline)) if deadline <= Instant::now() => return,
                Some(Some(deadline)) => sleep_until(deadline).await,
                // No answer can have waited for that long before this sleep is over.
                None => sleep(time).await,
                Some(None) => std::future::pending().await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One answer that the client has yet to take.
pub(crate) struct UntakenGuard {
    untaken: Arc<Untaken>,
    id: u64,
}

impl UntakenGuard {
    /// The client has taken a part.
    pub(crate) fn progress(&self) {
        self.untaken.lock().since.insert(self.id, Instant::now());
    }
}

impl Drop for UntakenGuard {
    fn drop(&mut self) {
        self.untaken.lock().since.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn only_an_answer_of_which_nothing_is_taken_for_the_whole_time_is_stalled() {
        let untaken = Arc::new(Untaken::default());
        let answers = async {
            drop(untaken.begin());
            sleep(Duration::from_secs(100)).await;
            let slow = untaken.begin();
            for _ in 0..10 {
                sleep(Duration::from_secs(29)).await;
                drop(untaken.begin());
                slow.progress();
            }
            sleep(Duration::from_secs(29)).await;
            drop(slow);
            let _stalled = untaken.begin();
            sleep(Duration::from_secs(100)).await;
        };
        let stalled = async {
            untaken.stalled_for(TIME).await;
            let waited = untaken.lock().since.values().min().map(Instant::elapsed);
            let waited = waited.unwrap();
            assert!(waited >= TIME && waited < TIME + Duration::from_millis(5));
        };
        tokio::join!(stalled, answers);
    }
}

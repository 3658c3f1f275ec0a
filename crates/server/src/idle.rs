//! The requests of a connection that are in flight, and since when there are none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::counts::Counts;

/// Set in [`InFlight::state`] once the connection takes no more requests.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// How often a connection that stops looks whether only streamed answers are left.
const STREAMS_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Counts the requests of one connection that are in flight: from the arrival of the headers until
/// the answer's body has been handed over. hyper doesn't report when an HTTP/2 connection is idle, nor
/// whether an HTTP/1.1 connection is waiting for its next request.
pub(crate) struct InFlight {
    /// The number of requests, and [`CLOSED`].
    state: AtomicUsize,
    /// How many of them have an answer that is a stream.
    streams: AtomicUsize,
    began: Instant,
    /// When the last request ended, in microseconds after `began`; at first, when the connection came.
    idle_since_micros: AtomicU64,
    /// Whether the client leaves a part of an answer untaken, so that the socket takes no more.
    write_blocked: AtomicBool,
    /// What is counted of all connections.
    counts: Arc<Counts>,
}

impl InFlight {
    pub(crate) fn new(counts: Arc<Counts>) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
            began: Instant::now(),
            idle_since_micros: AtomicU64::new(0),
            write_blocked: AtomicBool::new(false),
            counts,
        })
    }

    /// Counts a request until the guard is dropped; `None` if the connection has been closed.
    pub(crate) fn begin(self: &Arc<Self>) -> Option<InFlightGuard> {
        let guard = InFlightGuard {
            in_flight: self.clone(),
            is_stream: false,
        };
        self.counts.in_flight.fetch_add(1, Ordering::Relaxed);
        let before = self.state.fetch_add(1, Ordering::AcqRel);
        (before & CLOSED == 0).then_some(guard)
    }

    /// For how long no request has been in flight; `None` while one is, or while the client has yet to
    /// take the rest of an answer.
    pub(crate) fn idle_time(&self) -> Option<Duration> {
        let is_idle =
            self.state.load(Ordering::Acquire) == 0 && !self.write_blocked.load(Ordering::Relaxed);
        is_idle.then(|| self.idle_since().elapsed())
    }

    fn idle_since(&self) -> Instant {
        self.began + Duration::from_micros(self.idle_since_micros.load(Ordering::Acquire))
    }

    /// How old the connection is.
    pub(crate) fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// Has the connection take no more requests if none is in flight; whether that is so.
    pub(crate) fn close_if_idle(&self) -> bool {
        !self.write_blocked.load(Ordering::Relaxed)
            && self
                .state
                .compare_exchange(0, CLOSED, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    }

    /// Has the connection take no more requests.
    pub(crate) fn close(&self) {
        self.state.fetch_or(CLOSED, Ordering::AcqRel);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Remembers whether the socket takes no more of an answer.
    pub(crate) fn set_write_blocked(&self, blocked: bool) {
        if self.write_blocked.load(Ordering::Relaxed) != blocked {
            self.write_blocked.store(blocked, Ordering::Relaxed);
        }
    }

    /// Returns when no request has been in flight for `time`.
    pub(crate) async fn idle_for(&self, time: Duration) {
        loop {
            if self.state.load(Ordering::Acquire) & !CLOSED != 0 {
                // The connection can't have been idle for that long before this sleep is over.
                sleep(time).await;
                continue;
            }
            let deadline = self.idle_since().checked_add(time);
            match deadline {
                Some(deadline) if deadline <= Instant::now() => return,
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Returns when streamed answers are all that is in flight.
    pub(crate) async fn only_streams(&self) {
        loop {
            let count = self.state.load(Ordering::Acquire) & !CLOSED;
            if count > 0 && count == self.streams.load(Ordering::Acquire) {
                return;
            }
            sleep(STREAMS_POLL_INTERVAL).await;
        }
    }
}

/// One request that is in flight.
pub(crate) struct InFlightGuard {
    in_flight: Arc<InFlight>,
    is_stream: bool,
}

impl InFlightGuard {
    /// Says that the answer to this request is a stream.
    pub(crate) fn mark_stream(&mut self) {
        if !self.is_stream {
            self.is_stream = true;
            self.in_flight.streams.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let in_flight = &self.in_flight;
        let micros = in_flight.began.elapsed().as_micros();
        let micros = u64::try_from(micros).unwrap_or(u64::MAX);
        // Before the count, so that a connection whose count is zero is never idle since too early.
        in_flight.idle_since_micros.store(micros, Ordering::Release);
        if self.is_stream {
            in_flight.streams.fetch_sub(1, Ordering::AcqRel);
        }
        in_flight.state.fetch_sub(1, Ordering::AcqRel);
        in_flight.counts.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_after_the_whole_time_without_a_request() {
        let in_flight = InFlight::new(Arc::default());
        let requests = async {
            sleep(Duration::from_secs(9)).await;
            let first = in_flight.begin();
            sleep(Duration::from_secs(30)).await;
            drop(first);
            sleep(Duration::from_secs(9)).await;
            drop(in_flight.begin());
        };
        let began = Instant::now();
        let idle = in_flight.idle_for(Duration::from_secs(10));
        tokio::join!(idle, requests);
        let took = began.elapsed();
        let expected = Duration::from_secs(9 + 30 + 9 + 10);
        assert!(
            took >= expected && took < expected + Duration::from_millis(5),
            "{took:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_absurd_time_is_waited_for_without_a_panic() {
        let in_flight = InFlight::new(Arc::default());
        let idle = in_flight.idle_for(Duration::MAX);
        let outcome = tokio::time::timeout(Duration::from_secs(1000), idle).await;
        assert!(outcome.is_err());
    }

    #[test]
    fn a_connection_with_a_request_in_flight_is_not_closed() {
        let in_flight = InFlight::new(Arc::default());
        let request = in_flight.begin();
        assert!(!in_flight.close_if_idle());
        drop(request);
        in_flight.set_write_blocked(true);
        assert!(!in_flight.close_if_idle() && in_flight.idle_time().is_none());
        in_flight.set_write_blocked(false);
        assert!(in_flight.close_if_idle());
        assert!(
            in_flight.begin().is_none(),
            "it took a request when it was closed"
        );
        assert!(in_flight.is_closed());
    }
}

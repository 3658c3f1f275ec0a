use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// The processor time that this thread has used. It stands still while the thread waits for its turn, so that a busy machine
/// doesn't shorten what a run may do. Reading it takes a system call.
pub(crate) fn thread_cpu_time() -> Duration {
    duration(clock_gettime(ClockId::ThreadCPUTime))
}

/// The clock of [`now`]: where there is one, that which the system itself moves on every few milliseconds, as reading it costs a
/// fifth of what reading the exact one does.
#[cfg(target_os = "linux")]
const CLOCK: ClockId = ClockId::MonotonicCoarse;
#[cfg(not(target_os = "linux"))]
const CLOCK: ClockId = ClockId::Monotonic;

/// The time since some moment in the past, which never goes back. Reading it takes no system call where the system
/// has a faster way.
pub(super) fn now() -> Duration {
    duration(clock_gettime(CLOCK))
}

/// Tells the processor time of runs that a thread makes one after the other. Their clock takes a system call, which is long beside
/// the shortest runs; so it is read now and then, and the time that passed tells the rest.
pub(super) struct Stopwatch {
    read: Reading,
}

/// Both clocks at a moment.
#[derive(Clone, Copy)]
struct Reading {
    processor: Duration,
    at: Duration,
}

/// The beginning of a run.
pub(super) struct Began {
    at: Duration,
    /// The processor time of the thread, or up to [`TRUSTED`] more.
    pub(super) processor: Duration,
}

/// For so long a reading tells the processor time, as if the thread had run ever since.
const TRUSTED: Duration = Duration::from_millis(1);

/// So long a thread runs without having to wait for its turn, which takes longer.
const UNDIVIDED: Duration = Duration::from_micros(500);

impl Reading {
    fn now() -> Self {
        Self {
            processor: thread_cpu_time(),
            at: exact_now(),
        }
    }
}

impl Stopwatch {
    pub(super) fn new() -> Self {
        Self {
            read: Reading::now(),
        }
    }

    pub(super) fn begin(&mut self) -> Began {
        let mut at = exact_now();
        if at.saturating_sub(self.read.at) > TRUSTED {
            self.read = Reading::now();
            at = self.read.at;
        }
        Began {
            at,
            processor: self.read.processor + at.saturating_sub(self.read.at),
        }
    }

    /// The processor time since then: up to [`TRUSTED`] more where the thread had to wait.
    pub(super) fn since(&mut self, began: &Began) -> Duration {
        let passed = exact_now().saturating_sub(began.at);
        if passed < UNDIVIDED {
            return passed;
        }
        let earlier = self.read.processor;
        self.read = Reading::now();
        passed.min(self.read.processor.saturating_sub(earlier))
    }
}

fn exact_now() -> Duration {
    duration(clock_gettime(ClockId::Monotonic))
}

fn duration(time: Timespec) -> Duration {
    // Neither clock is ever before its start.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_takes_no_processor_time() {
        let mut stopwatch = Stopwatch::new();
        for _ in 0..3 {
            let began = stopwatch.begin();
            std::thread::sleep(Duration::from_millis(20));
            let took = stopwatch.since(&began);
            assert!(took < Duration::from_millis(10), "{took:?}");
        }
    }

    #[test]
    fn work_takes_what_the_system_says() {
        let mut stopwatch = Stopwatch::new();
        for time in [1, 10_000, 20_000].map(Duration::from_micros) {
            let began = stopwatch.begin();
            let before = thread_cpu_time();
            while thread_cpu_time() - before < time {}
            let expected = thread_cpu_time() - before;
            let took = stopwatch.since(&began);
            assert!(
                took + Duration::from_micros(100) > expected,
                "{took:?} of {expected:?}"
            );
            assert!(
                took < expected + Duration::from_millis(2),
                "{took:?} of {expected:?}"
            );
            assert!(began.processor <= before + TRUSTED);
        }
    }
}

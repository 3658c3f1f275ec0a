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

fn duration(time: Timespec) -> Duration {
    // Neither clock is ever before its start.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanoseconds)
}

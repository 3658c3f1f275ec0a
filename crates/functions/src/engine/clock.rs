use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// The processor time that this thread has used. It stands still while the thread waits for its turn, so that a busy machine
/// doesn't shorten what a run may do. Reading it takes a system call.
pub(crate) fn thread_cpu_time() -> Duration {
    duration(clock_gettime(ClockId::ThreadCPUTime))
}

/// The time since some moment in the past, which goes on evenly. Reading it takes no system call where the system
/// has a faster way.
pub(super) fn now() -> Duration {
    duration(clock_gettime(ClockId::Monotonic))
}

fn duration(time: Timespec) -> Duration {
    // Neither clock is ever before its start.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanoseconds)
}

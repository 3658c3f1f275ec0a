use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time that this thread has used. It stands still while the thread waits for its turn, so that a busy machine
/// doesn't shorten what a run may do.
pub(crate) fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // The clock of a thread is never before its start.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanoseconds)
}

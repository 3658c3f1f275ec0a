use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread;

use keyfront_storage::EngineError;
use tokio::sync::oneshot;

/// A thread of the replica's own, for work that would hold up the requests that are served on the
/// runtime's threads. The runtime's blocking pool is not used for it, since that fills up when files
/// hang. The thread ends with the worker.
pub(crate) struct Worker {
    jobs: mpsc::Sender<Job>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Worker {
    /// Fails where the system gives no thread.
    pub(crate) fn start() -> Result<Self, EngineError> {
        let (jobs, receiver) = mpsc::channel::<Job>();
        start_thread("keyfront-apply", move || {
            for job in receiver {
                job();
            }
        })?;
        Ok(Self { jobs })
    }

    /// Does something on the thread, and waits for it. If it panics, so does the caller, and the
    /// thread goes on.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let (answer, answered) = oneshot::channel();
        let job = move || drop(answer.send(catch_unwind(AssertUnwindSafe(work))));
        let sent = self.jobs.send(Box::new(job));
        match (sent, answered.await) {
            (Ok(()), Ok(Ok(done))) => done,
            (_, Ok(Err(panic))) => resume_unwind(panic),
            // The thread lives for as long as this sender, and answers every job.
            _ => resume_unwind(Box::new("the replica's thread has ended")),
        }
    }
}

/// Starts a thread that ends by itself.
pub(crate) fn start_thread(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), EngineError> {
    let thread = thread::Builder::new().name(name.to_owned());
    match thread.spawn(work) {
        Ok(_) => Ok(()),
        Err(error) => Err(EngineError(format!(
            "the thread {name} can't be started ({error}): raise the limit on processes"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_on_the_thread_is_the_callers_and_the_thread_goes_on() {
        let worker = Worker::start().unwrap();
        let asked = thread::current().id();
        let other = worker.run(|| thread::current().id()).await;
        assert_ne!(other, asked);
        let caller = tokio::spawn(async move {
            let panicking = AssertUnwindSafe(worker.run(|| panic!("a defect")));
            let panic = futures_util::FutureExt::catch_unwind(panicking).await;
            assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"a defect"));
            worker.run(|| thread::current().id()).await
        });
        assert_eq!(caller.await.unwrap(), other);
    }
}

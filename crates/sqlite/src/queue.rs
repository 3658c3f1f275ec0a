//! Waiting on a thread for a queue, for as long as a limit allows.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// The outcome of sending an item.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It is in the queue.
    Yes,
    /// The receiver has gone away.
    Gone,
    /// The queue stayed full.
    TooSlow,
}

/// Sends an item, and waits on this thread while the queue is full.
pub(crate) fn send_within<T>(queue: &Sender<T>, item: T, limit: Duration) -> Sent {
    let item = match queue.try_send(item) {
        Ok(()) => return Sent::Yes,
        Err(TrySendError::Closed(_)) => return Sent::Gone,
        Err(TrySendError::Full(item)) => item,
    };
    match wait_for(queue.send(item), limit) {
        Some(Ok(())) => Sent::Yes,
        Some(Err(_)) => Sent::Gone,
        None => Sent::TooSlow,
    }
}

/// Waits on this thread for a future that needs no runtime; `None` if it takes too long.
pub(crate) fn wait_for<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
    let deadline = Instant::now() + limit;
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let left = deadline.checked_duration_since(Instant::now())?;
        thread::park_timeout(left);
    }
}

/// Wakes a thread that waits for a future.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn a_full_queue_is_waited_for() {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(0).unwrap();
        let taking = thread::spawn(move || {
            let mut taken = Vec::new();
            while let Some(item) = receiver.blocking_recv() {
                taken.push(item);
            }
            taken
        });
        for item in 1..=1000 {
            assert_eq!(send_within(&sender, item, PATIENCE), Sent::Yes);
        }
        drop(sender);
        assert_eq!(taking.join().unwrap(), (0..=1000).collect::<Vec<_>>());
    }

    #[test]
    fn nobody_waits_for_ever() {
        let (sender, receiver) = mpsc::channel(1);
        sender.try_send(0).unwrap();
        let began = Instant::now();
        let limit = Duration::from_millis(20);
        assert_eq!(send_within(&sender, 1, limit), Sent::TooSlow);
        assert!(began.elapsed() >= limit);
        let leaving = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            drop(receiver);
        });
        assert_eq!(send_within(&sender, 2, PATIENCE), Sent::Gone);
        leaving.join().unwrap();
        assert_eq!(send_within(&sender, 3, PATIENCE), Sent::Gone);
    }
}

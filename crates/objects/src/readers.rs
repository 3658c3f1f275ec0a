use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use keyfront_service::ports::ObjectError;

/// The threads that read files. A thread that waits for a file system counts until the file system answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readers(Arc<AtomicUsize>);

/// How many files are read at a time, those that hang among them. Imports need far fewer.
const MAX_READERS: usize = 64;

/// Counts one thread for as long as it runs.
struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Readers {
    /// Runs a reader on a thread of its own, unless there are too many.
    pub(crate) fn spawn(&self, read: impl FnOnce() + Send + 'static) -> Result<(), ObjectError> {
        let running = Running(self.0.clone());
        if self.0.fetch_add(1, Ordering::AcqRel) >= MAX_READERS {
            tracing::error!(
                readers = MAX_READERS,
                "no file of a bucket is read any more: reads of the buckets' folder do not end; check its \
                 file system"
            );
            return Err(busy());
        }
        thread::Builder::new()
            .name("keyfront-bucket".to_owned())
            .spawn(move || {
                let _running = running;
                read();
            })
            .map(drop)
            .map_err(|error| {
                tracing::error!(%error, "a thread that reads a bucket can't be started");
                busy()
            })
    }
}

fn busy() -> ObjectError {
    ObjectError::Unavailable("too many files are being read".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn readers_that_hang_take_no_more_than_their_number() {
        let readers = Readers::default();
        let (release, hang) = mpsc::channel::<()>();
        let hang = Arc::new(std::sync::Mutex::new(hang));
        for _ in 0..MAX_READERS {
            let hang = hang.clone();
            readers
                .spawn(move || {
                    let _ = hang.lock().unwrap().recv();
                })
                .unwrap();
        }
        for _ in 0..3 {
            assert!(readers.spawn(|| {}).is_err());
        }
        drop(release);
        while readers.0.load(Ordering::Acquire) > 0 {
            thread::yield_now();
        }
        readers.spawn(|| {}).unwrap();
    }
}

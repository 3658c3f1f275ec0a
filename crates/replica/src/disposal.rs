use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use keyfront_storage::{Commit, EngineError};

use crate::snapshot::{Readers, Snapshot};
use crate::worker::start_thread;

/// How often the disposal checks whether a snapshot is still read.
const READERS_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How long the disposal waits for a reader. One that holds its snapshot longer frees the memory itself.
const READERS_WAIT: Duration = Duration::from_secs(10);

/// A thread on which large pieces of memory are freed: a deleted store of 100,000 entries takes
/// some ten milliseconds, a replaced snapshot takes seconds.
///
/// A snapshot is freed where its last reference is dropped, which may be in a request that reads one key.
/// So the disposal holds a replaced snapshot until no reader has it, or an older one, any longer, and
/// is then the last.
pub(crate) struct Disposal {
    garbage: mpsc::Sender<Garbage>,
}

/// What is to be freed, and the readers that may still have a part of it.
struct Garbage {
    memory: Box<dyn Send>,
    readers: Weak<Readers>,
}

impl Garbage {
    fn is_read(&self) -> bool {
        self.readers.strong_count() > 0
    }
}

impl Disposal {
    /// Fails where the system gives no thread.
    pub(crate) fn start() -> Result<Self, EngineError> {
        let (garbage, receiver) = mpsc::channel();
        start_thread("keyfront-free", move || free(&receiver))?;
        Ok(Self { garbage })
    }

    /// Frees a replaced snapshot when no reader has it any longer. What replaced it must have
    /// [`Readers`] of its own.
    pub(crate) fn snapshot(&self, replaced: &Snapshot) {
        let (snapshot, readers) = replaced.without_readers();
        self.send(Box::new(snapshot), readers);
    }

    /// Frees commits, unless others have them too.
    pub(crate) fn commits(&self, commits: Vec<Arc<Commit>>) {
        self.send(Box::new(commits), Weak::new());
    }

    /// If the thread has ended, which it does with this sender alone, the garbage is freed here.
    fn send(&self, memory: Box<dyn Send>, readers: Weak<Readers>) {
        drop(self.garbage.send(Garbage { memory, readers }));
    }
}

fn free(garbage: &Receiver<Garbage>) {
    let mut waiting: VecDeque<(Instant, Garbage)> = VecDeque::new();
    loop {
        let next = if waiting.is_empty() {
            garbage.recv().map_err(RecvTimeoutError::from)
        } else {
            garbage.recv_timeout(READERS_POLL_INTERVAL)
        };
        match next {
            Ok(next) => waiting.push_back((Instant::now(), next)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        // In order: what is read in a snapshot is not freed with a newer one.
        let is_free = |(since, garbage): &mut (Instant, Garbage)| {
            !garbage.is_read() || since.elapsed() > READERS_WAIT
        };
        while let Some((_, freed)) = waiting.pop_front_if(is_free) {
            drop(freed.memory);
        }
    }
}

#[cfg(test)]
mod tests {
    use keyfront_model::{Contents, ETag, StoreId, Timestamp};
    use keyfront_storage::{Piece, Position, Record, Revision, Scope, SourceId};

    use super::*;
    use crate::snapshot::Builder;

    fn snapshot() -> Snapshot {
        let position = Position {
            source: SourceId(1),
            revision: Revision(1),
        };
        let nothing = Arc::new(Snapshot::empty(position));
        let mut builder = Builder::new(position, Scope::All, nothing);
        let contents = Record::Contents(Contents {
            store: StoreId::from_random(1),
            etag: ETag::Data(1),
            items: 0,
            bytes: 0,
            modified: Timestamp::from_millis(0),
        });
        let pieces = vec![Piece::Record(Revision(1), contents)];
        builder.add(pieces).unwrap();
        builder.finish().unwrap()
    }

    fn wait_until(condition: impl Fn() -> bool) {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < Duration::from_secs(5));
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_snapshot_is_freed_when_no_older_one_is_read_any_longer() {
        let older = snapshot();
        let newer = snapshot();
        let in_newer = {
            let contents = newer.contents(StoreId::from_random(1)).unwrap();
            contents.head.downgrade()
        };
        let disposal = Disposal::start().unwrap();
        disposal.snapshot(&older);
        disposal.snapshot(&newer);
        drop(newer);
        disposal.commits(vec![]);
        std::thread::sleep(3 * READERS_POLL_INTERVAL);
        assert!(in_newer.upgrade().is_some(), "a reader may share it");
        drop(older);
        wait_until(|| in_newer.upgrade().is_none());
    }
}

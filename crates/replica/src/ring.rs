use std::collections::VecDeque;
use std::mem::size_of;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keyfront_storage::{Commit, Position};

use crate::footprint::commit_bytes;

/// What a commit takes in the queue itself, which may be half empty.
const SLOT_BYTES: usize = 2 * size_of::<Kept>();

/// The last commits, bounded by the bytes of memory that they take.
///
/// Any number of followers read it, each from its own position; the ring knows none of them, so that
/// a slow one costs nothing. The lock is held for as long as it takes to add the commits of one
/// application, or to copy a bounded number of references.
pub(crate) struct Ring {
    bytes_max: usize,
    commits: Mutex<Commits>,
}

struct Commits {
    /// The position after which no commit is missing.
    start: Position,
    kept: VecDeque<Kept>,
    bytes: usize,
}

struct Kept {
    commit: Arc<Commit>,
    bytes: usize,
}

/// The ring no longer has, or never had, the commits after a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfReach;

impl Ring {
    /// An empty ring, for the commits after a position.
    pub(crate) fn new(start: Position, bytes_max: usize) -> Self {
        let commits = Mutex::new(Commits::after(start));
        Self { bytes_max, commits }
    }

    /// Begins anew at a position, after which commits are added. Returns the commits that were kept,
    /// so that they are dropped where that holds no request up.
    pub(crate) fn restart(&self, start: Position) -> Vec<Arc<Commit>> {
        let before = std::mem::replace(&mut *self.lock(), Commits::after(start));
        before.kept.into_iter().map(|kept| kept.commit).collect()
    }

    /// Adds the newest commits, and returns those for which there is no room any more: the oldest,
    /// and all of them after a single one that is larger than the whole ring.
    pub(crate) fn add(&self, newest: &[Arc<Commit>]) -> Vec<Arc<Commit>> {
        let kept = newest.iter().map(|commit| Kept {
            commit: commit.clone(),
            bytes: commit_bytes(commit) + SLOT_BYTES,
        });
        if let [_] = newest {
            return self.add_measured(kept);
        }
        // Many are measured before the lock is taken.
        self.add_measured(kept.collect::<Vec<_>>())
    }

    fn add_measured(&self, newest: impl IntoIterator<Item = Kept>) -> Vec<Arc<Commit>> {
        let mut removed = Vec::new();
        let mut commits = self.lock();
        for kept in newest {
            commits.bytes += kept.bytes;
            commits.kept.push_back(kept);
        }
        while commits.bytes > self.bytes_max {
            let Some(oldest) = commits.kept.pop_front() else {
                break;
            };
            commits.bytes -= oldest.bytes;
            commits.start.revision = oldest.commit.revision;
            removed.push(oldest.commit);
        }
        removed
    }

    /// Whether every commit after a position is kept. One that is ahead of this replica is in reach:
    /// the commits after it are still to come.
    pub(crate) fn reaches(&self, after: Position) -> bool {
        self.lock().reaches(after)
    }

    /// The commits after a position, oldest first and at most so many.
    pub(crate) fn after(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Arc<Commit>>, OutOfReach> {
        let commits = self.lock();
        if !commits.reaches(after) {
            return Err(OutOfReach);
        }
        let kept = &commits.kept;
        let first = kept.partition_point(|kept| kept.commit.revision <= after.revision);
        let newer = kept.range(first..).take(limit);
        Ok(newer.map(|kept| kept.commit.clone()).collect())
    }

    /// A panic between two steps of an addition would leave a ring that is consistent enough to be
    /// read, and the replica that panicked adds no more.
    fn lock(&self) -> MutexGuard<'_, Commits> {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Commits {
    fn after(start: Position) -> Self {
        Self {
            start,
            kept: VecDeque::new(),
            bytes: 0,
        }
    }

    fn reaches(&self, after: Position) -> bool {
        after.source == self.start.source && after.revision >= self.start.revision
    }
}

#[cfg(test)]
mod tests {
    use keyfront_model::Timestamp;
    use keyfront_storage::{Author, Message, Revision, SourceId, Subject, Task};

    use super::*;

    fn at(revision: u64) -> Position {
        Position {
            source: SourceId(1),
            revision: Revision(revision),
        }
    }

    fn commit(revision: u64, message_bytes: usize) -> Arc<Commit> {
        let owner = "123456789012".parse().unwrap();
        Arc::new(Commit {
            revision: Revision(revision),
            subject: Subject::Account(owner),
            owner,
            author: Author::Keyfront(Task::ForgetDeleted),
            message: Some(Message::try_from("m".repeat(message_bytes)).unwrap()),
            at: Timestamp::from_millis(0),
            changes: vec![],
        })
    }

    fn revisions(commits: &[Arc<Commit>]) -> Vec<u64> {
        commits.iter().map(|commit| commit.revision.0).collect()
    }

    fn small() -> usize {
        commit_bytes(&commit(0, 0)) + SLOT_BYTES
    }

    #[test]
    fn the_oldest_commits_make_room_for_the_newest() {
        let ring = Ring::new(at(10), 3 * small());
        assert!(ring.add(&[commit(12, 0), commit(15, 0)]).is_empty());
        assert!(ring.add(&[commit(16, 0)]).is_empty());
        let read = |after| ring.after(at(after), 9).map(|read| revisions(&read));
        assert_eq!(read(10), Ok(vec![12, 15, 16]));
        assert_eq!(revisions(&ring.add(&[commit(20, 0)])), [12]);
        assert_eq!(read(10), Err(OutOfReach));
        assert_eq!(read(12), Ok(vec![15, 16, 20]));
        // Revisions have gaps, and a position may stand in one.
        assert_eq!(read(13), Ok(vec![15, 16, 20]));
        assert_eq!(read(20), Ok(vec![]));
        assert_eq!(read(25), Ok(vec![]));
        assert_eq!(ring.after(at(12), 2).map(|read| read.len()), Ok(2));
    }

    #[test]
    fn a_commit_larger_than_the_ring_is_not_kept() {
        let ring = Ring::new(at(0), 2 * small());
        ring.add(&[commit(1, 0)]);
        assert_eq!(revisions(&ring.add(&[commit(2, small() / 2)])), [1]);
        let ring = Ring::new(at(0), small() + 100);
        ring.add(&[commit(1, 0)]);
        assert_eq!(revisions(&ring.add(&[commit(2, 200)])), [1, 2]);
        assert!(!ring.reaches(at(1)));
        ring.add(&[commit(3, 0)]);
        let read = ring.after(at(2), 9).unwrap();
        assert_eq!(revisions(&read), [3]);
    }

    #[test]
    fn a_ring_that_restarts_reaches_back_to_its_new_start_alone() {
        let ring = Ring::new(at(0), 9 * small());
        ring.add(&[commit(1, 0), commit(2, 0)]);
        assert_eq!(ring.restart(at(7)).len(), 2);
        assert!(!ring.reaches(at(2)));
        assert!(ring.reaches(at(7)));
        let elsewhere = Position {
            source: SourceId(2),
            revision: Revision(7),
        };
        assert!(!ring.reaches(elsewhere));
        assert_eq!(ring.after(elsewhere, 1), Err(OutOfReach));
    }
}

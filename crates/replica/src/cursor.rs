use std::sync::{Arc, Weak};

use keyfront_storage::{Commit, Position};
use tokio::sync::watch;

use crate::{Replica, Status};

/// The most commits that one step of a cursor returns, whatever it asks for: the ring is locked while
/// they are taken.
const MAX_COMMITS_PER_STEP: usize = 1024;

/// A place in a replica's ring of the last commits, from which a follower reads them at its own pace.
///
/// It holds no commit and keeps no replica alive, however slow it is. What it has not read when the
/// ring drops it is lost to it: see [`Lost`].
pub struct Cursor {
    replica: Weak<Replica>,
    status: watch::Receiver<Status>,
    position: Position,
}

/// Why a cursor reads no more commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The commits after the cursor's position are not in the ring: it has fallen behind, or the
    /// replica has loaded anew. Begin from a snapshot.
    #[error("the commits that follow are no longer kept")]
    Forgotten,
    /// All commits were read, and no more will come: the replica has ended.
    #[error("the replica has ended")]
    Ended,
}

impl Cursor {
    /// A cursor at a position that the replica's ring reaches.
    pub(crate) fn new(replica: &Arc<Replica>, position: Position) -> Self {
        Self {
            replica: Arc::downgrade(replica),
            status: replica.subscribe(),
            position,
        }
    }

    /// The position of the last commit that was read, or that at which the cursor was made.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The next commits, in order and without one missing: at least one, which is waited for, and at
    /// most `limit` (zero counts as one) or 1,024. If the future is dropped, the cursor has not moved.
    pub async fn next(&mut self, limit: usize) -> Result<Vec<Arc<Commit>>, Lost> {
        let limit = limit.clamp(1, MAX_COMMITS_PER_STEP);
        loop {
            // Taken before the ring is read, so that a commit added meanwhile is noticed.
            let ended = self.status.borrow_and_update().has_ended();
            let commits = self.read(limit)?;
            if let Some(last) = commits.last() {
                self.position.revision = last.revision;
                return Ok(commits);
            }
            if ended {
                return Err(Lost::Ended);
            }
            self.status.changed().await.map_err(|_| Lost::Ended)?;
        }
    }

    fn read(&self, limit: usize) -> Result<Vec<Arc<Commit>>, Lost> {
        let replica = self.replica.upgrade().ok_or(Lost::Ended)?;
        let commits = replica.ring().after(self.position, limit);
        commits.map_err(|_| Lost::Forgotten)
    }
}

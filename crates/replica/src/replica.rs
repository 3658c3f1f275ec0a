use std::convert::Infallible;
use std::sync::Arc;

use arc_swap::ArcSwap;
use keyfront_storage::{Commit, EngineError, Position, Revision, Source};
use tokio::sync::{oneshot, watch};

use crate::ring::Ring;
use crate::run::Run;
use crate::snapshot::{Diverged, Snapshot};
use crate::{Cursor, NotReached, Options, State, Status};

/// A copy of a source that follows it.
pub struct Replica {
    snapshot: ArcSwap<Snapshot>,
    status: watch::Sender<Status>,
    ring: Ring,
    /// Dropped with the replica, which ends the task that runs the source.
    _running: oneshot::Sender<Infallible>,
}

impl Replica {
    /// Loads everything, and begins to run the source for ever, in a task that ends with the replica.
    /// Returns when the load can be read.
    ///
    /// The first load must succeed. The error says why it did not, for the operator.
    pub async fn start(
        source: Arc<dyn Source>,
        options: Options,
    ) -> Result<Arc<Self>, EngineError> {
        let ring_bytes = options.ring_bytes;
        let run = Run::new(source, options)?;
        let (snapshot, stream) = run.first_load().await?;
        let position = snapshot.position();
        let (running, dropped) = oneshot::channel();
        let (status, _) = watch::channel(Status {
            position,
            state: State::Following,
        });
        let replica = Arc::new(Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            status,
            ring: Ring::new(position, ring_bytes),
            _running: running,
        });
        run.spawn(&replica, stream, dropped);
        Ok(replica)
    }

    /// What can be read now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// How far the replica has come, and whether it goes on.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Waits until a revision of the present source can be read. It waits for as long as the replica
    /// is behind, so the caller sets a deadline.
    ///
    /// If the replica loads from another source id meanwhile, revisions of the two can't be compared: the
    /// wait ends as [`NotReached::SourceChanged`], whether or not the commit is there. A revision that was
    /// learned some time ago is waited for with [`Self::reached_at`], which also notices that the source was
    /// replaced before the wait began.
    pub async fn reached(&self, revision: Revision) -> Result<(), NotReached> {
        let source = self.status.borrow().position.source;
        self.reached_at(Position { source, revision }).await
    }

    /// Waits until a revision of a named source can be read, as [`Self::reached`] does. A caller who waits
    /// for its own commit takes the source id from the snapshot on which it decided.
    pub async fn reached_at(&self, position: Position) -> Result<(), NotReached> {
        let mut status = self.subscribe();
        let decided = status.wait_for(|status| status.reached(position).is_some());
        let reached = decided
            .await
            .ok()
            .and_then(|status| status.reached(position));
        // The sender is a part of this replica, so that it is not dropped before the wait ends.
        reached.unwrap_or_else(|| Err(NotReached::Ended("the replica was dropped".to_owned())))
    }

    /// The answer of [`Self::reached_at`] if it need not wait.
    pub fn try_reached_at(&self, position: Position) -> Option<Result<(), NotReached>> {
        self.status.borrow().reached(position)
    }

    /// A cursor that reads the commits after a position from the ring of the last commits; `None` if
    /// the ring does not reach back to it, or the position is of another source. A follower then
    /// begins from a snapshot, at [`Snapshot::position`].
    ///
    /// A position ahead of this replica, as another node may have given it, is valid: the cursor waits for
    /// the commits after it.
    pub fn cursor(self: &Arc<Self>, after: Position) -> Option<Cursor> {
        self.ring.reaches(after).then(|| Cursor::new(self, after))
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    pub(crate) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// The newest revision that can be read.
    pub(crate) fn revision(&self) -> Revision {
        self.snapshot.load().revision()
    }

    /// How many entries commits change, most of them with a store that they fill or delete.
    pub(crate) fn entries_in(&self, commits: &[Arc<Commit>]) -> usize {
        let snapshot = self.snapshot.load();
        let entries = commits.iter().map(|commit| snapshot.entries_in(commit));
        entries.sum()
    }

    /// Applies commits that are newer than the snapshot, and publishes them together; if one does not
    /// fit, those before it.
    pub(crate) fn apply(
        &self,
        commits: &[Arc<Commit>],
        size: Size,
    ) -> (Replaced, Result<(), Diverged>) {
        let old = self.snapshot.load();
        let mut snapshot = Snapshot::clone(&old);
        let mut applied = commits;
        let outcome = apply_all(&mut snapshot, commits);
        if let Err((fitting, _)) = &outcome {
            applied = &commits[..*fitting];
            snapshot = Snapshot::clone(&old);
            // They fitted when they were applied just before.
            drop(apply_all(&mut snapshot, applied));
        }
        drop(old);
        if size == Size::Large {
            snapshot.renew_readers();
        }
        let revision = snapshot.revision();
        let snapshot = self.snapshot.swap(Arc::new(snapshot));
        let commits = self.ring.add(applied);
        self.status
            .send_modify(|status| status.position.revision = revision);
        (
            Replaced { snapshot, commits },
            outcome.map_err(|(_, diverged)| diverged),
        )
    }

    /// Publishes a new load in place of everything.
    pub(crate) fn replace(&self, snapshot: Snapshot) -> Replaced {
        let position = snapshot.position();
        let snapshot = self.snapshot.swap(Arc::new(snapshot));
        let commits = self.ring.restart(position);
        self.status.send_modify(|status| status.position = position);
        Replaced { snapshot, commits }
    }

    pub(crate) fn set_state(&self, state: State) {
        self.status.send_modify(|status| status.state = state);
    }
}

/// Whether so many entries change that the work is not done where requests are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Small,
    Large,
}

/// What a new snapshot has replaced, for the caller to drop where that holds no request up.
pub(crate) struct Replaced {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) commits: Vec<Arc<Commit>>,
}

/// If one does not fit, says how many before it did.
fn apply_all(snapshot: &mut Snapshot, commits: &[Arc<Commit>]) -> Result<(), (usize, Diverged)> {
    for (place, commit) in commits.iter().enumerate() {
        snapshot
            .apply(commit)
            .map_err(|diverged| (place, diverged))?;
    }
    Ok(())
}

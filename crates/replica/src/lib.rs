//! Everything that is read, in memory.
//!
//! A [`Replica`] loads what a [`Source`] holds, applies its commits in the order of their revisions,
//! and publishes each result as an immutable [`Snapshot`] that readers take without a lock. It knows
//! neither engines nor HTTP: a node that only reads is the same replica on another source.
//!
//! ```
//! use keyfront_replica::Replica;
//! use keyfront_storage::Source;
//! use keyfront_storage::sqlite::{Location, Retention, SqliteEngine};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let engine = SqliteEngine::open(&Location::Memory, Retention::default())?;
//! let replica = Replica::start(&engine).await?;
//! replica.reached(engine.current().await?).await?;
//! assert_eq!(replica.snapshot().store_count(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod snapshot;

use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use keyfront_storage::{Commit, EngineError, FollowError, Load, Revision, Source};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinError;

pub use snapshot::{Snapshot, StoreContents, Versioned};

/// So many entries are changed in a fraction of a millisecond, for which other requests may wait.
const SOON_DONE: usize = 500;

/// A copy of a source that follows it.
pub struct Replica {
    snapshot: ArcSwap<Snapshot>,
    progress: watch::Sender<Progress>,
}

/// How far a replica has come.
#[derive(Debug, Clone, Copy)]
struct Progress {
    applied: Revision,
    following: bool,
}

/// The replica no longer follows its source, so that what is waited for will never be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the replica no longer follows its source")]
pub struct Stopped;

impl Replica {
    /// Loads everything and begins to follow. Returns when the load can be read.
    pub async fn start(source: &dyn Source) -> Result<Arc<Self>, EngineError> {
        loop {
            let snapshot = read(source.load().await?).await?;
            match source.follow(snapshot.revision()).await {
                Ok(commits) => return Ok(Self::follow(snapshot, commits)),
                Err(FollowError::Gone(_)) => {}
                Err(FollowError::Engine(error)) => return Err(error),
            }
        }
    }

    /// What can be read now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Waits until everything up to a revision can be read.
    pub async fn reached(&self, revision: Revision) -> Result<(), Stopped> {
        let mut progress = self.progress.subscribe();
        let there = |progress: &Progress| progress.applied >= revision || !progress.following;
        match progress.wait_for(there).await {
            Ok(progress) if progress.applied >= revision => Ok(()),
            _ => Err(Stopped),
        }
    }

    /// Whether it still follows its source.
    pub fn is_following(&self) -> bool {
        self.progress.borrow().following
    }

    /// Commits are applied by a task, which takes its turn on the thread that a commit's author is
    /// about to wake on: no other thread has to be woken for it.
    fn follow(snapshot: Snapshot, commits: mpsc::UnboundedReceiver<Arc<Commit>>) -> Arc<Self> {
        let (progress, _) = watch::channel(Progress {
            applied: snapshot.revision(),
            following: true,
        });
        let replica = Arc::new(Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            progress,
        });
        let follower = Arc::downgrade(&replica);
        let following = tokio::spawn(keep_up(follower.clone(), commits));
        tokio::spawn(async move {
            match following.await.flatten() {
                // As at the end of a server; an engine that fails tells of it itself.
                Ok(()) => tracing::info!("the storage engine has ended"),
                Err(error) => tracing::error!(%error, "the replica has failed: restart the server"),
            }
            if let Some(replica) = follower.upgrade() {
                replica.give_up();
            }
        });
        replica
    }

    /// Applies commits and publishes them together. Many entries are a blocking thread's work, since
    /// no request should wait for it.
    async fn take(self: Arc<Self>, commits: Vec<Arc<Commit>>) -> Result<(), JoinError> {
        let snapshot = self.snapshot.load();
        let entries: usize = commits
            .iter()
            .map(|commit| snapshot.entries_in(commit))
            .sum();
        drop(snapshot);
        if entries > SOON_DONE {
            return tokio::task::spawn_blocking(move || self.apply(&commits)).await;
        }
        self.apply(&commits);
        Ok(())
    }

    /// Lets nobody wait any longer, however the following has ended.
    fn give_up(&self) {
        self.progress
            .send_modify(|progress| progress.following = false);
    }

    fn apply(&self, commits: &[Arc<Commit>]) {
        let mut snapshot = Snapshot::clone(&self.snapshot.load());
        for commit in commits {
            snapshot.apply(commit);
        }
        let revision = snapshot.revision();
        self.snapshot.store(Arc::new(snapshot));
        self.progress
            .send_modify(|progress| progress.applied = revision);
    }
}

/// Applies every commit as it comes, for as long as somebody has the replica and the source tells.
async fn keep_up(
    replica: Weak<Replica>,
    mut commits: mpsc::UnboundedReceiver<Arc<Commit>>,
) -> Result<(), JoinError> {
    loop {
        let mut waiting = Vec::new();
        if commits.recv_many(&mut waiting, usize::MAX).await == 0 {
            return Ok(());
        }
        let Some(replica) = replica.upgrade() else {
            return Ok(());
        };
        replica.take(waiting).await?;
    }
}

/// The snapshot that a load describes. A load that lacks something is none: it would be served as what
/// was acknowledged.
async fn read(mut load: Load) -> Result<Snapshot, EngineError> {
    let mut snapshot = Snapshot::empty(load.revision);
    while let Some(piece) = load.pieces.recv().await {
        snapshot.add(piece?);
    }
    snapshot.check_counts()?;
    Ok(snapshot)
}

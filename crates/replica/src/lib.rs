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

use std::sync::Arc;
use std::thread;

use arc_swap::ArcSwap;
use keyfront_storage::{Commit, EngineError, FollowError, Load, Revision, Source};
use tokio::sync::{mpsc, watch};

pub use snapshot::{Snapshot, StoreContents, Versioned};

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
                Ok(commits) => return Self::follow(snapshot, commits),
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

    /// Commits are applied by a thread of their own: one that fills a store takes tens of
    /// milliseconds, for which no request should wait.
    fn follow(
        snapshot: Snapshot,
        mut commits: mpsc::UnboundedReceiver<Arc<Commit>>,
    ) -> Result<Arc<Self>, EngineError> {
        let (progress, _) = watch::channel(Progress {
            applied: snapshot.revision(),
            following: true,
        });
        let replica = Arc::new(Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            progress,
        });
        let follower = Arc::downgrade(&replica);
        let work = move || {
            while let Some(commit) = commits.blocking_recv() {
                let Some(replica) = follower.upgrade() else {
                    return;
                };
                replica.apply(&commit, &mut commits);
            }
            if let Some(replica) = follower.upgrade() {
                tracing::error!("the storage engine no longer tells what changes");
                replica
                    .progress
                    .send_modify(|progress| progress.following = false);
            }
        };
        thread::Builder::new()
            .name("keyfront-replica".to_owned())
            .spawn(work)
            .map_err(|error| {
                EngineError(format!("the replica's thread can't be started: {error}"))
            })?;
        Ok(replica)
    }

    /// Applies a commit and all that wait behind it, and publishes them together.
    fn apply(&self, first: &Commit, more: &mut mpsc::UnboundedReceiver<Arc<Commit>>) {
        let mut snapshot = Snapshot::clone(&self.snapshot.load());
        snapshot.apply(first);
        while let Ok(next) = more.try_recv() {
            snapshot.apply(&next);
        }
        let revision = snapshot.revision();
        self.snapshot.store(Arc::new(snapshot));
        self.progress
            .send_modify(|progress| progress.applied = revision);
    }
}

/// The snapshot that a load describes.
async fn read(mut load: Load) -> Result<Snapshot, EngineError> {
    let mut snapshot = Snapshot::empty(load.revision);
    while let Some(piece) = load.pieces.recv().await {
        snapshot.add(piece?);
    }
    Ok(snapshot)
}

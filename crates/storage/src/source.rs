use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use keyfront_model::{ETag, Key, StoreId, Value};
use tokio::sync::mpsc;

use crate::{Commit, EngineError, Record, Revision};

/// Something whose commits can be followed: an engine, or the change stream of another node.
///
/// A reader loads once, and follows from there. It may learn that the source has forgotten the
/// commits after the last one it saw; then it loads anew.
pub trait Source: Send + Sync + 'static {
    /// Everything that is stored, as of one revision, and the commits after it. A reader says which
    /// contents it has already; those of the same ETag may be left out.
    ///
    /// The reader is subscribed to the commits before the load is read, so that joining the two needs
    /// no history. A slow reader of a load holds no writer up.
    fn load<'a>(&'a self, known: &'a Known) -> BoxFuture<'a, Result<Load, EngineError>>;

    /// The commits after a position, in order and without one missing.
    fn follow(&self, after: Position) -> BoxFuture<'_, Result<Commits, FollowEnd>>;

    /// The newest revision that a reader must have seen, so that what it reads is not stale. `None`
    /// where this process alone commits: then its replica holds all that was acknowledged.
    fn current(&self) -> BoxFuture<'_, Result<Option<Revision>, EngineError>>;
}

/// Names the order in which revisions are meant. Revisions are compared only under one source id. The
/// embedded engine has a new one for each process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceId(pub u128);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// How far a reader has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The source.
    pub source: SourceId,
    /// The newest revision that the reader has seen.
    pub revision: Revision,
}

/// The contents that a reader has already: each store with the ETag of its contents. An ETag is never
/// given twice, so that it says which contents they are.
pub type Known = HashMap<StoreId, ETag>;

/// The commits that a source makes, in order: each once, then the reason why there are no more. The
/// queue is bounded. An engine waits a moment for a follower that takes nothing, then ends it as
/// [`FollowEnd::Forgotten`].
pub type Commits = mpsc::Receiver<Result<Arc<Commit>, FollowEnd>>;

/// Why there are no more commits to follow.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FollowEnd {
    /// The source was closed.
    #[error("the source was closed")]
    Closed,
    /// The commits after the reader's position are no longer kept: load anew.
    #[error("the commits that follow are no longer kept")]
    Forgotten,
    /// The source can't be reached, or failed: follow again from the last commit that was applied.
    #[error("the source was interrupted: {0}")]
    Interrupted(EngineError),
}

/// The state of a source at one revision, piece by piece, and the commits after it.
pub struct Load {
    /// The position of the load.
    pub position: Position,
    /// How much of the source it is.
    pub scope: Scope,
    /// Every record once, and for each store with entries either the entries or that the reader has
    /// them, after the record of its contents. The sender ends when all was sent.
    pub pieces: mpsc::Receiver<Result<Piece, EngineError>>,
    /// The commits since. Those up to the position may be among the first, and are passed over.
    pub commits: Commits,
}

/// How much of a source a load or a reader has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything: the counters of every account agree with its stores.
    All,
    /// Some accounts or some stores, each store whole.
    Part,
}

/// A piece of a [`Load`].
#[derive(Debug)]
pub enum Piece {
    /// A record, and the revision of the commit that last wrote it.
    Record(Revision, Record),
    /// All entries of a store, ascending by the bytes of their keys.
    Entries(StoreId, Vec<(Key, Value)>),
    /// The reader has the entries of this store already.
    Kept(StoreId),
}

use std::sync::Arc;

use futures_util::future::BoxFuture;
use keyfront_model::{Key, StoreId, Value};
use tokio::sync::mpsc;

use crate::{Commit, Proposal, Record, Revision};

/// Something whose commits can be followed: an engine, or the change feed of another node.
pub trait Source: Send + Sync + 'static {
    /// Everything that is stored, as of one revision.
    fn load(&self) -> BoxFuture<'_, Result<Load, EngineError>>;

    /// Every commit after a revision, without a gap, for as long as the receiver is kept.
    fn follow(
        &self,
        after: Revision,
    ) -> BoxFuture<'_, Result<mpsc::UnboundedReceiver<Arc<Commit>>, FollowError>>;

    /// The revision of the newest commit that anyone has been told of. Whoever has applied it reads
    /// nothing that is stale.
    fn current(&self) -> BoxFuture<'_, Result<Revision, EngineError>>;
}

/// A source that can also be changed.
pub trait Engine: Source {
    /// Makes a change, and returns when it is durable.
    fn commit(&self, proposal: Proposal) -> BoxFuture<'_, Result<Revision, CommitError>>;

    /// Whether the engine still takes changes; if not, why, and what the operator can do.
    fn writable(&self) -> Result<(), EngineError>;

    /// Ends the engine in order. What is committed is durable without it; a start after it is
    /// quicker.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// The state of a source at one revision, piece by piece.
pub struct Load {
    /// The revision.
    pub revision: Revision,
    /// Every record once, then the entries of every store that has any.
    pub pieces: mpsc::Receiver<Result<Loaded, EngineError>>,
}

/// A piece of a [`Load`].
#[derive(Debug)]
pub enum Loaded {
    /// A record, and the revision of the commit that last wrote it.
    Record(Revision, Record),
    /// All entries of a store, ascending by the bytes of their keys.
    Entries(StoreId, Vec<(Key, Value)>),
}

/// Why an engine can't do its work. The text is for the operator.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub String);

/// Why a source can't be followed from a revision.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FollowError {
    /// The commits after it are no longer kept: load anew.
    #[error("the commits after revision {0} are no longer kept")]
    Gone(Revision),
    /// The source does not work.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Why a change was not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// A condition does not hold: decide anew, once this revision can be read.
    #[error("a record was changed at revision {0} or before")]
    Stale(Revision),
    /// The change was not written; another may be.
    #[error(transparent)]
    Failed(EngineError),
    /// The engine takes no more changes until it is restarted. Whether this change is found then
    /// is not known.
    #[error(transparent)]
    Stopped(EngineError),
}

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::{Commit, NodeId, Proposal, Revision, Source, Subject};

/// A source that can also be changed. On each node it has one reader, the replica, from which
/// everybody else is served.
pub trait Engine: Source {
    /// Makes a change, and returns when it is durable. A proposal that breaks the rules of
    /// [`Proposal::check`] is [`CommitError::NotWritten`].
    fn commit(&self, proposal: Proposal) -> BoxFuture<'_, Result<Revision, CommitError>>;

    /// The commits about a subject that are kept, newest first: at most `limit` of those before a
    /// revision, or of all.
    fn history(
        &self,
        subject: Subject,
        before: Option<Revision>,
        limit: usize,
    ) -> BoxFuture<'_, Result<HistoryPage, EngineError>>;

    /// The name of this node.
    fn node(&self) -> &NodeId;

    /// The nodes that live. A job of any other node is free. No wall clock is asked.
    fn living_nodes(&self) -> BoxFuture<'_, Result<HashSet<NodeId>, EngineError>>;

    /// Whether the engine still takes changes; if not, why, and what the operator can do.
    fn writable(&self) -> Result<(), EngineError>;

    /// Ends the engine in order. What is committed is durable without it; a start after it is
    /// quicker.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// A page of the history of a subject.
#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// The commits, newest first.
    pub commits: Vec<Arc<Commit>>,
    /// Whether older ones are kept.
    pub more: bool,
}

/// Why an engine can't do its work. The text is for the operator.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub String);

/// Why a proposal was not acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// A condition did not hold at this revision: decide anew on a snapshot that has it.
    #[error("a record was changed at revision {0} or before")]
    Stale(Revision),
    /// Too many proposals wait already. It was not written.
    #[error("too many changes are waiting to be written")]
    Busy,
    /// It was not written. Others may be.
    #[error(transparent)]
    NotWritten(EngineError),
    /// It is not known whether it was written, or still will be; the engine goes on.
    #[error("it is not known whether the change was written: {0}")]
    Unknown(EngineError),
    /// The engine takes no more changes until it is restarted. Whether this one is found then is not
    /// known.
    #[error(transparent)]
    Stopped(EngineError),
}

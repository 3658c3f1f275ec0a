use std::collections::HashSet;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::yield_now;

use super::behaviour::Fate;
use super::cluster::{Handle, Link, Shared};
use super::fault::Fault;
use super::follow::Follower;
use super::{isolated, load, lost};
use crate::{
    Change, CommitError, Commits, Engine, EngineError, FollowEnd, HistoryPage, Known, Load, NodeId,
    Position, Proposal, Revision, Source, Subject,
};

/// A node of a [`Cluster`](super::Cluster). Dropped without being closed, it dies.
pub struct DistantEngine {
    shared: Arc<Shared>,
    handle: Handle,
    node: NodeId,
}

impl DistantEngine {
    pub(super) fn new(shared: Arc<Shared>, handle: Handle, node: NodeId) -> Self {
        Self {
            shared,
            handle,
            node,
        }
    }

    /// Ends the node as if its process were killed. It no longer lives; its calls fail as stopped.
    pub fn kill(&self) {
        self.relink(Link::Killed);
    }

    /// Cuts the node off: its calls fail, its followers are interrupted, and it no longer counts as
    /// living.
    pub fn isolate(&self) {
        self.relink(Link::Isolated);
    }

    /// Ends [`Self::isolate`]. Has no effect on a node that has ended.
    pub fn rejoin(&self) {
        self.relink(Link::Up);
    }

    fn relink(&self, link: Link) {
        self.shared.state().relink(self.handle, link);
        self.shared.notify();
    }

    fn link(&self) -> Link {
        self.shared.state().link(self.handle)
    }

    /// Fails if the node has no connection to its cluster.
    fn reach(&self) -> Result<(), EngineError> {
        match self.link() {
            Link::Up => Ok(()),
            Link::Isolated => Err(isolated()),
            Link::Closed { .. } | Link::Killed => Err(ended()),
        }
    }

    async fn pause(&self) {
        self.shared.random.pause(&self.shared.behaviour).await;
    }

    async fn make(&self, proposal: Proposal) -> Result<Revision, CommitError> {
        self.may_write()?;
        if !self.shared.has(Fault::TakesMalformed)
            && let Err(malformed) = proposal.check()
        {
            return Err(CommitError::NotWritten(EngineError(malformed.to_string())));
        }
        let fate = self.shared.random.fate(&self.shared.behaviour);
        self.pause().await;
        match fate {
            Fate::Busy => return Err(CommitError::Busy),
            Fate::NotWritten => {
                return Err(CommitError::NotWritten(lost("the cluster has no leader")));
            }
            Fate::Lost => {}
            Fate::Late => self.write_late(proposal),
            Fate::Answered => return self.write(proposal).await,
            Fate::Unanswered => {
                let _ = self.write(proposal).await;
            }
        }
        self.pause().await;
        Err(CommitError::Unknown(lost("the answer did not come")))
    }

    /// Whether a proposal reaches the cluster.
    fn may_write(&self) -> Result<(), CommitError> {
        match self.link() {
            Link::Up => Ok(()),
            Link::Isolated => Err(CommitError::NotWritten(isolated())),
            Link::Closed { .. } | Link::Killed if self.shared.has(Fault::IgnoresClose) => Ok(()),
            Link::Closed { .. } | Link::Killed => Err(CommitError::Stopped(ended())),
        }
    }

    async fn write(&self, proposal: Proposal) -> Result<Revision, CommitError> {
        self.may_write()?;
        self.be_faulty(&proposal).await;
        let outcome = self.shared.write(proposal);
        self.pause().await;
        match self.link() {
            Link::Isolated => Err(CommitError::Unknown(isolated())),
            Link::Killed => Err(CommitError::Stopped(ended())),
            // What was written before the node was closed is acknowledged.
            Link::Up | Link::Closed { .. } => outcome.map_err(CommitError::Stale),
        }
    }

    /// Writes a proposal after its outcome was given up. It has left the node, so that the end of
    /// that one does not hold it back.
    fn write_late(&self, proposal: Proposal) {
        let shared = self.shared.clone();
        tokio::spawn(async move {
            for _ in 0..4 {
                shared.random.pause(&shared.behaviour).await;
            }
            let _ = shared.write(proposal);
        });
    }

    /// What the faults do before a proposal is written.
    async fn be_faulty(&self, proposal: &Proposal) {
        const LARGE: usize = 1000;
        if self.shared.has(Fault::TearsLargeCommits) {
            for change in &proposal.changes {
                if let Change::Entries { store, entries } = change
                    && entries.len() > LARGE
                {
                    self.shared.state().data.edit(*store, &entries[..LARGE]);
                    for _ in 0..100 {
                        yield_now().await;
                    }
                }
            }
        }
        if self.shared.has(Fault::WaitsForFollowers) {
            let mut changes = self.shared.changed.subscribe();
            loop {
                changes.mark_unchanged();
                let followed = self.shared.state().all_followed();
                if followed || changes.changed().await.is_err() {
                    return;
                }
            }
        }
    }
}

fn ended() -> EngineError {
    EngineError("the node has ended: start it again".to_owned())
}

impl Source for DistantEngine {
    fn load<'a>(&'a self, known: &'a Known) -> BoxFuture<'a, Result<Load, EngineError>> {
        async move {
            self.reach()?;
            self.pause().await;
            self.reach()?;
            load::begin(&self.shared, self.handle, known)
        }
        .boxed()
    }

    fn follow(&self, after: Position) -> BoxFuture<'_, Result<Commits, FollowEnd>> {
        async move {
            self.pause().await;
            match self.link() {
                Link::Up => {}
                Link::Isolated => return Err(FollowEnd::Interrupted(isolated())),
                Link::Closed { .. } | Link::Killed => return Err(FollowEnd::Closed),
            }
            if self
                .shared
                .random
                .happens(self.shared.behaviour.interrupted)
            {
                return Err(FollowEnd::Interrupted(lost("there was no connection")));
            }
            Follower::start(&self.shared, self.handle, after, None)
        }
        .boxed()
    }

    /// The revision of the newest commit, asked of the cluster after the call: linearizable.
    fn current(&self) -> BoxFuture<'_, Result<Option<Revision>, EngineError>> {
        async move {
            self.reach()?;
            self.pause().await;
            let head = self.shared.state().data.current();
            self.pause().await;
            self.reach()?;
            Ok(Some(head))
        }
        .boxed()
    }
}

impl Engine for DistantEngine {
    fn commit(&self, proposal: Proposal) -> BoxFuture<'_, Result<Revision, CommitError>> {
        self.make(proposal).boxed()
    }

    fn history(
        &self,
        subject: Subject,
        before: Option<Revision>,
        limit: usize,
    ) -> BoxFuture<'_, Result<HistoryPage, EngineError>> {
        async move {
            self.reach()?;
            self.pause().await;
            let state = self.shared.state();
            Ok(state.data.history.page(subject, before, limit))
        }
        .boxed()
    }

    fn node(&self) -> &NodeId {
        &self.node
    }

    fn living_nodes(&self) -> BoxFuture<'_, Result<HashSet<NodeId>, EngineError>> {
        async move {
            self.reach()?;
            self.pause().await;
            let mut living = self.shared.state().living_nodes();
            if self.shared.has(Fault::OwnNodeIsDead) {
                living.remove(&self.node);
            }
            Ok(living)
        }
        .boxed()
    }

    fn writable(&self) -> Result<(), EngineError> {
        self.reach()
    }

    /// Commits in flight are written or refused as stopped.
    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            self.pause().await;
            if self.shared.has(Fault::IgnoresClose) {
                return;
            }
            let mut state = self.shared.state();
            let head = state.data.head;
            state.relink(self.handle, Link::Closed { head });
            drop(state);
            self.shared.notify();
        }
        .boxed()
    }
}

impl Drop for DistantEngine {
    fn drop(&mut self) {
        self.kill();
    }
}

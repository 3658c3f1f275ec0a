use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::behaviour::{Behaviour, Random};
use super::data::Data;
use super::engine::DistantEngine;
use super::fault::Fault;
use crate::{EngineError, NodeId, Proposal, Record, Retention, Revision, SourceId};

/// What several nodes share: records, commits, history, and which nodes live. It lasts as long as
/// somebody has it, whatever becomes of its nodes.
#[derive(Clone)]
pub struct Cluster {
    shared: Arc<Shared>,
}

/// A copy of all that a cluster holds.
#[derive(Clone)]
pub struct Backup(Data);

impl Cluster {
    /// An empty cluster.
    pub fn new(behaviour: Behaviour, retention: Retention) -> Self {
        Self::with(behaviour, retention, None)
    }

    /// A cluster with a fault.
    pub fn with_fault(behaviour: Behaviour, retention: Retention, fault: Fault) -> Self {
        Self::with(behaviour, retention, Some(fault))
    }

    pub(super) fn with(behaviour: Behaviour, retention: Retention, fault: Option<Fault>) -> Self {
        let random = Random::new(behaviour.seed);
        let source = SourceId(random.bits());
        let (changed, _) = watch::channel(());
        let state = State {
            data: Data::new(source, retention, fault),
            links: BTreeMap::new(),
            nodes: BTreeMap::new(),
            followers: BTreeMap::new(),
            serial: 0,
        };
        Self {
            shared: Arc::new(Shared {
                behaviour,
                fault,
                random,
                state: Mutex::new(state),
                changed,
            }),
        }
    }

    /// Starts a node. Its name is refused if a node that lives has it.
    pub fn connect(&self, node: &str) -> Result<DistantEngine, EngineError> {
        let node = NodeId(node.to_owned());
        let handle = self.shared.state().connect(&node)?;
        Ok(DistantEngine::new(self.shared.clone(), handle, node))
    }

    /// Changes how much history is kept, from the next commit on.
    pub fn set_retention(&self, retention: Retention) {
        self.shared.state().data.history.set_retention(retention);
    }

    /// Forgets all commits that followers could be sent. The streams of those that have not seen
    /// the newest end as [`FollowEnd::Forgotten`](crate::FollowEnd::Forgotten). The history of the subjects stays.
    pub fn compact(&self) {
        self.shared.state().data.compact();
        self.shared.notify();
    }

    /// A copy of all that the cluster holds.
    pub fn backup(&self) -> Backup {
        Backup(self.shared.state().data.clone())
    }

    /// Puts a backup in the place of all that the cluster holds. The cluster is another source from
    /// then on, which gives revisions a second time.
    pub fn restore(&self, backup: &Backup) {
        let mut state = self.shared.state();
        state.data = backup.0.clone();
        state.data.source = SourceId(self.shared.random.bits());
        drop(state);
        self.shared.notify();
    }

    /// Writes a record without a commit, as somebody does who writes past Keyfront. Proposals on
    /// condition of the record are refused at a revision that does not explain the refusal.
    pub fn write_past(&self, record: Record) {
        self.shared.state().data.write_past(record);
    }

    /// How many followers there are, those of loads included.
    pub fn followers(&self) -> usize {
        self.shared.state().followers.len()
    }
}

/// Names one start of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Handle(u64);

/// What connects a node to its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// It works.
    Up,
    /// The node can't reach the cluster, and the others take it for dead.
    Isolated,
    /// The node was closed, when this was the newest commit.
    Closed {
        /// The revision of that commit.
        head: Revision,
    },
    /// The node is gone.
    Killed,
}

/// What the nodes of a cluster share.
pub(super) struct Shared {
    pub(super) behaviour: Behaviour,
    pub(super) random: Random,
    /// Notified of everything for which followers may wait: a commit, the end of a node, a restore.
    pub(super) changed: watch::Sender<()>,
    fault: Option<Fault>,
    state: Mutex<State>,
}

impl Shared {
    /// Whether a fault is planted.
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The state, locked. It is never held across an await.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn notify(&self) {
        self.changed.send_replace(());
    }

    /// Carries a proposal out, whatever became of the node that made it.
    pub(super) fn write(&self, proposal: Proposal) -> Result<Revision, Revision> {
        let gap = self.random.up_to(self.behaviour.revision_gap);
        let mut state = self.state();
        state.data.skip(gap);
        let outcome = state
            .data
            .commit(proposal, self.behaviour.followable_commits);
        drop(state);
        self.notify();
        outcome
    }
}

/// All that changes in a cluster.
pub(super) struct State {
    pub(super) data: Data,
    links: BTreeMap<Handle, Link>,
    nodes: BTreeMap<NodeId, Handle>,
    /// The newest revision that was sent to each follower.
    followers: BTreeMap<u64, Revision>,
    serial: u64,
}

impl State {
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn connect(&mut self, node: &NodeId) -> Result<Handle, EngineError> {
        if let Some(holder) = self.nodes.get(node)
            && self.link(*holder) == Link::Up
        {
            return Err(EngineError(format!(
                "a node named {node} lives already: give this one another name"
            )));
        }
        let handle = Handle(self.next_serial());
        self.links.insert(handle, Link::Up);
        self.nodes.insert(node.clone(), handle);
        Ok(handle)
    }

    pub(super) fn link(&self, handle: Handle) -> Link {
        self.links.get(&handle).copied().unwrap_or(Link::Killed)
    }

    /// Changes the link of a node that has not ended.
    pub(super) fn relink(&mut self, handle: Handle, link: Link) {
        if matches!(self.link(handle), Link::Up | Link::Isolated) {
            self.links.insert(handle, link);
            if matches!(link, Link::Closed { .. } | Link::Killed) {
                self.data.end();
            }
        }
    }

    /// The nodes that the cluster can reach.
    pub(super) fn living_nodes(&self) -> HashSet<NodeId> {
        let nodes = self.nodes.iter();
        let living = nodes.filter(|(_, handle)| self.link(**handle) == Link::Up);
        living.map(|(node, _)| node.clone()).collect()
    }

    pub(super) fn follow(&mut self, after: Revision) -> u64 {
        let id = self.next_serial();
        self.followers.insert(id, after);
        id
    }

    pub(super) fn followed(&mut self, id: u64, revision: Revision) {
        self.followers.insert(id, revision);
    }

    pub(super) fn unfollow(&mut self, id: u64) {
        self.followers.remove(&id);
    }

    /// Whether every follower was sent the newest commit.
    pub(super) fn all_followed(&self) -> bool {
        self.followers.values().all(|sent| *sent >= self.data.head)
    }
}

use std::iter;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};

use keyfront_model::StoreId;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use tokio::sync::{mpsc as channel, oneshot};

use super::failure::{self, Failure};
use super::folder::Folder;
use super::history::{self, History, Retention};
use super::{json, load, log};
use crate::{
    Change, Commit, CommitError, Condition, EngineError, EntryChange, FollowError, Load, Proposal,
    Record, RecordId, Revision,
};

/// What the writer is asked.
pub(super) enum Message {
    Commit(Box<Proposal>, Reply),
    Load(oneshot::Sender<Load>),
    Follow(
        Revision,
        oneshot::Sender<Result<channel::UnboundedReceiver<Arc<Commit>>, FollowError>>,
    ),
    Close(oneshot::Sender<()>),
}

/// What others may know of the writer without asking it.
#[derive(Default)]
pub(super) struct Shared {
    revision: AtomicU64,
    stopped: OnceLock<EngineError>,
}

impl Shared {
    pub(super) fn revision(&self) -> Revision {
        Revision(self.revision.load(Ordering::Acquire))
    }

    pub(super) fn stopped(&self) -> Option<EngineError> {
        self.stopped.get().cloned()
    }
}

type Outcome = Result<Revision, CommitError>;
type Reply = oneshot::Sender<Outcome>;

/// What one transaction has made durable, and the outcome of each proposal in it.
struct Written {
    commits: Vec<Commit>,
    outcomes: Vec<Outcome>,
}

/// The one thread that reads and writes the database.
pub(super) struct Writer {
    connection: Connection,
    /// Held for its lock, and let go after the connection.
    _folder: Option<Folder>,
    history: History,
    revision: Revision,
    followers: Vec<channel::UnboundedSender<Arc<Commit>>>,
    /// The records and entries that changed since the log's length was looked at.
    changed: usize,
    /// Whether another program kept the log from being copied, the last time.
    held_up: bool,
    shared: Arc<Shared>,
}

/// At most so many changes share a sync: enough to make the sync cheap, few enough that the first
/// of them does not wait long for the last.
const MOST_PER_SYNC: usize = 256;

/// The log is copied into the database when it has so many pages.
const CHECKPOINT_PAGES: i64 = 1000;

/// How long the log is, is looked at after so many changed records and entries: a look costs as much
/// as a change does.
const LOOK_EVERY: usize = 64;

impl Writer {
    pub(super) fn new(
        connection: Connection,
        folder: Option<Folder>,
        retention: Retention,
        shared: Arc<Shared>,
    ) -> Result<Self, EngineError> {
        let revision = history::newest(&connection).map_err(failure::opening)?;
        shared.revision.store(revision.0, Ordering::Release);
        Ok(Self {
            connection,
            _folder: folder,
            history: History::new(retention),
            revision,
            followers: Vec::new(),
            changed: 0,
            held_up: false,
            shared,
        })
    }

    /// Works until it is closed or nobody can ask any more.
    pub(super) fn run(mut self, inbox: &mpsc::Receiver<Message>) {
        while let Ok(first) = inbox.recv() {
            let mut batch = Vec::new();
            // Other questions wait for the batch before them, so that they see it.
            for message in iter::once(first).chain(inbox.try_iter()) {
                match message {
                    Message::Commit(proposal, reply) => batch.push((proposal, reply)),
                    Message::Load(reply) => {
                        self.write(std::mem::take(&mut batch));
                        self.load(reply);
                    }
                    Message::Follow(after, reply) => {
                        self.write(std::mem::take(&mut batch));
                        let _ = reply.send(self.follow(after));
                    }
                    Message::Close(reply) => {
                        self.write(batch);
                        self.checkpoint(0);
                        drop(self);
                        let _ = reply.send(());
                        return;
                    }
                }
                if batch.len() >= MOST_PER_SYNC {
                    break;
                }
            }
            self.write(batch);
            if self.changed >= LOOK_EVERY {
                self.changed = 0;
                self.checkpoint(CHECKPOINT_PAGES);
            }
        }
        self.checkpoint(0);
    }

    /// Writes a batch with one sync. If it can't be written, each change is tried alone, so that
    /// one that does not fit on the disk takes no other down. A locked database is locked for all.
    fn write(&mut self, batch: Vec<(Box<Proposal>, Reply)>) {
        if batch.is_empty() {
            return;
        }
        let (proposals, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let outcomes = match self.write_together(&proposals) {
            Ok(outcomes) => outcomes,
            Err(Failure::NotWritten(_)) if proposals.len() > 1 => proposals
                .chunks(1)
                .flat_map(|alone| {
                    self.write_together(alone)
                        .unwrap_or_else(|failure| vec![Err(failure.into())])
                })
                .collect(),
            Err(failure) => {
                let refusals = proposals.iter().map(|_| Err(failure.clone().into()));
                refusals.collect()
            }
        };
        for (reply, outcome) in replies.into_iter().zip(outcomes) {
            // The asker may have gone away; the change is made all the same.
            let _ = reply.send(outcome);
        }
    }

    /// The outcome of each proposal, once the disk has all of them; an error if it has none.
    fn write_together(&mut self, proposals: &[Box<Proposal>]) -> Result<Vec<Outcome>, Failure> {
        if let Some(error) = self.shared.stopped() {
            return Err(Failure::Stopped(error));
        }
        match self.transact(proposals) {
            Ok(written) => {
                self.publish(written.commits);
                Ok(written.outcomes)
            }
            Err(error) => {
                self.history.recount();
                Err(self.fail(&error, "a change could not be written"))
            }
        }
    }

    fn transact(&mut self, proposals: &[Box<Proposal>]) -> rusqlite::Result<Written> {
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut commits = Vec::with_capacity(proposals.len());
        let mut outcomes = Vec::with_capacity(proposals.len());
        let mut revision = self.revision;
        for proposal in proposals {
            if !all_hold(&transaction, &proposal.conditions)? {
                outcomes.push(Err(CommitError::Stale(revision)));
                continue;
            }
            revision = revision.next();
            for change in &proposal.changes {
                apply(&transaction, revision, change)?;
            }
            let commit = Commit {
                revision,
                author: proposal.author.clone(),
                at: proposal.at,
                changes: proposal.changes.clone(),
            };
            self.history.append(&transaction, &commit)?;
            commits.push(commit);
            outcomes.push(Ok(revision));
        }
        if let Some(last) = commits.last() {
            self.history.age(&transaction, last.at)?;
        }
        transaction.commit()?;
        Ok(Written { commits, outcomes })
    }

    fn publish(&mut self, commits: Vec<Commit>) {
        for commit in commits {
            self.revision = commit.revision;
            self.changed += commit.changes.iter().map(Change::size).sum::<usize>();
            self.shared
                .revision
                .store(commit.revision.0, Ordering::Release);
            let commit = Arc::new(commit);
            self.followers
                .retain(|follower| follower.send(commit.clone()).is_ok());
        }
    }

    fn fail(&mut self, error: &rusqlite::Error, what: &'static str) -> Failure {
        let failure = failure::classify(error);
        match &failure {
            Failure::Stopped(reason) => {
                tracing::error!(%reason, "the storage engine has stopped");
                // A second failure changes nothing: the first reason stays.
                let _ = self.shared.stopped.set(reason.clone());
            }
            Failure::NotWritten(reason) | Failure::Locked(reason) => {
                tracing::error!(%reason, "{what}");
            }
        }
        failure
    }

    /// Copies the log into the database when it has at least so many pages.
    fn checkpoint(&mut self, pages: i64) {
        if self.shared.stopped().is_some() {
            return;
        }
        match self.copy_log(pages) {
            Ok(held_up) => {
                if held_up && !self.held_up {
                    tracing::warn!(
                        "the log grows, since another program reads the database for long: stop that one"
                    );
                }
                self.held_up = held_up;
            }
            Err(error) => {
                self.fail(&error, "the log could not be copied into the database");
            }
        }
    }

    /// Whether another program keeps a part of the log from being copied.
    fn copy_log(&self, pages: i64) -> rusqlite::Result<bool> {
        if log::length(&self.connection)? < pages.max(1) {
            return Ok(false);
        }
        Ok(!log::copy(&self.connection)?.is_all())
    }

    fn follow(
        &mut self,
        after: Revision,
    ) -> Result<channel::UnboundedReceiver<Arc<Commit>>, FollowError> {
        let (follower, commits) = channel::unbounded_channel();
        if after != self.revision {
            let missed = history::since(&self.connection, after, self.revision)
                .map_err(failure::opening)?
                .ok_or(FollowError::Gone(after))?;
            for commit in missed {
                // The receiver is in this function.
                let _ = follower.send(Arc::new(commit));
            }
        }
        self.followers.push(follower);
        Ok(commits)
    }

    fn load(&self, reply: oneshot::Sender<Load>) {
        let (pieces, received) = channel::channel(64);
        let load = Load {
            revision: self.revision,
            pieces: received,
        };
        if reply.send(load).is_err() {
            return;
        }
        if let Err(error) = load::read_all(&self.connection, &pieces) {
            let _ = pieces.blocking_send(Err(failure::opening(error)));
        }
    }
}

fn all_hold(transaction: &Transaction<'_>, conditions: &[Condition]) -> rusqlite::Result<bool> {
    let mut revision_of =
        transaction.prepare_cached("SELECT revision FROM records WHERE id = ?")?;
    for condition in conditions {
        let found: Option<u64> = revision_of
            .query_row([condition.record.to_string()], |row| row.get(0))
            .optional()?;
        if found.map(Revision) != condition.revision {
            return Ok(false);
        }
    }
    Ok(true)
}

fn apply(
    transaction: &Transaction<'_>,
    revision: Revision,
    change: &Change,
) -> rusqlite::Result<()> {
    match change {
        Change::Put(record) => put(transaction, revision, record),
        Change::Delete(record) => delete(transaction, record),
        Change::Entries { store, entries } => change_entries(transaction, *store, entries),
    }
}

fn put(transaction: &Transaction<'_>, revision: Revision, record: &Record) -> rusqlite::Result<()> {
    let body = json::encode(record)?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO records (id, revision, body) VALUES (?, ?, ?)")?
        .execute(params![record.id().to_string(), revision.0, body])?;
    Ok(())
}

fn delete(transaction: &Transaction<'_>, record: &RecordId) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM records WHERE id = ?")?
        .execute([record.to_string()])?;
    if let RecordId::Contents(store) = record {
        transaction
            .prepare_cached("DELETE FROM entries WHERE store = ?")?
            .execute([*store.as_bytes()])?;
    }
    Ok(())
}

fn change_entries(
    transaction: &Transaction<'_>,
    store: StoreId,
    entries: &[EntryChange],
) -> rusqlite::Result<()> {
    let mut put = transaction
        .prepare_cached("INSERT OR REPLACE INTO entries (store, key, value) VALUES (?, ?, ?)")?;
    let mut remove =
        transaction.prepare_cached("DELETE FROM entries WHERE store = ? AND key = ?")?;
    for entry in entries {
        let key = entry.key.as_str();
        match &entry.after {
            Some(value) => put.execute(params![store.as_bytes(), key, value.as_str()])?,
            None => remove.execute(params![store.as_bytes(), key])?,
        };
    }
    Ok(())
}

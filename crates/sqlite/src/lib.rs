//! The embedded engine: SQLite in write-ahead mode, and one thread that writes.
//!
//! A commit is on disk before it is acknowledged (`synchronous=FULL`). Changes that arrive while
//! the disk syncs are written together with one sync (group commit). Loads and history are read by
//! other threads through connections of their own, so that no reader, however slow, holds the
//! writer up. `docs/design/storage.md` describes the tables.
//!
//! When the disk fails a sync, or answers with an error, the engine takes no more changes until it
//! is restarted: what a later sync of the same pages reports says nothing about them. The same goes for
//! a broken invariant: another program has written to the database, the folder was moved away, or a
//! change did not find what it was decided on. A full disk only fails the change that does not fit.
//!
//! ```
//! use keyfront_sqlite::{Location, SqliteEngine};
//! use keyfront_storage::{Engine, Known, Retention, Source};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let engine = SqliteEngine::open(&Location::Memory, Retention::default())?;
//! let mut load = engine.load(&Known::new()).await?;
//! assert!(load.pieces.recv().await.is_none(), "a new database is empty");
//! engine.close().await;
//! # Ok::<(), keyfront_storage::EngineError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
mod backup;
mod counts;
mod epoch;
mod failure;
mod folder;
mod followers;
mod history;
mod open;
mod queue;
mod reader;
mod reserve;
mod schema;
mod transaction;
mod wal;
mod writer;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use keyfront_storage::{
    CommitError, Commits, Engine, EngineError, FollowEnd, HistoryPage, Known, Load, NodeId,
    Position, Proposal, Retention, Revision, Source, SourceId, Subject,
};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

pub use backup::{back_up, restore};
pub use counts::{Counts, KeptHistory};
use reader::Reader;
use writer::{Message, Shared, Writer};

/// Where the database is kept.
#[derive(Debug, Clone)]
pub enum Location {
    /// In a folder, which is made if need be and belongs to one server at a time.
    Folder(PathBuf),
    /// In memory: gone with the process.
    Memory,
}

/// How many messages may wait for the writer. A proposal that finds the queue full is
/// [`CommitError::Busy`].
const INBOX_CAPACITY: usize = 4096;

/// The embedded engine. See the [crate](self).
pub struct SqliteEngine {
    inbox: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    reader: Reader,
    source: SourceId,
    node: NodeId,
}

impl SqliteEngine {
    /// Opens the database, migrates it if it is of an older format, and starts the writer.
    ///
    /// Fails with a text for the operator: the folder can't be written, belongs to a running
    /// server, was written by a newer Keyfront, or is damaged.
    pub fn open(location: &Location, retention: Retention) -> Result<Self, EngineError> {
        let opened = open::open(location)?;
        let source = SourceId(random()?);
        let shared = Arc::new(Shared::default());
        let (inbox, messages) = mpsc::channel(INBOX_CAPACITY);
        let reader = Reader::new(location, inbox.clone());
        let writer = Writer::new(opened, retention, shared.clone())?;
        thread::Builder::new()
            .name("keyfront-writer".to_owned())
            .spawn(move || writer.run(messages))
            .map_err(|error| thread_failed(&error))?;
        Ok(Self {
            inbox,
            shared,
            reader,
            source,
            // Each process is a node of its own: the jobs that a process left behind are free at once.
            node: NodeId(format!("{:032x}", random()?)),
        })
    }

    /// What the engine has counted. It is read without the writer.
    pub fn counts(&self) -> Counts {
        self.shared.counters.read()
    }

    /// Has every later sync observed: how long the writer's thread was in SQLite's COMMIT, which ends with the
    /// sync. The observer is called on that thread, and must return immediately. There is one observer:
    /// any after the first is ignored.
    pub fn observe_syncs(&self, observer: impl Fn(Duration) + Send + Sync + 'static) {
        // The first one stays.
        let _ = self.shared.counters.sync_observer.set(Box::new(observer));
    }

    /// Puts a question to the writer and waits for its answer; `None` if the writer is gone.
    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.send(message(reply)).ok()?;
        answer.await.ok()
    }

    fn send(&self, message: Message) -> Result<(), CommitError> {
        self.inbox.try_send(message).map_err(|error| match error {
            TrySendError::Full(_) => CommitError::Busy,
            TrySendError::Closed(_) => CommitError::Stopped(ended()),
        })
    }

    async fn commit_now(&self, proposal: Proposal) -> Result<Revision, CommitError> {
        proposal
            .check()
            .map_err(|malformed| CommitError::NotWritten(EngineError(malformed.to_string())))?;
        self.reader
            .count_without_load()
            .map_err(CommitError::NotWritten)?;
        let (reply, outcome) = oneshot::channel();
        self.send(Message::Commit(Box::new(proposal), reply))?;
        outcome.await.unwrap_or(Err(CommitError::Stopped(ended())))
    }

    async fn load_now(&self, known: &Known) -> Result<Load, EngineError> {
        let subscribed = self.ask(Message::Subscribe).await.ok_or_else(ended)?;
        self.reader.load(self.source, subscribed, known).await
    }

    async fn follow_now(&self, after: Position) -> Result<Commits, FollowEnd> {
        if after.source != self.source {
            return Err(FollowEnd::Forgotten);
        }
        let subscribed = self
            .ask(Message::Subscribe)
            .await
            .ok_or(FollowEnd::Closed)?;
        self.reader.resume(after.revision, subscribed).await
    }
}

fn random() -> Result<u128, EngineError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        EngineError(format!(
            "the system has no generator of random bits ({error})"
        ))
    })?;
    Ok(u128::from_ne_bytes(bytes))
}

fn ended() -> EngineError {
    EngineError("the storage engine has ended; restart the server".to_owned())
}

fn thread_failed(error: &std::io::Error) -> EngineError {
    EngineError(format!(
        "a thread of the storage engine can't be started ({error}): raise the limit of threads"
    ))
}

impl Source for SqliteEngine {
    fn load<'a>(&'a self, known: &'a Known) -> BoxFuture<'a, Result<Load, EngineError>> {
        self.load_now(known).boxed()
    }

    fn follow(&self, after: Position) -> BoxFuture<'_, Result<Commits, FollowEnd>> {
        self.follow_now(after).boxed()
    }

    fn current(&self) -> BoxFuture<'_, Result<Option<Revision>, EngineError>> {
        // This process alone commits, and acknowledges after its replica has applied.
        async { Ok(None) }.boxed()
    }
}

impl Engine for SqliteEngine {
    fn commit(&self, proposal: Proposal) -> BoxFuture<'_, Result<Revision, CommitError>> {
        self.commit_now(proposal).boxed()
    }

    fn history(
        &self,
        subject: Subject,
        before: Option<Revision>,
        limit: usize,
    ) -> BoxFuture<'_, Result<HistoryPage, EngineError>> {
        self.reader.history(subject, before, limit).boxed()
    }

    fn node(&self) -> &NodeId {
        &self.node
    }

    fn living_nodes(&self) -> BoxFuture<'_, Result<HashSet<NodeId>, EngineError>> {
        async { Ok(HashSet::from([self.node.clone()])) }.boxed()
    }

    fn writable(&self) -> Result<(), EngineError> {
        self.shared.writable()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async {
            // The queue may be full for a moment. It empties, or the writer is gone.
            loop {
                let (reply, closed) = oneshot::channel();
                match self.send(Message::Close(reply)) {
                    Err(CommitError::Busy) => tokio::task::yield_now().await,
                    Err(_) => return,
                    Ok(()) => return closed.await.unwrap_or(()),
                }
            }
        }
        .boxed()
    }
}

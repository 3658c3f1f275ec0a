//! The embedded engine: SQLite in write-ahead mode, one thread that writes.
//!
//! A commit is on disk before it is acknowledged (`synchronous=FULL`). Changes that arrive while
//! the disk syncs are written together with one sync (group commit). Nothing is read from it but at
//! the start, and when a follower resumes.
//!
//! When the disk fails a sync, or answers with an error, the engine takes no more changes until it
//! is restarted: what a later sync of the same pages reports says nothing about them. The start
//! copies all that the log holds into the database, which writes it anew. A full disk only fails the
//! change that does not fit.

mod failure;
mod folder;
mod history;
mod json;
mod load;
mod log;
mod schema;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, MAIN_DB};
use tokio::sync::oneshot;

pub use history::Retention;

use crate::{
    Commit, CommitError, Engine, EngineError, FollowError, Load, Proposal, Revision, Source,
};
use folder::Folder;
use writer::{Message, Shared, Writer};

/// Where the database lies.
#[derive(Debug, Clone)]
pub enum Location {
    /// In a folder, which is made if need be and belongs to one server at a time.
    Folder(PathBuf),
    /// In memory: gone with the process.
    Memory,
}

/// The embedded engine. See the [module](self).
pub struct SqliteEngine {
    messages: mpsc::Sender<Message>,
    shared: Arc<Shared>,
}

impl SqliteEngine {
    /// Opens the database, migrates it if it is of an older format, and starts the writer.
    ///
    /// Fails with a text for the operator: the folder can't be written, belongs to a running
    /// server, or was written by a newer Keyfront.
    pub fn open(location: &Location, retention: Retention) -> Result<Self, EngineError> {
        let (folder, connection) = match location {
            Location::Folder(path) => {
                let folder = Folder::take(path)?;
                let connection = open_file(&folder.database())?;
                (Some(folder), connection)
            }
            Location::Memory => (
                None,
                Connection::open_in_memory().map_err(failure::opening)?,
            ),
        };
        schema::prepare(&connection, &schema::MIGRATIONS)?;
        let shared = Arc::new(Shared::default());
        let (messages, inbox) = mpsc::channel();
        let writer = Writer::new(connection, folder, retention, shared.clone())?;
        thread::Builder::new()
            .name("keyfront-writer".to_owned())
            .spawn(move || writer.run(&inbox))
            .map_err(|error| {
                EngineError(format!("the writer's thread can't be started: {error}"))
            })?;
        Ok(Self { messages, shared })
    }

    /// Puts a question to the writer and waits for its answer; none if the writer is gone.
    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.messages.send(message(reply)).ok()?;
        answer.await.ok()
    }
}

fn gone() -> EngineError {
    EngineError("the storage engine has ended; restart the server".to_owned())
}

fn open_file(path: &Path) -> Result<Connection, EngineError> {
    refuse_orphaned_log(path)?;
    let connection = Connection::open(path).map_err(failure::opening)?;
    if connection.is_readonly(MAIN_DB).map_err(failure::opening)? {
        return Err(failure::read_only());
    }
    schema::make_durable(&connection).map_err(failure::opening)?;
    log::copy_all(&connection)?;
    Ok(connection)
}

/// SQLite would begin a new database, and write over the log that belongs to the lost one.
fn refuse_orphaned_log(path: &Path) -> Result<(), EngineError> {
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if bytes(path) == 0 && bytes(Path::new(&log)) > 0 {
        return Err(EngineError(format!(
            "{} is missing or empty, but its log is there: restore the database from a backup, or \
             move the log away to begin anew; nothing was changed",
            path.display()
        )));
    }
    Ok(())
}

impl Source for SqliteEngine {
    fn load(&self) -> BoxFuture<'_, Result<Load, EngineError>> {
        async { self.ask(Message::Load).await.ok_or_else(gone) }.boxed()
    }

    fn follow(
        &self,
        after: Revision,
    ) -> BoxFuture<'_, Result<tokio::sync::mpsc::UnboundedReceiver<Arc<Commit>>, FollowError>> {
        async move {
            let answer = self.ask(|reply| Message::Follow(after, reply)).await;
            answer.ok_or_else(gone)?
        }
        .boxed()
    }

    fn current(&self) -> BoxFuture<'_, Result<Revision, EngineError>> {
        async { Ok(self.shared.revision()) }.boxed()
    }
}

impl Engine for SqliteEngine {
    fn commit(&self, proposal: Proposal) -> BoxFuture<'_, Result<Revision, CommitError>> {
        async move {
            let answer = self
                .ask(|reply| Message::Commit(Box::new(proposal), reply))
                .await;
            answer.ok_or_else(|| CommitError::Stopped(gone()))?
        }
        .boxed()
    }

    fn writable(&self) -> Result<(), EngineError> {
        match self.shared.stopped() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async { self.ask(Message::Close).await.unwrap_or(()) }.boxed()
    }
}

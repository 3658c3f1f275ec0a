//! Everything that is read from the database while it is written: each reader has a thread and a
//! connection of its own, or in memory a copy.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use keyfront_model::{Key, StoreId, Value};
use keyfront_storage::format::{FormatError, decode_commit, decode_record};
use keyfront_storage::{
    Commit, Commits, EngineError, FollowEnd, HistoryPage, Known, Load, Piece, Position, Record,
    Revision, Scope, SourceId, Subject,
};
use rusqlite::types::Type;
use rusqlite::{Connection, OpenFlags, Statement, params};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::history::{self, SubjectColumn};
use crate::queue::{self, Sent};
use crate::writer::Message;
use crate::{Location, ended, failure, folder, thread_failed};

/// Where readers get their connections.
pub(crate) struct Reader {
    database: Database,
    /// The concurrency limit of readers of history.
    history: Semaphore,
    count: Arc<Count>,
}

#[derive(Clone)]
enum Database {
    File(PathBuf),
    /// The writer is asked for a copy: a second connection to its memory would lock it out.
    Memory(mpsc::Sender<Message>),
}

/// What the writer answers to a subscriber.
pub(crate) struct Subscribed {
    /// The newest commit when the subscription began.
    pub(crate) revision: Revision,
    /// The commits after it.
    pub(crate) commits: Commits,
}

/// How many pieces of a load may wait for its reader.
const LOAD_QUEUE_CAPACITY: usize = 64;

/// How long a load waits for a reader with a full queue. The WAL can not be emptied meanwhile.
const LOAD_READER_DEADLINE: Duration = Duration::from_secs(30);

/// How many readers of history there may be at a time. Others wait.
const HISTORY_CONCURRENCY: usize = 4;

/// How many pages a load caches: a larger cache would lie between what is loaded, and leave holes in
/// the memory there.
const LOAD_CACHE_PAGES: i64 = 16;

impl Reader {
    pub(crate) fn new(location: &Location, inbox: mpsc::Sender<Message>) -> Self {
        let database = match location {
            Location::Folder(folder) => Database::File(folder::database_in(folder)),
            Location::Memory => Database::Memory(inbox.clone()),
        };
        Self {
            database: database.clone(),
            history: Semaphore::new(HISTORY_CONCURRENCY),
            count: Arc::new(Count {
                is_begun: AtomicBool::new(false),
                database,
                inbox,
            }),
        }
    }

    /// Has the history counted if nothing was loaded yet. Should that fail to begin, the next call tries again.
    pub(crate) fn count_without_load(&self) -> Result<(), EngineError> {
        if !self.count.begin() {
            return Ok(());
        }
        let count = self.count.clone();
        let begun = spawn("keyfront-count", move || count.run());
        if begun.is_err() {
            self.count.is_begun.store(false, Ordering::Relaxed);
        }
        begun
    }

    /// Everything, and the commits since.
    pub(crate) async fn load(
        &self,
        source: SourceId,
        subscribed: Subscribed,
        known: &Known,
    ) -> Result<Load, EngineError> {
        let (database, known) = (self.database.clone(), known.clone());
        let count = self.count.clone();
        let (pieces, received) = mpsc::channel(LOAD_QUEUE_CAPACITY);
        let (begun, beginning) = oneshot::channel();
        spawn("keyfront-load", move || {
            let loading = database.connect().and_then(|connection| {
                connection
                    .pragma_update(None, "cache_size", LOAD_CACHE_PAGES)
                    .map_err(failure::opening)?;
                load(&connection, &known, begun, &pieces)
            });
            if let Err(error) = loading {
                let _ = send(&pieces, Err(error));
            }
            let counts = count.begin();
            // This ends the load for its reader, who does not wait for the count.
            drop(pieces);
            if counts {
                count.run();
            }
        })?;
        let mut received = received;
        let revision = match beginning.await {
            Ok(revision) => revision,
            // It ended before it began, and says why.
            Err(_) => {
                return Err(match received.recv().await {
                    Some(Err(error)) => error,
                    _ => ended(),
                });
            }
        };
        Ok(Load {
            position: Position { source, revision },
            scope: Scope::All,
            pieces: received,
            commits: subscribed.commits,
        })
    }

    /// The commits after a revision: those that were missed from the history, then those that come.
    pub(crate) async fn resume(
        &self,
        after: Revision,
        subscribed: Subscribed,
    ) -> Result<Commits, FollowEnd> {
        if after == subscribed.revision {
            return Ok(subscribed.commits);
        }
        let missed = subscribed.revision.0.checked_sub(after.0);
        let missed = missed.ok_or(FollowEnd::Forgotten)?;
        let database = self.database.clone();
        let (queue, commits) = mpsc::channel(LOAD_QUEUE_CAPACITY);
        let (begun, beginning) = oneshot::channel();
        let up_to = subscribed.revision;
        spawn("keyfront-resume", move || {
            let found = database.connect().and_then(|connection| {
                count_between(&connection, after, up_to).map(|n| (connection, n))
            });
            let (connection, found) = match found {
                Ok(found) => found,
                Err(error) => return drop(begun.send(Err(FollowEnd::Interrupted(error)))),
            };
            // The revisions of this engine have no gaps.
            if found < missed {
                return drop(begun.send(Err(FollowEnd::Forgotten)));
            }
            if begun.send(Ok(())).is_ok() {
                relay(&connection, after, up_to, subscribed.commits, &queue);
            }
        })
        .map_err(FollowEnd::Interrupted)?;
        beginning.await.unwrap_or(Err(FollowEnd::Closed))?;
        Ok(commits)
    }

    /// The commits of a subject, newest first.
    pub(crate) async fn history(
        &self,
        subject: Subject,
        before: Option<Revision>,
        limit: usize,
    ) -> Result<HistoryPage, EngineError> {
        // The semaphore is never closed.
        let _place = self.history.acquire().await.ok();
        let database = self.database.clone();
        let (reply, page) = oneshot::channel();
        spawn("keyfront-history", move || {
            let read = database
                .connect()
                .and_then(|connection| page_of(&connection, subject, before, limit));
            let _ = reply.send(read);
        })?;
        page.await.unwrap_or_else(|_| Err(ended()))
    }
}

/// The count of what is kept of the history at the start. It is made once: after the first load, since both at a time
/// would hold the start up, or with the first change if that comes before.
struct Count {
    is_begun: AtomicBool,
    database: Database,
    inbox: mpsc::Sender<Message>,
}

impl Count {
    /// Whether the caller is to run it: the first who asks.
    fn begin(&self) -> bool {
        !self.is_begun.swap(true, Ordering::Relaxed)
    }

    /// Counts, and reports it to the writer. Only a file has a history at the start.
    fn run(&self) {
        let counted = match &self.database {
            Database::File(path) => {
                open_file(path).and_then(|connection| history::count_all(&connection))
            }
            Database::Memory(_) => Ok(Vec::new()),
        };
        match counted {
            // The writer may have ended.
            Ok(counted) => drop(self.inbox.blocking_send(Message::Counted(counted))),
            Err(error) => tracing::warn!(
                %error, "the history could not be counted: the bound for accounts does not hold"
            ),
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), EngineError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|error| thread_failed(&error))
}

impl Database {
    fn connect(&self) -> Result<Connection, EngineError> {
        match self {
            Self::File(path) => open_file(path).map_err(failure::opening),
            Self::Memory(inbox) => {
                let (reply, copy) = oneshot::channel();
                inbox
                    .blocking_send(Message::Copy(reply))
                    .map_err(|_| ended())?;
                copy.blocking_recv().map_err(|_| ended())?
            }
        }
    }
}

fn open_file(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    Ok(connection)
}

type Pieces = mpsc::Sender<Result<Piece, EngineError>>;

const SELECT_ENTRIES: &str = "SELECT key, value FROM entries WHERE store = ? ORDER BY key";

/// Reads everything within one transaction, so that it is of one revision.
fn load(
    connection: &Connection,
    known: &Known,
    begun: oneshot::Sender<Revision>,
    pieces: &Pieces,
) -> Result<(), EngineError> {
    let transaction = connection
        .unchecked_transaction()
        .map_err(failure::opening)?;
    let revision = history::newest(&transaction).map_err(failure::opening)?;
    if begun.send(revision).is_err() {
        return Ok(());
    }
    let mut stores = Vec::new();
    let mut statement = transaction
        .prepare("SELECT id, revision, body FROM records")
        .map_err(failure::opening)?;
    let mut rows = statement.query([]).map_err(failure::opening)?;
    while let Some(row) = rows.next().map_err(failure::opening)? {
        let (revision, record) = read_record(row)?;
        if let Record::Contents(contents) = &record {
            stores.push((contents.store, contents.etag, contents.items));
        }
        if !send(pieces, Ok(Piece::Record(revision, record))) {
            return Ok(());
        }
    }
    // Not taken from the connection's cache, which clears the parameter after each use: SQLite then prepares this
    // statement anew.
    let mut entries = transaction
        .prepare(SELECT_ENTRIES)
        .map_err(failure::opening)?;
    for (store, etag, items) in stores {
        let piece = if known.get(&store) == Some(&etag) {
            Piece::Kept(store)
        } else {
            Piece::Entries(
                store,
                read_entries(&mut entries, store, items).map_err(failure::opening)?,
            )
        };
        if !send(pieces, Ok(piece)) {
            return Ok(());
        }
    }
    Ok(())
}

fn read_record(row: &rusqlite::Row<'_>) -> Result<(Revision, Record), EngineError> {
    let read = || Ok((Revision(row.get(1)?), row.get_ref(2)?.as_str()?));
    let (revision, body): (Revision, &str) =
        read().map_err(|error: rusqlite::Error| failure::opening(error))?;
    let record = decode_record(body).map_err(|error| unreadable(&row.get(0), &error))?;
    Ok((revision, record))
}

fn unreadable(id: &rusqlite::Result<String>, error: &FormatError) -> EngineError {
    let id = id.as_deref().unwrap_or("without an id");
    EngineError(format!(
        "the record {id} can't be read ({error}): restore the database from a backup"
    ))
}

/// Reads the entries of a store with [`SELECT_ENTRIES`].
fn read_entries(
    statement: &mut Statement<'_>,
    store: StoreId,
    items: u64,
) -> rusqlite::Result<Vec<(Key, Value)>> {
    let mut rows = statement.query([store.as_bytes()])?;
    // The reader of the load checks the number; here it only sizes the buffer.
    let mut entries = Vec::with_capacity(usize::try_from(items).unwrap_or(0).min(1 << 16));
    while let Some(row) = rows.next()? {
        let key = Key::new(row.get_ref(0)?.as_str()?).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into())
        })?;
        entries.push((key, Value::new(row.get_ref(1)?.as_str()?)));
    }
    Ok(entries)
}

/// Sends a piece. Whether the reader still wants more: it may have gone away, or stopped.
fn send(pieces: &Pieces, piece: Result<Piece, EngineError>) -> bool {
    match queue::send_within(pieces, piece, LOAD_READER_DEADLINE) {
        Sent::Yes => true,
        Sent::Gone => false,
        Sent::TooSlow => {
            tracing::warn!("a load was given up, because its reader takes nothing");
            false
        }
    }
}

fn count_between(
    connection: &Connection,
    after: Revision,
    up_to: Revision,
) -> Result<u64, EngineError> {
    connection
        .query_row(
            "SELECT count(*) FROM commits WHERE revision > ? AND revision <= ? AND body IS NOT NULL",
            [after.0, up_to.0],
            |row| row.get(0),
        )
        .map_err(failure::opening)
}

/// Passes on the commits that were missed, and then those that come. Runs as long as they come.
fn relay(
    connection: &Connection,
    after: Revision,
    up_to: Revision,
    mut coming: Commits,
    queue: &mpsc::Sender<Result<Arc<Commit>, FollowEnd>>,
) {
    if let Err(end) = relay_missed(connection, after, up_to, queue) {
        let _ = queue.blocking_send(Err(end));
        return;
    }
    while let Some(commit) = coming.blocking_recv() {
        if queue.blocking_send(commit).is_err() {
            return;
        }
    }
}

fn relay_missed(
    connection: &Connection,
    after: Revision,
    up_to: Revision,
    queue: &mpsc::Sender<Result<Arc<Commit>, FollowEnd>>,
) -> Result<(), FollowEnd> {
    let mut next = after;
    while next < up_to {
        let commit: Option<String> = connection
            .prepare_cached("SELECT body FROM commits WHERE revision = ?")
            .and_then(|mut statement| statement.query_row([next.0 + 1], |row| row.get(0)))
            // It may have been removed since it was counted.
            .map_err(|_| FollowEnd::Forgotten)?;
        let commit = decode_commit(&commit.ok_or(FollowEnd::Forgotten)?)
            .map_err(|error| FollowEnd::Interrupted(EngineError(error.to_string())))?;
        next = commit.revision;
        if queue.blocking_send(Ok(Arc::new(commit))).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// History ends with its subject: what precedes a delete is about to be removed.
fn page_of(
    connection: &Connection,
    subject: Subject,
    before: Option<Revision>,
    limit: usize,
) -> Result<HistoryPage, EngineError> {
    let read = || -> rusqlite::Result<Vec<(u64, String)>> {
        let mut statement = connection.prepare(
            "SELECT revision, body FROM commits
             WHERE subject = ?1 AND revision < ?2 AND body IS NOT NULL
             AND revision >= coalesce((SELECT before FROM removals WHERE subject = ?1), 0)
             ORDER BY revision DESC LIMIT ?3",
        )?;
        let before = before.map_or(i64::MAX, |before| {
            i64::try_from(before.0).unwrap_or(i64::MAX)
        });
        let limit = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        statement
            .query_map(params![SubjectColumn(subject), before, limit], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect()
    };
    let mut rows = read().map_err(failure::opening)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let commit = |(revision, body): &(u64, String)| match decode_commit(body) {
        Ok(commit) => Ok(Arc::new(commit)),
        Err(error) => Err(EngineError(format!(
            "the commit {revision} of the history can't be read: {error}"
        ))),
    };
    let commits = rows.iter().map(commit).collect::<Result<_, _>>()?;
    Ok(HistoryPage { commits, more })
}

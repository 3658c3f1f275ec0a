use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use keyfront_storage::{
    Change, Commit, CommitError, Condition, EngineError, Proposal, Retention, Revision, Subject,
};
use rusqlite::Connection;
use rusqlite::backup::Backup;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};

use crate::apply::{self, WriteError};
use crate::counts::Counters;
use crate::failure::{self, Failure};
use crate::followers::Followers;
use crate::history::{self, History, Kept};
use crate::open::{Files, Opened};
use crate::reader::Subscribed;
use crate::transaction::Transaction;
use crate::{ended, epoch, queue, schema, wal};

/// What the writer is asked.
pub(crate) enum Message {
    Commit(Box<Proposal>, Reply),
    Subscribe(oneshot::Sender<Subscribed>),
    /// For a copy of a database in memory.
    Copy(oneshot::Sender<Result<Connection, EngineError>>),
    /// What is kept of each subject's history, counted since the start.
    Counted(Vec<(Subject, Kept)>),
    Close(oneshot::Sender<()>),
}

/// What others may know of the writer without asking it.
#[derive(Default)]
pub(crate) struct Shared {
    stopped: OnceLock<EngineError>,
    /// Why the last change was not written; `None` if it was.
    failed: Mutex<Option<EngineError>>,
    pub(crate) counters: Counters,
}

impl Shared {
    /// Whether changes are written: the last one was, and the next one will be tried.
    pub(crate) fn writable(&self) -> Result<(), EngineError> {
        if let Some(error) = self.stopped.get() {
            return Err(error.clone());
        }
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.clone().map_or(Ok(()), Err)
    }

    fn note(&self, failed: Option<EngineError>) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }
}

type Outcome = Result<Revision, CommitError>;
type Reply = oneshot::Sender<Outcome>;

/// A proposal that waits to be written.
struct Pending {
    commit: Arc<Commit>,
    conditions: Vec<Condition>,
    snapshot: Revision,
}

impl From<Proposal> for Pending {
    fn from(mut proposal: Proposal) -> Self {
        Self {
            conditions: std::mem::take(&mut proposal.conditions),
            snapshot: proposal.snapshot,
            // Its revision is known when it is written.
            commit: Arc::new(proposal.into_commit(Revision::default())),
        }
    }
}

/// The one thread that writes the database.
pub(crate) struct Writer {
    connection: Connection,
    files: Option<Files>,
    history: History,
    revision: Revision,
    followers: Followers,
    /// Tells whether another program has written to the database.
    data_version: i64,
    /// When the history last looked at the time.
    last_tick: Instant,
    /// How many records and entries changed since the WAL's length was looked at.
    changed: usize,
    /// Whether the next transaction begins a new WAL, and so a new epoch.
    begins_wal: bool,
    /// Whether another program kept the WAL from being copied, the last time.
    was_held_up: bool,
    /// When a step of the background removal may be tried again after one that failed.
    removal_retry: Option<Instant>,
    /// How many batches were written since the last step of the background removal.
    batches_since_removal: usize,
    /// How many records and entries were changed that no step of the background removal has followed.
    changes_since_removal: usize,
    /// Whether the disk had no room for the last change.
    is_full: bool,
    shared: Arc<Shared>,
}

/// How many proposals share a sync, at most: enough to make the sync cheap, few enough that the first
/// of them does not wait long for the last.
const MAX_BATCH: usize = 256;

/// How many prepared statements are kept: more than the writer has.
const PREPARED_STATEMENTS: usize = 64;

/// How long a WAL may be, in pages, before it is copied into the database.
const CHECKPOINT_PAGES: i64 = 1000;

/// After how many changed records and entries the WAL's length is looked at: a look costs as much as a
/// change does.
const CHANGES_PER_LOOK: usize = 64;

/// How many batches are written between two steps of the background removal, while there is no
/// pause.
const BATCHES_PER_REMOVAL: usize = 8;

/// For how many changed records and entries there is a step of the background removal. A step removes more
/// than that, so that what is created and deleted without an end does not pile up.
const CHANGES_PER_REMOVAL: usize = 500;

/// How many changed records and entries the background removal may be behind. A change waits for one of its
/// steps at most until then, and for as many as it takes from then on.
const MAX_CHANGES_BEHIND: usize = 20_000;

/// How often an idle writer looks whether changes can be written again, after one that could not, and whether
/// there is room for the reserve, after it was given up.
const PROBE_INTERVAL: Duration = Duration::from_secs(2);

/// How long the background removal rests after a step that failed.
const REMOVAL_RETRY_DELAY: Duration = Duration::from_secs(10);

impl Writer {
    pub(crate) fn new(
        opened: Opened,
        retention: Retention,
        shared: Arc<Shared>,
    ) -> Result<Self, EngineError> {
        let connection = opened.connection;
        connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
        let revision = history::newest(&connection).map_err(failure::opening)?;
        let data_version = data_version(&connection).map_err(failure::opening)?;
        let page_bytes = wal::page_bytes(&connection).map_err(failure::opening)?;
        shared.counters.set_page_bytes(page_bytes);
        Ok(Self {
            connection,
            begins_wal: opened.files.is_some(),
            files: opened.files,
            history: History::new(retention),
            revision,
            followers: Followers::default(),
            data_version,
            last_tick: Instant::now(),
            changed: 0,
            was_held_up: false,
            removal_retry: None,
            batches_since_removal: 0,
            changes_since_removal: 0,
            is_full: false,
            shared,
        })
    }

    /// Works until it is closed or nobody can ask any more.
    pub(crate) fn run(mut self, mut inbox: mpsc::Receiver<Message>) {
        let mut closed = None;
        while let Some(first) = self.next(&mut inbox) {
            closed = self.work(first, &mut inbox);
            if closed.is_some() {
                break;
            }
            self.look_at_wal();
        }
        self.end();
        if let Some(reply) = closed {
            let _ = reply.send(());
        }
    }

    /// The next message. While there is none, what deleted subjects left behind is removed.
    fn next(&mut self, inbox: &mut mpsc::Receiver<Message>) -> Option<Message> {
        loop {
            if self.owes_removal() && self.may_remove() {
                self.remove_step();
            }
            while self.changes_since_removal >= MAX_CHANGES_BEHIND && self.may_remove() {
                self.remove_step();
            }
            match inbox.try_recv() {
                Ok(message) => return Some(message),
                Err(TryRecvError::Empty) if self.may_remove() => self.remove_step(),
                Err(_) if self.is_sound() || self.is_stopped() => return inbox.blocking_recv(),
                Err(_) => match queue::wait_for(inbox.recv(), PROBE_INTERVAL) {
                    None => self.recover(),
                    Some(message) => return message,
                },
            }
        }
    }

    /// Whether changes are written, and the room is kept that a full disk needs.
    fn is_sound(&self) -> bool {
        let files = self.files.as_ref();
        self.shared.writable().is_ok() && files.is_none_or(|files| files.reserve.is_held())
    }

    /// Looks whether what a full disk or another fault has taken is there again.
    fn recover(&mut self) {
        if self.shared.writable().is_err() {
            self.probe();
        }
        if self.shared.writable().is_ok() {
            self.take_reserve();
        }
    }

    fn take_reserve(&mut self) {
        if let Some(files) = &mut self.files {
            files.reserve.take();
        }
    }

    fn is_stopped(&self) -> bool {
        self.shared.stopped.get().is_some()
    }

    /// Finds out whether changes can be written again, after one that could not.
    fn probe(&mut self) {
        let probed = self
            .connection
            .execute("UPDATE epoch SET base = base", [])
            .map_err(|error| failure::classify(&error));
        match probed {
            Ok(_) if self.is_full && self.is_short_of_room() => {}
            Ok(_) => self.shared.note(None),
            Err(Failure::Stopped(reason)) => drop(self.stop(reason)),
            Err(Failure::Full(_) | Failure::NotWritten(_)) => self.note_rollback(),
            Err(Failure::Locked(_)) => {}
        }
    }

    /// Whether the disk has so little room that it may be full for the next change.
    fn is_short_of_room(&self) -> bool {
        let files = self.files.as_ref();
        files.is_some_and(|files| files.reserve.is_needed())
    }

    /// Takes the message and those that wait behind it. Other questions than commits wait for the
    /// commits before them, so that they see them. Returns whom to tell when the writer is closed.
    fn work(
        &mut self,
        first: Message,
        inbox: &mut mpsc::Receiver<Message>,
    ) -> Option<oneshot::Sender<()>> {
        let mut batch = Vec::new();
        let waiting = std::iter::from_fn(|| inbox.try_recv().ok());
        for message in std::iter::once(first).chain(waiting) {
            match message {
                Message::Commit(proposal, reply) => batch.push((Pending::from(*proposal), reply)),
                Message::Subscribe(reply) => {
                    self.write(std::mem::take(&mut batch));
                    let subscribed = Subscribed {
                        revision: self.revision,
                        commits: self.followers.subscribe(),
                    };
                    let _ = reply.send(subscribed);
                }
                Message::Copy(reply) => {
                    self.write(std::mem::take(&mut batch));
                    let _ = reply.send(copy(&self.connection).map_err(failure::opening));
                }
                Message::Counted(counted) => {
                    self.history.counted(counted);
                    self.count_history();
                }
                Message::Close(reply) => {
                    self.write(batch);
                    return Some(reply);
                }
            }
            if batch.len() >= MAX_BATCH {
                break;
            }
        }
        self.write(batch);
        None
    }

    /// Writes a batch with one sync. If it can't be written, each proposal is tried alone, so that
    /// one that does not fit on the disk takes no other down. A locked database is locked for all.
    fn write(&mut self, batch: Vec<(Pending, Reply)>) {
        if batch.is_empty() {
            return;
        }
        self.batches_since_removal += 1;
        let (mut proposals, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let outcomes = match self.write_together(&mut proposals) {
            Ok(outcomes) => outcomes,
            Err(Failure::NotWritten(_) | Failure::Full(_)) => {
                let alone = proposals.chunks_mut(1);
                alone.flat_map(|one| self.write_alone(one)).collect()
            }
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

    /// Writes one proposal. One that makes room may have the reserve for it.
    fn write_alone(&mut self, one: &mut [Pending]) -> Vec<Outcome> {
        let outcomes = match self.write_together(one) {
            Err(Failure::Full(_)) if makes_room(one) && self.give_up_reserve() => {
                self.write_together(one)
            }
            outcomes => outcomes,
        };
        outcomes.unwrap_or_else(|failure| vec![Err(failure.into())])
    }

    fn give_up_reserve(&mut self) -> bool {
        let given_up = self
            .files
            .as_mut()
            .is_some_and(|files| files.reserve.give_up());
        if given_up {
            tracing::warn!(
                "the disk is full: the reserve of the data folder is given up for a delete"
            );
        }
        given_up
    }

    /// The outcome of each proposal, once the disk has all of them; an error if it has none.
    fn write_together(&mut self, proposals: &mut [Pending]) -> Result<Vec<Outcome>, Failure> {
        if let Some(error) = self.shared.stopped.get() {
            return Err(Failure::Stopped(error.clone()));
        }
        let outcomes = self
            .transact(proposals)
            .map_err(|error| self.fail(&error, "a change could not be written"))?;
        // It is durable only if it can be found again.
        if let Some(files) = &self.files {
            files.identity.check().map_err(|error| self.stop(error))?;
        }
        self.history.settle();
        self.count_history();
        for (proposal, outcome) in proposals.iter().zip(&outcomes) {
            if outcome.is_ok() {
                self.publish(&proposal.commit);
            }
        }
        Ok(outcomes)
    }

    fn transact(&mut self, proposals: &mut [Pending]) -> Result<Vec<Outcome>, WriteError> {
        let transaction = Transaction::begin(&self.connection)?;
        if data_version(&transaction)? != self.data_version {
            return Err(WriteError::Broken(
                "another program has written to the database",
            ));
        }
        let mut elapsed = self.last_tick.elapsed();
        self.last_tick += elapsed;
        let mut revision = self.revision;
        let mut outcomes = Vec::with_capacity(proposals.len());
        for proposal in proposals {
            if !apply::all_hold(&transaction, &proposal.conditions)? {
                if revision <= proposal.snapshot {
                    return Err(WriteError::Broken(
                        "a record is not what it was at the same revision",
                    ));
                }
                outcomes.push(Err(CommitError::Stale(revision)));
                continue;
            }
            revision = Revision(revision.0 + 1);
            let commit = Arc::make_mut(&mut proposal.commit);
            commit.revision = revision;
            for change in &commit.changes {
                apply::apply(&transaction, revision, change)?;
            }
            self.history
                .append(&transaction, commit, std::mem::take(&mut elapsed))?;
            outcomes.push(Ok(revision));
        }
        if revision == self.revision {
            return Ok(outcomes);
        }
        if self.begins_wal {
            epoch::renew(&transaction)?;
        }
        self.sync(transaction)?;
        self.begins_wal = false;
        Ok(outcomes)
    }

    /// Commits a transaction, which syncs it.
    fn sync(&self, transaction: Transaction<'_>) -> rusqlite::Result<()> {
        let began = Instant::now();
        transaction.commit()?;
        self.shared.counters.synced(began.elapsed());
        Ok(())
    }

    fn count_history(&self) {
        self.shared.counters.set_history(self.history.kept());
    }

    fn publish(&mut self, commit: &Arc<Commit>) {
        self.shared.note(None);
        self.shared.counters.committed();
        self.is_full = false;
        self.revision = commit.revision;
        let changed = commit.changes.iter().map(Change::size).sum::<usize>();
        self.changed += changed;
        if self.history.has_removals() {
            self.changes_since_removal += changed;
        }
        if commit.changes.iter().any(leaves_something) {
            self.history.deleted();
        }
        self.followers.publish(commit);
    }

    fn fail(&mut self, error: &WriteError, what: &'static str) -> Failure {
        self.history.roll_back();
        let failure = match error {
            WriteError::Sqlite(error) => failure::classify(error),
            WriteError::Broken(reason) => failure::broken(reason),
        };
        self.is_full = matches!(failure, Failure::Full(_));
        if matches!(failure, Failure::Full(_) | Failure::NotWritten(_)) {
            self.note_rollback();
        }
        match failure {
            Failure::Stopped(reason) => self.stop(reason),
            Failure::Full(ref reason)
            | Failure::NotWritten(ref reason)
            | Failure::Locked(ref reason) => {
                tracing::error!(%reason, "{what}");
                self.shared.note(Some(reason.clone()));
                failure
            }
        }
    }

    /// The data version changes with a rollback of the engine's own, too: for want of room, for example.
    /// A locked database is another matter: whoever locked it may have written.
    fn note_rollback(&mut self) {
        let newest = history::newest(&self.connection);
        let version = data_version(&self.connection);
        if let (Ok(newest), Ok(version)) = (newest, version)
            && newest == self.revision
        {
            self.data_version = version;
        }
    }

    /// Takes no more changes.
    fn stop(&self, reason: EngineError) -> Failure {
        tracing::error!(%reason, "the storage engine has stopped");
        // A second failure changes nothing: the first reason stays.
        let _ = self.shared.stopped.set(reason.clone());
        Failure::Stopped(reason)
    }

    fn owes_removal(&self) -> bool {
        self.batches_since_removal >= BATCHES_PER_REMOVAL
            || self.changes_since_removal >= CHANGES_PER_REMOVAL
    }

    fn may_remove(&self) -> bool {
        self.history.has_removals()
            && !self.is_stopped()
            && self
                .removal_retry
                .is_none_or(|retry| retry <= Instant::now())
    }

    /// Removes a part of what deleted subjects left behind.
    fn remove_step(&mut self) {
        self.batches_since_removal = 0;
        self.changes_since_removal = self
            .changes_since_removal
            .saturating_sub(CHANGES_PER_REMOVAL);
        match self.remove() {
            Ok(rows) => {
                self.removal_retry = None;
                self.history.settle();
                self.count_history();
                if !self.history.has_removals() {
                    self.changes_since_removal = 0;
                }
                self.changed += rows;
                self.look_at_wal();
            }
            Err(error) => {
                self.removal_retry = Some(Instant::now() + REMOVAL_RETRY_DELAY);
                self.fail(
                    &error,
                    "what deleted stores left behind could not be removed yet",
                );
            }
        }
    }

    fn remove(&mut self) -> Result<usize, WriteError> {
        let transaction = Transaction::begin(&self.connection)?;
        let rows = self.history.remove_step(&transaction)?;
        if rows > 0 {
            if self.begins_wal {
                epoch::renew(&transaction)?;
            }
            self.sync(transaction)?;
            self.begins_wal = false;
        }
        Ok(rows)
    }

    /// Copies the WAL into the database now and then.
    fn look_at_wal(&mut self) {
        if self.changed < CHANGES_PER_LOOK || self.is_stopped() {
            return;
        }
        self.changed = 0;
        match self.checkpoint() {
            Ok(None) => {}
            Ok(Some(true)) => {
                self.was_held_up = false;
                self.begins_wal = true;
                self.take_reserve();
            }
            Ok(Some(false)) => {
                if !std::mem::replace(&mut self.was_held_up, true) {
                    tracing::warn!(
                        "the WAL can't be checkpointed because another reader holds a transaction \
                         open; it keeps growing until that reader ends"
                    );
                }
            }
            Err(error) => {
                let what = "the WAL could not be copied into the database";
                self.fail(&WriteError::Sqlite(error), what);
            }
        }
    }

    /// Whether all of the WAL was copied; `None` if it is too short to be.
    fn checkpoint(&self) -> rusqlite::Result<Option<bool>> {
        let pages = wal::length(&self.connection)?;
        self.shared.counters.set_wal_pages(pages);
        if pages < CHECKPOINT_PAGES {
            return Ok(None);
        }
        let is_complete = wal::checkpoint(&self.connection)?.is_complete();
        if is_complete {
            self.shared.counters.set_wal_pages(0);
        }
        Ok(Some(is_complete))
    }

    /// Leaves one file, as long as nobody else reads the database: a backup that is put in its place
    /// later finds no WAL of another.
    fn end(mut self) {
        self.followers.close();
        if self.shared.stopped.set(ended()).is_err() || self.files.is_none() {
            return;
        }
        let ended = wal::truncate(&self.connection).and_then(|copied| {
            if copied.is_complete() {
                schema::remove_wal_on_close(&self.connection)?;
            }
            Ok(())
        });
        if let Err(error) = ended {
            tracing::warn!(%error, "the WAL could not be copied into the database: the next start does it");
        }
    }
}

/// Whether a proposal removes more than it adds.
fn makes_room(proposals: &[Pending]) -> bool {
    proposals.iter().all(|proposal| {
        let changes = &proposal.commit.changes;
        changes.iter().any(leaves_something) || changes.iter().any(only_removes)
    })
}

fn only_removes(change: &Change) -> bool {
    matches!(change, Change::Entries { entries, .. } if entries.iter().all(|entry| entry.after.is_none()))
}

/// Whether entries or history of what a change deletes are left to be removed.
fn leaves_something(change: &Change) -> bool {
    matches!(change, Change::Delete { id, .. } if id.ended().is_some())
}

/// A number that changes when another connection has written.
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

fn copy(connection: &Connection) -> rusqlite::Result<Connection> {
    let mut copy = Connection::open_in_memory()?;
    Backup::new(connection, &mut copy)?.run_to_completion(
        PAGES_PER_COPY_STEP,
        Duration::ZERO,
        None,
    )?;
    Ok(copy)
}

/// All of them: nobody else can write meanwhile.
const PAGES_PER_COPY_STEP: i32 = i32::MAX;

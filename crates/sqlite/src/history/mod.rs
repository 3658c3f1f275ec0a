//! The kept commits, and what is removed of them when.

mod age;
mod clock;
mod kept;
mod removals;

use std::time::Duration;

use keyfront_model::{FunctionId, StoreId};
use keyfront_storage::format::encode_commit_into;
use keyfront_storage::{Commit, Retention, Revision, Subject};
use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{Connection, ToSql, params};

pub(crate) use kept::{Kept, count_all};

use crate::counts::KeptHistory;

use age::Aging;
use clock::HistoryClock;
use kept::Counters;
use removals::Removals;

/// A subject as the column has it: a store's 16 bytes, an account's 12 digits, or the letter `f` and a
/// function's 16 bytes.
#[derive(Clone, Copy)]
pub(crate) struct SubjectColumn(pub(crate) Subject);

impl ToSql for SubjectColumn {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let bytes = match self.0 {
            Subject::Store(store) => store.as_bytes().to_vec(),
            Subject::Function(function) => [b"f", &function.as_bytes()[..]].concat(),
            Subject::Account(account) => account.to_string().into_bytes(),
        };
        Ok(ToSqlOutput::Owned(Value::Blob(bytes)))
    }
}

impl SubjectColumn {
    /// The subject that a column names; `None` if it is not one of this version's.
    pub(crate) fn read(column: &[u8]) -> Option<Subject> {
        if let Ok(store) = column.try_into() {
            return Some(Subject::Store(StoreId::from_bytes(store)));
        }
        if let Some(Ok(function)) = column.strip_prefix(b"f").map(TryInto::try_into) {
            return Some(Subject::Function(FunctionId::from_bytes(function)));
        }
        let digits = std::str::from_utf8(column).ok()?;
        digits.parse().ok().map(Subject::Account)
    }
}

/// The table of commits.
pub(crate) struct History {
    retention: Retention,
    clock: HistoryClock,
    counters: Counters,
    aging: Aging,
    removals: Removals,
    /// Where each commit is written down before it goes into the table.
    text: Vec<u8>,
}

/// How much of that memory is kept from one commit to the next: enough for most.
const TEXT_BYTES: usize = 64 * 1024;

/// How many rows are removed in one step, at most: few enough that no commit waits long for it.
const ROWS_PER_STEP: usize = 256;

impl History {
    pub(crate) fn new(retention: Retention) -> Self {
        Self {
            clock: HistoryClock::new(retention.age),
            counters: Counters::default(),
            aging: Aging::default(),
            removals: Removals::default(),
            retention,
            text: Vec::new(),
        }
    }

    /// Writes a commit down, and removes what passes a bound by it. `elapsed` is the time since the last
    /// call, by a clock that can't be set.
    ///
    /// Even where no history is kept its row stays until the next one's, since the newest row tells the
    /// current revision.
    pub(crate) fn append(
        &mut self,
        connection: &Connection,
        commit: &Commit,
        elapsed: Duration,
    ) -> rusqlite::Result<()> {
        if !self.retention.keeps_any() {
            insert(connection, commit, None)?;
            return remove_before(connection, commit.revision);
        }
        let body = encode_commit_into(commit, &mut self.text)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let bytes = body.len() as u64;
        let inserted = insert(connection, commit, Some(body));
        self.text.clear();
        self.text.shrink_to(TEXT_BYTES);
        inserted?;
        self.clock.tick(commit.at, elapsed);
        if self.clock.mark(connection, commit.revision)? {
            self.aging.begin(self.clock.horizon(connection)?);
        }
        self.counters
            .add(connection, commit.subject, commit.owner, bytes)?;
        self.counters
            .bound(connection, commit.subject, &self.retention)?;
        self.counters
            .bound_account(connection, commit.owner, self.retention.account_bytes)?;
        self.aging.step(connection, &mut self.counters)
    }

    /// Keeps what was counted in a transaction that is durable.
    pub(crate) fn settle(&mut self) {
        self.counters.settle();
    }

    /// Forgets what was counted in a transaction that was rolled back.
    pub(crate) fn roll_back(&mut self) {
        self.counters.roll_back();
        self.clock.roll_back();
        self.aging = Aging::default();
        self.removals = Removals::default();
    }

    /// Takes the counters of all subjects, counted since the start.
    pub(crate) fn counted(&mut self, counted: Vec<(Subject, Kept)>) {
        self.counters.take(counted);
    }

    /// How much is kept; `None` until it has been counted.
    pub(crate) fn kept(&self) -> Option<KeptHistory> {
        if self.retention.keeps_any() {
            self.counters.kept()
        } else {
            Some(KeptHistory::default())
        }
    }

    /// Whether entries or commits of deleted subjects may be left to remove.
    pub(crate) fn has_removals(&self) -> bool {
        self.removals.may_be_left()
    }

    /// Notes that a subject was deleted.
    pub(crate) fn deleted(&mut self) {
        self.removals = Removals::default();
    }

    /// Removes a part of the remains of deleted subjects. Returns how many rows it removed.
    pub(crate) fn remove_step(&mut self, connection: &Connection) -> rusqlite::Result<usize> {
        self.removals.step(connection, &mut self.counters)
    }
}

fn insert(connection: &Connection, commit: &Commit, body: Option<&str>) -> rusqlite::Result<()> {
    let bytes = body.map_or(0, str::len);
    connection
        .prepare_cached(
            "INSERT INTO commits (revision, at, subject, bytes, body) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            commit.revision.0,
            commit.at.millis(),
            SubjectColumn(commit.subject),
            bytes,
            body,
        ])?;
    Ok(())
}

/// Removes commits that no history is kept of, a part at a time.
fn remove_before(connection: &Connection, revision: Revision) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM commits WHERE revision IN
             (SELECT revision FROM commits WHERE revision < ? ORDER BY revision LIMIT ?)",
        )?
        .execute(params![revision.0, ROWS_PER_STEP])?;
    Ok(())
}

/// The revision of the newest commit.
pub(crate) fn newest(connection: &Connection) -> rusqlite::Result<Revision> {
    connection.query_row(
        "SELECT coalesce(max(revision), 0) FROM commits",
        [],
        |row| row.get(0).map(Revision),
    )
}

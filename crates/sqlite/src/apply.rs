//! Writing one proposal into the tables.

use keyfront_model::StoreId;
use keyfront_storage::format::encode_record;
use keyfront_storage::{Before, Change, Condition, EntryChange, Record, RecordId, Revision};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::history::SubjectColumn;

/// Why a transaction failed.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// SQLite's reason.
    Sqlite(rusqlite::Error),
    /// The database is not what this engine made of it.
    Broken(&'static str),
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Whether all conditions hold.
pub(crate) fn all_hold(
    connection: &Connection,
    conditions: &[Condition],
) -> rusqlite::Result<bool> {
    let mut revision_of = connection.prepare_cached("SELECT revision FROM records WHERE id = ?")?;
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

/// Makes one change. The state before it, as the change has it, is compared with the database: the proposal's
/// conditions hold, so that a difference is a broken invariant.
pub(crate) fn apply(
    connection: &Connection,
    revision: Revision,
    change: &Change,
) -> Result<(), WriteError> {
    match change {
        Change::Put { before, record } => {
            if let (Before::Absent, Record::Contents(contents)) = (before, record) {
                remove_leftovers(connection, contents.store)?;
            }
            put(connection, revision, record)
        }
        Change::Delete { id, .. } => delete(connection, revision, id),
        Change::Entries { store, entries } => change_entries(connection, *store, entries),
    }
}

fn put(connection: &Connection, revision: Revision, record: &Record) -> Result<(), WriteError> {
    let body = encode_record(record)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO records (id, revision, body) VALUES (?, ?, ?)")?
        .execute(params![record.id().to_string(), revision.0, body])?;
    Ok(())
}

/// Contents that were deleted under the same id may have left entries.
fn remove_leftovers(connection: &Connection, store: StoreId) -> Result<(), WriteError> {
    let removed = connection
        .prepare_cached("DELETE FROM removals WHERE subject = ?")?
        .execute([store.as_bytes()])?;
    if removed > 0 {
        connection
            .prepare_cached("DELETE FROM entries WHERE store = ?")?
            .execute([store.as_bytes()])?;
    }
    Ok(())
}

/// The entries and the history of a removed record are removed in the background.
fn delete(connection: &Connection, revision: Revision, id: &RecordId) -> Result<(), WriteError> {
    connection
        .prepare_cached("DELETE FROM records WHERE id = ?")?
        .execute([id.to_string()])?;
    if let Some(resource) = id.ended() {
        connection
            .prepare_cached("INSERT OR REPLACE INTO removals (subject, before) VALUES (?, ?)")?
            .execute(params![SubjectColumn(resource.into()), revision.0])?;
    }
    Ok(())
}

const INSERT_ENTRY: &str = "INSERT OR IGNORE INTO entries (store, key, value) VALUES (?, ?, ?)";
const UPDATE_ENTRY: &str =
    "UPDATE entries SET value = ?4 WHERE store = ?1 AND key = ?2 AND value = ?3";
const REMOVE_ENTRY: &str = "DELETE FROM entries WHERE store = ? AND key = ? AND value = ?";

fn change_entries(
    connection: &Connection,
    store: StoreId,
    entries: &[EntryChange],
) -> Result<(), WriteError> {
    let store = store.as_bytes();
    // Most changes need one of them, for one entry.
    let (mut insert, mut update, mut remove) = (None, None, None);
    for entry in entries {
        let key = entry.key.as_str();
        let changed = match (&entry.before, &entry.after) {
            (None, Some(after)) => prepared(&mut insert, connection, INSERT_ENTRY)?
                .execute(params![store, key, after.as_str()])?,
            (Some(before), Some(after)) => prepared(&mut update, connection, UPDATE_ENTRY)?
                .execute(params![store, key, before.as_str(), after.as_str()])?,
            (Some(before), None) => prepared(&mut remove, connection, REMOVE_ENTRY)?
                .execute(params![store, key, before.as_str()])?,
            // No proposal has it.
            (None, None) => 1,
        };
        if changed != 1 {
            return Err(WriteError::Broken(
                "an entry is not what the change to it was decided on",
            ));
        }
    }
    Ok(())
}

/// The statement, taken from the connection when it is first needed.
fn prepared<'s, 'c>(
    statement: &'s mut Option<CachedStatement<'c>>,
    connection: &'c Connection,
    text: &str,
) -> rusqlite::Result<&'s mut CachedStatement<'c>> {
    match statement {
        Some(statement) => Ok(statement),
        None => Ok(statement.insert(connection.prepare_cached(text)?)),
    }
}

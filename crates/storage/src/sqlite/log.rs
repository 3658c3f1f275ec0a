//! The write-ahead log, and how it gets into the database.

use rusqlite::Connection;

use super::failure;
use crate::EngineError;

/// What the log holds, in pages.
pub(super) struct Copied {
    in_log: i64,
    in_database: i64,
}

impl Copied {
    /// Whether the database has all of it, synced.
    pub(super) fn is_all(&self) -> bool {
        self.in_log == self.in_database
    }
}

/// Copies the log into the database, as far as no other program still reads what it replaces.
pub(super) fn copy(connection: &Connection) -> rusqlite::Result<Copied> {
    connection
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?
        .query_row([], |row| {
            Ok(Copied {
                in_log: row.get(1)?,
                in_database: row.get(2)?,
            })
        })
}

/// How many pages the log has. Without a log, as in memory, -1.
pub(super) fn length(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA wal_checkpoint(NOOP)")?
        .query_row([], |row| row.get(1))
}

/// Copies all of the log, or fails. What is found in it at a start need not be on the disk: the server
/// may have been killed before it synced, or its sync may have failed. It is brought there before
/// anyone reads it, and before a commit follows it in the log.
pub(super) fn copy_all(connection: &Connection) -> Result<(), EngineError> {
    if copy(connection).map_err(failure::opening)?.is_all() {
        return Ok(());
    }
    Err(EngineError(
        "the log can't be copied into the database, since another program reads it: stop that one, \
         and start again; nothing is lost"
            .to_owned(),
    ))
}

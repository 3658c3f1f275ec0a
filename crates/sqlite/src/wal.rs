//! The write-ahead log, and how it gets into the database.

use keyfront_storage::EngineError;
use rusqlite::Connection;

use crate::failure;

/// What a checkpoint found, in pages.
pub(crate) struct Checkpoint {
    busy: bool,
    in_wal: i64,
    in_database: i64,
}

impl Checkpoint {
    /// Whether the database has all of the WAL, synced.
    pub(crate) fn is_complete(&self) -> bool {
        !self.busy && self.in_wal == self.in_database
    }
}

/// Copies the WAL into the database, as far as no reader still needs what it replaces.
pub(crate) fn checkpoint(connection: &Connection) -> rusqlite::Result<Checkpoint> {
    run(connection, "PRAGMA wal_checkpoint(PASSIVE)")
}

/// Copies all of the WAL into the database and empties it, unless another reader keeps it from that.
pub(crate) fn truncate(connection: &Connection) -> rusqlite::Result<Checkpoint> {
    run(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
}

fn run(connection: &Connection, pragma: &str) -> rusqlite::Result<Checkpoint> {
    connection.prepare_cached(pragma)?.query_row([], |row| {
        Ok(Checkpoint {
            busy: row.get::<_, i64>(0)? != 0,
            in_wal: row.get(1)?,
            in_database: row.get(2)?,
        })
    })
}

/// How many pages the WAL has; -1 without a WAL, as in memory.
pub(crate) fn length(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA wal_checkpoint(NOOP)")?
        .query_row([], |row| row.get(1))
}

/// How many bytes a page has.
pub(crate) fn page_bytes(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA page_size", [], |row| row.get(0))
}

/// Copies all of the WAL, or fails. What is found in it at a start need not be on the disk: the server
/// may have been killed before it synced, or its sync may have failed. It is brought there before
/// anyone reads it, and before a commit follows it in the WAL.
pub(crate) fn copy_all(connection: &Connection) -> Result<(), EngineError> {
    if truncate(connection)
        .map_err(failure::opening)?
        .is_complete()
    {
        return Ok(());
    }
    Err(EngineError(
        "the WAL can't be copied into the database, because another program reads the database: stop \
         that program, and start again; nothing is lost"
            .to_owned(),
    ))
}

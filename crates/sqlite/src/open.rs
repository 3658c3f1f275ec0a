use std::fs;
use std::path::Path;

use keyfront_model::Contents;
use keyfront_storage::format::decode_record;
use keyfront_storage::{EngineError, Record};
use rusqlite::{Connection, MAIN_DB};

use crate::folder::{Folder, Identity, wal_of};
use crate::reserve::Reserve;
use crate::{Location, epoch, failure, schema, wal};

/// A database that is ready to be written, and what holds it.
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    pub(crate) files: Option<Files>,
}

/// What surrounds a database that lies in a folder. It is dropped after the connection.
pub(crate) struct Files {
    pub(crate) identity: Identity,
    pub(crate) reserve: Reserve,
    /// Held for its lock.
    _folder: Folder,
}

/// Opens the database of a location in the newest format, with nothing left in its WAL.
pub(crate) fn open(location: &Location) -> Result<Opened, EngineError> {
    match location {
        Location::Memory => {
            let connection = Connection::open_in_memory().map_err(failure::opening)?;
            schema::prepare(&connection, &schema::MIGRATIONS)?;
            Ok(Opened {
                connection,
                files: None,
            })
        }
        Location::Folder(path) => open_folder(path),
    }
}

fn open_folder(path: &Path) -> Result<Opened, EngineError> {
    let folder = Folder::take(path)?;
    let mut reserve = Reserve::of(path);
    let connection = match prepare(&folder.database()) {
        Err(error) if reserve.is_needed() && reserve.give_up() => {
            tracing::warn!(%error, "the disk is full: the reserve of the data folder is given up to start");
            prepare(&folder.database())?
        }
        outcome => outcome?,
    };
    folder.restrict()?;
    reserve.take();
    Ok(Opened {
        connection,
        files: Some(Files {
            identity: folder.identity()?,
            reserve,
            _folder: folder,
        }),
    })
}

fn prepare(path: &Path) -> Result<Connection, EngineError> {
    let header = has_wal(path)?.then(|| epoch::below_wal(path)).transpose()?;
    let connection = Connection::open(path).map_err(failure::opening)?;
    if connection.is_readonly(MAIN_DB).map_err(failure::opening)? {
        return Err(failure::read_only());
    }
    schema::make_durable(&connection).map_err(failure::opening)?;
    if let Some(header) = header {
        epoch::check(path, &header, &connection)?;
        check_whole(&connection)?;
        wal::copy_all(&connection)?;
    }
    schema::prepare(&connection, &schema::MIGRATIONS)?;
    // No copy of the database that was made before has this epoch.
    epoch::renew(&connection).map_err(failure::opening)?;
    wal::copy_all(&connection)?;
    Ok(connection)
}

/// How many bytes the header of a WAL has. A WAL that is not longer holds nothing.
const WAL_HEADER_BYTES: u64 = 32;

/// Whether a database has a WAL that holds something, which is refused if there is no database.
fn has_wal(path: &Path) -> Result<bool, EngineError> {
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    if bytes(&wal_of(path)) <= WAL_HEADER_BYTES {
        return Ok(false);
    }
    if bytes(path) == 0 {
        return Err(EngineError(format!(
            "{} is missing or empty, but its WAL is there: restore the database from a backup, or \
             move the WAL away to begin anew; nothing was changed",
            path.display()
        )));
    }
    Ok(true)
}

/// Refuses a database that is damaged or holds less than its records count, before its WAL is copied: as
/// long as the two files are as they were, either can still be replaced.
pub(crate) fn check_whole(connection: &Connection) -> Result<(), EngineError> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(failure::opening)?;
    if found != "ok" {
        return Err(damaged(&found));
    }
    if !connection
        .table_exists(None, "records")
        .map_err(failure::opening)?
    {
        return Ok(());
    }
    let counted = counted_contents(connection)?;
    for contents in counted {
        check_counts(connection, &contents)?;
    }
    Ok(())
}

fn counted_contents(connection: &Connection) -> Result<Vec<Contents>, EngineError> {
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut statement = connection
            .prepare("SELECT body FROM records WHERE id >= 'contents/' AND id < 'contents0'")?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    let bodies = read().map_err(failure::opening)?;
    let contents = bodies.iter().map(|body| match decode_record(body) {
        Ok(Record::Contents(contents)) => Ok(contents),
        Ok(_) => Err(damaged("a record is of another kind than its id")),
        Err(error) => Err(damaged(&error.to_string())),
    });
    contents.collect()
}

fn check_counts(connection: &Connection, contents: &Contents) -> Result<(), EngineError> {
    let found: (u64, u64) = connection
        .prepare_cached(
            "SELECT count(*), coalesce(sum(octet_length(key) + octet_length(value)), 0)
             FROM entries WHERE store = ?",
        )
        .and_then(|mut statement| {
            statement.query_row([contents.store.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
        })
        .map_err(failure::opening)?;
    if found != (contents.items, contents.bytes) {
        return Err(damaged(&format!(
            "store {} has {} keys in {} bytes where {} in {} are counted",
            contents.store, found.0, found.1, contents.items, contents.bytes
        )));
    }
    Ok(())
}

fn damaged(what: &str) -> EngineError {
    EngineError(format!(
        "the database is damaged ({what}); nothing was changed: restore it from a backup"
    ))
}

//! Which WAL belongs to which database.
//!
//! SQLite copies the WAL into whatever database lies beside it, so that a backup that is put in the
//! place of a database would be mixed with the WAL of the other. Therefore the database holds a random
//! epoch. The first commit after each complete checkpoint, which begins a new WAL, gives it a new epoch and notes
//! the one before as its base: a WAL belongs to a database whose own epoch is the WAL's, or its base.

use std::path::Path;

use keyfront_storage::EngineError;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::{failure, random};

/// What a database says of itself. `None` where it is older than epochs.
type Epoch = Option<(u128, u128)>;

/// The table's creation, with the first epoch. Its base is that of a database without one.
pub(crate) const CREATE: &str = "CREATE TABLE epoch (epoch BLOB NOT NULL, base BLOB NOT NULL);
     INSERT INTO epoch VALUES (randomblob(16), zeroblob(16));";

/// Begins a new epoch.
pub(crate) fn renew(connection: &Connection) -> rusqlite::Result<()> {
    let epoch = random().map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    connection
        .prepare_cached("UPDATE epoch SET base = epoch, epoch = ?")?
        .execute([epoch.to_be_bytes()])?;
    Ok(())
}

/// Refuses a database whose WAL is another one's. Nothing is written.
///
/// `connection` sees the database through its WAL.
pub(crate) fn check(path: &Path, connection: &Connection) -> Result<(), EngineError> {
    let below = below_wal(path).map_err(failure::opening)?;
    let through = read(connection).map_err(failure::opening)?;
    let belongs = match (below, through) {
        (Some((below, _)), Some((epoch, base))) => below == epoch || below == base,
        (None, Some((_, base))) => base == 0,
        (None, None) => true,
        (Some(_), None) => false,
    };
    if belongs {
        return Ok(());
    }
    Err(foreign_wal(path))
}

/// The error of a database with another one's WAL.
pub(crate) fn foreign_wal(path: &Path) -> EngineError {
    let wal = crate::folder::wal_of(path);
    EngineError(format!(
        "{database} and {wal} do not belong together, as after a backup was copied over the database; \
         nothing was changed. To serve {database} as it is, move {wal} away; to serve the newest \
         state, put back the database that {wal} was written for",
        database = path.display(),
        wal = wal.display(),
    ))
}

/// What the database's own file says, whatever its WAL holds: SQLite passes over the WAL of a file that
/// it is told can't change.
fn below_wal(path: &Path) -> rusqlite::Result<Epoch> {
    let uri = format!("file:{}?immutable=1", escape(path));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    read(&Connection::open_with_flags(uri, flags)?)
}

/// The characters of a path that mean something in a URI.
fn escape(path: &Path) -> String {
    let path = path.to_string_lossy();
    path.replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
}

fn read(connection: &Connection) -> rusqlite::Result<Epoch> {
    if !connection.table_exists(None, "epoch")? {
        return Ok(None);
    }
    connection
        .query_row("SELECT epoch, base FROM epoch", [], |row| {
            let number = |bytes: [u8; 16]| u128::from_be_bytes(bytes);
            Ok((number(row.get(0)?), number(row.get(1)?)))
        })
        .optional()
}

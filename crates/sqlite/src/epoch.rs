//! Which WAL belongs to which database.
//!
//! SQLite copies the WAL into whatever database lies beside it, so that a backup that is put in the
//! place of a database would be mixed with the WAL of the other. Therefore each database has a random
//! epoch. The first commit of each WAL gives it a new epoch and notes the one before as its base: a WAL
//! belongs to a database whose own epoch is the WAL's, or its base.
//!
//! The epoch is the `application_id` of SQLite's header, so that it can be read below the WAL also where a
//! checkpoint was cut off, and the tables of the database's own file are a mixture.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use keyfront_storage::EngineError;
use rusqlite::{Connection, OptionalExtension};

use crate::folder::wal_of;
use crate::{failure, random};

/// The table of the base. A database that is older than epochs has the epoch 0.
pub(crate) const CREATE_TABLE: &str = "CREATE TABLE epoch (base INTEGER NOT NULL);
     INSERT INTO epoch VALUES (0);";

/// Begins a new epoch.
pub(crate) fn renew(connection: &Connection) -> rusqlite::Result<()> {
    let random = random().map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let base = read(connection)?;
    connection
        .prepare_cached("UPDATE epoch SET base = ?")?
        .execute([base])?;
    // Any 32 bits of it are as random as the whole. 0 is that of databases without an epoch.
    let epoch = match random as i32 {
        0 => 1,
        epoch => epoch,
    };
    connection.pragma_update(None, "application_id", epoch)
}

/// Reads the header of a database that has a WAL. One that is in no mode in which it has a WAL, as what
/// `VACUUM INTO` makes, is refused, before SQLite sees it.
///
/// No connection to the database may be open: to close any descriptor of the file ends its locks.
pub(crate) fn below_wal(path: &Path) -> Result<Header, EngineError> {
    match Header::read(path) {
        Ok(header) if header.is_in_wal_mode() => Ok(header),
        Ok(_) => Err(foreign_wal(path)),
        Err(error) => Err(EngineError(format!(
            "{} can't be read ({error}): check the disk",
            path.display()
        ))),
    }
}

/// Refuses a database whose WAL is another one's. Nothing is written.
///
/// `connection` sees the database through its WAL.
pub(crate) fn check(
    path: &Path,
    header: &Header,
    connection: &Connection,
) -> Result<(), EngineError> {
    if header.belongs(connection).map_err(failure::opening)? {
        return Ok(());
    }
    Err(foreign_wal(path))
}

fn foreign_wal(path: &Path) -> EngineError {
    let wal = wal_of(path);
    EngineError(format!(
        "{database} and {wal} do not belong together, as after a backup was copied over the database; \
         nothing was changed. To serve {database} as it is, move {wal} away; to serve the newest \
         state, put back the database that {wal} was written for",
        database = path.display(),
        wal = wal.display(),
    ))
}

/// The first bytes of a database's own file (SQLite's file format, section 1.3).
pub(crate) struct Header([u8; 72]);

impl Header {
    fn read(path: &Path) -> io::Result<Self> {
        let mut header = [0; 72];
        File::open(path)?.read_exact(&mut header)?;
        Ok(Self(header))
    }

    fn is_in_wal_mode(&self) -> bool {
        const SIGNATURE: &[u8] = b"SQLite format 3\0";
        const WAL_MODE: [u8; 2] = [2, 2];
        // What is no database is refused by SQLite, with its own reason.
        !self.0.starts_with(SIGNATURE) || self.0[18..20] == WAL_MODE
    }

    fn epoch(&self) -> i32 {
        let [.., a, b, c, d] = self.0;
        i32::from_be_bytes([a, b, c, d])
    }

    /// Whether the WAL that a connection sees was written for this database.
    fn belongs(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let base = base(connection)?.unwrap_or_default();
        Ok([read(connection)?, base].contains(&self.epoch()))
    }
}

fn read(connection: &Connection) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, "application_id", |row| row.get(0))
}

fn base(connection: &Connection) -> rusqlite::Result<Option<i32>> {
    if !connection.table_exists(None, "epoch")? {
        return Ok(None);
    }
    connection
        .query_row("SELECT base FROM epoch", [], |row| row.get(0))
        .optional()
}

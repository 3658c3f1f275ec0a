//! A copy of a data folder's database, and a database put into a data folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keyfront_storage::EngineError;
use rusqlite::{Connection, OpenFlags};

use crate::folder::{self, Folder, database_in, shm_of, wal_of};
use crate::{failure, open, schema};

/// How long a backup waits for a server that is just starting or ending.
const BUSY_DEADLINE: Duration = Duration::from_secs(10);

/// Writes the database of a data folder, as of one moment, into a new file. A server may run on the
/// folder meanwhile.
///
/// Fails with a text for the operator: the folder has no database, the file is there already, or the disk
/// is full. A file that was begun is removed.
pub fn back_up(data: &Path, to: &Path) -> Result<(), EngineError> {
    let database = database_in(data);
    if !database.is_file() {
        return Err(EngineError(format!(
            "there is no {}: name the data folder with --data",
            database.display()
        )));
    }
    if to.exists() {
        return Err(EngineError(format!(
            "{} is there already: choose another name, or remove it",
            to.display()
        )));
    }
    let written = copy_into(&database, to);
    if written.is_err() {
        // It may be half written.
        let _ = fs::remove_file(to);
    }
    written
}

fn copy_into(database: &Path, to: &Path) -> Result<(), EngineError> {
    let failed = |error: io::Error| {
        EngineError(format!(
            "the backup {} can't be written: {error}",
            to.display()
        ))
    };
    // Made beforehand, so that it is the owner's alone from the beginning.
    folder::create_private(to).map_err(failed)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags).map_err(failure::opening)?;
    connection
        .busy_timeout(BUSY_DEADLINE)
        .map_err(failure::opening)?;
    let name = to.to_str().ok_or_else(|| {
        EngineError("the name of a backup must be UTF-8: choose another".to_owned())
    })?;
    connection
        .execute("VACUUM INTO ?", [name])
        .map_err(failure::opening)?;
    File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(failed)?;
    folder::sync_folder(to.parent().unwrap_or(Path::new(""))).map_err(failed)
}

/// Puts a backup into a data folder, on which no server runs. A database that is there is kept beside it,
/// under the name that is returned.
///
/// Fails with a text for the operator, and changes nothing: a server runs on the folder, the file is no
/// backup of a Keyfront that this one can read, or is damaged.
pub fn restore(backup: &Path, data: &Path) -> Result<Option<PathBuf>, EngineError> {
    check_backup(backup)?;
    let folder = Folder::take(data)?;
    let failed = |error: io::Error| {
        EngineError(format!(
            "the backup can't be put into {}: {error}",
            data.display()
        ))
    };
    let database = folder.database();
    let incoming = data.join("keyfront.db.incoming");
    let copied = copy_private(backup, &incoming);
    if let Err(error) = copied {
        let _ = fs::remove_file(&incoming);
        return Err(failed(error));
    }
    let kept = keep(&database).map_err(failed)?;
    fs::rename(&incoming, &database).map_err(failed)?;
    folder::sync_folder(data).map_err(failed)?;
    Ok(kept)
}

fn check_backup(backup: &Path) -> Result<(), EngineError> {
    if !backup.is_file() {
        return Err(EngineError(format!(
            "{} is no file: name the file that `keyfront backup` wrote",
            backup.display()
        )));
    }
    if fs::metadata(wal_of(backup)).is_ok_and(|wal| wal.len() > 0) {
        return Err(EngineError(format!(
            "{} has a WAL beside it, so that it is no backup but a database in use: make a backup of it with \
             `keyfront backup`",
            backup.display()
        )));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(backup, flags).map_err(failure::opening)?;
    schema::check_readable(&connection)?;
    open::check_whole(&connection)
}

fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = File::open(from)?;
    let _ = fs::remove_file(to);
    let mut to = folder::create_private(to)?;
    io::copy(&mut from, &mut to)?;
    to.sync_all()
}

/// Moves a database and its WAL aside, together. The database goes first: should this be cut off, a start
/// finds a WAL without a database and is refused, and another restore goes on here.
fn keep(database: &Path) -> io::Result<Option<PathBuf>> {
    let wal = wal_of(database);
    let aside = free_name(database);
    remove_if_there(&shm_of(database))?;
    let has_database = database.exists();
    if has_database {
        fs::rename(database, &aside)?;
    }
    if wal.exists() {
        fs::rename(wal, wal_of(&aside))?;
    }
    Ok(has_database.then_some(aside))
}

/// The first free name; or, when an earlier restore was cut off, the name to which it moved the database.
fn free_name(database: &Path) -> PathBuf {
    let name =
        |number: u64| database.with_file_name(format!("keyfront.db.before-restore-{number}"));
    let is_free = |number: &u64| !name(*number).exists() && !wal_of(&name(*number)).exists();
    let free = (1..u64::MAX).find(is_free).unwrap_or(u64::MAX);
    let last = name(free - 1);
    if !database.exists() && last.exists() && !wal_of(&last).exists() {
        return last;
    }
    name(free)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

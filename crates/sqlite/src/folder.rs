use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use keyfront_storage::EngineError;

/// A data folder that belongs to this process for as long as the value lives.
pub(crate) struct Folder {
    path: PathBuf,
    /// Held open: the system's lock on it ends with the process, however that ends.
    lock: File,
}

/// Which files the paths of the folder named when it was opened.
pub(crate) struct Identity {
    database: PathBuf,
    database_file: FileId,
    lock: PathBuf,
    lock_file: FileId,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

/// The mode of the data folder: only its owner may enter it.
const FOLDER_MODE: u32 = 0o700;
/// The mode of its files: only the owner may read and write them.
const FILE_MODE: u32 = 0o600;

impl Folder {
    /// Opens and locks a folder, which is made if it does not exist.
    pub(crate) fn take(path: &Path) -> Result<Self, EngineError> {
        make_durably(path).map_err(|error| unusable(path, "can't be made", &error))?;
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .open(path.join("lock"))
            .map_err(|error| unusable(path, "can't be written", &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(path, &mut lock)),
            Err(TryLockError::Error(error)) => {
                return Err(unusable(path, "can't be locked", &error));
            }
        }
        note_process(&mut lock).map_err(|error| unusable(path, "can't be written", &error))?;
        Ok(Self {
            path: path.to_owned(),
            lock,
        })
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        database_in(&self.path)
    }

    /// Makes the database's files the owner's alone. SQLite gives those beside it the mode of the
    /// database.
    pub(crate) fn restrict(&self) -> Result<(), EngineError> {
        let database = self.database();
        for path in [
            self.path.join("lock"),
            wal_of(&database),
            shm_of(&database),
            database,
        ] {
            match fs::set_permissions(&path, Permissions::from_mode(FILE_MODE)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(unusable(&path, "can't be made private", &error));
                }
                _ => {}
            }
        }
        let mode = fs::metadata(&self.path).map_or(0, |folder| folder.mode());
        if mode & 0o077 != 0 {
            tracing::warn!(
                folder = %self.path.display(),
                "other users of this machine may enter the data folder: chmod 700 keeps them out"
            );
        }
        Ok(())
    }

    /// Which files the folder's paths name now.
    pub(crate) fn identity(&self) -> Result<Identity, EngineError> {
        let database = self.database();
        let lock = self.path.join("lock");
        let database_file = file_id(&database)
            .map_err(|error| unusable(&self.path, "can't be looked at", &error))?;
        let held = self
            .lock
            .metadata()
            .map_err(|error| unusable(&self.path, "can't be looked at", &error))?;
        Ok(Identity {
            database,
            database_file,
            lock,
            lock_file: FileId::of(&held),
        })
    }
}

impl FileId {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

fn file_id(path: &Path) -> io::Result<FileId> {
    Ok(FileId::of(&fs::metadata(path)?))
}

impl Identity {
    /// Whether the paths still name the files that are open. What was written to a file that was
    /// removed or replaced is found by no restart, however well it was synced.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        for (path, opened) in [
            (&self.database, self.database_file),
            (&self.lock, self.lock_file),
        ] {
            if !file_id(path).is_ok_and(|found| found == opened) {
                return Err(EngineError(format!(
                    "{} was removed, moved or replaced while the server runs; no more changes are \
                     taken: put it back, or restore a backup, and restart the server",
                    path.display()
                )));
            }
        }
        Ok(())
    }
}

/// The database's file in a data folder.
pub(crate) fn database_in(folder: &Path) -> PathBuf {
    folder.join("keyfront.db")
}

/// The WAL of a database.
pub(crate) fn wal_of(database: &Path) -> PathBuf {
    beside(database, "-wal")
}

/// The index of a database's WAL.
pub(crate) fn shm_of(database: &Path) -> PathBuf {
    beside(database, "-shm")
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Makes a new file that is the owner's alone.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path)
}

/// Syncs the entries of a folder.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    File::open(path)?.sync_all()
}

fn unusable(path: &Path, what: &str, error: &io::Error) -> EngineError {
    let advice = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space on its disk",
        _ => "give the server's user the right to write there",
    };
    EngineError(format!(
        "the data folder {} {what} ({error}): {advice}, or choose another with --data",
        path.display()
    ))
}

fn in_use(path: &Path, lock: &mut File) -> EngineError {
    let mut process = String::new();
    // Only for the message: a lock without a number in it is as locked.
    let _ = lock.read_to_string(&mut process);
    EngineError(format!(
        "the data folder {} is in use by another Keyfront (process {}): stop that one, or choose \
         another folder with --data",
        path.display(),
        process.trim()
    ))
}

/// A full disk has no room for the number, which must not keep the server from starting.
fn note_process(lock: &mut File) -> io::Result<()> {
    let note = |lock: &mut File| {
        lock.set_len(0)?;
        writeln!(lock, "{}", std::process::id())
    };
    match note(lock) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(()),
        outcome => outcome,
    }
}

/// Makes a folder such that it is still there after a power cut: its entry in the folder above is
/// synced too, which SQLite does only for the files within.
fn make_durably(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().unwrap_or(Path::new(""));
    if !above.as_os_str().is_empty() {
        make_durably(above)?;
    }
    match DirBuilder::new().mode(FOLDER_MODE).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_folder(above)
}

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::EngineError;

/// A data folder that belongs to this process for as long as the value lives.
pub(super) struct Folder {
    path: PathBuf,
    /// Held open: the system's lock on it ends with the process, however that ends.
    _lock: File,
}

impl Folder {
    /// Takes a folder, making it if need be.
    pub(super) fn take(path: &Path) -> Result<Self, EngineError> {
        make_durably(path).map_err(|error| unusable(path, "can't be made", &error))?;
        let lock_path = path.join("lock");
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
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
            _lock: lock,
        })
    }

    /// The database's file.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join("keyfront.db")
    }
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

fn note_process(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    writeln!(lock, "{}", std::process::id())
}

/// Makes a folder such that it is still there after a power cut: its entry in the folder above is
/// synced too, which SQLite does only for the files within.
fn make_durably(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        make_durably(above)?;
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    File::open(above.unwrap_or(Path::new(".")))?.sync_all()
}

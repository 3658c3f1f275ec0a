use keyfront_storage::{CommitError, EngineError};
use rusqlite::{Error, ErrorCode, ffi};

/// What a failed transaction means for the engine.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// The disk has no room for the changes. Fewer or smaller ones may fit.
    Full(EngineError),
    /// The changes were not written. Others may be.
    NotWritten(EngineError),
    /// Another program has locked the database: nothing can be written until it releases the lock.
    Locked(EngineError),
    /// The engine accepts no more changes until a restart.
    Stopped(EngineError),
}

impl From<Failure> for CommitError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full(error) | Failure::NotWritten(error) | Failure::Locked(error) => {
                Self::NotWritten(error)
            }
            Failure::Stopped(error) => Self::Stopped(error),
        }
    }
}

/// What an error of SQLite's means that ended a transaction.
pub(crate) fn classify(error: &Error) -> Failure {
    let not_written = |what: String| {
        Failure::NotWritten(EngineError(format!("the change can't be written: {what}")))
    };
    let Error::SqliteFailure(code, _) = error else {
        return not_written(error.to_string());
    };
    match code.code {
        _ if is_full(code) => Failure::Full(EngineError(
            "the disk is full: free some space; nothing that was acknowledged is lost".to_owned(),
        )),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Failure::Locked(EngineError(format!("{LOCKED}; nothing is lost")))
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            Failure::Stopped(EngineError(format!(
                "the database is damaged ({}); no more changes are taken: restore it from a backup",
                describe(code)
            )))
        }
        ErrorCode::SystemIoFailure => Failure::Stopped(EngineError(format!(
            "the disk failed ({}); no more changes are taken until the server is restarted: \
             check the disk first",
            describe(code)
        ))),
        _ => not_written(describe(code)),
    }
}

/// The failure of a database that is not what this engine made of it.
pub(crate) fn broken(what: &str) -> Failure {
    Failure::Stopped(EngineError(format!(
        "the storage engine's invariants are broken ({what}); no more changes are taken until the server \
         is restarted: make sure that no other program writes to the data folder"
    )))
}

const LOCKED: &str = "another program has locked the database for writing: stop that program";

/// Whether the disk had no room: for a file, or for the index of the WAL. The index is made anew at
/// each start, and the next change overwrites what the WAL already has of the one that failed.
fn is_full(code: &ffi::Error) -> bool {
    code.code == ErrorCode::DiskFull || code.extended_code == ffi::SQLITE_IOERR_SHMSIZE
}

const GIVE_RIGHT: &str = "give the server's user the right to write in the data folder";

/// SQLite also opens a file that may only be read, and fails later.
pub(crate) fn read_only() -> EngineError {
    EngineError(format!(
        "the database can't be opened (it may only be read): {GIVE_RIGHT}"
    ))
}

/// An error while the database is opened, with what the operator can do about it.
pub(crate) fn opening(error: Error) -> EngineError {
    let advice = match &error {
        Error::SqliteFailure(code, _) => match code.code {
            _ if is_full(code) => "free some space on the disk of the data folder",
            ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied => GIVE_RIGHT,
            ErrorCode::NotADatabase => {
                "its keyfront.db is damaged, or another program's; restore it from a backup, or \
                 choose another folder"
            }
            ErrorCode::DatabaseCorrupt => "restore it from a backup",
            ErrorCode::DatabaseBusy => LOCKED,
            _ => "check the disk",
        },
        _ => "check the disk",
    };
    let code = match &error {
        Error::SqliteFailure(code, _) => format!(", SQLite's code {}", code.extended_code),
        _ => String::new(),
    };
    EngineError(format!(
        "the database can't be opened ({error}{code}): {advice}"
    ))
}

fn describe(code: &ffi::Error) -> String {
    format!(
        "{}, SQLite's code {}",
        ffi::code_to_str(code.extended_code),
        code.extended_code
    )
}

use rusqlite::{Error, ErrorCode, ffi};

use crate::{CommitError, EngineError};

/// What an error of SQLite's means for the engine.
pub(super) fn classify(error: &Error) -> CommitError {
    let Error::SqliteFailure(code, _) = error else {
        return CommitError::Failed(EngineError(format!("the change can't be written: {error}")));
    };
    match code.code {
        ErrorCode::DiskFull => disk_full(),
        // The log's index, which is made anew at each start, could not grow.
        _ if code.extended_code == ffi::SQLITE_IOERR_SHMSIZE => disk_full(),
        ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            CommitError::Stopped(EngineError(format!(
                "the disk failed ({}); no more changes are taken until the server is restarted: \
                 check the disk first",
                describe(code)
            )))
        }
        _ => CommitError::Failed(EngineError(format!(
            "the change can't be written: {}",
            describe(code)
        ))),
    }
}

fn disk_full() -> CommitError {
    CommitError::Failed(EngineError(
        "the disk is full: free some space; nothing that was acknowledged is lost".to_owned(),
    ))
}

/// An error while the database is opened, with what the operator can do about it.
pub(super) fn opening(error: Error) -> EngineError {
    let advice = match &error {
        Error::SqliteFailure(code, _) => match code.code {
            ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                "give the server's user the right to write in the data folder"
            }
            ErrorCode::DiskFull => "free some space on its disk",
            ErrorCode::NotADatabase => {
                "the data folder holds a file of another program; choose another folder"
            }
            ErrorCode::DatabaseCorrupt => "restore it from a backup",
            ErrorCode::DatabaseBusy => "another program holds it open for writing; stop that one",
            _ => "check the disk",
        },
        _ => "check the disk",
    };
    EngineError(format!("the database can't be opened ({error}): {advice}"))
}

fn describe(code: &ffi::Error) -> String {
    format!(
        "{}, SQLite's code {}",
        ffi::code_to_str(code.extended_code),
        code.extended_code
    )
}

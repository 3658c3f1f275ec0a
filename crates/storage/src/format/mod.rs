//! How records and commits are written down: JSON with a version, apart from the Rust types.
//!
//! `docs/design/storage.md` describes the format as a specification, and golden files in the tests
//! hold it. Every version that was ever released is read; the newest is written.

mod v1;
mod v2;
mod v3;

use serde::Deserialize;

use crate::{Commit, Record};

/// The version that is written.
pub const VERSION: u32 = 3;

/// Why something that was written down can't be read. The text is for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It is of a version that only a newer Keyfront knows.
    #[error("it is of format {0}, written by a newer Keyfront; this one knows format {VERSION}")]
    TooNew(u32),
    /// It is not of the format.
    #[error("{0}")]
    Malformed(String),
}

impl From<serde_json::Error> for FormatError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// The version that a text says it is of. Format 1 says none.
#[derive(Deserialize)]
struct Version {
    #[serde(default = "first")]
    v: u32,
}

fn first() -> u32 {
    1
}

/// How every text begins that Keyfront has written in these formats. A start reads all of them, so their
/// version is told without a pass over the whole text.
const PREFIXES: [(&str, u32); 2] = [(r#"{"v":3,"#, 3), (r#"{"v":2,"#, 2)];

fn version_of(text: &str) -> Result<u32, FormatError> {
    for (prefix, version) in PREFIXES {
        if text.starts_with(prefix) {
            return Ok(version);
        }
    }
    let Version { v } = serde_json::from_str(text)?;
    Ok(v)
}

/// Why a text of this version can't be read.
fn unknown(version: u32) -> FormatError {
    match version {
        0 => FormatError::Malformed("there is no format 0".to_owned()),
        newer => FormatError::TooNew(newer),
    }
}

/// Writes a record.
pub fn encode_record(record: &Record) -> Result<String, FormatError> {
    Ok(serde_json::to_string(&v3::RecordDocument::from(record))?)
}

/// Reads a record of any version.
pub fn decode_record(text: &str) -> Result<Record, FormatError> {
    match version_of(text)? {
        1 => v1::record(text),
        2 => v2::record(text),
        3 => v3::record(text),
        other => Err(unknown(other)),
    }
}

/// Writes a commit.
pub fn encode_commit(commit: &Commit) -> Result<String, FormatError> {
    let mut text = Vec::new();
    encode_commit_into(commit, &mut text)?;
    String::from_utf8(text).map_err(|error| FormatError::Malformed(error.to_string()))
}

/// Writes a commit into a buffer, in the place of what it holds, so that a writer of many commits needs no memory for
/// each of them.
pub fn encode_commit_into<'a>(
    commit: &Commit,
    text: &'a mut Vec<u8>,
) -> Result<&'a str, FormatError> {
    text.clear();
    serde_json::to_writer(&mut *text, &v3::CommitDocument::from(commit))?;
    std::str::from_utf8(text).map_err(|error| FormatError::Malformed(error.to_string()))
}

/// Reads a commit of any version.
pub fn decode_commit(text: &str) -> Result<Commit, FormatError> {
    match version_of(text)? {
        1 => v1::commit(text),
        2 => v2::commit(text),
        3 => v3::commit(text),
        other => Err(unknown(other)),
    }
}

use std::fmt;

use super::diagnosis::FORM;

/// What is wrong with an import's file. The text is for the owner of the store: it names the place,
/// and holds keys and names of members, but no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The file is longer than [`crate::Limits::import_bytes`].
    #[error("the file is larger than {limit} bytes")]
    FileSize {
        /// The limit in bytes.
        limit: u64,
    },
    /// It begins with a byte-order mark, of UTF-8 or of UTF-16.
    #[error(
        "the file begins with a byte-order mark: save it as UTF-8 without one, in the form {FORM}"
    )]
    ByteOrderMark,
    /// A byte is no UTF-8.
    #[error("{place}: the file is not valid UTF-8")]
    Encoding {
        /// The first such byte.
        place: Place,
    },
    /// It is no JSON, or JSON of another form.
    #[error("{place}: {reason}")]
    Form {
        /// The character, value or name that can't stand there.
        place: Place,
        /// What is wrong with it.
        reason: String,
    },
    /// A key is empty.
    #[error("entry {entry}: the key is empty")]
    EmptyKey {
        /// The entry's number, counted from 1.
        entry: usize,
    },
    /// A key is longer than [`crate::Limits::key_bytes`].
    #[error("entry {entry}: the key {key} is {bytes} bytes long, the limit is {limit}")]
    KeySize {
        /// The entry's number, counted from 1.
        entry: usize,
        /// The key, quoted, escaped and shortened.
        key: String,
        /// The key's length in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A value is longer than [`crate::Limits::value_bytes`].
    #[error("entry {entry}: the value of {key} is {bytes} bytes long, the limit is {limit}")]
    ValueSize {
        /// The entry's number, counted from 1.
        entry: usize,
        /// The key, quoted, escaped and shortened.
        key: String,
        /// The value's length in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Keys and values together are larger than [`crate::Limits::store_bytes`].
    #[error("entry {entry}: with {key} the store is larger than {limit} bytes")]
    StoreSize {
        /// The number of the entry that no longer fits, counted from 1.
        entry: usize,
        /// Its key, quoted, escaped and shortened.
        key: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A key occurs twice.
    #[error("entry {entry}: the key {key} is already in entry {first}")]
    Duplicate {
        /// The number of the later entry, counted from 1.
        entry: usize,
        /// The number of the earlier one.
        first: usize,
        /// The key, quoted, escaped and shortened.
        key: String,
    },
}

/// A place in a text file, as editors count: lines and columns from 1, a column being a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line; a line ends with LF.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// The place that follows a text, which begins the file.
    pub(super) fn after(text: &str) -> Self {
        let last_line = text.rsplit('\n').next().unwrap_or_default();
        Self {
            line: text.matches('\n').count() + 1,
            column: last_line.chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A key or a member's name for a message: quoted, escaped, and at most 60 characters of it.
pub(super) fn shown(name: &str) -> String {
    match name.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}…", name.get(..end).unwrap_or_default()),
        None => format!("{name:?}"),
    }
}

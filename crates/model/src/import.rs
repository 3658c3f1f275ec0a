//! The file from which a new store takes its data.
//!
//! Its form is `{"data":[{"key":"…","value":"…"}, …]}` in UTF-8, each key once (CloudFront developer
//! guide, "Create a file of key-value pairs"). What the guide leaves open is refused rather than
//! guessed at: a byte-order mark, an unknown or repeated member, a value that is no string, anything
//! after the document. No entries at all is fine.
//!
//! This module does not read the file: it is given its bytes, all of them, since nothing of a file
//! with a fault is taken.
//!
//! ```
//! use keyfront_model::Limits;
//! use keyfront_model::import::ImportDocument;
//!
//! let file = br#"{"data":[{"key":"/old","value":"/new"},{"key":"/a","value":"/b"}]}"#;
//! let document = ImportDocument::parse(file, &Limits::default())?;
//! assert_eq!(document.entries()[0].0.as_str(), "/a");
//! assert_eq!(document.bytes(), 12);
//! # Ok::<(), keyfront_model::import::ImportError>(())
//! ```

mod diagnosis;
mod error;
mod json;
#[cfg(test)]
mod tests;

use std::str;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::{Key, Limits, Value};

use error::shown;
pub use error::{ImportError, Place};

/// What an import's file holds, checked against the quotas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportDocument {
    entries: Vec<(Key, Value)>,
    bytes: u64,
}

impl ImportDocument {
    /// Parses a whole file. The error is the fault that stands first in it.
    pub fn parse(file: &[u8], limits: &Limits) -> Result<Self, ImportError> {
        check_size(file, limits)?;
        check_mark(file)?;
        // A byte that is not UTF-8 may come after another fault, so the text before it is parsed first.
        let text = match str::from_utf8(file) {
            Ok(text) => text,
            Err(error) => {
                let (text, fault) = valid_part(file, error.valid_up_to());
                return Err(diagnosis::first_fault(text, Some(fault), limits));
            }
        };
        let mut collector = Collector::new(limits);
        if json::parse(text, &mut collector).is_err() {
            return Err(diagnosis::first_fault(text, None, limits));
        }
        collector.finish()
    }

    /// The entries, by the bytes of the key, ascending; no key twice.
    pub fn entries(&self) -> &[(Key, Value)] {
        &self.entries
    }

    /// The entries, taken out.
    pub fn into_entries(self) -> Vec<(Key, Value)> {
        self.entries
    }

    /// The bytes of all keys and values, the size that the store will have.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The text before the first byte that is not UTF-8, and the fault that this byte is.
fn valid_part(file: &[u8], end: usize) -> (&str, ImportError) {
    let text = file
        .get(..end)
        .and_then(|part| str::from_utf8(part).ok())
        .unwrap_or_default();
    let place = Place::after(text);
    (text, ImportError::Encoding { place })
}

/// The entries read so far, each within the quotas.
struct Collector<'a> {
    limits: &'a Limits,
    entries: Vec<Entry>,
    bytes: u64,
}

/// An entry and its number in the file, counted from 1.
struct Entry {
    key: Key,
    value: Value,
    number: usize,
}

impl<'a> Collector<'a> {
    fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            entries: Vec::new(),
            bytes: 0,
        }
    }

    /// Takes the next entry if the quotas allow it.
    fn take(&mut self, key: SmolStr, value: Arc<str>) -> Result<(), ImportError> {
        let number = self.entries.len() + 1;
        let key = Key::try_from(key).map_err(|_| ImportError::EmptyKey { entry: number })?;
        let entry = Entry {
            key,
            value: Value::new(value),
            number,
        };
        let bytes = self.bytes + entry.key.bytes() + entry.value.bytes();
        check_quotas(&entry, bytes, self.limits)?;
        self.bytes = bytes;
        self.entries.push(entry);
        Ok(())
    }

    /// Puts the entries in order and refuses a key that occurs twice.
    fn finish(mut self) -> Result<ImportDocument, ImportError> {
        // Most files come from a program that wrote them in order already.
        if !self.entries.is_sorted_by(|a, b| a.key < b.key) {
            self.entries.sort_by(|a, b| a.key.cmp(&b.key));
            check_duplicates(&self.entries)?;
        }
        let pair = |entry: Entry| (entry.key, entry.value);
        Ok(ImportDocument {
            entries: self.entries.into_iter().map(pair).collect(),
            bytes: self.bytes,
        })
    }
}

fn check_size(file: &[u8], limits: &Limits) -> Result<(), ImportError> {
    let limit = limits.import_bytes;
    if file.len() as u64 > limit {
        return Err(ImportError::FileSize { limit });
    }
    Ok(())
}

/// Windows PowerShell writes UTF-16 with a mark, some editors UTF-8 with one.
fn check_mark(file: &[u8]) -> Result<(), ImportError> {
    const BYTE_ORDER_MARKS: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFE\xFF", b"\xFF\xFE"];
    if BYTE_ORDER_MARKS.iter().any(|mark| file.starts_with(mark)) {
        return Err(ImportError::ByteOrderMark);
    }
    Ok(())
}

/// Checks an entry against the quotas; `total` is the store's size with it.
fn check_quotas(entry: &Entry, total: u64, limits: &Limits) -> Result<(), ImportError> {
    let key = || shown(entry.key.as_str());
    if entry.key.bytes() > limits.key_bytes {
        return Err(ImportError::KeySize {
            entry: entry.number,
            key: key(),
            bytes: entry.key.bytes(),
            limit: limits.key_bytes,
        });
    }
    if entry.value.bytes() > limits.value_bytes {
        return Err(ImportError::ValueSize {
            entry: entry.number,
            key: key(),
            bytes: entry.value.bytes(),
            limit: limits.value_bytes,
        });
    }
    if total > limits.store_bytes {
        return Err(ImportError::StoreSize {
            entry: entry.number,
            key: key(),
            limit: limits.store_bytes,
        });
    }
    Ok(())
}

/// Finds, among entries in the order of their keys and then of the file, the first one in the file
/// whose key an earlier one has.
fn check_duplicates(sorted: &[Entry]) -> Result<(), ImportError> {
    let pairs = sorted.iter().zip(sorted.iter().skip(1));
    let repeated = pairs
        .filter(|(first, second)| first.key == second.key)
        .min_by_key(|(_, second)| second.number);
    match repeated {
        Some((first, second)) => Err(ImportError::Duplicate {
            entry: second.number,
            first: first.number,
            key: shown(second.key.as_str()),
        }),
        None => Ok(()),
    }
}

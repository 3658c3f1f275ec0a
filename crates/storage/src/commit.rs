use std::fmt;

use keyfront_model::{AccountId, Key, StoreId, Timestamp, Value};
use serde::{Deserialize, Serialize};

use crate::{Record, RecordId};

/// A commit's place in the order of all commits. It grows with each one and never comes back.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of the commit that comes after.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who asked for a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The caller's account.
    pub account: AccountId,
    /// The id of the access key that signed the request.
    pub access_key: String,
    /// The request's id, which the client saw too.
    pub request: String,
}

/// A change asked for: all of it, or none.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Who asks.
    pub author: Author,
    /// When.
    pub at: Timestamp,
    /// What the decision was based on; one that no longer holds refuses the whole.
    pub conditions: Vec<Condition>,
    /// What is to change, in this order.
    pub changes: Vec<Change>,
}

/// That a record is still the one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The record.
    pub record: RecordId,
    /// The revision of the commit that last wrote it; none if it was absent.
    pub revision: Option<Revision>,
}

/// One step of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Writes a record, new or not.
    Put(Record),
    /// Removes a record; with a store's contents go its entries.
    Delete(RecordId),
    /// Changes entries of a store, whose contents' record is there.
    Entries {
        /// The store.
        store: StoreId,
        /// What becomes of each key; no key comes twice.
        entries: Vec<EntryChange>,
    },
}

impl Change {
    /// How many records and entries it writes or removes; with a store's contents go its entries,
    /// which are not counted.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Put(_) | Self::Delete(_) => 1,
            Self::Entries { entries, .. } => entries.len(),
        }
    }
}

/// What becomes of one key. The value before is what history, diff and rollback need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    from = "(Key, Option<Value>, Option<Value>)",
    into = "(Key, Option<Value>, Option<Value>)"
)]
pub struct EntryChange {
    /// The key.
    pub key: Key,
    /// Its value before; none if it was absent.
    pub before: Option<Value>,
    /// Its value after; none if it is removed.
    pub after: Option<Value>,
}

impl From<(Key, Option<Value>, Option<Value>)> for EntryChange {
    fn from((key, before, after): (Key, Option<Value>, Option<Value>)) -> Self {
        Self { key, before, after }
    }
}

impl From<EntryChange> for (Key, Option<Value>, Option<Value>) {
    fn from(change: EntryChange) -> Self {
        (change.key, change.before, change.after)
    }
}

/// A change that was made, and is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its place in the order.
    pub revision: Revision,
    /// Who asked for it.
    pub author: Author,
    /// When.
    pub at: Timestamp,
    /// What changed, in this order.
    pub changes: Vec<Change>,
}

impl Commit {
    /// The store that the commit is about. Every commit is about at most one.
    pub fn store(&self) -> Option<StoreId> {
        self.changes.iter().find_map(|change| match change {
            Change::Put(record) => record.id().store(),
            Change::Delete(record) => record.store(),
            Change::Entries { store, .. } => Some(*store),
        })
    }
}

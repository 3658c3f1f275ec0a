use std::fmt;

use keyfront_model::{
    AccountId, Contents, ImportSource, Store, StoreId, StoreName, Tags, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::Author;

/// What AWS versions or counts apart is a record of its own, with a revision of its own on which a
/// commit can be conditional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// What is counted for an account.
    Account(Account),
    /// A store's name, taken.
    Name(Name),
    /// A store's configuration.
    Store(Store),
    /// A store's tags; absent when it has none.
    Tags(StoreTags),
    /// What is counted of a store's contents.
    Contents(Contents),
    /// Work to be done on a store.
    Job(Job),
    /// A store that is gone.
    Tombstone(Tombstone),
}

/// What is counted for an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account.
    pub account: AccountId,
    /// How many stores it has.
    pub stores: u64,
}

/// A name that is taken; its absence makes a name free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// The account in which the name is unique.
    pub account: AccountId,
    /// The name.
    pub name: StoreName,
    /// The store that has it.
    pub store: StoreId,
}

/// A store's tags. They are no part of its configuration: changing them leaves its ETag alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreTags {
    /// The store.
    pub store: StoreId,
    /// Its tags.
    pub tags: Tags,
}

/// The work that takes a store out of provisioning: fill it if it has a source, then make it ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The store to provision.
    pub store: StoreId,
    /// What to fill it from.
    pub source: Option<ImportSource>,
    /// Who asked for it; the work is committed in this name.
    pub author: Author,
    /// Since when there is this job.
    pub created: Timestamp,
    /// Who works on it; none when it is free.
    pub lease: Option<Lease>,
}

/// A node's claim on a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The node that works on the job.
    pub node: String,
    /// When others may take it.
    pub until: Timestamp,
}

/// What is remembered of a store that was deleted, so that its ARN is answered as AWS answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The store that was.
    pub store: StoreId,
    /// The account that owned it.
    pub account: AccountId,
    /// When it was deleted.
    pub deleted: Timestamp,
}

/// Names one record. Its text is the engine's key for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordId {
    /// See [`Record::Account`].
    Account(AccountId),
    /// See [`Record::Name`].
    Name(AccountId, StoreName),
    /// See [`Record::Store`].
    Store(StoreId),
    /// See [`Record::Tags`].
    Tags(StoreId),
    /// See [`Record::Contents`]. Deleting it deletes the store's entries.
    Contents(StoreId),
    /// See [`Record::Job`].
    Job(StoreId),
    /// See [`Record::Tombstone`].
    Tombstone(StoreId),
}

impl Record {
    /// The record's own name.
    pub fn id(&self) -> RecordId {
        match self {
            Self::Account(record) => RecordId::Account(record.account),
            Self::Name(record) => RecordId::Name(record.account, record.name.clone()),
            Self::Store(record) => RecordId::Store(record.id),
            Self::Tags(record) => RecordId::Tags(record.store),
            Self::Contents(record) => RecordId::Contents(record.store),
            Self::Job(record) => RecordId::Job(record.store),
            Self::Tombstone(record) => RecordId::Tombstone(record.store),
        }
    }
}

impl RecordId {
    /// The store that the record is about; none for an account's.
    pub fn store(&self) -> Option<StoreId> {
        match self {
            Self::Account(_) | Self::Name(..) => None,
            Self::Store(store)
            | Self::Tags(store)
            | Self::Contents(store)
            | Self::Job(store)
            | Self::Tombstone(store) => Some(*store),
        }
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "account/{account}"),
            Self::Name(account, name) => write!(f, "name/{account}/{name}"),
            Self::Store(store) => write!(f, "store/{store}"),
            Self::Tags(store) => write!(f, "tags/{store}"),
            Self::Contents(store) => write!(f, "contents/{store}"),
            Self::Job(store) => write!(f, "job/{store}"),
            Self::Tombstone(store) => write!(f, "tombstone/{store}"),
        }
    }
}

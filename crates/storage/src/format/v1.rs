//! Format 1, that of commit 3d780a3: read, never written. It knows stores alone, says of no record what was
//! before, and of authors neither the user nor that they are Keyfront itself.

use keyfront_model::{AccountId, ImportSource, Key, S3Arn, StoreId, StoreName, Timestamp, Value};
use serde::Deserialize;

use super::FormatError;
use super::v2::{AccountV2, NameV2, RecordV2, TagsV2, TombstoneV2};
use super::v3::{ContentsBody, StoreBody, entry_change};
use crate::{
    Author, Before, Caller, Change, Commit, Job, JobId, JobTask, NodeId, Record, RecordId,
    ResourceId, ResourceName, Revision, Subject, Task,
};

#[derive(Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
enum RecordV1 {
    Account(AccountV2),
    Name(NameV2),
    Store(StoreBody),
    Tags(TagsV2),
    Contents(ContentsBody),
    Job(JobV1),
    Tombstone(TombstoneV2),
}

#[derive(Deserialize)]
struct JobV1 {
    store: StoreId,
    source: Option<SourceV1>,
    author: AuthorV1,
    created: Timestamp,
    lease: Option<LeaseV1>,
}

#[derive(Deserialize)]
struct SourceV1 {
    object: S3Arn,
}

/// Its end, a time of a wall clock, is passed over.
#[derive(Deserialize)]
struct LeaseV1 {
    node: String,
}

#[derive(Deserialize)]
struct AuthorV1 {
    account: AccountId,
    access_key: String,
    request: String,
}

#[derive(Deserialize)]
struct CommitV1 {
    revision: u64,
    author: AuthorV1,
    at: Timestamp,
    changes: Vec<ChangeV1>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChangeV1 {
    Put(RecordV1),
    Delete(RecordIdV1),
    Entries {
        store: StoreId,
        entries: Vec<(Key, Option<Value>, Option<Value>)>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RecordIdV1 {
    Account(AccountId),
    Name(AccountId, StoreName),
    Store(StoreId),
    Tags(StoreId),
    Contents(StoreId),
    Job(StoreId),
    Tombstone(StoreId),
}

pub(super) fn record(text: &str) -> Result<Record, FormatError> {
    serde_json::from_str::<RecordV1>(text)?.try_into()
}

pub(super) fn commit(text: &str) -> Result<Commit, FormatError> {
    serde_json::from_str::<CommitV1>(text)?.try_into()
}

impl TryFrom<RecordV1> for Record {
    type Error = FormatError;

    fn try_from(record: RecordV1) -> Result<Self, FormatError> {
        let same = match record {
            RecordV1::Account(body) => RecordV2::Account(body),
            RecordV1::Name(body) => RecordV2::Name(body),
            RecordV1::Store(body) => RecordV2::Store(body),
            RecordV1::Tags(body) => RecordV2::Tags(body),
            RecordV1::Contents(body) => RecordV2::Contents(body),
            RecordV1::Tombstone(body) => RecordV2::Tombstone(body),
            RecordV1::Job(job) => return Ok(Job::from(job).into()),
        };
        same.try_into()
    }
}

impl From<JobV1> for Job {
    fn from(job: JobV1) -> Self {
        Self {
            task: JobTask::Provision {
                store: job.store,
                source: job.source.map(|source| ImportSource {
                    object: source.object,
                }),
            },
            author: job.author.into(),
            created: job.created,
            node: job.lease.map(|lease| NodeId(lease.node)),
        }
    }
}

/// Keyfront's own commits were signed as if by an access key of that name, and the request was the task.
impl From<AuthorV1> for Author {
    fn from(author: AuthorV1) -> Self {
        match Task::named(&author.request) {
            Some(task) if author.access_key == "keyfront" => Self::Keyfront(task),
            _ => Self::Caller(Caller {
                account: author.account,
                user: None,
                access_key: author.access_key.into(),
                request: author.request.into(),
            }),
        }
    }
}

impl TryFrom<CommitV1> for Commit {
    type Error = FormatError;

    fn try_from(commit: CommitV1) -> Result<Self, FormatError> {
        // The owner always signed, also for Keyfront.
        let owner = commit.author.account;
        let changes = commit.changes.into_iter().map(Change::try_from);
        let changes = changes.collect::<Result<Vec<_>, _>>()?;
        let store = changes.iter().find_map(store_of);
        Ok(Self {
            revision: Revision(commit.revision),
            subject: store.map_or(Subject::Account(owner), Subject::Store),
            owner,
            author: commit.author.into(),
            message: None,
            at: commit.at,
            changes,
        })
    }
}

/// The store that a change is about; each commit is about one at most.
fn store_of(change: &Change) -> Option<StoreId> {
    let id = match change {
        Change::Put { record, .. } => record.id(),
        Change::Delete { id, .. } => id.clone(),
        Change::Entries { store, .. } => return Some(*store),
    };
    match id {
        RecordId::Store(store)
        | RecordId::Contents(store)
        | RecordId::Users(store)
        | RecordId::Job(JobId::Provision(store))
        | RecordId::Tags(ResourceId::Store(store))
        | RecordId::Tombstone(ResourceId::Store(store)) => Some(store),
        RecordId::Account(_)
        | RecordId::Name(..)
        | RecordId::Function(..)
        | RecordId::Tags(ResourceId::Function(_))
        | RecordId::Tombstone(ResourceId::Function(_)) => None,
    }
}

impl TryFrom<ChangeV1> for Change {
    type Error = FormatError;

    fn try_from(change: ChangeV1) -> Result<Self, FormatError> {
        Ok(match change {
            ChangeV1::Put(record) => Self::Put {
                before: Before::Unrecorded,
                record: record.try_into()?,
            },
            ChangeV1::Delete(id) => Self::Delete {
                id: id.into(),
                before: Before::Unrecorded,
            },
            ChangeV1::Entries { store, entries } => Self::Entries {
                store,
                entries: entries.into_iter().map(entry_change).collect(),
            },
        })
    }
}

impl From<RecordIdV1> for RecordId {
    fn from(id: RecordIdV1) -> Self {
        match id {
            RecordIdV1::Account(account) => Self::Account(account),
            RecordIdV1::Name(account, name) => Self::Name(account, ResourceName::Store(name)),
            RecordIdV1::Store(store) => Self::Store(store),
            RecordIdV1::Tags(store) => Self::Tags(ResourceId::Store(store)),
            RecordIdV1::Contents(store) => Self::Contents(store),
            RecordIdV1::Job(store) => Self::Job(JobId::Provision(store)),
            RecordIdV1::Tombstone(store) => Self::Tombstone(ResourceId::Store(store)),
        }
    }
}

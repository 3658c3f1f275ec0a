//! Format 2. The names and the order of the members are the format: a change of any of them is a new
//! version.

use std::collections::BTreeSet;

use keyfront_model::{
    AccountId, Comment, Contents, ETag, ImportSource, Key, S3Arn, Status, Store, StoreId,
    StoreName, Tags, Timestamp, Value,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::FormatError;
use crate::{
    Account, Author, Before, Caller, Change, Commit, EntryChange, Job, JobTask, Message, Name,
    NodeId, Record, RecordId, ResourceId, ResourceName, ResourceTags, Revision, StoreUsers,
    Subject, Task, Tombstone,
};

/// A record with its version. It is read as a [`RecordBody`], which passes the version over: a flattened
/// member would be read into a buffer twice.
#[derive(Serialize)]
pub(super) struct RecordDocument {
    v: u32,
    #[serde(flatten)]
    record: RecordBody,
}

/// A record within a commit, whose version is the commit's.
#[derive(Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum RecordBody {
    Account(AccountBody),
    Name(NameBody),
    Store(StoreBody),
    Tags(TagsBody),
    Contents(ContentsBody),
    Users(UsersBody),
    Job(JobBody),
    Tombstone(TombstoneBody),
}

#[derive(Serialize, Deserialize)]
pub(super) struct AccountBody {
    account: AccountId,
    stores: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct NameBody {
    account: AccountId,
    name: StoreName,
    store: StoreId,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoreBody {
    id: StoreId,
    account: AccountId,
    name: StoreName,
    comment: Option<Comment>,
    status: StatusBody,
    etag: ETag,
    created: Timestamp,
    modified: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum StatusBody {
    Provisioning,
    Ready,
    ImportFailed { reason: String },
}

#[derive(Serialize, Deserialize)]
pub(super) struct TagsBody {
    store: StoreId,
    tags: Tags,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ContentsBody {
    store: StoreId,
    etag: ETag,
    items: u64,
    bytes: u64,
    modified: Timestamp,
}

#[derive(Serialize, Deserialize)]
pub(super) struct UsersBody {
    store: StoreId,
    users: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JobBody {
    #[serde(flatten)]
    task: TaskBody,
    author: AuthorBody,
    created: Timestamp,
    node: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
enum TaskBody {
    Provision {
        store: StoreId,
        source: Option<S3Arn>,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct TombstoneBody {
    store: StoreId,
    account: AccountId,
    deleted: Timestamp,
}

/// A commit with its version.
#[derive(Serialize, Deserialize)]
pub(super) struct CommitDocument {
    v: u32,
    revision: u64,
    subject: SubjectBody,
    owner: AccountId,
    author: AuthorBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    at: Timestamp,
    changes: Vec<ChangeBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SubjectBody {
    Store(StoreId),
    Account(AccountId),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AuthorBody {
    Caller {
        account: AccountId,
        user: Option<String>,
        access_key: String,
        request: String,
    },
    Keyfront(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChangeBody {
    Put {
        #[serde(default, skip_serializing_if = "BeforeBody::is_unrecorded")]
        before: BeforeBody,
        after: RecordBody,
    },
    Delete {
        id: String,
        #[serde(default, skip_serializing_if = "BeforeBody::is_unrecorded")]
        before: BeforeBody,
    },
    Entries {
        store: StoreId,
        entries: Vec<(Key, Option<Value>, Option<Value>)>,
    },
}

/// The member `before` is missing where the commit does not say, and null where it was absent.
#[derive(Default)]
enum BeforeBody {
    #[default]
    Unrecorded,
    Recorded(Option<RecordBody>),
}

impl BeforeBody {
    fn is_unrecorded(&self) -> bool {
        matches!(self, Self::Unrecorded)
    }
}

impl Serialize for BeforeBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Recorded(Some(record)) => record.serialize(serializer),
            Self::Recorded(None) | Self::Unrecorded => serializer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for BeforeBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Recorded)
    }
}

pub(super) fn record(text: &str) -> Result<Record, FormatError> {
    serde_json::from_str::<RecordBody>(text)?.try_into()
}

pub(super) fn commit(text: &str) -> Result<Commit, FormatError> {
    serde_json::from_str::<CommitDocument>(text)?.try_into()
}

impl From<&Record> for RecordDocument {
    fn from(record: &Record) -> Self {
        Self {
            v: super::VERSION,
            record: record.into(),
        }
    }
}

impl From<&Record> for RecordBody {
    fn from(record: &Record) -> Self {
        match record {
            Record::Account(account) => Self::Account(AccountBody {
                account: account.account,
                stores: account.stores,
            }),
            Record::Name(name) => Self::Name(NameBody {
                account: name.account,
                name: match &name.name {
                    ResourceName::Store(name) => name.clone(),
                },
                store: store_of(name.resource),
            }),
            Record::Store(store) => Self::Store(store.into()),
            Record::Tags(tags) => Self::Tags(TagsBody {
                store: store_of(tags.resource),
                tags: tags.tags.clone(),
            }),
            Record::Contents(contents) => Self::Contents(contents.into()),
            Record::Users(users) => Self::Users(UsersBody {
                store: users.store,
                users: users.users.iter().map(RecordId::to_string).collect(),
            }),
            Record::Job(job) => Self::Job(job.into()),
            Record::Tombstone(tombstone) => Self::Tombstone(TombstoneBody {
                store: store_of(tombstone.resource),
                account: tombstone.account,
                deleted: tombstone.deleted,
            }),
        }
    }
}

fn store_of(resource: ResourceId) -> StoreId {
    match resource {
        ResourceId::Store(store) => store,
    }
}

impl From<&Store> for StoreBody {
    fn from(store: &Store) -> Self {
        Self {
            id: store.id,
            account: store.account,
            name: store.name.clone(),
            comment: store.comment.clone(),
            status: match &store.status {
                Status::Provisioning => StatusBody::Provisioning,
                Status::Ready => StatusBody::Ready,
                Status::ImportFailed { reason } => StatusBody::ImportFailed {
                    reason: reason.clone(),
                },
            },
            etag: store.etag,
            created: store.created,
            modified: store.modified,
        }
    }
}

impl From<&Contents> for ContentsBody {
    fn from(contents: &Contents) -> Self {
        Self {
            store: contents.store,
            etag: contents.etag,
            items: contents.items,
            bytes: contents.bytes,
            modified: contents.modified,
        }
    }
}

impl From<&Job> for JobBody {
    fn from(job: &Job) -> Self {
        Self {
            task: match &job.task {
                JobTask::Provision { store, source } => TaskBody::Provision {
                    store: *store,
                    source: source.as_ref().map(|source| source.object.clone()),
                },
            },
            author: (&job.author).into(),
            created: job.created,
            node: job.node.as_ref().map(|node| node.0.clone()),
        }
    }
}

impl From<&Author> for AuthorBody {
    fn from(author: &Author) -> Self {
        match author {
            Author::Caller(caller) => Self::Caller {
                account: caller.account,
                user: caller.user.clone(),
                access_key: caller.access_key.clone(),
                request: caller.request.clone(),
            },
            Author::Keyfront(task) => Self::Keyfront(task.name().to_owned()),
        }
    }
}

impl From<&Commit> for CommitDocument {
    fn from(commit: &Commit) -> Self {
        Self {
            v: super::VERSION,
            revision: commit.revision.0,
            subject: match commit.subject {
                Subject::Store(store) => SubjectBody::Store(store),
                Subject::Account(account) => SubjectBody::Account(account),
            },
            owner: commit.owner,
            author: (&commit.author).into(),
            message: commit.message.as_ref().map(|text| text.as_str().to_owned()),
            at: commit.at,
            changes: commit.changes.iter().map(ChangeBody::from).collect(),
        }
    }
}

impl From<&Change> for ChangeBody {
    fn from(change: &Change) -> Self {
        match change {
            Change::Put { before, record } => Self::Put {
                before: before.into(),
                after: record.into(),
            },
            Change::Delete { id, before } => Self::Delete {
                id: id.to_string(),
                before: before.into(),
            },
            Change::Entries { store, entries } => Self::Entries {
                store: *store,
                entries: entries.iter().map(entry_body).collect(),
            },
        }
    }
}

fn entry_body(change: &EntryChange) -> (Key, Option<Value>, Option<Value>) {
    (
        change.key.clone(),
        change.before.clone(),
        change.after.clone(),
    )
}

impl From<&Before> for BeforeBody {
    fn from(before: &Before) -> Self {
        match before {
            Before::Unrecorded => Self::Unrecorded,
            Before::Absent => Self::Recorded(None),
            Before::Record(record) => Self::Recorded(Some((&**record).into())),
        }
    }
}

fn malformed(what: impl ToString) -> FormatError {
    FormatError::Malformed(what.to_string())
}

impl TryFrom<RecordBody> for Record {
    type Error = FormatError;

    fn try_from(body: RecordBody) -> Result<Self, FormatError> {
        Ok(match body {
            RecordBody::Account(body) => Self::Account(Account {
                account: body.account,
                stores: body.stores,
            }),
            RecordBody::Name(body) => Self::Name(Name {
                account: body.account,
                name: ResourceName::Store(body.name),
                resource: ResourceId::Store(body.store),
            }),
            RecordBody::Store(body) => Self::Store(body.into()),
            RecordBody::Tags(body) => Self::Tags(ResourceTags {
                resource: ResourceId::Store(body.store),
                tags: body.tags,
            }),
            RecordBody::Contents(body) => Self::Contents(Contents {
                store: body.store,
                etag: body.etag,
                items: body.items,
                bytes: body.bytes,
                modified: body.modified,
            }),
            RecordBody::Users(body) => Self::Users(StoreUsers {
                store: body.store,
                users: users(&body.users)?,
            }),
            RecordBody::Job(body) => Self::Job(body.try_into()?),
            RecordBody::Tombstone(body) => Self::Tombstone(Tombstone {
                resource: ResourceId::Store(body.store),
                account: body.account,
                deleted: body.deleted,
            }),
        })
    }
}

fn users(ids: &[String]) -> Result<BTreeSet<RecordId>, FormatError> {
    ids.iter().map(|id| id.parse().map_err(malformed)).collect()
}

impl From<StoreBody> for Store {
    fn from(body: StoreBody) -> Self {
        Self {
            id: body.id,
            account: body.account,
            name: body.name,
            comment: body.comment,
            status: match body.status {
                StatusBody::Provisioning => Status::Provisioning,
                StatusBody::Ready => Status::Ready,
                StatusBody::ImportFailed { reason } => Status::ImportFailed { reason },
            },
            etag: body.etag,
            created: body.created,
            modified: body.modified,
        }
    }
}

impl TryFrom<JobBody> for Job {
    type Error = FormatError;

    fn try_from(body: JobBody) -> Result<Self, FormatError> {
        let TaskBody::Provision { store, source } = body.task;
        Ok(Self {
            task: JobTask::Provision {
                store,
                source: source.map(|object| ImportSource { object }),
            },
            author: body.author.try_into()?,
            created: body.created,
            node: body.node.map(NodeId),
        })
    }
}

impl TryFrom<AuthorBody> for Author {
    type Error = FormatError;

    fn try_from(body: AuthorBody) -> Result<Self, FormatError> {
        match body {
            AuthorBody::Caller {
                account,
                user,
                access_key,
                request,
            } => Ok(Self::Caller(Caller {
                account,
                user,
                access_key,
                request,
            })),
            AuthorBody::Keyfront(name) => Task::named(&name)
                .map(Self::Keyfront)
                .ok_or_else(|| malformed(format!("there is no task {name:?}"))),
        }
    }
}

impl TryFrom<CommitDocument> for Commit {
    type Error = FormatError;

    fn try_from(body: CommitDocument) -> Result<Self, FormatError> {
        Ok(Self {
            revision: Revision(body.revision),
            subject: match body.subject {
                SubjectBody::Store(store) => Subject::Store(store),
                SubjectBody::Account(account) => Subject::Account(account),
            },
            owner: body.owner,
            author: body.author.try_into()?,
            message: body
                .message
                .map(Message::try_from)
                .transpose()
                .map_err(malformed)?,
            at: body.at,
            changes: body
                .changes
                .into_iter()
                .map(Change::try_from)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl TryFrom<ChangeBody> for Change {
    type Error = FormatError;

    fn try_from(body: ChangeBody) -> Result<Self, FormatError> {
        Ok(match body {
            ChangeBody::Put { before, after } => Self::Put {
                before: before.try_into()?,
                record: after.try_into()?,
            },
            ChangeBody::Delete { id, before } => Self::Delete {
                id: id.parse().map_err(malformed)?,
                before: before.try_into()?,
            },
            ChangeBody::Entries { store, entries } => Self::Entries {
                store,
                entries: entries.into_iter().map(entry_change).collect(),
            },
        })
    }
}

pub(super) fn entry_change(
    (key, before, after): (Key, Option<Value>, Option<Value>),
) -> EntryChange {
    EntryChange { key, before, after }
}

impl TryFrom<BeforeBody> for Before {
    type Error = FormatError;

    fn try_from(body: BeforeBody) -> Result<Self, FormatError> {
        Ok(match body {
            BeforeBody::Unrecorded => Self::Unrecorded,
            BeforeBody::Recorded(None) => Self::Absent,
            BeforeBody::Recorded(Some(record)) => Record::try_from(record)?.into(),
        })
    }
}

//! Format 3. The names and the order of the members are the format: a change of any of them is a new
//! version.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use keyfront_model::{
    AccountId, Comment, Contents, ETag, Function, FunctionCode, FunctionComment, FunctionConfig,
    FunctionId, FunctionName, ImportSource, S3Arn, Status, Store, StoreArn, StoreId, StoreName,
    Tags, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::FormatError;
use crate::record::{stage_named, stage_text};
use crate::{
    Account, Author, Caller, Commit, Job, JobTask, Name, NamedResource, NodeId, Record, RecordId,
    ResourceId, ResourceTags, StoreUsers, Task, Tombstone,
};

mod commit;

pub(super) use commit::{CommitDocument, entry_change};

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
    Function(FunctionBody),
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
    functions: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct NameBody {
    account: AccountId,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<StoreId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<FunctionId>,
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
pub(super) struct FunctionBody {
    id: FunctionId,
    stage: String,
    account: AccountId,
    name: FunctionName,
    comment: String,
    runtime: String,
    store: Option<StoreId>,
    code: String,
    etag: ETag,
    published_from: Option<ETag>,
    created: Timestamp,
    modified: Timestamp,
}

/// Of `store` and `function` there is one.
#[derive(Serialize, Deserialize)]
pub(super) struct TagsBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<StoreId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<FunctionId>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<StoreId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<FunctionId>,
    account: AccountId,
    deleted: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuthorBody {
    Caller {
        account: AccountId,
        user: Option<Arc<str>>,
        access_key: Arc<str>,
        request: Arc<str>,
    },
    Keyfront(String),
}

pub(super) fn record(text: &str) -> Result<Record, FormatError> {
    serde_json::from_str::<RecordBody>(text)?.try_into()
}

pub(super) fn commit(text: &str) -> Result<Commit, FormatError> {
    serde_json::from_str::<CommitDocument<RecordBody>>(text)?.try_into()
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
                functions: account.functions,
            }),
            Record::Name(name) => Self::Name(name.into()),
            Record::Store(store) => Self::Store((&**store).into()),
            Record::Function(function) => Self::Function((&**function).into()),
            Record::Tags(tags) => {
                let (store, function) = parted(tags.resource);
                Self::Tags(TagsBody {
                    store,
                    function,
                    tags: tags.tags.clone(),
                })
            }
            Record::Contents(contents) => Self::Contents(contents.into()),
            Record::Users(users) => Self::Users(UsersBody {
                store: users.store,
                users: users.users.iter().map(RecordId::to_string).collect(),
            }),
            Record::Job(job) => Self::Job((&**job).into()),
            Record::Tombstone(tombstone) => {
                let (store, function) = parted(tombstone.resource);
                Self::Tombstone(TombstoneBody {
                    store,
                    function,
                    account: tombstone.account,
                    deleted: tombstone.deleted,
                })
            }
        }
    }
}

/// A resource as the two members that it is written as, of which one is left out.
fn parted(resource: ResourceId) -> (Option<StoreId>, Option<FunctionId>) {
    match resource {
        ResourceId::Store(store) => (Some(store), None),
        ResourceId::Function(function) => (None, Some(function)),
    }
}

/// The resource of these two members.
fn joined(store: Option<StoreId>, function: Option<FunctionId>) -> Result<ResourceId, FormatError> {
    match (store, function) {
        (Some(store), None) => Ok(ResourceId::Store(store)),
        (None, Some(function)) => Ok(ResourceId::Function(function)),
        _ => Err(malformed("it is of one store or of one function")),
    }
}

impl From<&Name> for NameBody {
    fn from(name: &Name) -> Self {
        let (text, store, function) = match &name.resource {
            NamedResource::Store(name, store) => (name.as_str(), Some(*store), None),
            NamedResource::Function(name, function) => (name.as_str(), None, Some(*function)),
        };
        Self {
            account: name.account,
            name: text.to_owned(),
            store,
            function,
        }
    }
}

impl From<&Function> for FunctionBody {
    fn from(function: &Function) -> Self {
        let config = &function.config;
        Self {
            id: function.id,
            stage: stage_text(function.stage).to_owned(),
            account: function.account,
            name: function.name.clone(),
            comment: config.comment().as_str().to_owned(),
            runtime: config.runtime().name().to_owned(),
            store: config.store().map(|store| store.id),
            code: BASE64.encode(&function.code),
            etag: function.etag,
            published_from: function.published_from,
            created: function.created,
            modified: function.modified,
        }
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
                functions: body.functions,
            }),
            RecordBody::Name(body) => Self::Name(body.try_into()?),
            RecordBody::Store(body) => Store::from(body).into(),
            RecordBody::Function(body) => Function::try_from(body)?.into(),
            RecordBody::Tags(body) => Self::Tags(ResourceTags {
                resource: joined(body.store, body.function)?,
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
            RecordBody::Job(body) => Job::try_from(body)?.into(),
            RecordBody::Tombstone(body) => Self::Tombstone(Tombstone {
                resource: joined(body.store, body.function)?,
                account: body.account,
                deleted: body.deleted,
            }),
        })
    }
}

fn users(ids: &[String]) -> Result<BTreeSet<RecordId>, FormatError> {
    ids.iter().map(|id| id.parse().map_err(malformed)).collect()
}

impl TryFrom<NameBody> for Name {
    type Error = FormatError;

    fn try_from(body: NameBody) -> Result<Self, FormatError> {
        let name = &body.name;
        Ok(Self {
            account: body.account,
            resource: match joined(body.store, body.function)? {
                ResourceId::Store(store) => {
                    NamedResource::Store(name.parse::<StoreName>().map_err(malformed)?, store)
                }
                ResourceId::Function(function) => {
                    NamedResource::Function(name.parse().map_err(malformed)?, function)
                }
            },
        })
    }
}

impl TryFrom<FunctionBody> for Function {
    type Error = FormatError;

    fn try_from(body: FunctionBody) -> Result<Self, FormatError> {
        let account = body.account;
        let store = body.store.map(|id| StoreArn { account, id });
        let comment = FunctionComment::try_from(body.comment).map_err(malformed)?;
        let runtime = body.runtime.parse().map_err(malformed)?;
        let code = BASE64.decode(&body.code).map_err(malformed)?;
        Ok(Self {
            id: body.id,
            stage: stage_named(&body.stage).map_err(malformed)?,
            account,
            name: body.name,
            config: FunctionConfig::new(comment, runtime, store).map_err(malformed)?,
            code: FunctionCode::try_from(code).map_err(malformed)?,
            etag: body.etag,
            published_from: body.published_from,
            created: body.created,
            modified: body.modified,
        })
    }
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

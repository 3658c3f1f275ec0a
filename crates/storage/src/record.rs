use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use keyfront_model::{
    AccountId, Contents, Function, FunctionId, FunctionName, FunctionStage, ImportSource, Invalid,
    Store, StoreId, StoreName, Tags, Timestamp,
};

use crate::Author;

/// What AWS versions or counts apart is a record of its own, with a revision of its own on which a
/// commit can be conditional.
///
/// The large ones are boxed, so that most commits, which are about contents and of which many are kept, stay small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// The counters of an account.
    Account(Account),
    /// A name that is taken.
    Name(Name),
    /// A store's configuration.
    Store(Box<Store>),
    /// One stage of a function: its configuration and its code.
    Function(Box<Function>),
    /// A resource's tags; absent when it has none.
    Tags(ResourceTags),
    /// The ETag and the counters of a store's entries.
    Contents(Contents),
    /// What uses a store; absent while nothing does.
    Users(StoreUsers),
    /// Background work.
    Job(Box<Job>),
    /// A resource that was deleted.
    Tombstone(Tombstone),
}

/// The counters of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub account: AccountId,
    /// How many stores it has.
    pub stores: u64,
    /// How many functions it has.
    pub functions: u64,
}

/// Something with a name, tags and an end: a store or a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceId {
    /// A store.
    Store(StoreId),
    /// A function, with all of its stages.
    Function(FunctionId),
}

/// A resource's name. Each kind of resource has its own name space within an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceName {
    /// A store's name.
    Store(StoreName),
    /// A function's name.
    Function(FunctionName),
}

/// A name that is taken; its absence makes the name free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The account in which the name is unique.
    pub account: AccountId,
    /// The resource that has it, with the name.
    pub resource: NamedResource,
}

/// A resource and its name, of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedResource {
    /// A store.
    Store(StoreName, StoreId),
    /// A function.
    Function(FunctionName, FunctionId),
}

/// A resource's tags. They are no part of its configuration: changing them leaves its ETag alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceTags {
    /// The resource.
    pub resource: ResourceId,
    /// Its tags.
    pub tags: Tags,
}

/// What uses a store. While this record is there, the store can't be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUsers {
    /// The store.
    pub store: StoreId,
    /// The records of its users; never empty.
    pub users: BTreeSet<RecordId>,
}

/// Background work that a crash must not lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What is to be done.
    pub task: JobTask,
    /// The caller who asked for it, in whose name the work is committed.
    pub author: Author,
    /// When it was asked for.
    pub created: Timestamp,
    /// The node that works on it. The job is free when there is none, or when that node is not
    /// among the engine's living nodes.
    pub node: Option<NodeId>,
}

/// What a [`Job`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobTask {
    /// Takes a store out of provisioning: fills it if it has a source, then makes it ready.
    Provision {
        /// The store.
        store: StoreId,
        /// The source of its entries.
        source: Option<ImportSource>,
    },
}

/// Names a job by what it does to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobId {
    /// See [`JobTask::Provision`].
    Provision(StoreId),
}

/// The name of a node, as its engine knows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub String);

/// What is remembered of a resource that was deleted, so that its ARN is answered as AWS answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The resource.
    pub resource: ResourceId,
    /// The account that owned it.
    pub account: AccountId,
    /// When it was deleted.
    pub deleted: Timestamp,
}

/// Names one record. Its text is the engine's key for it, and part of the written format.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordId {
    /// See [`Record::Account`].
    Account(AccountId),
    /// See [`Record::Name`].
    Name(AccountId, ResourceName),
    /// See [`Record::Store`].
    Store(StoreId),
    /// See [`Record::Function`].
    Function(FunctionId, FunctionStage),
    /// See [`Record::Tags`].
    Tags(ResourceId),
    /// See [`Record::Contents`]. Deleting it deletes the store's entries.
    Contents(StoreId),
    /// See [`Record::Users`].
    Users(StoreId),
    /// See [`Record::Job`].
    Job(JobId),
    /// See [`Record::Tombstone`].
    Tombstone(ResourceId),
}

impl Record {
    /// The id of this record.
    pub fn id(&self) -> RecordId {
        match self {
            Self::Account(record) => RecordId::Account(record.account),
            Self::Name(record) => RecordId::Name(record.account, record.resource.name()),
            Self::Store(record) => RecordId::Store(record.id),
            Self::Function(record) => RecordId::Function(record.id, record.stage),
            Self::Tags(record) => RecordId::Tags(record.resource),
            Self::Contents(record) => RecordId::Contents(record.store),
            Self::Users(record) => RecordId::Users(record.store),
            Self::Job(record) => RecordId::Job(record.id()),
            Self::Tombstone(record) => RecordId::Tombstone(record.resource),
        }
    }
}

impl Job {
    /// The id of this job.
    pub fn id(&self) -> JobId {
        match &self.task {
            JobTask::Provision { store, .. } => JobId::Provision(*store),
        }
    }
}

impl NamedResource {
    /// The name.
    pub fn name(&self) -> ResourceName {
        match self {
            Self::Store(name, _) => ResourceName::Store(name.clone()),
            Self::Function(name, _) => ResourceName::Function(name.clone()),
        }
    }
}

impl ResourceId {
    /// The record that the resource has for as long as it lives.
    pub fn configuration(self) -> RecordId {
        match self {
            Self::Store(store) => RecordId::Store(store),
            Self::Function(function) => RecordId::Function(function, FunctionStage::Development),
        }
    }
}

impl RecordId {
    /// The resource of which something is left to be removed when this record is deleted: a store's entries,
    /// and the commits before, since the history of a resource ends with it and is forgotten with its
    /// tombstone.
    pub fn ended(&self) -> Option<ResourceId> {
        match self {
            Self::Contents(store) => Some(ResourceId::Store(*store)),
            Self::Function(function, FunctionStage::Development) => {
                Some(ResourceId::Function(*function))
            }
            Self::Tombstone(resource) => Some(*resource),
            _ => None,
        }
    }
}

impl From<StoreId> for ResourceId {
    fn from(store: StoreId) -> Self {
        Self::Store(store)
    }
}

impl From<FunctionId> for ResourceId {
    fn from(function: FunctionId) -> Self {
        Self::Function(function)
    }
}

/// A record of each kind is made from its contents.
macro_rules! record_from {
    ($($variant:ident: $contents:ty,)*) => {
        $(impl From<$contents> for Record {
            fn from(contents: $contents) -> Self {
                Self::$variant(contents.into())
            }
        })*
    };
}

record_from! {
    Account: Account,
    Name: Name,
    Store: Store,
    Function: Function,
    Tags: ResourceTags,
    Contents: Contents,
    Users: StoreUsers,
    Job: Job,
    Tombstone: Tombstone,
}

/// What tells a function from a store where a record's id has either. Ids and names of stores have no slash.
const FUNCTION_PREFIX: &str = "function/";

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(store) => store.fmt(f),
            Self::Function(function) => write!(f, "{FUNCTION_PREFIX}{function}"),
        }
    }
}

impl FromStr for ResourceId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.strip_prefix(FUNCTION_PREFIX) {
            Some(function) => function.parse().map(Self::Function),
            None => text.parse().map(Self::Store),
        }
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(name) => name.fmt(f),
            Self::Function(name) => write!(f, "{FUNCTION_PREFIX}{name}"),
        }
    }
}

impl FromStr for ResourceName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.strip_prefix(FUNCTION_PREFIX) {
            Some(name) => name.parse().map(Self::Function),
            None => text.parse().map(Self::Store),
        }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provision(store) => store.fmt(f),
        }
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "account/{account}"),
            Self::Name(account, name) => write!(f, "name/{account}/{name}"),
            Self::Store(store) => write!(f, "store/{store}"),
            Self::Function(function, stage) => {
                write!(f, "function/{function}/{}", stage_text(*stage))
            }
            Self::Tags(resource) => write!(f, "tags/{resource}"),
            Self::Contents(store) => write!(f, "contents/{store}"),
            Self::Users(store) => write!(f, "users/{store}"),
            Self::Job(job) => write!(f, "job/{job}"),
            Self::Tombstone(resource) => write!(f, "tombstone/{resource}"),
        }
    }
}

/// A stage as it is written: in a record's id, and in its record.
pub(crate) fn stage_text(stage: FunctionStage) -> &'static str {
    match stage {
        FunctionStage::Development => "development",
        FunctionStage::Live => "live",
    }
}

/// Parses what [`stage_text`] writes.
pub(crate) fn stage_named(text: &str) -> Result<FunctionStage, Invalid> {
    FunctionStage::ALL
        .into_iter()
        .find(|stage| stage_text(*stage) == text)
        .ok_or(Invalid("a stage is development or live"))
}

/// Parses what [`RecordId`]'s `Display` writes.
impl FromStr for RecordId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        const FORM: Invalid = Invalid("a record's id is a kind and a name, with a slash between");
        let (kind, name) = text.split_once('/').ok_or(FORM)?;
        Ok(match kind {
            "account" => Self::Account(name.parse()?),
            "name" => {
                let (account, name) = name.split_once('/').ok_or(FORM)?;
                Self::Name(account.parse()?, name.parse()?)
            }
            "store" => Self::Store(name.parse()?),
            "function" => {
                let (function, stage) = name.split_once('/').ok_or(FORM)?;
                Self::Function(function.parse()?, stage_named(stage)?)
            }
            "tags" => Self::Tags(name.parse()?),
            "contents" => Self::Contents(name.parse()?),
            "users" => Self::Users(name.parse()?),
            "job" => Self::Job(JobId::Provision(name.parse()?)),
            "tombstone" => Self::Tombstone(name.parse()?),
            _ => return Err(FORM),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_parsed_from_its_text() {
        let store = StoreId::from_random(7);
        let account: AccountId = "123456789012".parse().unwrap();
        let function = FunctionId::from_random(8);
        let name = ResourceName::Store("redirects".parse().unwrap());
        let function_name = ResourceName::Function("redirects".parse().unwrap());
        for id in [
            RecordId::Account(account),
            RecordId::Name(account, name),
            RecordId::Name(account, function_name),
            RecordId::Store(store),
            RecordId::Function(function, FunctionStage::Development),
            RecordId::Function(function, FunctionStage::Live),
            RecordId::Tags(ResourceId::Function(function)),
            RecordId::Tombstone(ResourceId::Function(function)),
            RecordId::Tags(ResourceId::Store(store)),
            RecordId::Contents(store),
            RecordId::Users(store),
            RecordId::Job(JobId::Provision(store)),
            RecordId::Tombstone(ResourceId::Store(store)),
        ] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in [
            "",
            "store",
            "store/",
            "shelf/1",
            "name/123456789012",
            "name/123456789012/function/",
            &format!("function/{function}"),
            &format!("function/{function}/LIVE"),
            &format!("tags/function/function/{function}"),
        ] {
            assert!(text.parse::<RecordId>().is_err(), "{text}");
        }
    }
}

use std::fmt;
use std::sync::Arc;

use keyfront_model::{AccountId, FunctionId, Invalid, Key, StoreId, Timestamp, Value};

use crate::{Condition, Record, RecordId, ResourceId};

/// The position of a commit in the order of all commits of a source. Revisions only grow. They may have
/// gaps, and mean nothing to another source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The subject of a commit, to which history belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A store.
    Store(StoreId),
    /// A function, with all of its stages.
    Function(FunctionId),
    /// An account.
    Account(AccountId),
}

impl Subject {
    /// The resource that it is; `None` for an account, which never ends.
    pub fn resource(self) -> Option<ResourceId> {
        match self {
            Self::Store(store) => Some(ResourceId::Store(store)),
            Self::Function(function) => Some(ResourceId::Function(function)),
            Self::Account(_) => None,
        }
    }
}

impl From<ResourceId> for Subject {
    fn from(resource: ResourceId) -> Self {
        match resource {
            ResourceId::Store(store) => Self::Store(store),
            ResourceId::Function(function) => Self::Function(function),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(store) => write!(f, "store/{store}"),
            Self::Function(function) => write!(f, "function/{function}"),
            Self::Account(account) => write!(f, "account/{account}"),
        }
    }
}

/// The author of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// The caller of an operation.
    Caller(Caller),
    /// Keyfront itself.
    Keyfront(Task),
}

/// The caller of an operation. Its texts can be shared: many commits are in memory, most of them of few callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The caller's account.
    pub account: AccountId,
    /// The caller's user; unknown in commits of format 1.
    pub user: Option<Arc<str>>,
    /// The id of the access key that signed the request.
    pub access_key: Arc<str>,
    /// The request's id, which the client saw too.
    pub request: Arc<str>,
}

/// A task that Keyfront does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// Removes tombstones that are too old or too many.
    ForgetDeleted,
}

impl Task {
    /// The task's name, in the written format and for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::ForgetDeleted => "forget-deleted",
        }
    }

    /// The task of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::ForgetDeleted]
            .into_iter()
            .find(|task| task.name() == name)
    }
}

/// What an author says of a commit: at most 256 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(String);

/// The most bytes that a [`Message`] has.
const MAX_MESSAGE_BYTES: usize = 256;

impl Message {
    /// The message's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Message {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.len() > MAX_MESSAGE_BYTES {
            return Err(Invalid("a commit's message has at most 256 bytes"));
        }
        Ok(Self(text))
    }
}

/// A change that is asked for: all of it is made, or none.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// What it is about.
    pub subject: Subject,
    /// The account that the subject belongs to.
    pub owner: AccountId,
    /// Its author.
    pub author: Author,
    /// What the author says of it.
    pub message: Option<Message>,
    /// When it was decided.
    pub at: Timestamp,
    /// The revision of the snapshot on which it was decided, and from which everything in it that
    /// says what was before is taken.
    pub snapshot: Revision,
    /// What the decision was based on. One that no longer holds refuses the whole.
    pub conditions: Vec<Condition>,
    /// What is to change. See [`Proposal::check`] for the rules.
    pub changes: Vec<Change>,
}

impl Proposal {
    /// The commit that this proposal becomes.
    pub fn into_commit(self, revision: Revision) -> Commit {
        Commit {
            revision,
            subject: self.subject,
            owner: self.owner,
            author: self.author,
            message: self.message,
            at: self.at,
            changes: self.changes,
        }
    }
}

/// One step of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes a record, new or not.
    Put {
        /// The record before.
        before: Before,
        /// The record after.
        record: Record,
    },
    /// Removes a record. The entries of a store go with its contents' record.
    Delete {
        /// The record.
        id: RecordId,
        /// The record before. [`Before::Unrecorded`] in the commit that deletes a whole resource,
        /// whose history ends with it.
        before: Before,
    },
    /// Changes entries of a store, together with its contents' record: entries never change unless
    /// the same commit puts that record.
    Entries {
        /// The store.
        store: StoreId,
        /// The keys that change, strictly ascending by their bytes.
        entries: Vec<EntryChange>,
    },
}

impl Change {
    /// How many records and entries it writes or removes. The entries that go with a store's
    /// contents are not counted.
    pub fn size(&self) -> usize {
        match self {
            Self::Put { .. } | Self::Delete { .. } => 1,
            Self::Entries { entries, .. } => entries.len(),
        }
    }
}

/// What a record was before a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// It was absent.
    Absent,
    /// It was this.
    Record(Box<Record>),
    /// The commit does not say.
    Unrecorded,
}

impl From<Record> for Before {
    fn from(record: Record) -> Self {
        Self::Record(Box::new(record))
    }
}

/// The change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryChange {
    /// The key.
    pub key: Key,
    /// Its value before; `None` if it was absent.
    pub before: Option<Value>,
    /// Its value after; `None` if it is removed.
    pub after: Option<Value>,
}

/// A change that was made, and is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its place in the order.
    pub revision: Revision,
    /// What it is about.
    pub subject: Subject,
    /// The account that the subject belongs to.
    pub owner: AccountId,
    /// Its author.
    pub author: Author,
    /// What the author said of it.
    pub message: Option<Message>,
    /// When it was decided.
    pub at: Timestamp,
    /// What changed, in this order.
    pub changes: Vec<Change>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_at_most_256_bytes() {
        let message = |bytes: usize| Message::try_from("é".repeat(bytes / 2));
        assert_eq!(message(256).unwrap().as_str().len(), 256);
        assert!(message(258).is_err());
    }

    #[test]
    fn a_task_is_found_by_its_name() {
        assert_eq!(
            Task::named(Task::ForgetDeleted.name()),
            Some(Task::ForgetDeleted)
        );
        assert_eq!(Task::named("rest"), None);
    }
}

//! Commits of the formats 2 and 3, which differ in the records that they hold.

use keyfront_model::{AccountId, FunctionId, Key, StoreId, Timestamp, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{AuthorBody, RecordBody, malformed};
use crate::format::FormatError;
use crate::{
    Author, Before, Change, Commit, EntryChange, Message, Record, RecordId, Revision, Subject,
};

/// A commit with its version, whose records are of the type `R`.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "R: Serialize", deserialize = "R: Deserialize<'de>"))]
pub(in crate::format) struct CommitDocument<R> {
    v: u32,
    revision: u64,
    subject: SubjectBody,
    owner: AccountId,
    author: AuthorBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    at: Timestamp,
    changes: Vec<ChangeBody<R>>,
}

/// Format 2 knows no functions.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SubjectBody {
    Store(StoreId),
    Function(FunctionId),
    Account(AccountId),
}

#[derive(Serialize, Deserialize)]
#[serde(
    rename_all = "snake_case",
    bound(serialize = "R: Serialize", deserialize = "R: Deserialize<'de>")
)]
enum ChangeBody<R> {
    Put {
        #[serde(default, skip_serializing_if = "BeforeBody::is_unrecorded")]
        before: BeforeBody<R>,
        after: R,
    },
    Delete {
        id: String,
        #[serde(default, skip_serializing_if = "BeforeBody::is_unrecorded")]
        before: BeforeBody<R>,
    },
    Entries {
        store: StoreId,
        entries: Vec<(Key, Option<Value>, Option<Value>)>,
    },
}

/// The member `before` is missing where the commit does not say, and null where it was absent.
#[derive(Default)]
enum BeforeBody<R> {
    #[default]
    Unrecorded,
    Recorded(Option<R>),
}

impl<R> BeforeBody<R> {
    fn is_unrecorded(&self) -> bool {
        matches!(self, Self::Unrecorded)
    }
}

impl<R: Serialize> Serialize for BeforeBody<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Recorded(Some(record)) => record.serialize(serializer),
            Self::Recorded(None) | Self::Unrecorded => serializer.serialize_none(),
        }
    }
}

impl<'de, R: Deserialize<'de>> Deserialize<'de> for BeforeBody<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Recorded)
    }
}

impl From<&Commit> for CommitDocument<RecordBody> {
    fn from(commit: &Commit) -> Self {
        Self {
            v: crate::format::VERSION,
            revision: commit.revision.0,
            subject: match commit.subject {
                Subject::Store(store) => SubjectBody::Store(store),
                Subject::Function(function) => SubjectBody::Function(function),
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

impl From<&Change> for ChangeBody<RecordBody> {
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

impl From<&Before> for BeforeBody<RecordBody> {
    fn from(before: &Before) -> Self {
        match before {
            Before::Unrecorded => Self::Unrecorded,
            Before::Absent => Self::Recorded(None),
            Before::Record(record) => Self::Recorded(Some((&**record).into())),
        }
    }
}

impl<R> TryFrom<CommitDocument<R>> for Commit
where
    Record: TryFrom<R, Error = FormatError>,
{
    type Error = FormatError;

    fn try_from(body: CommitDocument<R>) -> Result<Self, FormatError> {
        Ok(Self {
            revision: Revision(body.revision),
            subject: match body.subject {
                SubjectBody::Store(store) => Subject::Store(store),
                SubjectBody::Function(function) => Subject::Function(function),
                SubjectBody::Account(account) => Subject::Account(account),
            },
            owner: body.owner,
            author: Author::try_from(body.author)?,
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

impl<R> TryFrom<ChangeBody<R>> for Change
where
    Record: TryFrom<R, Error = FormatError>,
{
    type Error = FormatError;

    fn try_from(body: ChangeBody<R>) -> Result<Self, FormatError> {
        Ok(match body {
            ChangeBody::Put { before, after } => Self::Put {
                before: before.try_into()?,
                record: after.try_into()?,
            },
            ChangeBody::Delete { id, before } => Self::Delete {
                id: id.parse::<RecordId>().map_err(malformed)?,
                before: before.try_into()?,
            },
            ChangeBody::Entries { store, entries } => Self::Entries {
                store,
                entries: entries.into_iter().map(entry_change).collect(),
            },
        })
    }
}

pub(in crate::format) fn entry_change(
    (key, before, after): (Key, Option<Value>, Option<Value>),
) -> EntryChange {
    EntryChange { key, before, after }
}

impl<R> TryFrom<BeforeBody<R>> for Before
where
    Record: TryFrom<R, Error = FormatError>,
{
    type Error = FormatError;

    fn try_from(body: BeforeBody<R>) -> Result<Self, FormatError> {
        Ok(match body {
            BeforeBody::Unrecorded => Self::Unrecorded,
            BeforeBody::Recorded(None) => Self::Absent,
            BeforeBody::Recorded(Some(record)) => Record::try_from(record)?.into(),
        })
    }
}

//! Format 2: read, never written. It knows no functions: names, tags and tombstones are of stores, and an
//! account counts stores alone.

use keyfront_model::{AccountId, StoreId, StoreName, Tags, Timestamp};
use serde::Deserialize;

use super::FormatError;
use super::v3::{CommitDocument, ContentsBody, JobBody, RecordBody, StoreBody, UsersBody};
use crate::{Account, Commit, Name, NamedResource, Record, ResourceId, ResourceTags, Tombstone};

#[derive(Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum RecordV2 {
    Account(AccountV2),
    Name(NameV2),
    Store(StoreBody),
    Tags(TagsV2),
    Contents(ContentsBody),
    Users(UsersBody),
    Job(JobBody),
    Tombstone(TombstoneV2),
}

#[derive(Deserialize)]
pub(super) struct AccountV2 {
    account: AccountId,
    stores: u64,
}

#[derive(Deserialize)]
pub(super) struct NameV2 {
    account: AccountId,
    name: StoreName,
    store: StoreId,
}

#[derive(Deserialize)]
pub(super) struct TagsV2 {
    store: StoreId,
    tags: Tags,
}

#[derive(Deserialize)]
pub(super) struct TombstoneV2 {
    store: StoreId,
    account: AccountId,
    deleted: Timestamp,
}

pub(super) fn record(text: &str) -> Result<Record, FormatError> {
    serde_json::from_str::<RecordV2>(text)?.try_into()
}

pub(super) fn commit(text: &str) -> Result<Commit, FormatError> {
    serde_json::from_str::<CommitDocument<RecordV2>>(text)?.try_into()
}

impl TryFrom<RecordV2> for Record {
    type Error = FormatError;

    fn try_from(record: RecordV2) -> Result<Self, FormatError> {
        let same = match record {
            RecordV2::Account(body) => return Ok(Self::Account(body.into())),
            RecordV2::Name(body) => return Ok(Self::Name(body.into())),
            RecordV2::Tags(body) => return Ok(Self::Tags(body.into())),
            RecordV2::Tombstone(body) => return Ok(Self::Tombstone(body.into())),
            RecordV2::Store(body) => RecordBody::Store(body),
            RecordV2::Contents(body) => RecordBody::Contents(body),
            RecordV2::Users(body) => RecordBody::Users(body),
            RecordV2::Job(body) => RecordBody::Job(body),
        };
        same.try_into()
    }
}

impl From<AccountV2> for Account {
    fn from(body: AccountV2) -> Self {
        Self {
            account: body.account,
            stores: body.stores,
            functions: 0,
        }
    }
}

impl From<NameV2> for Name {
    fn from(body: NameV2) -> Self {
        Self {
            account: body.account,
            resource: NamedResource::Store(body.name, body.store),
        }
    }
}

impl From<TagsV2> for ResourceTags {
    fn from(body: TagsV2) -> Self {
        Self {
            resource: ResourceId::Store(body.store),
            tags: body.tags,
        }
    }
}

impl From<TombstoneV2> for Tombstone {
    fn from(body: TombstoneV2) -> Self {
        Self {
            resource: ResourceId::Store(body.store),
            account: body.account,
            deleted: body.deleted,
        }
    }
}

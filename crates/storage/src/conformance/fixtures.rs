//! Records, stores and authors for the rules. The suite's records hang together as the service's do:
//! an engine may look at what was there before.

use std::collections::BTreeSet;

use keyfront_model::{
    AccountId, Comment, Contents, ETag, Function, FunctionCode, FunctionComment, FunctionConfig,
    FunctionId, FunctionName, FunctionRuntime, FunctionStage, ImportSource, Key, Status, Store,
    StoreArn, StoreId, StoreName, Tags, Timestamp, Value,
};

use crate::{
    Account, Author, Caller, EntryChange, Job, JobTask, Name, NamedResource, NodeId, Record,
    RecordId, ResourceId, ResourceTags, StoreUsers, Tombstone,
};

pub(super) fn account(number: u64) -> AccountId {
    format!("{number:012}").parse().unwrap()
}

/// The id of a store. Ids are never used again, so neither is a number within one place.
pub(super) fn store(number: u64) -> StoreId {
    StoreId::from_random(u128::from(number) << 80 | 0x5eed)
}

pub(super) fn caller(request: u64) -> Author {
    Author::Caller(Caller {
        account: account(1),
        user: Some("ada".into()),
        access_key: "AKIAEXAMPLE".into(),
        request: format!("request-{request}").into(),
    })
}

/// The id of a function, as for a store.
pub(super) fn function(number: u64) -> FunctionId {
    FunctionId::from_random(u128::from(number) << 80 | 0x5eed)
}

pub(super) fn counted(owner: AccountId, stores: u64) -> Record {
    counted_with_functions(owner, stores, 0)
}

pub(super) fn counted_with_functions(owner: AccountId, stores: u64, functions: u64) -> Record {
    Record::Account(Account {
        account: owner,
        stores,
        functions,
    })
}

pub(super) fn function_name(number: u64) -> FunctionName {
    // Names of functions are apart from those of stores.
    format!("store-{number}").parse().unwrap()
}

pub(super) fn function_named(owner: AccountId, number: u64) -> Record {
    Record::Name(Name {
        account: owner,
        resource: NamedResource::Function(function_name(number), function(number)),
    })
}

/// A stage of a function, associated with a store of the same number.
pub(super) fn staged(
    owner: AccountId,
    number: u64,
    stage: FunctionStage,
    etag: u64,
    code: &[u8],
) -> Record {
    let comment = FunctionComment::try_from("é".to_owned()).unwrap();
    let store = StoreArn {
        account: owner,
        id: store(number),
    };
    Record::from(Function {
        id: function(number),
        stage,
        account: owner,
        name: function_name(number),
        config: FunctionConfig::new(comment, FunctionRuntime::Js2, Some(store)).unwrap(),
        code: FunctionCode::try_from(code.to_vec()).unwrap(),
        etag: ETag::Control(etag),
        published_from: (stage == FunctionStage::Live).then_some(ETag::Control(etag)),
        created: Timestamp::from_millis(1),
        modified: Timestamp::from_millis(i64::try_from(etag).unwrap_or(i64::MAX)),
    })
}

pub(super) fn store_name(number: u64) -> StoreName {
    format!("store-{number}").parse().unwrap()
}

pub(super) fn named(owner: AccountId, number: u64) -> Record {
    Record::Name(Name {
        account: owner,
        resource: NamedResource::Store(store_name(number), store(number)),
    })
}

pub(super) fn configured(owner: AccountId, number: u64, etag: u64, comment: &str) -> Record {
    Record::from(Store {
        id: store(number),
        account: owner,
        name: store_name(number),
        comment: Some(Comment::try_from(comment.to_owned()).unwrap()),
        status: Status::Ready,
        etag: ETag::Control(etag),
        created: Timestamp::from_millis(1),
        modified: Timestamp::from_millis(i64::try_from(etag).unwrap_or(i64::MAX)),
    })
}

pub(super) fn contents(number: u64, etag: u64, items: u64, bytes: u64) -> Record {
    Record::Contents(Contents {
        store: store(number),
        etag: ETag::Data(etag),
        items,
        bytes,
        modified: Timestamp::from_millis(i64::try_from(etag).unwrap_or(i64::MAX)),
    })
}

pub(super) fn tagged(number: u64, key: &str, value: &str) -> Record {
    tags_of(store(number), key, value)
}

pub(super) fn function_tagged(number: u64, key: &str, value: &str) -> Record {
    tags_of(function(number), key, value)
}

fn tags_of(resource: impl Into<ResourceId>, key: &str, value: &str) -> Record {
    let tag = (
        key.to_owned().try_into().unwrap(),
        value.to_owned().try_into().unwrap(),
    );
    Record::Tags(ResourceTags {
        resource: resource.into(),
        tags: Tags::new(vec![tag]).unwrap(),
    })
}

pub(super) fn used_by(number: u64, user: u64) -> Record {
    Record::Users(StoreUsers {
        store: store(number),
        users: BTreeSet::from([RecordId::Store(store(user))]),
    })
}

pub(super) fn job(number: u64, node: Option<&str>) -> Record {
    Record::from(Job {
        task: JobTask::Provision {
            store: store(number),
            source: Some(ImportSource {
                object: "arn:aws:s3:::bucket/import.json".parse().unwrap(),
            }),
        },
        author: caller(0),
        created: Timestamp::from_millis(2),
        node: node.map(|node| NodeId(node.to_owned())),
    })
}

/// Who uses a store: both stages of a function.
pub(super) fn used_by_function(number: u64, user: u64) -> Record {
    let users = FunctionStage::ALL.map(|stage| RecordId::Function(function(user), stage));
    Record::Users(StoreUsers {
        store: store(number),
        users: BTreeSet::from(users),
    })
}

pub(super) fn tombstone(owner: AccountId, resource: impl Into<ResourceId>) -> Record {
    Record::Tombstone(Tombstone {
        resource: resource.into(),
        account: owner,
        deleted: Timestamp::from_millis(3),
    })
}

pub(super) fn entry(key: &str, before: Option<&str>, after: Option<&str>) -> EntryChange {
    EntryChange {
        key: Key::new(key).unwrap(),
        before: before.map(Value::new),
        after: after.map(Value::new),
    }
}

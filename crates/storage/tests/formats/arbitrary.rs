//! Arbitrary records and commits. The large strategies are boxed: otherwise they lie within one another on
//! the stack.

use keyfront_model::{
    AccountId, Comment, Contents, ETag, Function, FunctionCode, FunctionComment, FunctionConfig,
    FunctionId, FunctionName, FunctionRuntime, FunctionStage, ImportSource, Key, S3Arn, Status,
    Store, StoreArn, StoreId, StoreName, Tags, Timestamp, Value,
};
use keyfront_storage::{
    Account, Author, Before, Caller, Change, Commit, EntryChange, Job, JobId, JobTask, Message,
    Name, NamedResource, NodeId, Record, RecordId, ResourceId, ResourceTags, Revision, StoreUsers,
    Subject, Task, Tombstone,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

fn account() -> impl Strategy<Value = AccountId> {
    "[0-9]{12}".prop_map(|text| text.parse().unwrap())
}

fn store() -> impl Strategy<Value = StoreId> {
    any::<u128>().prop_map(StoreId::from_random)
}

fn store_name() -> impl Strategy<Value = StoreName> {
    "[A-Za-z0-9_-]{1,64}".prop_map(|text| text.parse().unwrap())
}

fn function() -> impl Strategy<Value = FunctionId> {
    any::<u128>().prop_map(FunctionId::from_random)
}

fn function_name() -> impl Strategy<Value = FunctionName> {
    "[A-Za-z0-9_-]{1,64}".prop_map(|text| text.parse().unwrap())
}

fn stage() -> impl Strategy<Value = FunctionStage> {
    prop_oneof![Just(FunctionStage::Development), Just(FunctionStage::Live)]
}

fn resource() -> impl Strategy<Value = ResourceId> {
    prop_oneof![
        store().prop_map(ResourceId::Store),
        function().prop_map(ResourceId::Function),
    ]
}

fn named() -> impl Strategy<Value = NamedResource> {
    prop_oneof![
        (store_name(), store()).prop_map(|(name, store)| NamedResource::Store(name, store)),
        (function_name(), function())
            .prop_map(|(name, function)| NamedResource::Function(name, function)),
    ]
}

/// A configuration of any runtime; one with a store is of the newer.
fn function_config(account: AccountId) -> impl Strategy<Value = FunctionConfig> {
    let comment = "[\\t\\n\\r -~é😀]{0,200}"
        .prop_map(|text: String| FunctionComment::try_from(text).unwrap());
    let of_store = (comment, option::of(store()), any::<bool>());
    of_store.prop_map(move |(comment, store, newer)| {
        let runtime = match store {
            None if !newer => FunctionRuntime::Js1,
            _ => FunctionRuntime::Js2,
        };
        let store = store.map(|id| StoreArn { account, id });
        FunctionConfig::new(comment, runtime, store).unwrap()
    })
}

fn function_stage() -> BoxedStrategy<Function> {
    let code = vec(any::<u8>(), 1..300);
    let versions = (etag(), option::of(etag()));
    let times = (timestamp(), timestamp());
    let owned = account().prop_flat_map(|account| (Just(account), function_config(account)));
    let all = (
        function(),
        stage(),
        owned,
        function_name(),
        code,
        versions,
        times,
    );
    all.prop_map(|(id, stage, owned, name, code, versions, times)| Function {
        id,
        stage,
        account: owned.0,
        name,
        config: owned.1,
        code: FunctionCode::try_from(code).unwrap(),
        etag: versions.0,
        published_from: versions.1,
        created: times.0,
        modified: times.1,
    })
    .boxed()
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

/// Any text at all, control characters included.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..20).prop_map(String::from_iter)
}

fn etag() -> impl Strategy<Value = ETag> {
    any::<u64>()
        .prop_flat_map(|bits| prop_oneof![Just(ETag::Control(bits)), Just(ETag::Data(bits))])
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Provisioning),
        Just(Status::Ready),
        text().prop_map(|reason| Status::ImportFailed { reason }),
    ]
}

fn configuration() -> impl Strategy<Value = Store> {
    let comment = option::of("[\\t\\n\\r -~é😀\u{fffd}]{0,128}");
    let times = (timestamp(), timestamp());
    let all = (
        store(),
        account(),
        store_name(),
        comment,
        status(),
        etag(),
        times,
    );
    all.prop_map(|(id, account, name, comment, status, etag, times)| Store {
        id,
        account,
        name,
        comment: comment.map(|text| Comment::try_from(text).unwrap()),
        status,
        etag,
        created: times.0,
        modified: times.1,
    })
}

fn tags() -> impl Strategy<Value = Tags> {
    let tags = btree_map(
        "[b-zé][A-Za-z0-9 _.:/=+@é-]{0,20}",
        "[A-Za-z0-9 _.:/=+@é-]{0,20}",
        0..5,
    );
    tags.prop_map(|tags| {
        let tags = tags.into_iter();
        let tags = tags.map(|(key, value)| (key.try_into().unwrap(), value.try_into().unwrap()));
        Tags::new(tags.collect()).unwrap()
    })
}

fn contents() -> impl Strategy<Value = Contents> {
    let all = (store(), etag(), any::<u64>(), any::<u64>(), timestamp());
    all.prop_map(|(store, etag, items, bytes, modified)| Contents {
        store,
        etag,
        items,
        bytes,
        modified,
    })
}

fn author() -> impl Strategy<Value = Author> {
    let caller = (account(), option::of(text()), text(), text());
    let caller = caller.prop_map(|(account, user, access_key, request)| {
        Author::Caller(Caller {
            account,
            user: user.map(Into::into),
            access_key: access_key.into(),
            request: request.into(),
        })
    });
    prop_oneof![9 => caller, 1 => Just(Author::Keyfront(Task::ForgetDeleted))]
}

fn job() -> impl Strategy<Value = Job> {
    let object = ("[a-z0-9]{3,63}", text()).prop_map(|(bucket, key)| {
        let arn: S3Arn = format!("arn:aws:s3:::{bucket}/k{key}").parse().unwrap();
        ImportSource { object: arn }
    });
    let all = (
        store(),
        option::of(object),
        author(),
        timestamp(),
        option::of(text()),
    );
    all.prop_map(|(store, source, author, created, node)| Job {
        task: JobTask::Provision { store, source },
        author,
        created,
        node: node.map(NodeId),
    })
}

fn id() -> BoxedStrategy<RecordId> {
    prop_oneof![
        account().prop_map(RecordId::Account),
        (account(), named()).prop_map(|(account, named)| RecordId::Name(account, named.name())),
        store().prop_map(RecordId::Store),
        (function(), stage()).prop_map(|(function, stage)| RecordId::Function(function, stage)),
        resource().prop_map(RecordId::Tags),
        store().prop_map(RecordId::Contents),
        store().prop_map(RecordId::Users),
        store().prop_map(|store| RecordId::Job(JobId::Provision(store))),
        resource().prop_map(RecordId::Tombstone),
    ]
    .boxed()
}

pub(crate) fn record() -> BoxedStrategy<Record> {
    let counted = (account(), any::<u64>(), any::<u64>());
    let named = (account(), named());
    let buried = (resource(), account(), timestamp());
    prop_oneof![
        counted.prop_map(|(account, stores, functions)| Record::Account(Account {
            account,
            stores,
            functions,
        })),
        named.prop_map(|(account, resource)| Record::Name(Name { account, resource })),
        configuration().prop_map(Record::from),
        function_stage().prop_map(Record::from),
        (resource(), tags())
            .prop_map(|(resource, tags)| Record::Tags(ResourceTags { resource, tags })),
        contents().prop_map(Record::Contents),
        (store(), btree_set(id(), 1..5))
            .prop_map(|(store, users)| Record::Users(StoreUsers { store, users })),
        job().prop_map(Record::from),
        buried.prop_map(|(resource, account, deleted)| Record::Tombstone(Tombstone {
            resource,
            account,
            deleted,
        })),
    ]
    .boxed()
}

fn before() -> impl Strategy<Value = Before> {
    prop_oneof![
        Just(Before::Absent),
        Just(Before::Unrecorded),
        record().prop_map(Before::from),
    ]
}

fn entry() -> impl Strategy<Value = EntryChange> {
    let value = || option::of(text().prop_map(Value::new));
    (text(), value(), value()).prop_map(|(key, before, after)| EntryChange {
        key: Key::new(format!("{key}k")).unwrap(),
        before,
        after,
    })
}

fn change() -> BoxedStrategy<Change> {
    prop_oneof![
        (before(), record()).prop_map(|(before, record)| Change::Put { before, record }),
        (id(), before()).prop_map(|(id, before)| Change::Delete { id, before }),
        (store(), vec(entry(), 0..10))
            .prop_map(|(store, entries)| Change::Entries { store, entries }),
    ]
    .boxed()
}

pub(crate) fn commit() -> impl Strategy<Value = Commit> {
    let subject = prop_oneof![
        store().prop_map(Subject::Store),
        function().prop_map(Subject::Function),
        account().prop_map(Subject::Account),
    ];
    let message = text().prop_map(|text| Message::try_from(text).unwrap());
    let said = (
        subject,
        account(),
        author(),
        option::of(message),
        timestamp(),
    );
    let all = (any::<u64>(), said, vec(change(), 0..6));
    all.prop_map(|(revision, said, changes)| {
        let (subject, owner, author, message, at) = said;
        Commit {
            revision: Revision(revision),
            subject,
            owner,
            author,
            message,
            at,
            changes,
        }
    })
}

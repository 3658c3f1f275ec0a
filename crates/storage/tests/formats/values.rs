//! The values of which the golden files are written; format 2 knows those without functions.

use std::collections::BTreeSet;

use keyfront_model::{
    AccountId, Comment, Contents, ETag, Function, FunctionCode, FunctionComment, FunctionConfig,
    FunctionId, FunctionRuntime, FunctionStage, ImportSource, Key, Status, Store, StoreArn,
    StoreId, Tags, Timestamp, Value,
};
use keyfront_storage::{
    Account, Author, Before, Caller, Change, Commit, EntryChange, Job, JobId, JobTask, Message,
    Name, NamedResource, NodeId, Record, RecordId, ResourceId, ResourceTags, Revision, StoreUsers,
    Subject, Task, Tombstone,
};

fn account() -> AccountId {
    "012345678901".parse().unwrap()
}

pub(crate) fn store() -> StoreId {
    "7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11".parse().unwrap()
}

fn other_store() -> StoreId {
    "0a1b2c3d-4e5f-4a6b-8c7d-8e9f0a1b2c3d".parse().unwrap()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_764_000_000_000 + millis)
}

fn caller() -> Author {
    Author::Caller(Caller {
        account: account(),
        user: Some("ada".into()),
        access_key: "AKIAEXAMPLE".into(),
        request: "5f0d2f5e-0f6b-4b43-8d0e-3f5b1c0a9d77".into(),
    })
}

/// A caller of whom format 1 said no user.
fn unnamed_caller() -> Author {
    Author::Caller(Caller {
        account: "999988887777".parse().unwrap(),
        user: None,
        access_key: "AKIAEXAMPLE".into(),
        request: "1".into(),
    })
}

fn counted(stores: u64) -> Record {
    Record::Account(Account {
        account: account(),
        stores,
        functions: 0,
    })
}

fn function() -> FunctionId {
    "5b0e9a52-1c3d-4f6a-9b8e-7d6c5f4e3a21".parse().unwrap()
}

fn counted_with_functions(stores: u64, functions: u64) -> Record {
    Record::Account(Account {
        account: account(),
        stores,
        functions,
    })
}

fn function_named() -> Record {
    Record::Name(Name {
        account: account(),
        resource: NamedResource::Function("re-Directs_9".parse().unwrap(), function()),
    })
}

fn developed(comment: &str, store: Option<StoreId>, code: &[u8], etag: u64) -> Function {
    let comment = FunctionComment::try_from(comment.to_owned()).unwrap();
    let store = store.map(|id| StoreArn {
        account: account(),
        id,
    });
    Function {
        id: function(),
        stage: FunctionStage::Development,
        account: account(),
        name: "re-Directs_9".parse().unwrap(),
        config: FunctionConfig::new(comment, FunctionRuntime::Js2, store).unwrap(),
        code: FunctionCode::try_from(code.to_vec()).unwrap(),
        etag: ETag::Control(etag),
        published_from: None,
        created: at(0),
        modified: at(5),
    }
}

fn live(of: &Function, etag: u64) -> Function {
    Function {
        stage: FunctionStage::Live,
        etag: ETag::Control(etag),
        published_from: Some(of.etag),
        created: at(6),
        modified: at(6),
        ..of.clone()
    }
}

fn function_tagged() -> Record {
    let tag = (
        "team".to_owned().try_into().unwrap(),
        "edge".to_owned().try_into().unwrap(),
    );
    Record::Tags(ResourceTags {
        resource: ResourceId::Function(function()),
        tags: Tags::new(vec![tag]).unwrap(),
    })
}

fn used_by_function(stages: &[FunctionStage]) -> Record {
    let users = stages
        .iter()
        .map(|stage| RecordId::Function(function(), *stage));
    Record::Users(StoreUsers {
        store: store(),
        users: users.collect(),
    })
}

fn function_tombstone() -> Record {
    Record::Tombstone(Tombstone {
        resource: ResourceId::Function(function()),
        account: account(),
        deleted: at(9),
    })
}

fn named() -> Record {
    Record::Name(Name {
        account: account(),
        resource: NamedResource::Store("re-Directs_9".parse().unwrap(), store()),
    })
}

fn configured(status: Status, comment: Option<&str>, etag: u64) -> Record {
    let comment = comment.map(|text| Comment::try_from(text.to_owned()).unwrap());
    Record::from(Store {
        id: store(),
        account: account(),
        name: "re-Directs_9".parse().unwrap(),
        comment,
        status,
        etag: ETag::Control(etag),
        created: at(0),
        modified: at(5),
    })
}

fn failed() -> Status {
    Status::ImportFailed {
        reason: "line 1, column 29: expected a \"string\"".to_owned(),
    }
}

fn tagged(tags: &[(&str, &str)]) -> Record {
    let tag = |(key, value): &(&str, &str)| {
        (
            (*key).to_owned().try_into().unwrap(),
            (*value).to_owned().try_into().unwrap(),
        )
    };
    Record::Tags(ResourceTags {
        resource: ResourceId::Store(store()),
        tags: Tags::new(tags.iter().map(tag).collect()).unwrap(),
    })
}

fn contents(etag: u64, items: u64, bytes: u64) -> Record {
    Record::Contents(Contents {
        store: store(),
        etag: ETag::Data(etag),
        items,
        bytes,
        modified: at(7),
    })
}

fn used_by(users: &[StoreId]) -> Record {
    Record::Users(StoreUsers {
        store: store(),
        users: users.iter().map(|user| RecordId::Store(*user)).collect(),
    })
}

fn job(source: Option<&str>, author: Author, node: Option<&str>) -> Record {
    Record::from(Job {
        task: JobTask::Provision {
            store: store(),
            source: source.map(|object| ImportSource {
                object: object.parse().unwrap(),
            }),
        },
        author,
        created: at(0),
        node: node.map(|node| NodeId(node.to_owned())),
    })
}

fn tombstone() -> Record {
    Record::Tombstone(Tombstone {
        resource: ResourceId::Store(store()),
        account: account(),
        deleted: at(9),
    })
}

const OBJECT: &str = "arn:aws:s3:::imports/a b/é.json";

/// Each kind of record, in each of its shapes.
pub(crate) fn records() -> Vec<(&'static str, Record)> {
    let every_kind_of_user = Record::Users(StoreUsers {
        store: store(),
        users: BTreeSet::from([
            RecordId::Account(account()),
            named().id(),
            RecordId::Store(other_store()),
            RecordId::Tags(ResourceId::Store(other_store())),
            RecordId::Contents(other_store()),
            RecordId::Users(other_store()),
            RecordId::Job(JobId::Provision(other_store())),
            RecordId::Tombstone(ResourceId::Store(other_store())),
        ]),
    });
    let mut all = of_functions();
    all.extend([
        ("account", counted(200)),
        ("account-largest", counted(u64::MAX)),
        ("name", named()),
        (
            "store-provisioning",
            configured(Status::Provisioning, None, 0),
        ),
        (
            "store-ready",
            configured(
                Status::Ready,
                Some("Old <paths> & \"new\"\t\n é 😀"),
                u64::MAX,
            ),
        ),
        ("store-import-failed", configured(failed(), Some(""), 1)),
        ("tags", tagged(&[("env", ""), ("team", "Größe / é")])),
        ("contents", contents(u64::MAX, 3, 5_242_880)),
        ("users", used_by(&[other_store()])),
        ("users-of-every-kind", every_kind_of_user),
        ("job-free", job(Some(OBJECT), caller(), None)),
        (
            "job-of-a-node",
            job(None, unnamed_caller(), Some("node \"1\"")),
        ),
        ("tombstone", tombstone()),
    ]);
    all
}

fn of_functions() -> Vec<(&'static str, Record)> {
    let development = developed("Old <paths> é", Some(store()), b"\0\xffcode", u64::MAX);
    let comment = FunctionComment::try_from(String::new()).unwrap();
    let older = Function {
        config: FunctionConfig::new(comment, FunctionRuntime::Js1, None).unwrap(),
        ..live(&development, 2)
    };
    let every_kind_of_user = Record::Users(StoreUsers {
        store: store(),
        users: BTreeSet::from([
            function_named().id(),
            RecordId::Function(function(), FunctionStage::Development),
            RecordId::Function(function(), FunctionStage::Live),
            function_tagged().id(),
            function_tombstone().id(),
        ]),
    });
    vec![
        (
            "account-with-functions",
            counted_with_functions(1, u64::MAX),
        ),
        ("function-name", function_named()),
        ("function-development", Record::from(development)),
        ("function-live", Record::from(older)),
        ("function-tags", function_tagged()),
        ("function-tombstone", function_tombstone()),
        ("users-of-functions", every_kind_of_user),
    ]
}

fn put(before: impl Into<Option<Record>>, record: Record) -> Change {
    let before = before.into().map_or(Before::Absent, Before::from);
    Change::Put { before, record }
}

fn delete(record: Record) -> Change {
    Change::Delete {
        id: record.id(),
        before: record.into(),
    }
}

fn delete_unrecorded(id: RecordId) -> Change {
    Change::Delete {
        id,
        before: Before::Unrecorded,
    }
}

fn entries(entries: &[(&str, Option<&str>, Option<&str>)]) -> Change {
    let entry = |(key, before, after): &(&str, Option<&str>, Option<&str>)| EntryChange {
        key: Key::new(*key).unwrap(),
        before: before.map(Value::new),
        after: after.map(Value::new),
    };
    Change::Entries {
        store: store(),
        entries: entries.iter().map(entry).collect(),
    }
}

fn commit(revision: u64, changes: Vec<Change>) -> Commit {
    Commit {
        revision: Revision(revision),
        subject: Subject::Store(store()),
        owner: account(),
        author: caller(),
        message: None,
        at: at(10),
        changes,
    }
}

/// Each kind of commit that there is.
pub(crate) fn commits() -> Vec<(&'static str, Commit)> {
    let mut all = of_a_store();
    all.extend(of_its_end());
    all.extend(of_a_function());
    all.extend(of_its_entries());
    all
}

fn of_a_store() -> Vec<(&'static str, Commit)> {
    let ready = || configured(Status::Ready, None, 2);
    let waiting = || configured(Status::Provisioning, None, 1);
    let working = || job(Some(OBJECT), caller(), Some("one"));
    vec![
        (
            "create",
            commit(
                1,
                vec![
                    put(counted(1), counted(2)),
                    put(None, named()),
                    put(None, waiting()),
                    put(None, contents(1, 0, 0)),
                    put(None, tagged(&[("team", "edge")])),
                    put(None, job(Some(OBJECT), caller(), None)),
                ],
            ),
        ),
        (
            "take-job",
            commit(2, vec![put(job(Some(OBJECT), caller(), None), working())]),
        ),
        (
            "imported",
            commit(
                3,
                vec![
                    put(waiting(), ready()),
                    delete(working()),
                    put(contents(1, 0, 0), contents(2, 2, 13)),
                    entries(&[("/old", None, Some("/new")), ("é", None, Some("😀"))]),
                ],
            ),
        ),
        (
            "import-failed",
            commit(
                3,
                vec![
                    put(waiting(), configured(failed(), None, 2)),
                    delete(working()),
                ],
            ),
        ),
        (
            "reconfigure",
            commit(
                4,
                vec![put(ready(), configured(Status::Ready, Some(""), 3))],
            ),
        ),
        ("tag", commit(5, vec![put(None, tagged(&[("k", "v")]))])),
        (
            "tag-again",
            commit(6, vec![put(tagged(&[("k", "v")]), tagged(&[("k", "w")]))]),
        ),
        ("untag", commit(7, vec![delete(tagged(&[("k", "w")]))])),
        ("use", commit(8, vec![put(None, used_by(&[other_store()]))])),
        (
            "stop-using",
            commit(9, vec![delete(used_by(&[other_store()]))]),
        ),
    ]
}

fn of_its_end() -> Vec<(&'static str, Commit)> {
    let removed = [
        named().id(),
        RecordId::Store(store()),
        RecordId::Tags(ResourceId::Store(store())),
        RecordId::Contents(store()),
        RecordId::Users(store()),
        RecordId::Job(JobId::Provision(store())),
    ];
    let mut changes: Vec<_> = removed.into_iter().map(delete_unrecorded).collect();
    changes.push(put(counted(2), counted(1)));
    changes.push(put(None, tombstone()));
    let forgotten = Commit {
        author: Author::Keyfront(Task::ForgetDeleted),
        ..commit(u64::MAX, vec![delete_unrecorded(tombstone().id())])
    };
    vec![
        ("delete", commit(10, changes)),
        ("forget-deleted", forgotten),
    ]
}

fn of_a_function() -> Vec<(&'static str, Commit)> {
    const BOTH: [FunctionStage; 2] = FunctionStage::ALL;
    const ONE: [FunctionStage; 1] = [FunctionStage::Development];
    let first = || developed("", Some(store()), b"first", 1);
    let second = || developed("", None, b"second", 3);
    let published = || live(&first(), 2);
    let about = |revision, changes| Commit {
        subject: Subject::Function(function()),
        ..commit(revision, changes)
    };
    let removed = [
        function_named().id(),
        RecordId::Function(function(), FunctionStage::Development),
        RecordId::Function(function(), FunctionStage::Live),
        function_tagged().id(),
    ];
    let mut removal: Vec<_> = removed.into_iter().map(delete_unrecorded).collect();
    removal.extend([
        delete(used_by_function(&BOTH[1..])),
        put(counted_with_functions(1, 2), counted_with_functions(1, 1)),
        put(None, function_tombstone()),
    ]);
    vec![
        (
            "create-function",
            about(
                1,
                vec![
                    put(counted_with_functions(1, 1), counted_with_functions(1, 2)),
                    put(None, function_named()),
                    put(None, Record::from(first())),
                    put(None, used_by_function(&ONE)),
                    put(None, function_tagged()),
                ],
            ),
        ),
        (
            "publish",
            about(
                2,
                vec![
                    put(None, Record::from(published())),
                    put(used_by_function(&ONE), used_by_function(&BOTH)),
                ],
            ),
        ),
        (
            "update-function",
            about(
                3,
                vec![
                    put(Record::from(first()), Record::from(second())),
                    put(used_by_function(&BOTH), used_by_function(&BOTH[1..])),
                ],
            ),
        ),
        ("delete-function", about(4, removal)),
    ]
}

fn of_its_entries() -> Vec<(&'static str, Commit)> {
    let heads = || put(contents(2, 2, 13), contents(3, 3, 15));
    let kinds = [
        ("\0\t\n\"\\\u{7f}", Some("\u{2028}"), Some("")),
        ("/a", None, Some("1")),
        ("b", Some("1"), None),
        ("é😀", Some(""), Some("2")),
    ];
    let message = Message::try_from("rolled back to KV1".to_owned()).unwrap();
    let of_account = Commit {
        subject: Subject::Account(account()),
        author: unnamed_caller(),
        at: Timestamp::from_millis(-1),
        ..commit(0, vec![put(counted(1), counted(1))])
    };
    let unrecorded = Change::Put {
        before: Before::Unrecorded,
        record: contents(3, 0, 0),
    };
    vec![
        ("entries", commit(11, vec![heads(), entries(&kinds)])),
        (
            "message",
            Commit {
                message: Some(message),
                ..commit(12, vec![heads(), entries(&[("a", Some("2"), Some("1"))])])
            },
        ),
        ("no-entries", commit(13, vec![heads(), entries(&[])])),
        ("account", of_account),
        ("from-format-1", commit(14, vec![unrecorded])),
    ]
}

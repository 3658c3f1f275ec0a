//! The records and commits of the tests.

use std::sync::Arc;

use keyfront_model::{
    AccountId, Contents, ETag, Function, FunctionCode, FunctionComment, FunctionConfig, FunctionId,
    FunctionRuntime, FunctionStage, Key, Status, Store, StoreId, Timestamp, Value,
};
use keyfront_replica::{Replica, Snapshot};
use keyfront_storage::{
    Account, Author, Before, Change, Commit, EntryChange, Name, NamedResource, Piece, Position,
    Record, RecordId, Revision, SourceId, Subject, Task,
};

pub(crate) type Pairs = Vec<(String, String)>;

pub(crate) fn account() -> AccountId {
    "000000000001".parse().unwrap()
}

pub(crate) fn store(number: u128) -> StoreId {
    StoreId::from_random(number)
}

pub(crate) fn at(source: u128, revision: u64) -> Position {
    Position {
        source: SourceId(source),
        revision: Revision(revision),
    }
}

pub(crate) fn pairs(count: usize) -> Pairs {
    let pair = |number| (format!("{number:05}"), format!("value {number}"));
    (0..count).map(pair).collect()
}

/// The contents' record of a store, with the ETag of a number.
pub(crate) fn head_of(store: StoreId, etag: u64, pairs: &[(String, String)]) -> Record {
    let size = |(key, value): &(String, String)| (key.len() + value.len()) as u64;
    Record::Contents(Contents {
        store,
        etag: ETag::Data(etag),
        items: pairs.len() as u64,
        bytes: pairs.iter().map(size).sum(),
        modified: Timestamp::from_millis(0),
    })
}

/// The contents' record of the first store.
pub(crate) fn head(pairs: &[(String, String)]) -> Record {
    head_of(store(1), pairs.len() as u64, pairs)
}

pub(crate) fn configuration(id: StoreId, name: &str) -> Record {
    Record::from(Store {
        id,
        account: account(),
        name: name.parse().unwrap(),
        comment: None,
        status: Status::Ready,
        etag: ETag::Control(1),
        created: Timestamp::from_millis(0),
        modified: Timestamp::from_millis(0),
    })
}

pub(crate) fn name(id: StoreId, name: &str) -> Record {
    Record::Name(Name {
        account: account(),
        resource: NamedResource::Store(name.parse().unwrap(), id),
    })
}

pub(crate) fn function_name(id: FunctionId, name: &str) -> Record {
    Record::Name(Name {
        account: account(),
        resource: NamedResource::Function(name.parse().unwrap(), id),
    })
}

/// A stage of a function.
pub(crate) fn stage(id: FunctionId, name: &str, stage: FunctionStage) -> Record {
    let comment = FunctionComment::try_from(String::new()).unwrap();
    Record::from(Function {
        id,
        stage,
        account: account(),
        name: name.parse().unwrap(),
        config: FunctionConfig::new(comment, FunctionRuntime::Js2, None).unwrap(),
        code: FunctionCode::try_from(b"code".to_vec()).unwrap(),
        etag: ETag::Control(1),
        published_from: None,
        created: Timestamp::from_millis(0),
        modified: Timestamp::from_millis(0),
    })
}

pub(crate) fn counters(stores: u64, functions: u64) -> Record {
    Record::Account(Account {
        account: account(),
        stores,
        functions,
    })
}

pub(crate) fn record(record: Record) -> Piece {
    Piece::Record(Revision(1), record)
}

pub(crate) fn entries_piece(store: StoreId, pairs: &[(String, String)]) -> Piece {
    let pair = |(key, value): &(String, String)| {
        let value = Value::new(value.as_str());
        (Key::new(key).unwrap(), value)
    };
    Piece::Entries(store, pairs.iter().map(pair).collect())
}

/// A load of the first store with these entries.
pub(crate) fn loaded(pairs: &[(String, String)]) -> Vec<Piece> {
    vec![record(head(pairs)), entries_piece(store(1), pairs)]
}

pub(crate) fn commit(revision: u64, changes: Vec<Change>) -> Arc<Commit> {
    Arc::new(Commit {
        revision: Revision(revision),
        subject: Subject::Account(account()),
        owner: account(),
        author: Author::Keyfront(Task::ForgetDeleted),
        message: None,
        at: Timestamp::from_millis(0),
        changes,
    })
}

pub(crate) fn put(record: Record) -> Change {
    Change::Put {
        before: Before::Absent,
        record,
    }
}

pub(crate) fn delete(id: RecordId) -> Change {
    Change::Delete {
        id,
        before: Before::Unrecorded,
    }
}

pub(crate) fn entries(
    store: StoreId,
    changes: impl IntoIterator<Item = (String, Option<String>)>,
) -> Change {
    let change = |(key, after): (String, Option<String>)| EntryChange {
        key: Key::new(key).unwrap(),
        before: None,
        after: after.map(Value::new),
    };
    Change::Entries {
        store,
        entries: changes.into_iter().map(change).collect(),
    }
}

/// A commit that fills the first store, which was empty.
pub(crate) fn fill(revision: u64, pairs: &[(String, String)]) -> Arc<Commit> {
    let puts = pairs.iter().cloned();
    let puts = puts.map(|(key, value)| (key, Some(value)));
    commit(revision, vec![put(head(pairs)), entries(store(1), puts)])
}

/// A commit that does nothing but take a revision.
pub(crate) fn idle(revision: u64) -> Arc<Commit> {
    commit(revision, vec![])
}

/// What a snapshot has of a store, in the order in which it is listed.
pub(crate) fn read_in(snapshot: &Snapshot, store: StoreId) -> Option<Pairs> {
    let contents = snapshot.contents(store)?;
    let text = |(key, value): (&Key, &Value)| (key.as_str().to_owned(), value.as_str().to_owned());
    Some(contents.entries.iter().map(text).collect())
}

/// What a reader finds in the first store.
pub(crate) fn read(replica: &Replica) -> Pairs {
    read_in(&replica.snapshot(), store(1)).unwrap()
}

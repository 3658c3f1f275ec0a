//! Proposals about a few stores, and what an engine holds.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeMap;
use std::path::Path;

use keyfront_model::{AccountId, Contents, ETag, Key, Store, StoreId, Timestamp, Value};
use keyfront_sqlite::{Location, SqliteEngine};
use keyfront_storage::{
    Account, Author, Before, Caller, Change, CommitError, Condition, Engine, EntryChange, Known,
    Piece, Proposal, Record, RecordId, Retention, Revision, Source, Subject, Tombstone,
};

pub(crate) fn account() -> AccountId {
    "000000000001".parse().unwrap()
}

pub(crate) fn store(n: u8) -> StoreId {
    StoreId::from_random(u128::from(n) << 100)
}

pub(crate) fn open(folder: &Path, retention: Retention) -> SqliteEngine {
    SqliteEngine::open(&Location::Folder(folder.to_owned()), retention).unwrap()
}

/// Why a folder is refused.
pub(crate) fn refusal(folder: &Path) -> String {
    let opened = SqliteEngine::open(&Location::Folder(folder.to_owned()), Retention::default());
    opened.map(drop).unwrap_err().to_string()
}

/// A proposal that is made on what the engine holds now.
pub(crate) struct Draft(Proposal, BTreeMap<RecordId, (Revision, Record)>);

impl Draft {
    pub(crate) async fn about(engine: &SqliteEngine, subject: Subject) -> Self {
        let state = state(engine).await;
        let proposal = Proposal {
            subject,
            owner: account(),
            author: Author::Caller(Caller {
                account: account(),
                user: Some("ada".into()),
                access_key: "AKIA".into(),
                request: "r".into(),
            }),
            message: None,
            at: Timestamp::from_millis(1),
            snapshot: state.revision,
            conditions: Vec::new(),
            changes: Vec::new(),
        };
        Self(proposal, state.records)
    }

    pub(crate) fn put(mut self, record: Record) -> Self {
        let found = self.1.get(&record.id());
        self.0.conditions.push(Condition {
            record: record.id(),
            revision: found.map(|(revision, _)| *revision),
        });
        self.0.changes.push(Change::Put {
            before: found.map_or(Before::Absent, |(_, record)| record.clone().into()),
            record,
        });
        self
    }

    pub(crate) fn discard(mut self, id: RecordId) -> Self {
        self.0.changes.push(Change::Delete {
            id,
            before: Before::Unrecorded,
        });
        self
    }

    pub(crate) fn entries(mut self, store: StoreId, entries: Vec<EntryChange>) -> Self {
        self.0.changes.push(Change::Entries { store, entries });
        self
    }

    pub(crate) fn at(mut self, millis: i64) -> Self {
        self.0.at = Timestamp::from_millis(millis);
        self
    }

    pub(crate) async fn commit(self, engine: &SqliteEngine) -> Result<Revision, CommitError> {
        engine.commit(self.0).await
    }
}

pub(crate) fn entry(key: &str, before: Option<&str>, after: Option<&str>) -> EntryChange {
    EntryChange {
        key: Key::new(key).unwrap(),
        before: before.map(Value::new),
        after: after.map(Value::new),
    }
}

pub(crate) fn counted(stores: u64) -> Record {
    Record::Account(Account {
        account: account(),
        stores,
        functions: 0,
    })
}

pub(crate) fn contents(id: StoreId, items: u64, bytes: u64) -> Record {
    Record::Contents(Contents {
        store: id,
        etag: ETag::Data(items),
        items,
        bytes,
        modified: Timestamp::from_millis(0),
    })
}

pub(crate) fn configuration(id: StoreId) -> Record {
    Record::from(Store {
        id,
        account: account(),
        name: "redirects".parse().unwrap(),
        comment: None,
        status: keyfront_model::Status::Ready,
        etag: ETag::Control(1),
        created: Timestamp::from_millis(0),
        modified: Timestamp::from_millis(0),
    })
}

/// Counts the account's stores.
pub(crate) async fn count(engine: &SqliteEngine, stores: u64) -> Result<Revision, CommitError> {
    let draft = Draft::about(engine, Subject::Account(account())).await;
    draft.put(counted(stores)).commit(engine).await
}

/// A store with so many entries, each with a value of so many bytes.
pub(crate) async fn fill(engine: &SqliteEngine, n: u8, items: usize, value_bytes: usize) {
    let value = "v".repeat(value_bytes);
    let entries: Vec<_> = (0..items)
        .map(|number| entry(&format!("{number:06}"), None, Some(&value)))
        .collect();
    let bytes = (items * (6 + value_bytes)) as u64;
    let draft = Draft::about(engine, Subject::Store(store(n))).await;
    draft
        .put(configuration(store(n)))
        .put(contents(store(n), items as u64, bytes))
        .entries(store(n), entries)
        .commit(engine)
        .await
        .unwrap();
}

/// Deletes a store as the service does.
pub(crate) async fn delete(engine: &SqliteEngine, n: u8) -> Result<Revision, CommitError> {
    let draft = Draft::about(engine, Subject::Store(store(n))).await;
    draft
        .discard(RecordId::Store(store(n)))
        .discard(RecordId::Contents(store(n)))
        .put(Record::Tombstone(Tombstone {
            resource: store(n).into(),
            account: account(),
            deleted: Timestamp::from_millis(1),
        }))
        .commit(engine)
        .await
}

/// What an engine holds.
#[derive(Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) revision: Revision,
    pub(crate) records: BTreeMap<RecordId, (Revision, Record)>,
    pub(crate) entries: BTreeMap<StoreId, Vec<(Key, Value)>>,
}

pub(crate) async fn state(engine: &SqliteEngine) -> State {
    let mut load = engine.load(&Known::new()).await.unwrap();
    let mut state = State {
        revision: load.position.revision,
        records: BTreeMap::new(),
        entries: BTreeMap::new(),
    };
    while let Some(piece) = load.pieces.recv().await {
        match piece.unwrap() {
            Piece::Record(revision, record) => {
                state.records.insert(record.id(), (revision, record));
            }
            Piece::Entries(store, entries) => {
                state.entries.insert(store, entries);
            }
            Piece::Kept(store) => panic!("{store} was not known"),
        }
    }
    state
}

/// The database of a folder, as another program opens it.
pub(crate) fn another_program(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("keyfront.db")).unwrap()
}

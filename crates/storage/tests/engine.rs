//! What every engine must do, tried on each; and what the embedded one does with its folder.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use keyfront_model::{AccountId, Contents, ETag, Key, StoreId, Timestamp, Value};
use keyfront_storage::sqlite::{Location, Retention, SqliteEngine};
use keyfront_storage::{
    Account, Author, Change, CommitError, Condition, Engine, EntryChange, FollowError, Loaded,
    Proposal, Record, RecordId, Revision, Source,
};
use proptest::prelude::*;
use tempfile::TempDir;

fn author() -> Author {
    Author {
        account: account(),
        access_key: "AKIA".into(),
        request: "r".into(),
    }
}

fn account() -> AccountId {
    "000000000001".parse().unwrap()
}

fn store(n: u8) -> StoreId {
    StoreId::from_random(u128::from(n) << 100)
}

fn count(stores: u64) -> Change {
    Change::Put(Record::Account(Account {
        account: account(),
        stores,
    }))
}

fn contents(id: StoreId, items: u64) -> Change {
    Change::Put(Record::Contents(Contents {
        store: id,
        etag: ETag::Data(items),
        items,
        bytes: 0,
        modified: Timestamp::from_millis(0),
    }))
}

fn entry(key: &str, after: Option<&str>) -> EntryChange {
    EntryChange {
        key: Key::new(key).unwrap(),
        before: None,
        after: after.map(Value::new),
    }
}

fn proposal(conditions: Vec<Condition>, changes: Vec<Change>) -> Proposal {
    Proposal {
        author: author(),
        at: Timestamp::from_millis(1),
        conditions,
        changes,
    }
}

fn given(revision: Option<Revision>) -> Vec<Condition> {
    vec![Condition {
        record: RecordId::Account(account()),
        revision,
    }]
}

type State = (
    Revision,
    BTreeMap<RecordId, (Revision, Record)>,
    BTreeMap<StoreId, Vec<(String, String)>>,
);

/// Everything that an engine holds.
async fn everything(engine: &dyn Engine) -> State {
    let mut load = engine.load().await.unwrap();
    let (mut records, mut entries) = (BTreeMap::new(), BTreeMap::new());
    while let Some(piece) = load.pieces.recv().await {
        match piece.unwrap() {
            Loaded::Record(revision, record) => {
                records.insert(record.id(), (revision, record));
            }
            Loaded::Entries(store, found) => {
                let text = |(key, value): (Key, Value)| {
                    (key.as_str().to_owned(), value.as_str().to_owned())
                };
                entries.insert(store, found.into_iter().map(text).collect());
            }
        }
    }
    (load.revision, records, entries)
}

fn open(folder: &TempDir, retention: Retention) -> SqliteEngine {
    SqliteEngine::open(&Location::Folder(folder.path().to_owned()), retention).unwrap()
}

fn in_memory() -> SqliteEngine {
    SqliteEngine::open(&Location::Memory, Retention::default()).unwrap()
}

#[tokio::test]
async fn a_commit_is_refused_when_a_condition_does_not_hold() {
    let engine = in_memory();
    let first = engine
        .commit(proposal(given(None), vec![count(1)]))
        .await
        .unwrap();
    let absent = engine.commit(proposal(given(None), vec![count(2)])).await;
    assert!(matches!(absent, Err(CommitError::Stale(at)) if at == first));
    let second = engine
        .commit(proposal(given(Some(first)), vec![count(2)]))
        .await
        .unwrap();
    assert!(second > first);
    let stale = engine
        .commit(proposal(given(Some(first)), vec![count(3)]))
        .await;
    assert!(matches!(stale, Err(CommitError::Stale(at)) if at == second));
    let (revision, records, _) = everything(&engine).await;
    assert_eq!(revision, second);
    let Change::Put(record) = count(2) else {
        unreachable!()
    };
    assert_eq!(records[&RecordId::Account(account())], (second, record));
}

#[tokio::test]
async fn of_many_that_race_on_one_record_one_wins() {
    let engine = Arc::new(in_memory());
    let racers = (0..50).map(|n| {
        let engine = engine.clone();
        tokio::spawn(async move {
            engine
                .commit(proposal(given(None), vec![count(n)]))
                .await
                .is_ok()
        })
    });
    let mut winners = 0;
    for racer in racers.collect::<Vec<_>>() {
        winners += u32::from(racer.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn deleting_contents_deletes_the_entries() {
    let engine = in_memory();
    let entries = vec![entry("a", Some("1")), entry("b", Some("2"))];
    let fill = vec![
        contents(store(1), 2),
        Change::Entries {
            store: store(1),
            entries,
        },
    ];
    engine.commit(proposal(vec![], fill)).await.unwrap();
    let other = Change::Entries {
        store: store(2),
        entries: vec![entry("a", Some("3"))],
    };
    engine
        .commit(proposal(vec![], vec![contents(store(2), 1), other]))
        .await
        .unwrap();
    let delete = Change::Delete(RecordId::Contents(store(1)));
    engine.commit(proposal(vec![], vec![delete])).await.unwrap();
    let (_, records, entries) = everything(&engine).await;
    assert_eq!(
        records.keys().collect::<Vec<_>>(),
        [&RecordId::Contents(store(2))]
    );
    assert_eq!(
        entries,
        BTreeMap::from([(store(2), vec![("a".into(), "3".into())])])
    );
}

#[tokio::test]
async fn a_follower_sees_every_commit_once_and_in_order() {
    let engine = in_memory();
    let first = engine
        .commit(proposal(vec![], vec![count(1)]))
        .await
        .unwrap();
    let mut from_now = engine.follow(first).await.unwrap();
    for n in 2..6 {
        engine
            .commit(proposal(vec![], vec![count(n)]))
            .await
            .unwrap();
    }
    // From the history what was, then what comes.
    let mut from_start = engine.follow(Revision(0)).await.unwrap();
    engine
        .commit(proposal(vec![], vec![count(6)]))
        .await
        .unwrap();
    for n in 1..=6 {
        let commit = from_start.recv().await.unwrap();
        assert_eq!(
            (commit.revision, &commit.changes[..]),
            (Revision(n), &[count(n)][..])
        );
    }
    for n in 2..=6 {
        assert_eq!(from_now.recv().await.unwrap().revision, Revision(n));
    }
}

#[tokio::test]
async fn what_is_no_longer_kept_cannot_be_followed() {
    for retention in [
        Retention {
            commits: 0,
            ..Retention::default()
        },
        Retention {
            age: Duration::ZERO,
            ..Retention::default()
        },
        Retention {
            bytes: 0,
            ..Retention::default()
        },
    ] {
        let engine = SqliteEngine::open(&Location::Memory, retention).unwrap();
        let first = engine
            .commit(proposal(vec![], vec![contents(store(1), 1)]))
            .await
            .unwrap();
        engine
            .commit(proposal(vec![], vec![contents(store(1), 2)]))
            .await
            .unwrap();
        assert!(matches!(engine.follow(first).await, Err(FollowError::Gone(at)) if at == first));
        assert!(engine.follow(Revision(2)).await.is_ok());
    }
}

#[tokio::test]
async fn history_is_bounded_by_number_bytes_and_age() {
    let some = |commits, bytes| Retention {
        age: Duration::from_secs(60),
        commits,
        bytes,
    };
    for retention in [some(10, u64::MAX), some(1000, 5_000)] {
        let engine = SqliteEngine::open(&Location::Memory, retention).unwrap();
        for n in 0..200 {
            engine
                .commit(proposal(vec![], vec![contents(store(1), n)]))
                .await
                .unwrap();
        }
        assert!(engine.follow(Revision(195)).await.is_ok());
        assert!(engine.follow(Revision(100)).await.is_err());
    }
    let engine = SqliteEngine::open(&Location::Memory, some(1000, u64::MAX)).unwrap();
    for n in 0..3 {
        let late = Timestamp::from_millis(i64::try_from(n).unwrap() * 61_000);
        let change = proposal(vec![], vec![contents(store(1), n)]);
        engine
            .commit(Proposal { at: late, ..change })
            .await
            .unwrap();
    }
    assert!(engine.follow(Revision(0)).await.is_err());
    assert!(engine.follow(Revision(2)).await.is_ok());
}

#[tokio::test]
async fn a_revision_never_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let none = Retention {
        commits: 0,
        ..Retention::default()
    };
    let engine = open(&folder, none.clone());
    engine
        .commit(proposal(vec![], vec![count(1)]))
        .await
        .unwrap();
    let delete = Change::Delete(RecordId::Account(account()));
    let last = engine.commit(proposal(vec![], vec![delete])).await.unwrap();
    engine.close().await;
    let engine = open(&folder, none);
    assert_eq!(engine.current().await.unwrap(), last);
    assert!(
        engine
            .commit(proposal(vec![], vec![count(1)]))
            .await
            .unwrap()
            > last
    );
}

#[tokio::test]
async fn a_folder_belongs_to_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().join("deep").join("data"));
    let engine = SqliteEngine::open(&location, Retention::default()).unwrap();
    let second = SqliteEngine::open(&location, Retention::default())
        .err()
        .unwrap();
    let process = std::process::id().to_string();
    assert!(
        second.0.contains("in use") && second.0.contains(&process),
        "{second}"
    );
    engine.close().await;
    SqliteEngine::open(&location, Retention::default()).unwrap();
}

/// More commits than are removed at once, one of them by a clock that was a day ahead.
#[tokio::test]
async fn what_is_too_old_goes_however_much_it_is_and_whatever_the_clock_does() {
    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;
    let retention = Retention {
        age: Duration::from_secs(60 * 60),
        ..Retention::default()
    };
    let engine = SqliteEngine::open(&Location::Memory, retention).unwrap();
    let at = async |millis| {
        let changes = proposal(vec![], vec![count(1)]);
        let at = Timestamp::from_millis(millis);
        engine.commit(Proposal { at, ..changes }).await.unwrap()
    };
    for number in 0..2500 {
        let ahead = if number == 700 { DAY } else { 0 };
        at(number + ahead).await;
    }
    let mut last = Revision(0);
    for number in 0..5 {
        last = at(120 * MINUTE + number).await;
    }
    // Those of the last minutes are there, and of the first not one.
    let kept = Revision(2500);
    let mut commits = engine.follow(kept).await.unwrap();
    for revision in kept.0 + 1..=last.0 {
        assert_eq!(commits.try_recv().unwrap().revision, Revision(revision));
    }
    assert!(matches!(
        engine.follow(Revision(2498)).await,
        Err(FollowError::Gone(_))
    ));
}

/// The database of a folder, as another program opens it.
fn another_program(folder: &TempDir) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.path().join("keyfront.db")).unwrap()
}

async fn commit_count(engine: &SqliteEngine, stores: u64) -> Result<Revision, CommitError> {
    engine.commit(proposal(vec![], vec![count(stores)])).await
}

/// What a start finds in the log is on the disk only when it was copied.
#[tokio::test]
async fn a_start_that_can_not_copy_the_log_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder, Retention::default());
    commit_count(&engine, 1).await.unwrap();
    let reader = another_program(&folder);
    let read = "BEGIN; SELECT count(*) FROM records";
    reader.execute_batch(read).unwrap();
    commit_count(&engine, 2).await.unwrap();
    engine.close().await;
    let location = Location::Folder(folder.path().to_owned());
    let refused = SqliteEngine::open(&location, Retention::default());
    let said = refused.map(drop).unwrap_err().to_string();
    assert!(said.contains("another program reads it"), "{said}");
    reader.execute_batch("COMMIT").unwrap();
    let engine = open(&folder, Retention::default());
    let (_, records, _) = everything(&engine).await;
    let (_, found) = &records[&RecordId::Account(account())];
    assert_eq!(
        *found,
        Record::Account(Account {
            account: account(),
            stores: 2
        })
    );
}

/// Each change of a batch must not wait for the lock anew.
#[tokio::test]
async fn a_database_that_another_program_locks_refuses_changes_until_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder, Retention::default());
    let other = another_program(&folder);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = commit_count(&engine, 1);
    let rest = (0..100).map(|number| commit_count(&engine, number));
    let (first, rest) = tokio::join!(first, futures_util::future::join_all(rest));
    for refused in rest.into_iter().chain([first]) {
        let refused = refused.unwrap_err();
        assert!(
            matches!(&refused, CommitError::Failed(why) if why.0.contains("locked")),
            "{refused}"
        );
    }
    engine.writable().unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    commit_count(&engine, 3).await.unwrap();
}

/// As `docs/operating.md` has it.
#[tokio::test]
async fn a_backup_by_sqlite_is_whole() {
    let (folder, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = open(&folder, Retention::default());
    let entries = Change::Entries {
        store: store(1),
        entries: (0..50)
            .map(|number| entry(&number.to_string(), Some("v")))
            .collect(),
    };
    let changes = vec![contents(store(1), 50), entries];
    engine.commit(proposal(vec![], changes)).await.unwrap();
    let copy = backup.path().join("keyfront.db");
    let copy = copy.to_str().unwrap();
    another_program(&folder)
        .execute("VACUUM INTO ?", [copy])
        .unwrap();
    assert_eq!(
        everything(&open(&backup, Retention::default())).await,
        everything(&engine).await
    );
}

#[tokio::test]
async fn a_log_without_its_database_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder, Retention::default());
    commit_count(&engine, 1).await.unwrap();
    engine.close().await;
    let (database, log) = ("keyfront.db", "keyfront.db-wal");
    let before = std::fs::read(folder.path().join(log)).unwrap();
    let location = Location::Folder(folder.path().to_owned());
    let lose: [fn(&std::path::Path) -> std::io::Result<()>; 2] = [
        |path| std::fs::write(path, b""),
        |path| std::fs::remove_file(path),
    ];
    for lose in lose {
        lose(&folder.path().join(database)).unwrap();
        let refused = SqliteEngine::open(&location, Retention::default());
        let said = refused.map(drop).unwrap_err().to_string();
        assert!(said.contains("restore the database"), "{said}");
        assert_eq!(std::fs::read(folder.path().join(log)).unwrap(), before);
    }
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder, Retention::default()).close().await;
    let database = rusqlite::Connection::open(folder.path().join("keyfront.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let location = Location::Folder(folder.path().to_owned());
    let error = SqliteEngine::open(&location, Retention::default())
        .err()
        .unwrap();
    assert!(
        error.0.contains("format 99") && error.0.contains("newer"),
        "{error}"
    );
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder").unwrap();
    let location = Location::Folder(file.join("data"));
    let error = SqliteEngine::open(&location, Retention::default())
        .err()
        .unwrap();
    assert!(
        error.0.contains("--data") && error.0.contains("file/data"),
        "{error}"
    );

    std::fs::write(
        folder.path().join("keyfront.db"),
        "no database, but long enough to be one",
    )
    .unwrap();
    let location = Location::Folder(folder.path().to_owned());
    let error = SqliteEngine::open(&location, Retention::default())
        .err()
        .unwrap();
    assert!(error.0.contains("another program"), "{error}");
}

/// One step of a random story.
#[derive(Debug, Clone)]
enum Step {
    Write(u8, Vec<(u8, Option<u8>)>),
    Delete(u8),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let edits = prop::collection::btree_map(0..20u8, prop::option::of(any::<u8>()), 0..10);
    let step = prop_oneof![
        6 => (0..3u8, edits).prop_map(|(store, edits)| Step::Write(store, edits.into_iter().collect())),
        1 => (0..3u8).prop_map(Step::Delete),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_was_committed_is_there_after_any_story(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(tell(steps));
    }
}

async fn tell(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(
        &folder,
        Retention {
            commits: 3,
            ..Retention::default()
        },
    );
    let mut expected: BTreeMap<StoreId, BTreeMap<String, String>> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Write(n, edits) => {
                let held = expected.entry(store(n)).or_default();
                let changes = edits.iter().map(|(key, value)| {
                    let (key, value) = (key.to_string(), value.map(|value| value.to_string()));
                    match &value {
                        Some(value) => held.insert(key.clone(), value.clone()),
                        None => held.remove(&key),
                    };
                    entry(&key, value.as_deref())
                });
                let entries = Change::Entries {
                    store: store(n),
                    entries: changes.collect(),
                };
                let changes = vec![contents(store(n), held.len() as u64), entries];
                engine.commit(proposal(vec![], changes)).await.unwrap();
            }
            Step::Delete(n) => {
                expected.remove(&store(n));
                let delete = Change::Delete(RecordId::Contents(store(n)));
                engine.commit(proposal(vec![], vec![delete])).await.unwrap();
            }
            Step::Reopen => {
                engine.close().await;
                engine = open(&folder, Retention::default());
            }
        }
        let (_, records, entries) = everything(&engine).await;
        let ids: Vec<_> = expected.keys().map(|id| RecordId::Contents(*id)).collect();
        assert_eq!(records.keys().cloned().collect::<Vec<_>>(), ids);
        let full = expected.iter().filter(|(_, held)| !held.is_empty());
        let full = full.map(|(id, held)| (*id, held.clone().into_iter().collect()));
        assert_eq!(entries, full.collect::<BTreeMap<_, _>>());
    }
}

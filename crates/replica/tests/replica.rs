//! A replica against a source that does what the test says.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use keyfront_model::{AccountId, Contents, ETag, Key, StoreId, Timestamp, Value};
use keyfront_replica::{Replica, Stopped};
use keyfront_storage::{
    Account, Author, Change, Commit, EngineError, EntryChange, FollowError, Load, Loaded, Name,
    Record, RecordId, Revision, Source,
};
use proptest::prelude::*;
use tokio::sync::mpsc;

type Pieces = Vec<Result<Loaded, EngineError>>;
type Commits = mpsc::UnboundedReceiver<Arc<Commit>>;

/// Gives out loads, and answers to being followed, in their order.
struct Scripted {
    loads: Mutex<Vec<(u64, Pieces)>>,
    answers: Mutex<Vec<Result<Commits, FollowError>>>,
}

impl Scripted {
    fn new(loads: Vec<(u64, Pieces)>, answers: Vec<Result<Commits, FollowError>>) -> Self {
        Self {
            loads: Mutex::new(loads),
            answers: Mutex::new(answers),
        }
    }
}

impl Source for Scripted {
    fn load(&self) -> BoxFuture<'_, Result<Load, EngineError>> {
        let (revision, loaded) = self.loads.lock().unwrap().remove(0);
        let (sender, pieces) = mpsc::channel(loaded.len().max(1));
        for piece in loaded {
            sender.try_send(piece).unwrap();
        }
        let revision = Revision(revision);
        async move { Ok(Load { revision, pieces }) }.boxed()
    }

    fn follow(&self, _: Revision) -> BoxFuture<'_, Result<Commits, FollowError>> {
        let answer = self.answers.lock().unwrap().remove(0);
        async move { answer }.boxed()
    }

    fn current(&self) -> BoxFuture<'_, Result<Revision, EngineError>> {
        async { Ok(Revision(0)) }.boxed()
    }
}

fn store() -> StoreId {
    StoreId::from_random(7)
}

fn head(pairs: &[(String, String)]) -> Record {
    let size = |(key, value): &(String, String)| (key.len() + value.len()) as u64;
    Record::Contents(Contents {
        store: store(),
        etag: ETag::Data(pairs.len() as u64),
        items: pairs.len() as u64,
        bytes: pairs.iter().map(size).sum(),
        modified: Timestamp::from_millis(0),
    })
}

fn pairs(count: usize) -> Vec<(String, String)> {
    let pair = |number| (format!("{number:05}"), format!("value {number}"));
    (0..count).map(pair).collect()
}

/// A load of a store with these entries.
fn loaded(pairs: &[(String, String)]) -> Pieces {
    let pair = |(key, value): &(String, String)| {
        let value = Value::new(value.as_str());
        (Key::new(key).unwrap(), value)
    };
    let entries = pairs.iter().map(pair).collect();
    vec![
        Ok(Loaded::Record(Revision(1), head(pairs))),
        Ok(Loaded::Entries(store(), entries)),
    ]
}

fn commit(revision: u64, changes: Vec<Change>) -> Arc<Commit> {
    let account: AccountId = "000000000001".parse().unwrap();
    Arc::new(Commit {
        revision: Revision(revision),
        author: Author {
            account,
            access_key: "AKIA".into(),
            request: "r".into(),
        },
        at: Timestamp::from_millis(0),
        changes,
    })
}

fn entries(changes: impl IntoIterator<Item = (String, Option<String>)>) -> Change {
    let change = |(key, after): (String, Option<String>)| EntryChange {
        key: Key::new(key).unwrap(),
        before: None,
        after: after.map(Value::new),
    };
    Change::Entries {
        store: store(),
        entries: changes.into_iter().map(change).collect(),
    }
}

/// What a reader finds in the store, in the order in which it is listed.
fn read(replica: &Replica) -> Vec<(String, String)> {
    let snapshot = replica.snapshot();
    let contents = snapshot.contents(store()).unwrap();
    let text = |(key, value): (&Key, &Value)| (key.as_str().to_owned(), value.as_str().to_owned());
    contents.entries.iter().map(text).collect()
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(test)
}

async fn following(pieces: Pieces) -> (Arc<Replica>, mpsc::UnboundedSender<Arc<Commit>>) {
    let (sender, commits) = mpsc::unbounded_channel();
    let source = Scripted::new(vec![(1, pieces)], vec![Ok(commits)]);
    (Replica::start(&source).await.unwrap(), sender)
}

/// Some are more than a task applies by itself.
const SIZES: [usize; 4] = [0, 1, 40, 2000];

#[test]
fn what_fills_a_store_is_read_whether_loaded_or_committed() {
    for size in SIZES {
        let pairs = pairs(size);
        let puts = pairs.iter().cloned().map(|(key, value)| (key, Some(value)));
        let fill = commit(2, vec![Change::Put(head(&pairs)), entries(puts)]);
        run(async {
            let (replica, _sender) = following(loaded(&pairs)).await;
            assert_eq!(read(&replica), pairs);

            let (replica, sender) = following(vec![]).await;
            sender.send(fill).unwrap();
            replica.reached(Revision(2)).await.unwrap();
            assert_eq!(read(&replica), pairs);

            let gone = Change::Delete(RecordId::Contents(store()));
            sender.send(commit(3, vec![gone])).unwrap();
            replica.reached(Revision(3)).await.unwrap();
            assert!(replica.snapshot().contents(store()).is_none());
        });
    }
}

#[test]
fn a_snapshot_that_was_taken_stays_as_it_was() {
    run(async {
        let (replica, sender) = following(loaded(&[])).await;
        let before = replica.snapshot();
        let put = entries([("a".to_owned(), Some("1".to_owned()))]);
        sender.send(commit(2, vec![put])).unwrap();
        replica.reached(Revision(2)).await.unwrap();
        assert!(before.contents(store()).unwrap().entries.is_empty());
        assert_eq!(before.revision(), Revision(1));
        assert_eq!(read(&replica).len(), 1);
    });
}

#[test]
fn a_source_that_has_forgotten_the_commits_since_is_loaded_again() {
    let (_sender, commits) = mpsc::unbounded_channel();
    let source = Scripted::new(
        vec![(1, vec![]), (5, loaded(&pairs(3)))],
        vec![Err(FollowError::Gone(Revision(1))), Ok(commits)],
    );
    run(async {
        let replica = Replica::start(&source).await.unwrap();
        let snapshot = replica.snapshot();
        assert_eq!(snapshot.revision(), Revision(5));
        assert_eq!(snapshot.contents(store()).unwrap().head.items, 3);
    });
}

#[test]
fn a_load_that_breaks_off_is_no_start() {
    let mut broken = loaded(&pairs(3));
    broken.push(Err(EngineError("the disk is gone".to_owned())));
    let source = Scripted::new(vec![(1, broken)], vec![]);
    let error = run(async { Replica::start(&source).await.map(drop).unwrap_err() });
    assert_eq!(error.0, "the disk is gone");
}

#[test]
fn a_load_that_lacks_what_is_counted_is_no_start() {
    let account = Record::Account(Account {
        account: "000000000001".parse().unwrap(),
        stores: 1,
    });
    let name = Record::Name(Name {
        account: "000000000001".parse().unwrap(),
        name: "a".parse().unwrap(),
        store: store(),
    });
    let record = |record: &Record| Ok(Loaded::Record(Revision(1), record.clone()));
    let mut fewer = loaded(&pairs(3));
    fewer.truncate(1);
    fewer.extend(loaded(&pairs(2)).pop());
    for pieces in [
        loaded(&pairs(3)).into_iter().take(1).collect(),
        fewer,
        vec![record(&account)],
        vec![record(&name)],
        vec![record(&account), record(&name)],
    ] {
        let source = Scripted::new(vec![(1, pieces)], vec![]);
        let error = run(async { Replica::start(&source).await.map(drop).unwrap_err() });
        assert!(error.0.contains("damaged"), "{error}");
    }
}

#[test]
fn nobody_waits_for_a_source_that_is_gone() {
    run(async {
        let (replica, sender) = following(vec![]).await;
        assert!(replica.is_following());
        sender
            .send(commit(2, vec![Change::Put(head(&[]))]))
            .unwrap();
        let waiting = replica.reached(Revision(3));
        drop(sender);
        assert_eq!(waiting.await, Err(Stopped));
        assert!(!replica.is_following());
        // What came before can be read all the same.
        assert_eq!(replica.reached(Revision(2)).await, Ok(()));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is put and removed, in however many commits, is what an ordered map holds after it.
    #[test]
    fn commits_are_applied_in_their_order(
        commits in prop::collection::vec(
            prop::collection::btree_map("[a-f]{1,3}", prop::option::of("[0-9]{0,2}"), 0..60),
            0..12,
        )
    ) {
        let mut model = BTreeMap::new();
        for (key, value) in commits.iter().flatten() {
            match value {
                Some(value) => model.insert(key.clone(), value.clone()),
                None => model.remove(key),
            };
        }
        let found = run(async {
            let (replica, sender) = following(loaded(&[])).await;
            let last = Revision(1 + commits.len() as u64);
            for (revision, changes) in (2..).zip(commits) {
                sender.send(commit(revision, vec![entries(changes)])).unwrap();
            }
            replica.reached(last).await.unwrap();
            read(&replica)
        });
        prop_assert_eq!(found, model.into_iter().collect::<Vec<_>>());
    }
}

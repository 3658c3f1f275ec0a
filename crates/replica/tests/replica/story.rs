//! Random stories of a source that changes, breaks, forgets and is replaced, against a plain model.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use keyfront_model::{ETag, StoreId};
use keyfront_replica::{Lost, Replica};
use keyfront_storage::{
    Change, Commit, Commits, EngineError, FollowEnd, Known, Load, Piece, Position, RecordId,
    Revision, Scope, Source,
};
use proptest::prelude::*;
use tokio::sync::mpsc;

use crate::records::{
    at, commit, delete, entries, entries_piece, head_of, put, read_in, record, store,
};
use crate::scripted::{Sender, interrupted, options};

type Entries = BTreeMap<String, String>;

/// A store of the model: the number of its ETag, and its entries.
type Stores = BTreeMap<StoreId, (u64, Entries)>;

/// A source in memory whose owner breaks it.
#[derive(Default)]
struct Live(Mutex<State>);

#[derive(Default)]
struct State {
    source: u128,
    revision: u64,
    etags: u64,
    stores: Stores,
    history: Vec<Arc<Commit>>,
    /// Commits up to here are forgotten.
    forgotten: u64,
    followers: Vec<Sender>,
    loads: usize,
    kept: usize,
}

impl State {
    fn subscribe(&mut self) -> Commits {
        let (sender, commits) = mpsc::channel(1000);
        self.followers.push(sender);
        commits
    }

    fn commit(&mut self, gap: u64, changes: Vec<Change>) {
        self.revision += gap;
        let commit = commit(self.revision, changes);
        for follower in &self.followers {
            follower.try_send(Ok(commit.clone())).ok();
        }
        self.history.push(commit);
    }

    fn end(&mut self, end: Option<FollowEnd>) {
        for follower in self.followers.drain(..) {
            if let Some(end) = &end {
                follower.try_send(Err(end.clone())).ok();
            }
        }
    }

    fn write(&mut self, number: u128, gap: u64, changes: BTreeMap<String, Option<String>>) {
        self.etags += 1;
        let etag = self.etags;
        let (etag_now, now) = self.stores.entry(store(number)).or_default();
        *etag_now = etag;
        for (key, value) in &changes {
            match value {
                Some(value) => now.insert(key.clone(), value.clone()),
                None => now.remove(key),
            };
        }
        let pairs: Vec<_> = now.clone().into_iter().collect();
        let head = put(head_of(store(number), etag, &pairs));
        self.commit(gap, vec![head, entries(store(number), changes)]);
    }

    fn remove(&mut self, number: u128) {
        if self.stores.remove(&store(number)).is_some() {
            self.commit(1, vec![delete(RecordId::Contents(store(number)))]);
        }
    }

    fn forget(&mut self) {
        self.history.clear();
        self.forgotten = self.revision;
        self.end(Some(FollowEnd::Forgotten));
    }

    fn replace(&mut self, revision: u64) {
        self.forget();
        self.source += 1;
        self.revision = revision;
        self.forgotten = revision;
    }

    fn pieces(&mut self, known: &Known) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (id, (etag, now)) in &self.stores {
            let pairs: Vec<_> = now.clone().into_iter().collect();
            pieces.push(record(head_of(*id, *etag, &pairs)));
            if known.get(id) == Some(&ETag::Data(*etag)) {
                self.kept += 1;
                pieces.push(Piece::Kept(*id));
            } else {
                pieces.push(entries_piece(*id, &pairs));
            }
        }
        self.loads += 1;
        pieces
    }
}

impl Source for Live {
    fn load<'a>(&'a self, known: &'a Known) -> BoxFuture<'a, Result<Load, EngineError>> {
        async {
            let mut state = self.0.lock().unwrap();
            let (sender, pieces) = mpsc::channel(100);
            let commits = state.subscribe();
            let position = at(state.source, state.revision);
            for piece in state.pieces(known) {
                sender.try_send(Ok(piece)).unwrap();
            }
            Ok(Load {
                position,
                scope: Scope::All,
                pieces,
                commits,
            })
        }
        .boxed()
    }

    fn follow(&self, after: Position) -> BoxFuture<'_, Result<Commits, FollowEnd>> {
        async move {
            let mut state = self.0.lock().unwrap();
            if after.source.0 != state.source || after.revision.0 < state.forgotten {
                return Err(FollowEnd::Forgotten);
            }
            let commits = state.subscribe();
            let sender = state.followers.last().unwrap();
            for commit in &state.history {
                // Some that the reader has are sent again.
                if commit.revision.0 + 1 >= after.revision.0 {
                    sender.try_send(Ok(commit.clone())).unwrap();
                }
            }
            Ok(commits)
        }
        .boxed()
    }

    fn current(&self) -> BoxFuture<'_, Result<Option<Revision>, EngineError>> {
        let revision = self.0.lock().unwrap().revision;
        async move { Ok(Some(Revision(revision))) }.boxed()
    }
}

#[derive(Debug, Clone)]
enum Step {
    Write(u128, u64, BTreeMap<String, Option<String>>),
    Remove(u128),
    Interrupt,
    EndSilently,
    Forget,
    /// From then on commits are of another source, that begins at a revision.
    Replace(u64),
    /// Lets the replica and its follower come along.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let changes = prop::collection::btree_map("[a-d]{1,2}", prop::option::of("[0-9]{0,2}"), 0..6);
    prop_oneof![
        8 => (0..3u128, 1..5u64, changes)
            .prop_map(|(store, gap, changes)| Step::Write(store, gap, changes)),
        1 => (0..3u128).prop_map(Step::Remove),
        2 => Just(Step::Interrupt),
        1 => Just(Step::EndSilently),
        1 => Just(Step::Forget),
        1 => (0..40u64).prop_map(Step::Replace),
        4 => (0..400u64).prop_map(Step::Wait),
    ]
}

fn entries_of(stores: &Stores) -> HashMap<StoreId, Entries> {
    let stores = stores.iter();
    stores.map(|(id, (_, now))| (*id, now.clone())).collect()
}

/// All that a snapshot has of the three stores of the stories.
fn entries_in(replica: &Replica) -> (Position, HashMap<StoreId, Entries>) {
    let snapshot = replica.snapshot();
    let present = (0..3).map(store).filter_map(|id| {
        let pairs = read_in(&snapshot, id)?;
        Some((id, pairs.into_iter().collect()))
    });
    (snapshot.position(), present.collect())
}

/// Follows the replica's ring as another node would, and applies the commits to plain maps.
async fn follow_ring(replica: Arc<Replica>, mine: Arc<Mutex<HashMap<StoreId, Entries>>>) {
    loop {
        let (position, now) = entries_in(&replica);
        *mine.lock().unwrap() = now;
        let Some(mut cursor) = replica.cursor(position) else {
            tokio::task::yield_now().await;
            continue;
        };
        let lost = loop {
            match cursor.next(2).await {
                Ok(commits) => {
                    let mut mine = mine.lock().unwrap();
                    commits.iter().for_each(|commit| apply(&mut mine, commit));
                }
                Err(lost) => break lost,
            }
        };
        if lost == Lost::Ended {
            return;
        }
    }
}

fn apply(stores: &mut HashMap<StoreId, Entries>, commit: &Commit) {
    for change in &commit.changes {
        match change {
            Change::Put { record, .. } => {
                if let RecordId::Contents(store) = record.id() {
                    stores.entry(store).or_default();
                }
            }
            Change::Delete { id, .. } => {
                if let RecordId::Contents(store) = id {
                    stores.remove(store);
                }
            }
            Change::Entries { store, entries } => {
                let now = stores.get_mut(store).unwrap();
                for entry in entries {
                    let key = entry.key.as_str().to_owned();
                    match &entry.after {
                        Some(value) => now.insert(key, value.as_str().to_owned()),
                        None => now.remove(&key),
                    };
                }
            }
        }
    }
}

/// A pause on the paused clock, in which the replica's threads have time to answer.
async fn wait(pause: Duration) {
    for _ in 0..5 {
        std::thread::sleep(Duration::from_micros(50));
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(pause).await;
}

async fn tell(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let live = Arc::new(Live::default());
    let replica = Replica::start(live.clone(), options()).await.unwrap();
    let follower = Arc::default();
    let following = tokio::spawn(follow_ring(replica.clone(), Arc::clone(&follower)));
    for step in steps {
        if let Step::Wait(millis) = step {
            wait(Duration::from_millis(millis)).await;
            continue;
        }
        let mut state = live.0.lock().unwrap();
        match step {
            Step::Write(number, gap, changes) => state.write(number, gap, changes),
            Step::Remove(number) => state.remove(number),
            Step::Interrupt => state.end(Some(interrupted())),
            Step::EndSilently => state.end(None),
            Step::Forget => state.forget(),
            Step::Replace(revision) => state.replace(revision),
            Step::Wait(_) => {}
        }
    }
    let (position, wanted) = {
        let state = live.0.lock().unwrap();
        (at(state.source, state.revision), entries_of(&state.stores))
    };
    let began = std::time::Instant::now();
    while replica.status().position != position
        || entries_in(&replica).1 != *follower.lock().unwrap()
    {
        prop_assert!(began.elapsed() < Duration::from_secs(10), "it never comes");
        wait(Duration::from_millis(100)).await;
    }
    prop_assert_eq!(entries_in(&replica), (position, wanted));
    following.abort();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Whatever happens to a source, the replica and whoever follows it end with what it has.
    #[test]
    fn a_replica_comes_to_what_its_source_has(steps in prop::collection::vec(step(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        runtime.unwrap().block_on(tell(steps))?;
    }
}

#[test]
fn a_story_has_loads_that_keep_contents() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(async {
        let live = Arc::new(Live::default());
        live.0
            .lock()
            .unwrap()
            .write(0, 1, BTreeMap::from([("a".into(), Some("1".into()))]));
        let replica = Replica::start(live.clone(), options()).await.unwrap();
        live.0.lock().unwrap().replace(9);
        while replica.status().position != at(1, 9) {
            wait(Duration::from_millis(100)).await;
        }
        let state = live.0.lock().unwrap();
        assert_eq!((state.loads, state.kept), (2, 1));
        assert_eq!(entries_in(&replica).1, entries_of(&state.stores));
    });
}

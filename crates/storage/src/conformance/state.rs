//! The plain model that an engine is held against, and what a load says.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use keyfront_model::{Contents, Key, StoreId, Value};

use crate::{
    Change, Commit, Commits, EngineError, EntryChange, FollowEnd, Load, Piece, Position, Record,
    RecordId, Revision, Scope,
};

/// How long a follower waits for a commit that must come, before it counts as lost.
const COMMIT_DEADLINE: Duration = Duration::from_secs(20);

/// Records and entries, as plainly as can be.
#[derive(Clone, Default, PartialEq)]
pub(super) struct State {
    pub(super) records: BTreeMap<RecordId, (Revision, Record)>,
    /// The entries of each store that has any.
    pub(super) entries: BTreeMap<StoreId, BTreeMap<Key, Value>>,
}

impl State {
    pub(super) fn apply(&mut self, commit: &Commit) {
        for change in &commit.changes {
            match change {
                Change::Put { record, .. } => {
                    let written = (commit.revision, record.clone());
                    self.records.insert(record.id(), written);
                }
                Change::Delete { id, .. } => {
                    self.records.remove(id);
                    if let RecordId::Contents(store) = id {
                        self.entries.remove(store);
                    }
                }
                Change::Entries { store, entries } => self.edit(*store, entries),
            }
        }
    }

    fn edit(&mut self, store: StoreId, changes: &[EntryChange]) {
        let entries = self.entries.entry(store).or_default();
        for change in changes {
            match &change.after {
                Some(value) => entries.insert(change.key.clone(), value.clone()),
                None => entries.remove(&change.key),
            };
        }
        if entries.is_empty() {
            self.entries.remove(&store);
        }
    }

    pub(super) fn revision(&self, id: &RecordId) -> Option<Revision> {
        self.records.get(id).map(|(revision, _)| *revision)
    }

    pub(super) fn record(&self, id: &RecordId) -> Option<&Record> {
        self.records.get(id).map(|(_, record)| record)
    }

    pub(super) fn contents(&self, store: StoreId) -> Option<&Contents> {
        match self.record(&RecordId::Contents(store))? {
            Record::Contents(contents) => Some(contents),
            _ => None,
        }
    }

    /// How another state differs from this one, with the first few differences.
    pub(super) fn difference(&self, found: &Self) -> Option<String> {
        if self == found {
            return None;
        }
        let mut found_differences = differing(&self.records, &found.records);
        let stores: BTreeSet<_> = self.entries.keys().chain(found.entries.keys()).collect();
        let empty = BTreeMap::new();
        for store in stores {
            let entries = |state: &Self| {
                let entries = state.entries.get(store).unwrap_or(&empty);
                let text = |(key, value): (&Key, &Value)| {
                    (key.as_str().to_owned(), value.as_str().to_owned())
                };
                entries.iter().map(text).collect::<BTreeMap<_, _>>()
            };
            let differing = differing(&entries(self), &entries(found));
            found_differences.extend(differing.into_iter().map(|one| format!("{store}: {one}")));
        }
        let all = found_differences.len();
        found_differences.truncate(5);
        Some(format!(
            "{all} differences, first {}",
            found_differences.join("; ")
        ))
    }
}

/// What stands only in one of two maps, or differs in them.
fn differing<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    expected: &BTreeMap<K, V>,
    found: &BTreeMap<K, V>,
) -> Vec<String> {
    let keys: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let differing = keys.into_iter().filter_map(|key| {
        let (expected, found) = (expected.get(key), found.get(key));
        (expected != found).then(|| format!("{key:?}: expected {expected:?}, found {found:?}"))
    });
    differing.collect()
}

/// What a load says, and the commits after it.
pub(super) struct Loaded {
    pub(super) position: Position,
    pub(super) state: State,
    /// The stores whose entries were left out because the reader has them.
    pub(super) kept: BTreeSet<StoreId>,
    pub(super) commits: Stream,
}

impl Loaded {
    /// Reads a load to its end, and meanwhile receives the commits after it. Panics if it breaks a rule
    /// of [`Load`].
    pub(super) async fn read(load: Load) -> Result<Self, EngineError> {
        assert_eq!(load.scope, Scope::All, "an engine loads everything");
        let mut loaded = Self {
            position: load.position,
            state: State::default(),
            kept: BTreeSet::new(),
            commits: Stream::new(load.commits),
        };
        let mut pieces = load.pieces;
        let mut described = BTreeSet::new();
        loop {
            let piece = tokio::select! {
                biased;
                () = loaded.commits.buffer() => continue,
                piece = pieces.recv() => piece,
            };
            match piece {
                None => return Ok(loaded),
                Some(piece) => loaded.add(piece?, &mut described),
            }
        }
    }

    fn add(&mut self, piece: Piece, described: &mut BTreeSet<StoreId>) {
        match piece {
            Piece::Record(revision, record) => {
                assert!(
                    revision <= self.position.revision,
                    "the load at {} has a record written at {revision}",
                    self.position.revision
                );
                let id = record.id();
                let twice = self.state.records.insert(id.clone(), (revision, record));
                assert!(twice.is_none(), "a load has {id} twice");
            }
            Piece::Entries(store, entries) => {
                self.describe(store, described);
                let ascending = entries.is_sorted_by(|(one, _), (next, _)| one < next);
                assert!(ascending, "the entries of {store} are not in order");
                if !entries.is_empty() {
                    let entries = entries.into_iter().collect();
                    self.state.entries.insert(store, entries);
                }
            }
            Piece::Kept(store) => {
                self.describe(store, described);
                self.kept.insert(store);
            }
        }
    }

    fn describe(&self, store: StoreId, described: &mut BTreeSet<StoreId>) {
        assert!(
            self.state.contents(store).is_some(),
            "a load has entries of {store} before the record of its contents, or without one"
        );
        assert!(
            described.insert(store),
            "a load has the entries of {store} twice"
        );
    }

    /// Puts in the entries that the reader had already. Panics if an ETag differs.
    pub(super) fn fill(&mut self, had: &State) {
        let etags = |state: &State| -> HashMap<StoreId, _> {
            let kept = self.kept.iter();
            let etag = |store: &StoreId| Some((*store, state.contents(*store)?.etag));
            kept.filter_map(etag).collect()
        };
        assert_eq!(etags(&self.state), etags(had), "other contents were kept");
        for store in &self.kept {
            if let Some(entries) = had.entries.get(store) {
                self.state.entries.insert(*store, entries.clone());
            }
        }
    }
}

/// What a follower is sent.
pub(super) type Item = Result<Arc<Commit>, FollowEnd>;

/// The commits that a follower is sent, of which none may come again or out of order.
pub(super) struct Stream {
    commits: Commits,
    buffered: VecDeque<Option<Item>>,
    last: Option<Revision>,
}

impl Stream {
    pub(super) fn new(commits: Commits) -> Self {
        Self {
            commits,
            buffered: VecDeque::new(),
            last: None,
        }
    }

    /// Takes one item ahead of time. Pending for ever once the stream has ended.
    async fn buffer(&mut self) {
        if matches!(self.buffered.back(), Some(None | Some(Err(_)))) {
            std::future::pending::<()>().await;
        }
        let item = self.commits.recv().await;
        self.buffered.push_back(item);
    }

    /// The next item. Panics if none comes in time, if the stream ends without a reason, or if a
    /// commit comes again or out of order.
    pub(super) async fn next(&mut self) -> Item {
        let item = match self.buffered.pop_front() {
            Some(item) => item,
            None => tokio::time::timeout(COMMIT_DEADLINE, self.commits.recv())
                .await
                .expect("a follower waits for a commit that does not come"),
        };
        let item = item.expect("the commits ended without a reason");
        if let Ok(commit) = &item {
            let revision = commit.revision;
            if let Some(last) = self.last.replace(revision) {
                assert!(
                    revision > last,
                    "commit {revision} was sent after commit {last}"
                );
            }
        }
        item
    }
}

//! What a cluster holds, and how a proposal changes it. Nothing in here waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyfront_model::{Key, StoreId, Value};

use super::Fault;
use super::history::History;
use crate::{
    Author, Change, Commit, Condition, EntryChange, Position, Proposal, Record, RecordId,
    Retention, Revision, SourceId,
};

/// The entries of one store. A load that is being read shares them; a change of shared ones makes a
/// copy.
pub(super) type Entries = Arc<BTreeMap<Key, Value>>;

/// The records and entries at one revision.
#[derive(Clone, Default)]
pub(super) struct Image {
    pub(super) records: BTreeMap<RecordId, (Revision, Record)>,
    pub(super) entries: BTreeMap<StoreId, Entries>,
}

/// Everything that a cluster holds.
#[derive(Clone)]
pub(super) struct Data {
    pub(super) source: SourceId,
    /// The newest revision that was given, to a commit or left out.
    pub(super) revision: Revision,
    /// The revision of the newest commit.
    pub(super) head: Revision,
    pub(super) image: Image,
    /// The commits that followers can be sent.
    pub(super) recent: BTreeMap<Revision, Arc<Commit>>,
    /// The newest commit that followers can't be sent any more.
    pub(super) forgotten: Revision,
    pub(super) history: History,
    /// What there was before the newest commit: for the faults that lose it.
    before_newest: Option<(Revision, Box<Image>)>,
    fault: Option<Fault>,
}

impl Data {
    pub(super) fn new(source: SourceId, retention: Retention, fault: Option<Fault>) -> Self {
        Self {
            source,
            revision: Revision(0),
            head: Revision(0),
            image: Image::default(),
            recent: BTreeMap::new(),
            forgotten: Revision(0),
            history: History::new(retention, fault),
            before_newest: None,
            fault,
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Leaves revisions out, as if somebody else had been given them.
    pub(super) fn skip(&mut self, revisions: u64) {
        self.revision.0 += revisions;
    }

    pub(super) fn position(&self) -> Position {
        Position {
            source: self.source,
            revision: self.revision,
        }
    }

    /// Makes a proposal, or gives the revision of the newest commit if a condition does not hold.
    pub(super) fn commit(
        &mut self,
        proposal: Proposal,
        followable_commits: usize,
    ) -> Result<Revision, Revision> {
        if !proposal
            .conditions
            .iter()
            .all(|condition| self.holds(condition))
        {
            let ahead = if self.has(Fault::StaleAhead) { 1000 } else { 0 };
            return Err(Revision(self.head.0 + ahead));
        }
        if self.has(Fault::LosesNewestAtEnd)
            || self.has(Fault::LoadsLate)
            || self.has(Fault::CurrentLags)
        {
            self.before_newest = Some((self.head, Box::new(self.image.clone())));
        }
        self.revision.0 += 1;
        let mut commit = proposal.into_commit(self.revision);
        if self.has(Fault::LosesUser) {
            lose_user(&mut commit.author);
        }
        self.apply(&commit);
        self.head = commit.revision;
        self.publish(Arc::new(commit), followable_commits);
        Ok(self.head)
    }

    fn holds(&self, condition: &Condition) -> bool {
        let found = self.image.records.get(&condition.record);
        let found = found.map(|(revision, _)| *revision);
        found == condition.revision
            || (condition.revision.is_none() && self.has(Fault::IgnoresAbsence))
    }

    fn apply(&mut self, commit: &Commit) {
        let stored = match commit.changes.len() {
            several @ 2.. if self.has(Fault::StoresHalf) => several / 2,
            all => all,
        };
        for change in &commit.changes[..stored] {
            match change {
                Change::Put { record, .. } => {
                    let written = (commit.revision, record.clone());
                    self.image.records.insert(record.id(), written);
                }
                Change::Delete { id, .. } => self.delete(id),
                Change::Entries { store, entries } => self.edit(*store, entries),
            }
        }
    }

    fn delete(&mut self, id: &RecordId) {
        self.image.records.remove(id);
        if let RecordId::Contents(store) = id
            && !self.has(Fault::KeepsDeletedEntries)
        {
            self.image.entries.remove(store);
        }
    }

    /// Changes entries of a store.
    pub(super) fn edit(&mut self, store: StoreId, changes: &[EntryChange]) {
        let cuts = self.has(Fault::CutsTextAtNul);
        let entries = Arc::make_mut(self.image.entries.entry(store).or_default());
        for change in changes {
            match &change.after {
                Some(value) if cuts => entries.insert(change.key.clone(), cut(value)),
                Some(value) => entries.insert(change.key.clone(), value.clone()),
                None => entries.remove(&change.key),
            };
        }
        if entries.is_empty() {
            self.image.entries.remove(&store);
        }
    }

    fn publish(&mut self, commit: Arc<Commit>, followable_commits: usize) {
        self.history.append(&commit, &self.image);
        self.recent.insert(commit.revision, commit);
        while self.recent.len() > followable_commits {
            if let Some((revision, _)) = self.recent.pop_first() {
                self.forgotten = revision;
            }
        }
    }

    /// Forgets all commits that followers could be sent.
    pub(super) fn compact(&mut self) {
        self.recent.clear();
        self.forgotten = self.head;
    }

    /// Writes a record at a revision of its own that no commit has.
    pub(super) fn write_past(&mut self, record: Record) {
        self.skip(1);
        let written = (self.revision, record);
        self.image.records.insert(written.1.id(), written);
    }

    /// What a load has.
    pub(super) fn loadable(&self) -> Image {
        match &self.before_newest {
            Some((_, image)) if self.has(Fault::LoadsLate) => (**image).clone(),
            _ => self.image.clone(),
        }
    }

    /// The revision of the newest commit, as `current` answers it.
    pub(super) fn current(&self) -> Revision {
        match &self.before_newest {
            Some((revision, _)) if self.has(Fault::CurrentLags) => *revision,
            _ => self.head,
        }
    }

    /// What the faults do when an engine ends.
    pub(super) fn end(&mut self) {
        if self.has(Fault::LosesNewestAtEnd)
            && let Some((head, image)) = self.before_newest.take()
        {
            self.recent.remove(&self.head);
            self.image = *image;
            self.head = head;
        }
        if self.has(Fault::ReusesRevisions) {
            self.revision.0 = self.revision.0.saturating_sub(3);
        }
    }
}

fn lose_user(author: &mut Author) {
    if let Author::Caller(caller) = author {
        caller.user = None;
    }
}

fn cut(value: &Value) -> Value {
    let before_nul = value.as_str().split('\0').next();
    Value::new(before_nul.unwrap_or_default())
}

use imbl::OrdMap;
use keyfront_model::{Contents, Key, StoreId, Value};
use keyfront_storage::{
    Change, Commit, EntryChange, Name, NamedResource, Record, RecordId, ResourceId, ResourceName,
    Revision, Tombstone,
};

use super::{Snapshot, StoreContents, Versioned};

/// A commit does not fit what it is applied to: one before it was not received as it was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("commit {revision} does not fit the records before it: {why}")]
pub(crate) struct Diverged {
    revision: Revision,
    why: String,
}

impl Snapshot {
    /// How many entries a commit changes, most of them with a store that it fills or deletes.
    pub(crate) fn entries_in(&self, commit: &Commit) -> usize {
        let entries_in = |change: &Change| match change {
            Change::Entries { entries, .. } => entries.len(),
            Change::Delete {
                id: RecordId::Contents(store),
                ..
            } => {
                let deleted = self.contents.get(store);
                deleted.map_or(0, |contents| contents.entries.len())
            }
            Change::Put { .. } | Change::Delete { .. } => 0,
        };
        commit.changes.iter().map(entries_in).sum()
    }

    /// Makes this the snapshot after a commit. If the commit does not fit, the snapshot is spoilt.
    pub(crate) fn apply(&mut self, commit: &Commit) -> Result<(), Diverged> {
        // A commit names no record twice. Contents come before their entries, wherever they stand.
        for change in &commit.changes {
            match change {
                Change::Put { record, .. } => self.put(commit.revision, record.clone()),
                Change::Delete { id, .. } => self.delete(id),
                Change::Entries { .. } => {}
            }
        }
        for change in &commit.changes {
            if let Change::Entries { store, entries } = change {
                self.change_entries(*store, entries)
                    .map_err(|why| Diverged {
                        revision: commit.revision,
                        why,
                    })?;
            }
        }
        self.position.revision = commit.revision;
        Ok(())
    }

    pub(super) fn put(&mut self, revision: Revision, record: Record) {
        match record {
            Record::Account(account) => {
                self.accounts
                    .insert(account.account, Versioned::new(revision, account));
            }
            Record::Name(Name { account, resource }) => match resource {
                NamedResource::Store(name, store) => {
                    self.store_names.put(account, name, revision, store);
                }
                NamedResource::Function(name, function) => {
                    self.function_names.put(account, name, revision, function);
                }
            },
            Record::Store(store) => {
                self.stores
                    .insert(store.id, Versioned::new(revision, *store));
            }
            Record::Function(function) => {
                let place = (function.id, function.stage);
                self.functions
                    .insert(place, Versioned::new(revision, *function));
            }
            Record::Tags(tags) => {
                self.tags
                    .insert(tags.resource, Versioned::new(revision, tags));
            }
            Record::Contents(contents) => {
                self.put_contents(Versioned::new(revision, contents));
            }
            Record::Users(users) => {
                self.users
                    .insert(users.store, Versioned::new(revision, users));
            }
            Record::Job(job) => {
                self.jobs.insert(job.id(), Versioned::new(revision, *job));
            }
            Record::Tombstone(tombstone) => self.put_tombstone(revision, tombstone),
        }
    }

    fn delete(&mut self, record: &RecordId) {
        match record {
            RecordId::Account(account) => drop(self.accounts.remove(account)),
            RecordId::Name(account, ResourceName::Store(name)) => {
                self.store_names.delete(*account, name);
            }
            RecordId::Name(account, ResourceName::Function(name)) => {
                self.function_names.delete(*account, name);
            }
            RecordId::Store(store) => drop(self.stores.remove(store)),
            RecordId::Function(function, stage) => {
                drop(self.functions.remove(&(*function, *stage)));
            }
            RecordId::Tags(resource) => drop(self.tags.remove(resource)),
            RecordId::Contents(store) => drop(self.contents.remove(store)),
            RecordId::Users(store) => drop(self.users.remove(store)),
            RecordId::Job(job) => drop(self.jobs.remove(job)),
            RecordId::Tombstone(resource) => self.delete_tombstone(*resource),
        }
    }

    fn put_contents(&mut self, head: Versioned<Contents>) {
        match self.contents.get_mut(&head.store) {
            Some(contents) => contents.head = head,
            None => {
                let contents = StoreContents {
                    head: head.clone(),
                    entries: OrdMap::new(),
                };
                self.contents.insert(head.store, contents);
            }
        }
    }

    fn put_tombstone(&mut self, revision: Revision, tombstone: Tombstone) {
        self.delete_tombstone(tombstone.resource);
        let deletions = self.deletions.entry(tombstone.account).or_default();
        deletions.insert((tombstone.deleted, tombstone.resource));
        self.tombstones
            .insert(tombstone.resource, Versioned::new(revision, tombstone));
    }

    fn delete_tombstone(&mut self, resource: ResourceId) {
        let Some(tombstone) = self.tombstones.remove(&resource) else {
            return;
        };
        if let Some(deletions) = self.deletions.get_mut(&tombstone.account) {
            deletions.remove(&(tombstone.deleted, resource));
            if deletions.is_empty() {
                self.deletions.remove(&tombstone.account);
            }
        }
    }

    fn change_entries(&mut self, store: StoreId, changes: &[EntryChange]) -> Result<(), String> {
        let Some(contents) = self.contents.get_mut(&store) else {
            return Err(format!(
                "it changes entries of the store {store}, which has no contents"
            ));
        };
        if contents.entries.is_empty() {
            contents.entries = compact(changes.iter().filter_map(entry_after));
        } else {
            for change in changes {
                match entry_after(change) {
                    Some((key, value)) => contents.entries.insert(key, value),
                    None => contents.entries.remove(&change.key),
                };
            }
        }
        let (items, counted) = (contents.entries.len() as u64, contents.head.items);
        if items != counted {
            return Err(format!(
                "the store {store} then has {items} keys where {counted} are counted"
            ));
        }
        Ok(())
    }
}

/// The entry that a change puts; `None` if it removes one.
fn entry_after(change: &EntryChange) -> Option<(Key, Value)> {
    let value = change.after.clone()?;
    Some((change.key.clone(), value))
}

/// A map with full nodes of entries that come in order, as those of a load and of an import do. A node that
/// overflows is split in the middle, which would leave every node half empty if each entry came after the
/// last; so every other entry comes first, and those between them fill the other halves.
pub(super) fn compact(entries: impl IntoIterator<Item = (Key, Value)>) -> OrdMap<Key, Value> {
    let entries = entries.into_iter();
    let mut between = Vec::with_capacity(entries.size_hint().0 / 2);
    let mut map = OrdMap::new();
    for (place, entry) in entries.enumerate() {
        if place % 2 == 0 {
            map.insert(entry.0, entry.1);
        } else {
            between.push(entry);
        }
    }
    map.extend(between);
    map
}

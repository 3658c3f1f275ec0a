use std::ops::Bound;
use std::sync::Arc;

use imbl::{HashMap, OrdMap};
use keyfront_model::{AccountId, Contents, Key, Store, StoreId, StoreName, Value};
use keyfront_storage::{
    Account, Change, Commit, EngineError, EntryChange, Job, Loaded, Record, RecordId, Revision,
    StoreTags, Tombstone,
};

/// A record, and the revision of the commit that last wrote it.
#[derive(Debug, Clone)]
pub struct Versioned<T> {
    /// The revision on which a change of the record is conditional.
    pub revision: Revision,
    /// The record.
    pub value: Arc<T>,
}

impl<T> Versioned<T> {
    fn new(revision: Revision, value: T) -> Self {
        Self {
            revision,
            value: Arc::new(value),
        }
    }
}

impl<T> std::ops::Deref for Versioned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A store's contents: what is counted of them, and the entries.
#[derive(Debug, Clone)]
pub struct StoreContents {
    /// What is counted.
    pub head: Versioned<Contents>,
    /// The entries, ascending by the bytes of their keys.
    pub entries: OrdMap<Key, Value>,
}

/// Everything, as of one revision. A clone costs a few counters; a change costs what it changes.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    revision: Revision,
    accounts: HashMap<AccountId, Versioned<Account>>,
    names: HashMap<AccountId, OrdMap<StoreName, Versioned<StoreId>>>,
    stores: HashMap<StoreId, Versioned<Store>>,
    tags: HashMap<StoreId, Versioned<StoreTags>>,
    contents: HashMap<StoreId, StoreContents>,
    jobs: HashMap<StoreId, Versioned<Job>>,
    tombstones: HashMap<StoreId, Versioned<Tombstone>>,
}

impl Snapshot {
    /// Nothing, as of a revision.
    pub(crate) fn empty(revision: Revision) -> Self {
        Self {
            revision,
            ..Self::default()
        }
    }

    /// The revision of the last commit in it.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What is counted for an account; none before it first had a store.
    pub fn account(&self, account: AccountId) -> Option<&Versioned<Account>> {
        self.accounts.get(&account)
    }

    /// The store that has a name.
    pub fn store_named(&self, account: AccountId, name: &StoreName) -> Option<&Versioned<Store>> {
        let id = self.names.get(&account)?.get(name)?;
        self.stores.get(&**id)
    }

    /// An account's stores by name, those after a name or all of them.
    pub fn stores_of(
        &self,
        account: AccountId,
        after: Option<&StoreName>,
    ) -> impl Iterator<Item = &Versioned<Store>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let names = self.names.get(&account).into_iter();
        names
            .flat_map(move |names| names.range::<_, StoreName>((from, Bound::Unbounded)))
            .filter_map(|(_, id)| self.stores.get(&**id))
    }

    /// A store's configuration.
    pub fn store(&self, id: StoreId) -> Option<&Versioned<Store>> {
        self.stores.get(&id)
    }

    /// A store's tags; none if it has none.
    pub fn tags(&self, id: StoreId) -> Option<&Versioned<StoreTags>> {
        self.tags.get(&id)
    }

    /// A store's contents.
    pub fn contents(&self, id: StoreId) -> Option<&StoreContents> {
        self.contents.get(&id)
    }

    /// The work to be done on a store.
    pub fn job(&self, id: StoreId) -> Option<&Versioned<Job>> {
        self.jobs.get(&id)
    }

    /// All work to be done.
    pub fn jobs(&self) -> impl Iterator<Item = &Versioned<Job>> {
        self.jobs.values()
    }

    /// What is remembered of a store that is gone.
    pub fn tombstone(&self, id: StoreId) -> Option<&Versioned<Tombstone>> {
        self.tombstones.get(&id)
    }

    /// All stores that are gone and remembered.
    pub fn tombstones(&self) -> impl Iterator<Item = &Versioned<Tombstone>> {
        self.tombstones.values()
    }

    /// How many stores there are, of all accounts.
    pub fn store_count(&self) -> usize {
        self.stores.len()
    }

    /// Takes in a piece of a load.
    pub(crate) fn add(&mut self, piece: Loaded) {
        match piece {
            Loaded::Record(revision, record) => self.put(revision, record),
            Loaded::Entries(store, entries) => {
                if let Some(contents) = self.contents.get_mut(&store) {
                    contents.entries = compact(entries);
                }
            }
        }
    }

    /// Whether there is as much as the records count.
    pub(crate) fn check_counts(&self) -> Result<(), EngineError> {
        for account in self.accounts.keys().chain(self.names.keys()) {
            self.check_account(*account)?;
        }
        for contents in self.contents.values() {
            let size = |(key, value): (&Key, &Value)| key.bytes() + value.bytes();
            let items = contents.entries.len() as u64;
            let bytes: u64 = contents.entries.iter().map(size).sum();
            let head = &contents.head;
            if (items, bytes) != (head.items, head.bytes) {
                return Err(damaged(format!(
                    "store {} has {items} keys in {bytes} bytes where {} in {} are counted",
                    head.store, head.items, head.bytes
                )));
            }
        }
        Ok(())
    }

    /// Whether an account has as many stores as are counted, each whole.
    fn check_account(&self, account: AccountId) -> Result<(), EngineError> {
        let names = self.names.get(&account);
        let found = names.map_or(0, OrdMap::len) as u64;
        let counted = self.account(account).map_or(0, |counted| counted.stores);
        if found != counted {
            return Err(damaged(format!(
                "account {account} has {found} stores where {counted} are counted"
            )));
        }
        for (name, id) in names.into_iter().flatten() {
            if !(self.stores.contains_key(&**id) && self.contents.contains_key(&**id)) {
                return Err(damaged(format!(
                    "of the store {name} of account {account} a record is missing"
                )));
            }
        }
        Ok(())
    }

    /// How many entries a commit changes, most of them with a store that it fills or deletes.
    pub(crate) fn entries_in(&self, commit: &Commit) -> usize {
        let entries_in = |change: &Change| match change {
            Change::Entries { entries, .. } => entries.len(),
            Change::Delete(RecordId::Contents(store)) => {
                let deleted = self.contents.get(store);
                deleted.map_or(0, |contents| contents.entries.len())
            }
            Change::Put(_) | Change::Delete(_) => 0,
        };
        commit.changes.iter().map(entries_in).sum()
    }

    /// Makes this the snapshot after a commit.
    pub(crate) fn apply(&mut self, commit: &Commit) {
        for change in &commit.changes {
            match change {
                Change::Put(record) => self.put(commit.revision, record.clone()),
                Change::Delete(record) => self.delete(record),
                Change::Entries { store, entries } => self.change_entries(*store, entries),
            }
        }
        self.revision = commit.revision;
    }

    fn put(&mut self, revision: Revision, record: Record) {
        match record {
            Record::Account(account) => {
                self.accounts
                    .insert(account.account, Versioned::new(revision, account));
            }
            Record::Name(name) => {
                let names = self.names.entry(name.account).or_default();
                names.insert(name.name, Versioned::new(revision, name.store));
            }
            Record::Store(store) => {
                self.stores
                    .insert(store.id, Versioned::new(revision, store));
            }
            Record::Tags(tags) => {
                self.tags.insert(tags.store, Versioned::new(revision, tags));
            }
            Record::Contents(contents) => {
                self.put_contents(Versioned::new(revision, contents));
            }
            Record::Job(job) => {
                self.jobs.insert(job.store, Versioned::new(revision, job));
            }
            Record::Tombstone(tombstone) => {
                self.tombstones
                    .insert(tombstone.store, Versioned::new(revision, tombstone));
            }
        }
    }

    fn delete(&mut self, record: &RecordId) {
        match record {
            RecordId::Account(account) => drop(self.accounts.remove(account)),
            RecordId::Name(account, name) => {
                if let Some(names) = self.names.get_mut(account) {
                    names.remove(name);
                }
            }
            RecordId::Store(store) => drop(self.stores.remove(store)),
            RecordId::Tags(store) => drop(self.tags.remove(store)),
            RecordId::Contents(store) => drop(self.contents.remove(store)),
            RecordId::Job(store) => drop(self.jobs.remove(store)),
            RecordId::Tombstone(store) => drop(self.tombstones.remove(store)),
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

    fn change_entries(&mut self, store: StoreId, changes: &[EntryChange]) {
        let Some(contents) = self.contents.get_mut(&store) else {
            return;
        };
        if contents.entries.is_empty() {
            contents.entries = compact(changes.iter().filter_map(put));
            return;
        }
        for change in changes {
            match put(change) {
                Some((key, value)) => contents.entries.insert(key, value),
                None => contents.entries.remove(&change.key),
            };
        }
    }
}

fn damaged(what: String) -> EngineError {
    EngineError(format!(
        "the data is damaged ({what}): restore it from a backup"
    ))
}

/// The entry that a change puts; none if it removes one.
fn put(change: &EntryChange) -> Option<(Key, Value)> {
    let value = change.after.clone()?;
    Some((change.key.clone(), value))
}

/// A map with full nodes of entries that come in order, as those of a load and of an import do. A
/// node that overflows is split in the middle, which would leave every node half empty if each entry
/// came behind the last; so every other entry comes first, and those between them fill the other
/// halves.
fn compact(entries: impl IntoIterator<Item = (Key, Value)>) -> OrdMap<Key, Value> {
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

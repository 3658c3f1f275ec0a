use std::ops::Deref;
use std::sync::{Arc, Weak};

use imbl::{HashMap, OrdMap, OrdSet};
use keyfront_model::{
    AccountId, Contents, Function, FunctionId, FunctionName, FunctionStage, Key, Store, StoreId,
    StoreName, Timestamp, Value,
};
use keyfront_storage::{
    Account, Job, JobId, Known, Position, ResourceId, ResourceTags, Revision, StoreUsers, Tombstone,
};

mod apply;
mod build;
mod check;
mod names;

use names::Names;

pub(crate) use apply::Diverged;
pub(crate) use build::Builder;

/// A record, and the revision of the commit that last wrote it.
///
/// The two lie together behind one reference, since a change copies the nodes of a snapshot's maps in which they are.
#[derive(Debug)]
pub struct Versioned<T>(Arc<(Revision, T)>);

impl<T> Versioned<T> {
    fn new(revision: Revision, record: T) -> Self {
        Self(Arc::new((revision, record)))
    }

    /// The revision on which a change of the record is conditional.
    pub fn revision(&self) -> Revision {
        self.0.0
    }

    /// What tells a test when the record is dropped.
    #[cfg(test)]
    pub(crate) fn downgrade(&self) -> Weak<(Revision, T)> {
        Arc::downgrade(&self.0)
    }
}

impl<T> Clone for Versioned<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Deref for Versioned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.1
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
#[derive(Debug, Clone)]
pub struct Snapshot {
    position: Position,
    accounts: HashMap<AccountId, Versioned<Account>>,
    store_names: Names<StoreName, StoreId>,
    stores: HashMap<StoreId, Versioned<Store>>,
    function_names: Names<FunctionName, FunctionId>,
    functions: HashMap<(FunctionId, FunctionStage), Versioned<Function>>,
    tags: HashMap<ResourceId, Versioned<ResourceTags>>,
    contents: HashMap<StoreId, StoreContents>,
    users: HashMap<StoreId, Versioned<StoreUsers>>,
    jobs: HashMap<JobId, Versioned<Job>>,
    tombstones: HashMap<ResourceId, Versioned<Tombstone>>,
    /// The tombstones of each account by age; no account without one.
    deletions: HashMap<AccountId, OrdSet<(Timestamp, ResourceId)>>,
    readers: Arc<Readers>,
}

/// Shared by all snapshots between one large change and the next, so that the last reader of any of
/// them is noticed.
#[derive(Debug, Default)]
pub(crate) struct Readers;

impl Snapshot {
    /// A snapshot without records.
    pub(crate) fn empty(position: Position) -> Self {
        Self {
            position,
            accounts: HashMap::new(),
            store_names: Names::new(),
            stores: HashMap::new(),
            function_names: Names::new(),
            functions: HashMap::new(),
            tags: HashMap::new(),
            contents: HashMap::new(),
            users: HashMap::new(),
            jobs: HashMap::new(),
            tombstones: HashMap::new(),
            deletions: HashMap::new(),
            readers: Arc::default(),
        }
    }

    /// The revision of the last commit in it. Between snapshots it is compared only under the same
    /// source id: see [`Self::position`].
    pub fn revision(&self) -> Revision {
        self.position.revision
    }

    /// The revision of the last commit in it, and the source that it is of. A
    /// [`Cursor`](crate::Cursor) that begins there reads the commits after this snapshot.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The counters of an account; `None` before it first had a store or a function.
    pub fn account(&self, account: AccountId) -> Option<&Versioned<Account>> {
        self.accounts.get(&account)
    }

    /// The store that has a name.
    pub fn store_named(&self, account: AccountId, name: &StoreName) -> Option<&Versioned<Store>> {
        let id = self.store_names.get(account, name)?;
        self.stores.get(&id)
    }

    /// An account's stores by name, those after a name or all of them.
    pub fn stores_of(
        &self,
        account: AccountId,
        after: Option<&StoreName>,
    ) -> impl Iterator<Item = &Versioned<Store>> {
        let names = self.store_names.of(account, after);
        names.filter_map(|(_, id)| self.stores.get(&id))
    }

    /// All stores of all accounts, in no order.
    pub fn stores(&self) -> impl Iterator<Item = &Versioned<Store>> {
        self.stores.values()
    }

    /// A store's configuration.
    pub fn store(&self, id: StoreId) -> Option<&Versioned<Store>> {
        self.stores.get(&id)
    }

    /// The function that has a name, as its DEVELOPMENT stage is.
    pub fn function_named(
        &self,
        account: AccountId,
        name: &FunctionName,
    ) -> Option<&Versioned<Function>> {
        let id = self.function_names.get(account, name)?;
        self.function(id, FunctionStage::Development)
    }

    /// The ids of an account's functions by name, those after a name or all of them.
    pub fn functions_of(
        &self,
        account: AccountId,
        after: Option<&FunctionName>,
    ) -> impl Iterator<Item = FunctionId> {
        self.function_names.of(account, after).map(|(_, id)| id)
    }

    /// A stage of a function; `None` if the function, or its stage, is not there.
    pub fn function(&self, id: FunctionId, stage: FunctionStage) -> Option<&Versioned<Function>> {
        self.functions.get(&(id, stage))
    }

    /// The revision of the record that a resource has for as long as it lives; `None` if it does not.
    pub fn configured_at(&self, resource: ResourceId) -> Option<Revision> {
        match resource {
            ResourceId::Store(store) => self.store(store).map(Versioned::revision),
            ResourceId::Function(function) => {
                let found = self.function(function, FunctionStage::Development);
                found.map(Versioned::revision)
            }
        }
    }

    /// How many functions there are, of all accounts.
    pub fn function_count(&self) -> usize {
        self.function_names.holders().count()
    }

    /// A resource's tags; `None` if it has none.
    pub fn tags(&self, resource: impl Into<ResourceId>) -> Option<&Versioned<ResourceTags>> {
        self.tags.get(&resource.into())
    }

    /// A store's contents.
    pub fn contents(&self, id: StoreId) -> Option<&StoreContents> {
        self.contents.get(&id)
    }

    /// What uses a store; `None` while nothing does.
    pub fn users(&self, id: StoreId) -> Option<&Versioned<StoreUsers>> {
        self.users.get(&id)
    }

    /// A job.
    pub fn job(&self, id: JobId) -> Option<&Versioned<Job>> {
        self.jobs.get(&id)
    }

    /// All jobs, in no order.
    pub fn jobs(&self) -> impl Iterator<Item = &Versioned<Job>> {
        self.jobs.values()
    }

    /// What is remembered of a resource that was deleted.
    pub fn tombstone(&self, resource: impl Into<ResourceId>) -> Option<&Versioned<Tombstone>> {
        self.tombstones.get(&resource.into())
    }

    /// All tombstones of all accounts, in no order.
    pub fn tombstones(&self) -> impl Iterator<Item = &Versioned<Tombstone>> {
        self.tombstones.values()
    }

    /// How many tombstones an account has.
    pub fn tombstone_count(&self, account: AccountId) -> usize {
        self.deletions.get(&account).map_or(0, OrdSet::len)
    }

    /// How many tombstones there are, of all accounts.
    pub fn total_tombstones(&self) -> usize {
        self.tombstones.len()
    }

    /// An account's tombstones, the oldest first. To look at a few costs a few.
    pub fn tombstones_of(&self, account: AccountId) -> impl Iterator<Item = &Versioned<Tombstone>> {
        let deletions = self.deletions.get(&account).into_iter().flatten();
        deletions.filter_map(|(_, resource)| self.tombstones.get(resource))
    }

    /// An account's oldest tombstones, as many as it has beyond `kept`.
    pub fn tombstones_beyond(
        &self,
        account: AccountId,
        kept: usize,
    ) -> impl Iterator<Item = &Versioned<Tombstone>> {
        let beyond = self.tombstone_count(account).saturating_sub(kept);
        self.tombstones_of(account).take(beyond)
    }

    /// The accounts that have tombstones, in no order.
    pub fn accounts_with_tombstones(&self) -> impl Iterator<Item = AccountId> {
        self.deletions.keys().copied()
    }

    /// How many stores there are, of all accounts.
    pub fn store_count(&self) -> usize {
        self.stores.len()
    }

    /// The contents in it, for a load that leaves out those that are the same.
    pub(crate) fn known(&self) -> Known {
        let contents = self.contents.iter();
        contents
            .map(|(store, contents)| (*store, contents.head.etag))
            .collect()
    }

    /// Parts the readers of this snapshot from those of all before it.
    pub(crate) fn renew_readers(&mut self) {
        self.readers = Arc::default();
    }

    /// The same records in a snapshot that counts as no reader, and the readers that there are.
    pub(crate) fn without_readers(&self) -> (Self, Weak<Readers>) {
        let mut copy = self.clone();
        copy.renew_readers();
        (copy, Arc::downgrade(&self.readers))
    }
}

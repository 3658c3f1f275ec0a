use keyfront_model::{
    AccountId, Comment, Contents, IfMatch, ImportSource, State, Status, Store, StoreId, StoreName,
    Tags,
};
use keyfront_replica::{Snapshot, Versioned};
use keyfront_storage::{
    Account, Author, Change, Job, Lease, Name, Record, RecordId, StoreTags, Tombstone,
};

use crate::commit::{Decision, Outcome};
use crate::{AllStores, Authorized, ControlError, NamedStore, Service};

/// What CreateKeyValueStore is asked for.
#[derive(Debug, Clone)]
pub struct NewStore {
    /// The account that is to own it.
    pub account: AccountId,
    /// Its name.
    pub name: StoreName,
    /// Its comment, if one was given.
    pub comment: Option<Comment>,
    /// What to fill it from.
    pub source: Option<ImportSource>,
    /// Its tags.
    pub tags: Tags,
}

/// A page of ListKeyValueStores.
#[derive(Debug, Clone)]
pub struct StorePage {
    /// The stores, by name.
    pub stores: Vec<Store>,
    /// Whether there are more after the last of them.
    pub more: bool,
}

impl Service {
    /// CreateKeyValueStore: the store is there, PROVISIONING, when this returns.
    pub async fn create_store(
        &self,
        author: &Author,
        new: &Authorized<NewStore>,
    ) -> Result<Store, ControlError> {
        let new = new.target();
        loop {
            let snapshot = self.read().await?;
            let store = self.new_store(new);
            let decision = self.decide_create(&snapshot, author, new, &store)?;
            if self.commit(author, decision).await? == Outcome::Done {
                self.new_job.notify_one();
                return Ok(store);
            }
        }
    }

    fn new_store(&self, new: &NewStore) -> Store {
        let now = self.now();
        Store {
            id: StoreId::from_random(self.parts.random.bits()),
            account: new.account,
            name: new.name.clone(),
            comment: new.comment.clone(),
            status: Status::Provisioning,
            etag: self.new_control_etag(),
            created: now,
            modified: now,
        }
    }

    fn decide_create(
        &self,
        snapshot: &Snapshot,
        author: &Author,
        new: &NewStore,
        store: &Store,
    ) -> Result<Decision, ControlError> {
        if snapshot.store_named(store.account, &store.name).is_some() {
            return Err(ControlError::AlreadyExists);
        }
        let account = snapshot.account(store.account);
        let stores = account.map_or(0, |account| account.stores);
        if stores >= self.limits().stores_per_account {
            return Err(ControlError::TooManyStores);
        }
        let mut changes = vec![
            Change::Put(Record::Account(Account {
                account: store.account,
                stores: stores + 1,
            })),
            Change::Put(Record::Name(Name {
                account: store.account,
                name: store.name.clone(),
                store: store.id,
            })),
            Change::Put(Record::Store(store.clone())),
            Change::Put(Record::Contents(self.no_contents(store))),
            Change::Put(Record::Job(self.new_job(author, new, store))),
        ];
        if !new.tags.is_empty() {
            let tags = StoreTags {
                store: store.id,
                tags: new.tags.clone(),
            };
            changes.push(Change::Put(Record::Tags(tags)));
        }
        Ok(Decision::new(changes)
            .given_absent(RecordId::Name(store.account, store.name.clone()))
            .given_revision(
                RecordId::Account(store.account),
                account.map(|read| read.revision),
            ))
    }

    fn no_contents(&self, store: &Store) -> Contents {
        Contents {
            store: store.id,
            etag: self.new_data_etag(),
            items: 0,
            bytes: 0,
            modified: store.created,
        }
    }

    /// The node that creates a store provisions it: the job is born with its lease.
    fn new_job(&self, author: &Author, new: &NewStore, store: &Store) -> Job {
        Job {
            store: store.id,
            source: new.source.clone(),
            author: author.clone(),
            created: store.created,
            lease: Some(Lease {
                node: self.parts.settings.node.clone(),
                until: store.created.plus(self.lease_time()),
            }),
        }
    }

    /// DescribeKeyValueStore.
    pub async fn describe_store(
        &self,
        store: &Authorized<NamedStore>,
    ) -> Result<Store, ControlError> {
        let snapshot = self.read().await?;
        let store = store_of(&snapshot, store)?;
        Ok((*store.value).clone())
    }

    /// UpdateKeyValueStore: sets the comment, which is all of a store that can be changed.
    pub async fn update_store(
        &self,
        author: &Author,
        target: &Authorized<NamedStore>,
        version: IfMatch,
        comment: Option<Comment>,
    ) -> Result<Store, ControlError> {
        loop {
            let snapshot = self.read().await?;
            let store = store_at(&snapshot, target, version)?;
            let updated = Store {
                comment: comment.clone(),
                etag: self.new_control_etag(),
                modified: self.now().max(store.modified),
                ..(*store.value).clone()
            };
            let decision = Decision::new(vec![Change::Put(Record::Store(updated.clone()))])
                .given(RecordId::Store(store.id), store);
            if self.commit(author, decision).await? == Outcome::Done {
                return Ok(updated);
            }
        }
    }

    /// DeleteKeyValueStore: in every state; a running import ends with it.
    pub async fn delete_store(
        &self,
        author: &Author,
        target: &Authorized<NamedStore>,
        version: IfMatch,
    ) -> Result<(), ControlError> {
        loop {
            let snapshot = self.read().await?;
            let store = store_at(&snapshot, target, version)?;
            let decision = self.decide_delete(&snapshot, store);
            if self.commit(author, decision).await? == Outcome::Done {
                return Ok(());
            }
        }
    }

    fn decide_delete(&self, snapshot: &Snapshot, store: &Versioned<Store>) -> Decision {
        let account = snapshot.account(store.account);
        let stores = account.map_or(0, |account| account.stores.saturating_sub(1));
        let tombstone = Tombstone {
            store: store.id,
            account: store.account,
            deleted: self.now(),
        };
        Decision::new(vec![
            Change::Put(Record::Account(Account {
                account: store.account,
                stores,
            })),
            Change::Delete(RecordId::Name(store.account, store.name.clone())),
            Change::Delete(RecordId::Store(store.id)),
            Change::Delete(RecordId::Tags(store.id)),
            Change::Delete(RecordId::Contents(store.id)),
            Change::Delete(RecordId::Job(store.id)),
            Change::Put(Record::Tombstone(tombstone)),
        ])
        .given(RecordId::Store(store.id), store)
        .given_revision(
            RecordId::Account(store.account),
            account.map(|read| read.revision),
        )
    }

    /// ListKeyValueStores: at most so many stores after a name, in one state or in any.
    pub async fn list_stores(
        &self,
        stores: &Authorized<AllStores>,
        after: Option<&StoreName>,
        state: Option<State>,
        most: usize,
    ) -> Result<StorePage, ControlError> {
        let snapshot = self.read().await?;
        let mut stores = snapshot
            .stores_of(stores.target().account, after)
            .filter(|store| state.is_none_or(|state| store.status.state() == state));
        let page = stores
            .by_ref()
            .take(most)
            .map(|store| (*store.value).clone())
            .collect();
        Ok(StorePage {
            stores: page,
            more: stores.next().is_some(),
        })
    }
}

/// The store that was judged: by its id, since its name may belong to another store by now.
fn store_of<'a>(
    snapshot: &'a Snapshot,
    target: &Authorized<NamedStore>,
) -> Result<&'a Versioned<Store>, ControlError> {
    let id = target.target().id().ok_or(ControlError::NotFound)?;
    snapshot.store(id).ok_or(ControlError::NotFound)
}

/// The store that was judged, at the version that the caller named.
fn store_at<'a>(
    snapshot: &'a Snapshot,
    target: &Authorized<NamedStore>,
    version: IfMatch,
) -> Result<&'a Versioned<Store>, ControlError> {
    let store = store_of(snapshot, target)?;
    match version {
        IfMatch::NotAnETag => Err(ControlError::NotAnETag),
        IfMatch::Version(etag) if etag != store.etag => Err(ControlError::StaleVersion),
        IfMatch::Version(_) => Ok(store),
    }
}

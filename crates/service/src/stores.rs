use keyfront_model::{
    AccountId, Comment, Contents, ETag, ImportSource, Status, Store, StoreId, StoreName, Tags,
};
use keyfront_replica::{Snapshot, Versioned};
use keyfront_storage::{
    Account, Author, Change, Job, Lease, Name, Record, RecordId, StoreTags, Tombstone,
};

use crate::commit::{Decision, Outcome};
use crate::{ControlError, Service};

/// What CreateKeyValueStore is asked for.
#[derive(Debug, Clone)]
pub struct NewStore {
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
        new: NewStore,
    ) -> Result<Store, ControlError> {
        loop {
            let snapshot = self.read().await?;
            let store = self.new_store(author.account, &new);
            let decision = self.decide_create(&snapshot, author, &new, &store)?;
            if self.commit(author, decision).await? == Outcome::Done {
                self.new_job.notify_one();
                return Ok(store);
            }
        }
    }

    fn new_store(&self, account: AccountId, new: &NewStore) -> Store {
        let now = self.now();
        Store {
            id: StoreId::from_random(self.parts.random.bits()),
            account,
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
        account: AccountId,
        name: &StoreName,
    ) -> Result<Store, ControlError> {
        let snapshot = self.read().await?;
        let store = snapshot
            .store_named(account, name)
            .ok_or(ControlError::NotFound)?;
        Ok((*store.value).clone())
    }

    /// UpdateKeyValueStore: sets the comment, which is all of a store that can be changed.
    pub async fn update_store(
        &self,
        author: &Author,
        name: &StoreName,
        version: ETag,
        comment: Option<Comment>,
    ) -> Result<Store, ControlError> {
        loop {
            let snapshot = self.read().await?;
            let store = store_at(&snapshot, author.account, name, version)?;
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
        name: &StoreName,
        version: ETag,
    ) -> Result<(), ControlError> {
        loop {
            let snapshot = self.read().await?;
            let store = store_at(&snapshot, author.account, name, version)?;
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
        account: AccountId,
        after: Option<&StoreName>,
        status: Option<&'static str>,
        most: usize,
    ) -> Result<StorePage, ControlError> {
        let snapshot = self.read().await?;
        let mut stores = snapshot
            .stores_of(account, after)
            .filter(|store| status.is_none_or(|status| store.status.as_str() == status));
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

    /// The store that has a name, for who must be known before an operation is allowed.
    pub async fn find_store(
        &self,
        account: AccountId,
        name: &StoreName,
    ) -> Result<Option<StoreId>, ControlError> {
        let snapshot = self.read().await?;
        Ok(snapshot.store_named(account, name).map(|store| store.id))
    }
}

/// A store at the version that the caller named.
fn store_at<'a>(
    snapshot: &'a Snapshot,
    account: AccountId,
    name: &StoreName,
    version: ETag,
) -> Result<&'a Versioned<Store>, ControlError> {
    let store = snapshot
        .store_named(account, name)
        .ok_or(ControlError::NotFound)?;
    if store.etag != version {
        return Err(ControlError::StaleVersion);
    }
    Ok(store)
}

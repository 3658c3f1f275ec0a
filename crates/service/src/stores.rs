use keyfront_model::{
    AccountId, Comment, Contents, IfMatch, ImportSource, State, Status, Store, StoreId, StoreName,
    Tags,
};
use keyfront_replica::{Snapshot, Versioned};
use keyfront_storage::{
    Account, Author, Job, JobId, JobTask, Name, NamedResource, RecordId, ResourceName,
    ResourceTags, Tombstone,
};

use crate::commit::{Choice, Decision, counters};
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
    /// CreateKeyValueStore: the store is there when this returns, PROVISIONING unless it is ready at once.
    pub async fn create_store(
        &self,
        author: &Author,
        new: &Authorized<NewStore>,
    ) -> Result<Store, ControlError> {
        let new = new.target();
        let store = self
            .decide(author, |snapshot| {
                let store = self.new_store(new);
                let decision = self.decide_create(snapshot, author, new, &store)?;
                Ok::<_, ControlError>(Choice::Commit(decision, store))
            })
            .await?;
        self.new_job.notify_one();
        Ok(store)
    }

    fn new_store(&self, new: &NewStore) -> Store {
        let now = self.now();
        Store {
            id: StoreId::from_random(self.parts.random.bits()),
            account: new.account,
            name: new.name.clone(),
            comment: new.comment.clone(),
            status: if self.is_ready_at_once(new) {
                Status::Ready
            } else {
                Status::Provisioning
            },
            etag: self.new_control_etag(),
            created: now,
            modified: now,
        }
    }

    fn is_ready_at_once(&self, new: &NewStore) -> bool {
        self.parts.settings.ready_at_once && new.source.is_none()
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
        let (account, counted) = counters(snapshot, store.account);
        if counted.stores >= self.limits().stores_per_account {
            return Err(ControlError::TooManyStores);
        }
        let counted = Account {
            stores: counted.stores + 1,
            ..counted
        };
        let mut decision = Decision::on(snapshot, store.id, store.account)
            .put(account, counted)
            .create(Name {
                account: store.account,
                resource: NamedResource::Store(store.name.clone(), store.id),
            })
            .create(store.clone())
            .create(self.no_contents(store));
        if store.status == Status::Provisioning {
            decision = decision.create(self.new_job(author, new, store));
        }
        if !new.tags.is_empty() {
            decision = decision.create(ResourceTags {
                resource: store.id.into(),
                tags: new.tags.clone(),
            });
        }
        Ok(decision)
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

    /// The node that creates a store provisions it.
    fn new_job(&self, author: &Author, new: &NewStore, store: &Store) -> Job {
        Job {
            task: JobTask::Provision {
                store: store.id,
                source: new.source.clone(),
            },
            author: author.clone(),
            created: store.created,
            node: Some(self.parts.engine.node().clone()),
        }
    }

    /// DescribeKeyValueStore.
    pub async fn describe_store(
        &self,
        store: &Authorized<NamedStore>,
    ) -> Result<Store, ControlError> {
        let snapshot = self.snapshot().await?;
        let store = store_of(&snapshot, store)?;
        Ok(Store::clone(store))
    }

    /// UpdateKeyValueStore: sets the comment, which is all of a store that can be changed.
    pub async fn update_store(
        &self,
        author: &Author,
        target: &Authorized<NamedStore>,
        version: IfMatch,
        comment: Option<Comment>,
    ) -> Result<Store, ControlError> {
        self.decide(author, |snapshot| {
            let store = store_at(snapshot, target, version)?;
            let updated = Store {
                comment: comment.clone(),
                etag: self.new_control_etag(),
                modified: self.now().max(store.modified),
                ..Store::clone(store)
            };
            let decision =
                Decision::on(snapshot, store.id, store.account).replace(store, updated.clone());
            Ok(Choice::Commit(decision, updated))
        })
        .await
    }

    /// DeleteKeyValueStore: in every state; a running import ends with it. A store that is used can't be
    /// deleted.
    pub async fn delete_store(
        &self,
        author: &Author,
        target: &Authorized<NamedStore>,
        version: IfMatch,
    ) -> Result<(), ControlError> {
        self.decide(author, |snapshot| {
            let store = store_at(snapshot, target, version)?;
            if snapshot.users(store.id).is_some() {
                return Err(ControlError::InUse);
            }
            Ok(Choice::Commit(self.decide_delete(snapshot, store), ()))
        })
        .await?;
        self.deleted.notify_one();
        Ok(())
    }

    /// Not on condition of the contents, so that those who write keys can't hold a delete up.
    fn decide_delete(&self, snapshot: &Snapshot, store: &Versioned<Store>) -> Decision {
        let (account, counted) = counters(snapshot, store.account);
        let counted = Account {
            stores: counted.stores.saturating_sub(1),
            ..counted
        };
        let name = ResourceName::Store(store.name.clone());
        Decision::on(snapshot, store.id, store.account)
            .given(store)
            .given_absent(RecordId::Users(store.id))
            .put(account, counted)
            .discard(RecordId::Name(store.account, name))
            .discard(RecordId::Store(store.id))
            .discard(RecordId::Tags(store.id.into()))
            .discard(RecordId::Contents(store.id))
            .discard(RecordId::Job(JobId::Provision(store.id)))
            .create(Tombstone {
                resource: store.id.into(),
                account: store.account,
                deleted: self.now(),
            })
    }

    /// ListKeyValueStores: at most so many stores after a name, in one state or in any.
    pub async fn list_stores(
        &self,
        stores: &Authorized<AllStores>,
        after: Option<&StoreName>,
        state: Option<State>,
        most: usize,
    ) -> Result<StorePage, ControlError> {
        let snapshot = self.snapshot().await?;
        let mut stores = snapshot
            .stores_of(stores.target().account, after)
            .filter(|store| state.is_none_or(|state| store.status.state() == state));
        let page = stores
            .by_ref()
            .take(most)
            .map(|store| Store::clone(store))
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

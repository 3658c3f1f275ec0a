use std::collections::HashSet;
use std::ops::Bound;

use keyfront_model::{Contents, ETag, IfMatch, Key, Limits, Status, Store, StoreArn, Value};
use keyfront_replica::{Snapshot, StoreContents, Versioned};
use keyfront_storage::{Author, EntryChange};

use crate::commit::{Choice, Decision};
use crate::{Authorized, DataError, Quota, Service};

/// The answer of the data plane's DescribeKeyValueStore.
#[derive(Debug, Clone)]
pub struct DataDescription {
    /// The store's configuration.
    pub store: Store,
    /// The version, the count and the size of its contents.
    pub contents: Contents,
}

/// The answer of GetKey.
#[derive(Debug, Clone)]
pub struct KeyRead {
    /// The key's value.
    pub value: Value,
    /// How many keys the store has.
    pub items: u64,
    /// The bytes of all its keys and values.
    pub bytes: u64,
}

/// A page of ListKeys.
#[derive(Debug, Clone)]
pub struct KeyPage {
    /// The entries, ascending by the bytes of their keys.
    pub entries: Vec<(Key, Value)>,
    /// Whether there are more after the last of them.
    pub more: bool,
}

/// What becomes of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The key.
    pub key: Key,
    /// Its new value; `None` removes the key.
    pub value: Option<Value>,
}

/// The answer of a write: the store's contents after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The version of the contents.
    pub etag: ETag,
    /// How many keys the store has.
    pub items: u64,
    /// The bytes of all its keys and values.
    pub bytes: u64,
}

impl Service {
    /// DescribeKeyValueStore of the data plane; it answers in every state of a store.
    pub async fn describe_contents(
        &self,
        store: &Authorized<StoreArn>,
    ) -> Result<DataDescription, DataError> {
        let snapshot = self.snapshot().await?;
        let (store, contents) = self.find(&snapshot, store.target())?;
        Ok(DataDescription {
            store: Store::clone(store),
            contents: Contents::clone(&contents.head),
        })
    }

    /// GetKey. It alone answers for a deleted store as for one that never existed: Terraform's provider, whose
    /// tests pass at AWS, considers a key gone only if the answer is that it was not found.
    pub async fn get_key(
        &self,
        store: &Authorized<StoreArn>,
        key: &str,
    ) -> Result<KeyRead, DataError> {
        let snapshot = self.snapshot().await?;
        let contents = self
            .find_ready(&snapshot, store.target())
            .map_err(|error| match error {
                DataError::Deleted => DataError::StoreNotFound,
                error => error,
            })?;
        let value = contents.entries.get(key).ok_or(DataError::KeyNotFound)?;
        Ok(KeyRead {
            value: value.clone(),
            items: contents.head.items,
            bytes: contents.head.bytes,
        })
    }

    /// ListKeys: at most so many entries after a key.
    pub async fn list_keys(
        &self,
        store: &Authorized<StoreArn>,
        after: Option<&str>,
        most: usize,
    ) -> Result<KeyPage, DataError> {
        let snapshot = self.snapshot().await?;
        let contents = self.find_ready(&snapshot, store.target())?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = contents.entries.range::<_, str>((from, Bound::Unbounded));
        let entries = rest.by_ref().take(most);
        let entries = entries
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        Ok(KeyPage {
            entries,
            more: rest.next().is_some(),
        })
    }

    /// PutKey.
    pub async fn put_key(
        &self,
        author: &Author,
        store: &Authorized<StoreArn>,
        version: IfMatch,
        key: Key,
        value: Value,
    ) -> Result<Written, DataError> {
        let edits = [Edit {
            key,
            value: Some(value),
        }];
        check_edit(self.limits(), &edits[0])?;
        self.write(author, store.target(), version, &edits, |_| Ok(()))
            .await
    }

    /// DeleteKey. A key that is not there is an error here, unlike in [`Self::update_keys`].
    pub async fn delete_key(
        &self,
        author: &Author,
        store: &Authorized<StoreArn>,
        version: IfMatch,
        key: Key,
    ) -> Result<Written, DataError> {
        let edits = [Edit { key, value: None }];
        let is_there = |contents: &StoreContents| {
            let found = contents.entries.contains_key(&edits[0].key);
            if found {
                Ok(())
            } else {
                Err(DataError::KeyNotFound)
            }
        };
        self.write(author, store.target(), version, &edits, is_there)
            .await
    }

    /// UpdateKeys: all of the edits or none. If they change nothing, the version stays (observed).
    pub async fn update_keys(
        &self,
        author: &Author,
        store: &Authorized<StoreArn>,
        version: IfMatch,
        edits: &[Edit],
    ) -> Result<Written, DataError> {
        check_edits(self.limits(), edits)?;
        self.write(author, store.target(), version, edits, |_| Ok(()))
            .await
    }

    async fn write(
        &self,
        author: &Author,
        arn: &StoreArn,
        version: IfMatch,
        edits: &[Edit],
        check: impl Fn(&StoreContents) -> Result<(), DataError>,
    ) -> Result<Written, DataError> {
        self.decide(author, |snapshot| {
            let contents = self.find_ready(snapshot, arn)?;
            match version {
                IfMatch::NotAnETag => return Err(DataError::NotAnETag),
                IfMatch::Version(etag) if etag != contents.head.etag => {
                    return Err(DataError::StaleVersion);
                }
                IfMatch::Version(_) => {}
            }
            check(contents)?;
            let changes = effective(contents, edits);
            let head = self.head_after(contents, &changes)?;
            let written = Written {
                etag: head.etag,
                items: head.items,
                bytes: head.bytes,
            };
            if changes.is_empty() {
                return Ok(Choice::Answer(written));
            }
            let decision = Decision::on(snapshot, arn.id, arn.account)
                .replace(&contents.head, head)
                .entries(arn.id, changes);
            Ok(Choice::Commit(decision, written))
        })
        .await
    }

    /// The counters of the contents after some changes. A store may be over its quota, when that was lowered:
    /// then it may only shrink.
    fn head_after(
        &self,
        contents: &StoreContents,
        changes: &[EntryChange],
    ) -> Result<Contents, DataError> {
        let before = &contents.head;
        if changes.is_empty() {
            return Ok(Contents::clone(before));
        }
        let mut head = Contents::clone(before);
        for change in changes {
            let size = |value: &Value| change.key.bytes() + value.bytes();
            if let Some(value) = &change.before {
                head.items = head.items.saturating_sub(1);
                head.bytes = head.bytes.saturating_sub(size(value));
            }
            if let Some(value) = &change.after {
                head.items += 1;
                head.bytes += size(value);
            }
        }
        if head.bytes > self.limits().store_bytes && head.bytes > before.bytes {
            return Err(DataError::OverQuota(Quota::StoreBytes));
        }
        head.etag = self.new_data_etag();
        head.modified = self.now().max(before.modified);
        Ok(head)
    }

    /// A store in any state. A deleted store is distinguished from one that never existed for as long as it
    /// is remembered.
    fn find<'a>(
        &self,
        snapshot: &'a Snapshot,
        arn: &StoreArn,
    ) -> Result<(&'a Versioned<Store>, &'a StoreContents), DataError> {
        let store = snapshot
            .store(arn.id)
            .filter(|store| store.account == arn.account);
        if let Some(found) = store.zip(snapshot.contents(arn.id)) {
            return Ok(found);
        }
        let tombstone = snapshot.tombstone(arn.id);
        let deleted =
            tombstone.is_some_and(|gone| gone.account == arn.account && self.remembers(gone));
        Err(if deleted {
            DataError::Deleted
        } else {
            DataError::StoreNotFound
        })
    }

    /// The contents of a store in the state in which they are used.
    fn find_ready<'a>(
        &self,
        snapshot: &'a Snapshot,
        arn: &StoreArn,
    ) -> Result<&'a StoreContents, DataError> {
        let (store, contents) = self.find(snapshot, arn)?;
        match store.status {
            Status::Ready => Ok(contents),
            Status::Provisioning | Status::ImportFailed { .. } => Err(DataError::NotReady),
        }
    }
}

/// The edits that change something: removing what is not there does not.
fn effective(contents: &StoreContents, edits: &[Edit]) -> Vec<EntryChange> {
    let change = |edit: &Edit| {
        let before = contents.entries.get(&edit.key).cloned();
        let effective = before.is_some() || edit.value.is_some();
        effective.then(|| EntryChange {
            key: edit.key.clone(),
            before,
            after: edit.value.clone(),
        })
    };
    // As a rule all of them do, and the room for them is kept for as long as the commit.
    let mut changes = Vec::with_capacity(edits.len());
    changes.extend(edits.iter().filter_map(change));
    changes
}

/// A key that is removed may be over the quota: it may be older than the quota's setting.
fn check_edit(limits: &Limits, edit: &Edit) -> Result<(), DataError> {
    let Some(value) = &edit.value else {
        return Ok(());
    };
    if edit.key.bytes() > limits.key_bytes {
        return Err(DataError::OverQuota(Quota::KeyBytes));
    }
    if value.bytes() > limits.value_bytes {
        return Err(DataError::OverQuota(Quota::ValueBytes));
    }
    Ok(())
}

fn check_edits(limits: &Limits, edits: &[Edit]) -> Result<(), DataError> {
    let mut keys = HashSet::with_capacity(edits.len());
    if !edits.iter().all(|edit| keys.insert(&edit.key)) {
        return Err(DataError::KeyTwice);
    }
    if edits.len() > limits.keys_per_update {
        return Err(DataError::OverQuota(Quota::KeysPerUpdate));
    }
    edits.iter().try_for_each(|edit| check_edit(limits, edit))?;
    let size = |edit: &Edit| edit.key.bytes() + edit.value.as_ref().map_or(0, Value::bytes);
    if edits.iter().map(size).sum::<u64>() > limits.update_bytes {
        return Err(DataError::OverQuota(Quota::UpdateBytes));
    }
    Ok(())
}

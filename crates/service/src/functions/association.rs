use std::collections::{BTreeMap, BTreeSet};

use keyfront_model::{Function, Status, Store, StoreArn, StoreId};
use keyfront_replica::{Snapshot, Versioned};
use keyfront_storage::{RecordId, StoreUsers};

use crate::commit::Decision;
use crate::{AssociationError, FunctionError};

/// The associations that a decision changes. Of each store that a stage begins or ceases to use, the users'
/// record changes with the decision; and the store that it begins to use is a condition of it. So a store that is
/// used can't be deleted, and a stage can't use a store that is being deleted, without a lock.
pub(super) struct Associations<'a> {
    snapshot: &'a Snapshot,
    /// The users of each store after the decision.
    users: BTreeMap<StoreId, BTreeSet<RecordId>>,
    /// The stores that are used after it, as they were read.
    stores: BTreeMap<StoreId, &'a Versioned<Store>>,
}

impl<'a> Associations<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self {
            snapshot,
            users: BTreeMap::new(),
            stores: BTreeMap::new(),
        }
    }

    /// Puts a stage in the place of what it was before.
    pub(super) fn replace(
        &mut self,
        before: Option<&Function>,
        after: Option<&Function>,
    ) -> Result<(), FunctionError> {
        if let Some(function) = before
            && let Some(store) = function.config.store()
        {
            self.users_of(store.id).remove(&user(function));
        }
        if let Some(function) = after
            && let Some(store) = function.config.store()
        {
            let found = self.usable(function, store)?;
            self.stores.insert(store.id, found);
            self.users_of(store.id).insert(user(function));
        }
        Ok(())
    }

    /// The store, if a function may be associated with it: one of the same account that is READY. Another
    /// account's store is answered as one that does not exist.
    fn usable(
        &self,
        function: &Function,
        arn: &StoreArn,
    ) -> Result<&'a Versioned<Store>, FunctionError> {
        let refused = |why| FunctionError::Association(*arn, why);
        let store = self.snapshot.store(arn.id);
        let store =
            store.filter(|store| store.account == arn.account && store.account == function.account);
        let store = store.ok_or(refused(AssociationError::NotFound))?;
        match store.status {
            Status::Ready => Ok(store),
            Status::Provisioning => Err(refused(AssociationError::Provisioning)),
            Status::ImportFailed { .. } => Err(refused(AssociationError::ImportFailed)),
        }
    }

    fn users_of(&mut self, store: StoreId) -> &mut BTreeSet<RecordId> {
        let found = self.snapshot.users(store);
        self.users
            .entry(store)
            .or_insert_with(|| found.map(|found| found.users.clone()).unwrap_or_default())
    }

    /// Adds the changes and the conditions to a decision.
    pub(super) fn join(self, mut decision: Decision) -> Decision {
        for store in self.stores.into_values() {
            decision = decision.given(store);
        }
        for (store, users) in self.users {
            let found = self.snapshot.users(store);
            decision = match found {
                Some(found) if users.is_empty() => decision.delete(found),
                Some(found) if found.users == users => decision,
                None if users.is_empty() => decision,
                _ => decision.put(found, StoreUsers { store, users }),
            };
        }
        decision
    }
}

/// The id under which a stage is among the users of its store.
fn user(function: &Function) -> RecordId {
    RecordId::Function(function.id, function.stage)
}

use std::ops::Bound;

use imbl::{HashMap, OrdMap};
use keyfront_model::AccountId;
use keyfront_storage::Revision;

use super::Versioned;

/// The names of one kind of resource, sorted within each account; no account without one.
#[derive(Debug, Clone)]
pub(super) struct Names<N: Ord, I>(HashMap<AccountId, OrdMap<N, Versioned<I>>>);

impl<N: Ord + Clone, I: Copy> Names<N, I> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    /// The resource that has a name.
    pub(super) fn get(&self, account: AccountId, name: &N) -> Option<I> {
        let found = self.0.get(&account)?.get(name)?;
        Some(**found)
    }

    /// An account's names with what has them, those after a name or all of them.
    pub(super) fn of(
        &self,
        account: AccountId,
        after: Option<&N>,
    ) -> impl Iterator<Item = (&N, I)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let names = self.0.get(&account).into_iter();
        names
            .flat_map(move |names| names.range::<_, N>((from, Bound::Unbounded)))
            .map(|(name, found)| (name, **found))
    }

    /// How many names an account has.
    pub(super) fn count(&self, account: AccountId) -> usize {
        self.0.get(&account).map_or(0, OrdMap::len)
    }

    /// The accounts that have any, in no order.
    pub(super) fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.0.keys().copied()
    }

    /// What has a name, of all accounts, in no order.
    pub(super) fn holders(&self) -> impl Iterator<Item = I> {
        self.0.values().flatten().map(|(_, found)| **found)
    }

    pub(super) fn put(&mut self, account: AccountId, name: N, revision: Revision, holder: I) {
        let names = self.0.entry(account).or_default();
        names.insert(name, Versioned::new(revision, holder));
    }

    pub(super) fn delete(&mut self, account: AccountId, name: &N) {
        if let Some(names) = self.0.get_mut(&account) {
            names.remove(name);
            if names.is_empty() {
                self.0.remove(&account);
            }
        }
    }
}

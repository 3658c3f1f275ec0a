use std::collections::BTreeSet;

use keyfront_model::{AccountId, FunctionId, FunctionStage, Key, StoreId, Value};
use keyfront_storage::{EngineError, Scope};

use super::{Snapshot, StoreContents};

impl Snapshot {
    /// Whether there is as much as the records count. In a part of a source each store and each function is
    /// whole, but the counters of its account also count those that are not in the part.
    pub(super) fn check(&self, scope: Scope) -> Result<(), EngineError> {
        let stores = match scope {
            Scope::All => self
                .check_accounts()
                .and_then(|()| self.check_named_stores()),
            Scope::Part => self.check_stores(),
        };
        let functions = || self.check_functions();
        let contents = || self.contents.values().try_for_each(check_contents);
        stores
            .and_then(|()| functions())
            .and_then(|()| contents())
            .map_err(|what| {
                EngineError(match scope {
                    Scope::All => format!("the data is damaged ({what}): restore it from a backup"),
                    Scope::Part => format!("what the source sent is incomplete ({what})"),
                })
            })
    }

    fn check_accounts(&self) -> Result<(), String> {
        let counted = self.accounts.keys().copied();
        let named = self
            .store_names
            .accounts()
            .chain(self.function_names.accounts());
        let accounts: BTreeSet<_> = counted.chain(named).collect();
        accounts
            .into_iter()
            .try_for_each(|account| self.check_account(account))
    }

    /// Whether an account has as many stores and functions as are counted.
    fn check_account(&self, account: AccountId) -> Result<(), String> {
        let record = self.account(account);
        let (stores, functions) = record.map_or((0, 0), |found| (found.stores, found.functions));
        for (kind, found, counted) in [
            ("stores", self.store_names.count(account), stores),
            ("functions", self.function_names.count(account), functions),
        ] {
            if found as u64 != counted {
                return Err(format!(
                    "account {account} has {found} {kind} where {counted} are counted"
                ));
            }
        }
        Ok(())
    }

    /// Whether each store that has a name has its configuration and its contents.
    fn check_named_stores(&self) -> Result<(), String> {
        self.store_names
            .holders()
            .try_for_each(|id| self.check_store(id))
    }

    /// Whether each store of a part has its configuration and its contents, under whichever of its
    /// records it is found.
    fn check_stores(&self) -> Result<(), String> {
        let mut found = self.stores.keys().chain(self.contents.keys()).copied();
        found.try_for_each(|id| self.check_store(id))?;
        self.check_named_stores()
    }

    fn check_store(&self, id: StoreId) -> Result<(), String> {
        if self.stores.contains_key(&id) && self.contents.contains_key(&id) {
            return Ok(());
        }
        Err(format!("of the store {id} a record is missing"))
    }

    /// Whether each function has its DEVELOPMENT stage, under whichever of its records it is found.
    fn check_functions(&self) -> Result<(), String> {
        let is_whole = |id: &FunctionId| {
            self.functions
                .contains_key(&(*id, FunctionStage::Development))
        };
        let found = self.functions.keys().map(|(id, _)| *id);
        match found
            .chain(self.function_names.holders())
            .find(|id| !is_whole(id))
        {
            Some(id) => Err(format!("of the function {id} a record is missing")),
            None => Ok(()),
        }
    }
}

fn check_contents(contents: &StoreContents) -> Result<(), String> {
    let size = |(key, value): (&Key, &Value)| key.bytes() + value.bytes();
    let items = contents.entries.len() as u64;
    let bytes: u64 = contents.entries.iter().map(size).sum();
    let head = &contents.head;
    if (items, bytes) != (head.items, head.bytes) {
        return Err(format!(
            "store {} has {items} keys in {bytes} bytes where {} in {} are counted",
            head.store, head.items, head.bytes
        ));
    }
    Ok(())
}

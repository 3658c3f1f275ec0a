use imbl::OrdMap;
use keyfront_model::{AccountId, Key, Value};
use keyfront_storage::{EngineError, Scope};

use super::{Snapshot, StoreContents};

impl Snapshot {
    /// Whether there is as much as the records count. In a part of a source each store is whole, but
    /// the counters of its account also count stores that are not in the part.
    pub(super) fn check(&self, scope: Scope) -> Result<(), EngineError> {
        let stores = match scope {
            Scope::All => self.check_accounts(),
            Scope::Part => self.check_stores(),
        };
        let contents = || self.contents.values().try_for_each(check_contents);
        stores.and_then(|()| contents()).map_err(|what| {
            EngineError(match scope {
                Scope::All => format!("the data is damaged ({what}): restore it from a backup"),
                Scope::Part => format!("what the source sent is incomplete ({what})"),
            })
        })
    }

    fn check_accounts(&self) -> Result<(), String> {
        let with_names = self.store_names.keys();
        let not_counted = with_names.filter(|account| !self.accounts.contains_key(*account));
        self.accounts
            .keys()
            .chain(not_counted)
            .try_for_each(|account| self.check_account(*account))
    }

    /// Whether an account has as many stores as are counted, each whole.
    fn check_account(&self, account: AccountId) -> Result<(), String> {
        let names = self.store_names.get(&account);
        let found = names.map_or(0, OrdMap::len) as u64;
        let counted = self.account(account).map_or(0, |counted| counted.stores);
        if found != counted {
            return Err(format!(
                "account {account} has {found} stores where {counted} are counted"
            ));
        }
        for (name, id) in names.into_iter().flatten() {
            if !(self.stores.contains_key(&**id) && self.contents.contains_key(&**id)) {
                return Err(format!(
                    "of the store {name} of account {account} a record is missing"
                ));
            }
        }
        Ok(())
    }

    /// Whether each store of a part has its configuration and its contents, under whichever of its
    /// records it is found.
    fn check_stores(&self) -> Result<(), String> {
        let named = self.store_names.values().flatten().map(|(_, id)| **id);
        let stores = self.stores.keys().chain(self.contents.keys()).copied();
        for id in stores.chain(named) {
            if !(self.stores.contains_key(&id) && self.contents.contains_key(&id)) {
                return Err(format!("of the store {id} a record is missing"));
            }
        }
        Ok(())
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

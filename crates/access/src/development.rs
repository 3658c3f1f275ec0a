use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use keyfront_model::AccountId;

use crate::AccessKey;

/// The access keys for development, all with the secret `test`: `test` on account 000000000000, and
/// any account's id on that account.
#[derive(Debug, Default)]
pub(crate) struct DevelopmentKeys {
    /// Those that were asked for. To make one costs more than to check a signature.
    made: RwLock<HashMap<Arc<str>, Arc<AccessKey>>>,
}

/// Anyone may ask for any of 10^12 ids, so no more than this many are kept.
const MAX_KEPT_KEYS: usize = 1_000;

const SECRET: &str = "test";
const ROOT: &str = "000000000000";

impl DevelopmentKeys {
    pub(crate) fn find(&self, id: &str) -> Option<Arc<AccessKey>> {
        let account = account(id)?;
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = made.get(id) {
            return Some(Arc::clone(key));
        }
        drop(made);
        let key = Arc::new(AccessKey::of_root(id, SECRET, account));
        self.keep(&key);
        Some(key)
    }

    fn keep(&self, key: &Arc<AccessKey>) {
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= MAX_KEPT_KEYS {
            made.clear();
        }
        made.insert(key.id.clone(), Arc::clone(key));
    }
}

fn account(id: &str) -> Option<AccountId> {
    let account = if id == SECRET { ROOT } else { id };
    account.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_twelve_digits_is_its_account() {
        let keys = DevelopmentKeys::default();
        let account = |id| keys.find(id).map(|key| key.account.to_string());
        assert_eq!(account("test").as_deref(), Some("000000000000"));
        assert_eq!(account("000000000000").as_deref(), Some("000000000000"));
        assert_eq!(account("123456789012").as_deref(), Some("123456789012"));
        for id in [
            "",
            "TEST",
            "tes",
            "12345678901",
            "1234567890123",
            "AKIAEXAMPLE",
        ] {
            assert_eq!(account(id), None, "{id}");
        }
        assert_eq!(
            keys.find("123456789012").unwrap().arn(),
            "arn:aws:iam::123456789012:root"
        );
    }

    #[test]
    fn a_key_is_made_once_and_few_are_kept() {
        let keys = DevelopmentKeys::default();
        let first = keys.find("test").unwrap();
        assert!(Arc::ptr_eq(&first, &keys.find("test").unwrap()));
        for n in 0..3 * MAX_KEPT_KEYS {
            keys.find(&format!("{n:012}")).unwrap();
            assert!(keys.made.read().unwrap().len() <= MAX_KEPT_KEYS);
        }
    }
}

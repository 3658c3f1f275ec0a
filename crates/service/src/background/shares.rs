use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keyfront_model::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The concurrency limit of imports. One account may have a half of the permits, so that its slow objects
/// hold up no other account.
pub(super) struct Shares {
    all: Arc<Semaphore>,
    per_account: usize,
    accounts: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
}

/// The permission to import, given back when this is dropped.
pub(super) struct Permit {
    _all: Option<OwnedSemaphorePermit>,
    _account: Option<OwnedSemaphorePermit>,
}

impl Shares {
    pub(super) fn new(permits: usize) -> Self {
        let permits = permits.max(1);
        Self {
            all: Arc::new(Semaphore::new(permits)),
            per_account: permits.div_ceil(2),
            accounts: Mutex::default(),
        }
    }

    /// Waits for a permit of an account's share. Those of one account wait for each other first, so that
    /// they don't stand in the way of others.
    pub(super) async fn permit(&self, account: AccountId) -> Permit {
        let share = self.share(account);
        // Neither semaphore is ever closed.
        let account = share.acquire_owned().await.ok();
        let all = self.all.clone().acquire_owned().await.ok();
        Permit {
            _all: all,
            _account: account,
        }
    }

    fn share(&self, account: AccountId) -> Arc<Semaphore> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        // A share without a holder and without a waiter is as good as a new one.
        accounts.retain(|_, share| Arc::strong_count(share) > 1);
        let share = accounts
            .entry(account)
            .or_insert_with(|| Arc::new(Semaphore::new(self.per_account)));
        share.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_account_leaves_room_for_others() {
        let shares = Shares::new(4);
        let account = |n: u64| format!("{n:012}").parse::<AccountId>().unwrap();
        let first = (
            shares.permit(account(1)).await,
            shares.permit(account(1)).await,
        );
        let third = tokio::time::timeout(Duration::from_secs(60), shares.permit(account(1)));
        assert!(third.await.is_err());
        let _second = (
            shares.permit(account(2)).await,
            shares.permit(account(2)).await,
        );
        drop(first);
        shares.permit(account(3)).await;
        shares.permit(account(1)).await;
        assert_eq!(shares.accounts.lock().unwrap().len(), 2);
    }
}

use std::sync::Arc;
use std::time::Duration;

use keyfront_replica::{Snapshot, Versioned};
use keyfront_storage::{Author, Task, Tombstone};

use crate::commit::{Choice, Decision};
use crate::{Service, Unavailable};

/// Removes tombstones that are too old, or more than an account may have.
pub(super) struct Forgetter {
    service: Arc<Service>,
}

/// How often tombstones are searched for those that are too old.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// The pause after a sweep that failed.
const SWEEP_RETRY_DELAY: Duration = Duration::from_secs(10);

impl Forgetter {
    pub(super) fn new(service: Arc<Service>) -> Self {
        Self { service }
    }

    /// Never returns.
    pub(super) async fn run(&self) {
        loop {
            if let Err(error) = self.forget_expired().await {
                tracing::warn!(%error, "what was deleted could not be forgotten; another try follows");
                tokio::time::sleep(SWEEP_RETRY_DELAY).await;
                continue;
            }
            let next_sweep = tokio::time::sleep(SWEEP_INTERVAL);
            tokio::pin!(next_sweep);
            loop {
                tokio::select! {
                    () = &mut next_sweep => break,
                    () = self.service.deleted.notified() => {}
                }
                if let Err(error) = self.forget_excess().await {
                    tracing::warn!(%error, "what was deleted could not be forgotten; another try follows");
                    tokio::time::sleep(SWEEP_RETRY_DELAY).await;
                }
            }
        }
    }

    async fn forget_expired(&self) -> Result<(), Unavailable> {
        let snapshot = self.service.snapshot().await?;
        for gone in snapshot.tombstones() {
            if !self.service.remembers(gone) {
                self.forget(gone).await?;
            }
        }
        self.forget_excess().await
    }

    async fn forget_excess(&self) -> Result<(), Unavailable> {
        let most = self.service.parts.settings.remembered_per_account;
        let snapshot = self.service.snapshot().await?;
        for account in snapshot.accounts_with_tombstones() {
            for gone in snapshot.tombstones_beyond(account, most) {
                self.forget(gone).await?;
            }
        }
        Ok(())
    }

    async fn forget(&self, gone: &Versioned<Tombstone>) -> Result<(), Unavailable> {
        let author = Author::Keyfront(Task::ForgetDeleted);
        self.service
            .decide(&author, |snapshot| Ok(decide_forget(snapshot, gone)))
            .await
    }
}

fn decide_forget(snapshot: &Snapshot, gone: &Tombstone) -> Choice<()> {
    match snapshot.tombstone(gone.resource) {
        Some(found) => {
            let decision = Decision::on(snapshot, gone.resource, gone.account).delete(found);
            Choice::Commit(decision, ())
        }
        // Another node was quicker.
        None => Choice::Answer(()),
    }
}

impl Service {
    /// Whether a deleted store or function is still remembered.
    pub(crate) fn remembers(&self, gone: &Tombstone) -> bool {
        gone.deleted.plus(self.parts.settings.remember_deleted) > self.now()
    }
}

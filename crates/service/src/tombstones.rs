use std::time::Duration;

use keyfront_storage::{Author, Change, RecordId, Tombstone};

use crate::commit::Decision;
use crate::{Service, Unavailable};

/// How often stores are forgotten that were deleted long ago.
const EVERY: Duration = Duration::from_secs(60 * 60);

impl Service {
    /// Forgets, now and again, the stores that were deleted long ago. Never returns.
    pub(crate) async fn forget_deleted(&self) {
        loop {
            if let Err(error) = self.forget_expired().await {
                tracing::warn!(%error, "deleted stores could not be forgotten; they will be later");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Whether a deleted store is still to be answered as one.
    pub(crate) fn remembers(&self, gone: &Tombstone) -> bool {
        gone.deleted.plus(self.parts.settings.remember_deleted) > self.now()
    }

    async fn forget_expired(&self) -> Result<(), Unavailable> {
        let snapshot = self.read().await?;
        for gone in snapshot.tombstones().filter(|gone| !self.remembers(gone)) {
            let author = Author {
                account: gone.account,
                access_key: "keyfront".to_owned(),
                request: "forget-deleted".to_owned(),
            };
            let record = RecordId::Tombstone(gone.store);
            let decision = Decision::new(vec![Change::Delete(record.clone())]).given(record, gone);
            self.commit(&author, decision).await?;
        }
        Ok(())
    }
}

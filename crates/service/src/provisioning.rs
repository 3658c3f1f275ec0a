use std::time::Duration;

use keyfront_model::import::ImportDocument;
use keyfront_model::{Contents, Status, Store};
use keyfront_replica::{Snapshot, StoreContents, Versioned};
use keyfront_storage::{Change, EntryChange, Job, Record, RecordId};
use tokio::sync::Semaphore;

use crate::commit::{Decision, Outcome};
use crate::{Service, Unavailable};

impl Service {
    /// Takes a store out of provisioning.
    pub(crate) async fn provision(
        &self,
        job: &Versioned<Job>,
        at_once: &Semaphore,
    ) -> Result<(), Unavailable> {
        let filled = match &job.source {
            Some(source) => Some(self.import(&source.object, at_once).await),
            None => None,
        };
        self.wait_out_provisioning(job).await;
        let outcome = match filled {
            Some(Ok(document)) => Provisioned::Filled(fill(document)),
            Some(Err(reason)) => {
                tracing::warn!(store = %job.store, %reason, "an import failed");
                Provisioned::Failed(reason)
            }
            None => Provisioned::Empty,
        };
        self.finish(job, outcome).await
    }

    async fn wait_out_provisioning(&self, job: &Job) {
        let provisioning = self.parts.settings.provisioning;
        let until = job.created.plus(provisioning);
        let left = until.millis().saturating_sub(self.now().millis());
        if let Ok(left @ 1..) = u64::try_from(left) {
            // A clock that was set back makes nobody wait longer.
            tokio::time::sleep(Duration::from_millis(left).min(provisioning)).await;
        }
    }

    /// Commits the outcome of a job, if the store is still there to have it.
    async fn finish(&self, job: &Versioned<Job>, outcome: Provisioned) -> Result<(), Unavailable> {
        loop {
            let snapshot = self.read().await?;
            let Some(decision) = self.decide_finish(&snapshot, job, &outcome) else {
                return Ok(());
            };
            if self.commit(&job.author, decision).await? == Outcome::Done {
                return Ok(());
            }
        }
    }

    fn decide_finish(
        &self,
        snapshot: &Snapshot,
        job: &Versioned<Job>,
        outcome: &Provisioned,
    ) -> Option<Decision> {
        snapshot
            .job(job.store)
            .filter(|found| found.revision == job.revision)?;
        let store = snapshot.store(job.store)?;
        let contents = snapshot.contents(job.store)?;
        let finished = Store {
            status: outcome.status(),
            etag: self.new_control_etag(),
            modified: self.now().max(store.modified),
            ..(*store.value).clone()
        };
        let mut changes = vec![
            Change::Put(Record::Store(finished)),
            Change::Delete(RecordId::Job(job.store)),
        ];
        if let Provisioned::Filled(filled) = outcome {
            changes.extend(self.filled(contents, filled));
        }
        let decision = Decision::new(changes)
            .given(RecordId::Job(job.store), job)
            .given(RecordId::Store(job.store), store)
            .given(RecordId::Contents(job.store), &contents.head);
        Some(decision)
    }

    fn filled(&self, contents: &StoreContents, filled: &Filled) -> [Change; 2] {
        let head = Contents {
            etag: self.new_data_etag(),
            items: filled.entries.len() as u64,
            bytes: filled.bytes,
            modified: self.now().max(contents.head.modified),
            ..(*contents.head.value).clone()
        };
        let entries = filled.entries.clone();
        [
            Change::Put(Record::Contents(head)),
            Change::Entries {
                store: contents.head.store,
                entries,
            },
        ]
    }
}

/// What came of a job.
enum Provisioned {
    /// There was nothing to import.
    Empty,
    Filled(Filled),
    /// The import failed, for a reason that the store's owner is told.
    Failed(String),
}

struct Filled {
    entries: Vec<EntryChange>,
    bytes: u64,
}

impl Provisioned {
    fn status(&self) -> Status {
        match self {
            Self::Empty | Self::Filled(_) => Status::Ready,
            Self::Failed(reason) => Status::ImportFailed {
                reason: reason.clone(),
            },
        }
    }
}

fn fill(document: ImportDocument) -> Filled {
    let entry = |(key, value)| EntryChange {
        key,
        before: None,
        after: Some(value),
    };
    Filled {
        bytes: document.bytes(),
        entries: document.into_entries().into_iter().map(entry).collect(),
    }
}

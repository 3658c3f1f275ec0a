use std::sync::Arc;
use std::time::Duration;

use keyfront_model::import::ImportDocument;
use keyfront_model::{AccountId, Contents, ImportSource, S3Arn, Status, Store};
use keyfront_replica::{Snapshot, StoreContents, Versioned};
use keyfront_storage::{EntryChange, Job, JobTask};

use super::fetch::fetch;
use super::shares::{Permit, Shares};
use crate::commit::{Choice, Decision};
use crate::{Service, Unavailable};

/// How often a running job is checked for being still wanted.
const JOB_GONE_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Takes stores out of provisioning: waits as long as the operator wants, fetches and parses the import if
/// there is one, and commits contents and status together.
pub(super) struct Provisioner {
    service: Arc<Service>,
    imports: Shares,
}

/// The outcome of a job.
enum Provisioned {
    /// There was nothing to import.
    Empty,
    /// What was imported.
    Filled(Filled),
    /// The import failed, for a reason that is reported to the store's owner.
    Failed(String),
}

struct Filled {
    entries: Vec<EntryChange>,
    bytes: u64,
    /// Held as long as the entries are.
    _permit: Permit,
}

impl Provisioner {
    pub(super) fn new(service: Arc<Service>) -> Self {
        let imports = Shares::new(service.parts.settings.imports_at_once);
        Self { service, imports }
    }

    /// Does a job of this node. It is given up when its store is deleted, so that it takes no permit from the
    /// imports of others any longer.
    pub(super) async fn provision(&self, job: &Versioned<Job>) -> Result<(), Unavailable> {
        let provisioned = tokio::select! {
            provisioned = self.prepare(job) => provisioned,
            () = self.wait_until_gone(job) => None,
        };
        match provisioned {
            Some(provisioned) => self.finish(job, &provisioned).await,
            None => Ok(()),
        }
    }

    /// What is to become of the store; `None` if it is gone. The wait comes first, since a parsed import
    /// takes memory.
    async fn prepare(&self, job: &Job) -> Option<Provisioned> {
        let JobTask::Provision { source, .. } = &job.task;
        self.wait_out_provisioning(job).await;
        match source {
            Some(source) => self.import(job, source).await,
            None => Some(Provisioned::Empty),
        }
    }

    async fn wait_until_gone(&self, job: &Job) {
        let replica = &self.service.parts.replica;
        while replica.snapshot().job(job.id()).is_some() {
            tokio::time::sleep(JOB_GONE_POLL_INTERVAL).await;
        }
    }

    async fn wait_out_provisioning(&self, job: &Job) {
        let provisioning = self.service.parts.settings.provisioning;
        let until = job.created.plus(provisioning);
        let left = until.millis().saturating_sub(self.service.now().millis());
        if let Ok(left @ 1..) = u64::try_from(left) {
            // A clock that was set back must not lengthen the wait.
            tokio::time::sleep(Duration::from_millis(left).min(provisioning)).await;
        }
    }

    /// The outcome of an import; `None` if its store is gone.
    async fn import(&self, job: &Job, source: &ImportSource) -> Option<Provisioned> {
        let JobTask::Provision { store, .. } = job.task;
        let snapshot = self.service.parts.replica.snapshot();
        let account = snapshot.store(store)?.account;
        drop(snapshot);
        let object = &source.object;
        Some(match self.fetch_and_parse(account, object).await {
            Ok(filled) => Provisioned::Filled(filled),
            Err(reason) => {
                tracing::warn!(%store, %account, %object, %reason, "an import failed");
                Provisioned::Failed(reason)
            }
        })
    }

    /// The error is for the owner of the store.
    async fn fetch_and_parse(&self, account: AccountId, object: &S3Arn) -> Result<Filled, String> {
        let (bytes, permit) = fetch(&self.service.parts, &self.imports, account, object)
            .await
            .map_err(|error| error.to_string())?;
        let limits = self.service.limits().clone();
        let parsed = tokio::task::spawn_blocking(move || {
            ImportDocument::parse(&bytes, &limits).map(|document| fill(document, permit))
        });
        match parsed.await {
            Ok(parsed) => parsed.map_err(|error| error.to_string()),
            Err(_) => Err("the file could not be checked".to_owned()),
        }
    }

    /// Commits the outcome of a job, if it is still there: a delete of the store takes it away.
    async fn finish(&self, job: &Versioned<Job>, outcome: &Provisioned) -> Result<(), Unavailable> {
        self.service
            .decide(&job.author, |snapshot| {
                let decision = self.decide_finish(snapshot, job, outcome);
                Ok(decision.map_or(Choice::Answer(()), |decision| Choice::Commit(decision, ())))
            })
            .await
    }

    fn decide_finish(
        &self,
        snapshot: &Snapshot,
        job: &Versioned<Job>,
        outcome: &Provisioned,
    ) -> Option<Decision> {
        let JobTask::Provision { store, .. } = job.task;
        let job = snapshot
            .job(job.id())
            .filter(|found| found.node == job.node && found.created == job.created)?;
        let store = snapshot.store(store)?;
        let contents = snapshot.contents(store.id)?;
        let finished = Store {
            status: outcome.status(),
            etag: self.service.new_control_etag(),
            modified: self.service.now().max(store.modified),
            ..Store::clone(store)
        };
        let decision = Decision::on(snapshot, store.id, store.account)
            .replace(store, finished)
            .delete(job);
        Some(match outcome {
            Provisioned::Filled(filled) => decision
                .replace(&contents.head, self.head_after(contents, filled))
                .entries(store.id, filled.entries.clone()),
            Provisioned::Empty | Provisioned::Failed(_) => decision.given(&contents.head),
        })
    }

    fn head_after(&self, contents: &StoreContents, filled: &Filled) -> Contents {
        Contents {
            etag: self.service.new_data_etag(),
            items: filled.entries.len() as u64,
            bytes: filled.bytes,
            modified: self.service.now().max(contents.head.modified),
            ..Contents::clone(&contents.head)
        }
    }
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

fn fill(document: ImportDocument, permit: Permit) -> Filled {
    let entry = |(key, value)| EntryChange {
        key,
        before: None,
        after: Some(value),
    };
    Filled {
        bytes: document.bytes(),
        entries: document.into_entries().into_iter().map(entry).collect(),
        _permit: permit,
    }
}

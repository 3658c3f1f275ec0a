use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, TryStreamExt};
use keyfront_model::import::ImportDocument;
use keyfront_model::{Contents, S3Arn, Status, Store, StoreId};
use keyfront_replica::{Snapshot, StoreContents, Versioned};
use keyfront_storage::{Change, EntryChange, Job, Lease, Record, RecordId};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::commit::{Decision, Outcome};
use crate::{ObjectError, Service, Unavailable};

/// How long a job may take beyond the time in which its source is tried again.
const WORK: Duration = Duration::from_secs(90);

/// How often it is looked whether another node has left a job behind.
const LOOK: Duration = Duration::from_secs(10);

/// Longer than any source is tried again.
const A_LONG_TIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How long it takes until a job is tried again whose outcome could not be written.
const AGAIN: Duration = Duration::from_secs(5);

impl Service {
    /// Works on what goes on behind the requests, until it is told to stop. A job that is cut off is
    /// taken up again at the next start.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.forget_deleted() => {}
            () = self.clone().work_on_jobs() => {}
        }
    }

    async fn work_on_jobs(self: Arc<Self>) {
        let at_once = Arc::new(Semaphore::new(self.parts.settings.imports_at_once.max(1)));
        let mut working = JoinSet::new();
        let mut taken = HashSet::new();
        loop {
            for store in self.free_jobs(&taken) {
                taken.insert(store);
                working.spawn(self.clone().work_on_job(store, at_once.clone()));
            }
            tokio::select! {
                () = self.new_job.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
                Some(Ok(store)) = working.join_next() => { taken.remove(&store); }
            }
        }
    }

    /// The jobs that this node may take: its own, those of nobody, and those left behind.
    fn free_jobs(&self, taken: &HashSet<StoreId>) -> Vec<StoreId> {
        let now = self.now();
        let node = &self.parts.settings.node;
        let free = |job: &Job| match &job.lease {
            Some(lease) => lease.node == *node || lease.until <= now,
            None => true,
        };
        let snapshot = self.parts.replica.snapshot();
        let jobs = snapshot
            .jobs()
            .filter(|job| !taken.contains(&job.store) && free(job));
        jobs.map(|job| job.store).collect()
    }

    async fn work_on_job(self: Arc<Self>, store: StoreId, at_once: Arc<Semaphore>) -> StoreId {
        loop {
            // Nobody would take a job up again that is lost to a panic.
            let work = AssertUnwindSafe(self.provision(store, &at_once)).catch_unwind();
            match work.await {
                Ok(Ok(())) => return store,
                Ok(Err(error)) => tracing::warn!(
                    %store, %error, "a store could not be made ready; it is tried again"
                ),
                Err(_) => tracing::error!(%store, "a job has panicked; it is tried again"),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Takes a store out of provisioning, unless that is somebody else's work or nobody's any more.
    async fn provision(&self, store: StoreId, at_once: &Semaphore) -> Result<(), Unavailable> {
        let Some(job) = self.take_job(store).await? else {
            return Ok(());
        };
        let filled = match &job.source {
            Some(source) => Some(self.import(&source.object, at_once).await),
            None => None,
        };
        self.wait_out_provisioning(&job).await;
        let outcome = match filled {
            Some(Ok(document)) => Provisioned::Filled(fill(document)),
            Some(Err(reason)) => {
                tracing::warn!(%store, %reason, "an import failed");
                Provisioned::Failed(reason)
            }
            None => Provisioned::Empty,
        };
        self.finish(&job, outcome).await
    }

    /// The job under a lease of this node's; none if another node has it or it is done.
    async fn take_job(&self, store: StoreId) -> Result<Option<Versioned<Job>>, Unavailable> {
        loop {
            let snapshot = self.read().await?;
            let Some(job) = snapshot.job(store) else {
                return Ok(None);
            };
            let node = &self.parts.settings.node;
            match &job.lease {
                Some(lease) if lease.node == *node => return Ok(Some(job.clone())),
                Some(lease) if lease.until > self.now() => return Ok(None),
                _ => {}
            }
            let until = self.now().plus(self.lease_time());
            let lease = Some(Lease {
                node: node.clone(),
                until,
            });
            let taken = Job {
                lease,
                ..(*job.value).clone()
            };
            let decision = Decision::new(vec![Change::Put(Record::Job(taken))])
                .given(RecordId::Job(store), job);
            // Whether it was taken, by whomever, is seen in the next round.
            self.commit(&job.author, decision).await?;
        }
    }

    /// For how long a node has a job to itself.
    pub(crate) fn lease_time(&self) -> Duration {
        let settings = &self.parts.settings;
        let waiting = settings.import_retry.saturating_add(settings.provisioning);
        waiting.saturating_add(WORK)
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

    /// Reads and checks an import's file. The error is for the owner of the store.
    async fn import(&self, object: &S3Arn, at_once: &Semaphore) -> Result<ImportDocument, String> {
        let (bytes, _place) = self
            .read_patiently(object, at_once)
            .await
            .map_err(|error| error.to_string())?;
        let limits = self.limits().clone();
        let parsed = tokio::task::spawn_blocking(move || ImportDocument::parse(&bytes, &limits));
        match parsed.await {
            Ok(parsed) => parsed.map_err(|error| error.to_string()),
            Err(_) => Err("the file could not be checked".to_owned()),
        }
    }

    /// Reads an object, trying again for a while when its source fails. Its place among the imports
    /// that are read at once, which comes with the bytes, is free in between: a source that fails
    /// holds no other import up.
    async fn read_patiently<'a>(
        &self,
        object: &S3Arn,
        at_once: &'a Semaphore,
    ) -> Result<(Vec<u8>, Option<SemaphorePermit<'a>>), ObjectError> {
        let began = Instant::now();
        let give_up = began
            .checked_add(self.parts.settings.import_retry)
            .unwrap_or(began + A_LONG_TIME);
        let mut pause = Duration::from_millis(100);
        loop {
            // None if it is closed, which it never is.
            let place = at_once.acquire().await.ok();
            let attempt = tokio::time::timeout_at(give_up + AGAIN, self.read_object(object));
            let timed_out =
                || ObjectError::Unavailable("the source of the import is too slow".to_owned());
            let outcome = attempt.await.unwrap_or_else(|_| Err(timed_out()));
            match outcome {
                Err(ObjectError::Unavailable(reason)) if Instant::now() + pause < give_up => {
                    tracing::info!(%object, %reason, "an import's source fails; it is tried again");
                    drop(place);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(AGAIN);
                }
                outcome => return outcome.map(|bytes| (bytes, place)),
            }
        }
    }

    async fn read_object(&self, object: &S3Arn) -> Result<Vec<u8>, ObjectError> {
        let most = self.limits().import_bytes;
        let mut body = self.parts.objects.open(object).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = body.try_next().await? {
            if (bytes.len() + piece.len()) as u64 > most {
                let reason = format!("the file is larger than {most} bytes");
                return Err(ObjectError::Refused(reason));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
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

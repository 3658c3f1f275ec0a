use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use keyfront_model::StoreId;
use keyfront_replica::Versioned;
use keyfront_storage::{Change, Job, Lease, Record, RecordId};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::commit::Decision;
use crate::{Service, Unavailable};

/// How long a job may take beyond the time in which its source is tried again.
const WORK: Duration = Duration::from_secs(90);

/// How often it is looked whether another node has left a job behind.
const LOOK: Duration = Duration::from_secs(10);

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
            let work = AssertUnwindSafe(self.try_job(store, &at_once)).catch_unwind();
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

    /// Does a job, unless it is somebody else's or done.
    async fn try_job(&self, store: StoreId, at_once: &Semaphore) -> Result<(), Unavailable> {
        match self.take_job(store).await? {
            Some(job) => self.provision(&job, at_once).await,
            None => Ok(()),
        }
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
}

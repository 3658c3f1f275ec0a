//! Which jobs this node works on.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use keyfront_replica::Versioned;
use keyfront_storage::{Job, JobId, NodeId};
use tokio::task::JoinSet;

use super::provisioning::Provisioner;
use crate::commit::{Choice, Decision};
use crate::{Service, Unavailable};

/// How often this node looks for jobs that another node has left behind.
const JOB_POLL_INTERVAL: Duration = Duration::from_secs(10);

/// The pause before a job whose outcome could not be committed is tried again.
const JOB_RETRY_DELAY: Duration = Duration::from_secs(5);

/// Works on every free job. Never returns.
pub(super) async fn run(service: &Arc<Service>, provisioner: Arc<Provisioner>) {
    let mut working = JoinSet::new();
    let mut taken = HashSet::new();
    loop {
        match free_jobs(service, &taken).await {
            Ok(jobs) => {
                for job in jobs {
                    taken.insert(job);
                    working.spawn(work_on(service.clone(), provisioner.clone(), job));
                }
            }
            Err(error) => tracing::warn!(%error, "jobs can't be looked for; another try follows"),
        }
        tokio::select! {
            () = service.new_job.notified() => {}
            () = tokio::time::sleep(JOB_POLL_INTERVAL) => {}
            Some(Ok(job)) = working.join_next() => { taken.remove(&job); }
        }
    }
}

/// The jobs of this node, and the free ones: those without a node, or of a node that does not live.
async fn free_jobs(service: &Service, taken: &HashSet<JobId>) -> Result<Vec<JobId>, Unavailable> {
    let engine = &service.parts.engine;
    let jobs: Vec<_> = service
        .parts
        .replica
        .snapshot()
        .jobs()
        .filter(|job| !taken.contains(&job.id()))
        .map(|job| (job.id(), job.node.clone()))
        .collect();
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let living = engine.living_nodes().await;
    let living = living.map_err(|error| Unavailable::Failed(error.0))?;
    let is_free = |node: &Option<NodeId>| match node {
        Some(node) => node == engine.node() || !living.contains(node),
        None => true,
    };
    let free = jobs.into_iter().filter(|(_, node)| is_free(node));
    Ok(free.map(|(id, _)| id).collect())
}

/// Works on a job until it is done, or is another node's.
async fn work_on(service: Arc<Service>, provisioner: Arc<Provisioner>, id: JobId) -> JobId {
    loop {
        let work = async {
            match take(&service, id).await? {
                Some(job) => provisioner.provision(&job).await,
                None => Ok(()),
            }
        };
        // A panic must not end the work on a job, since no other node takes it up.
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(Ok(())) => return id,
            Ok(Err(error)) => tracing::warn!(
                store = %id, %error, "a store could not be made ready; another try follows"
            ),
            Err(_) => tracing::error!(store = %id, "a job has panicked; another try follows"),
        }
        tokio::time::sleep(JOB_RETRY_DELAY).await;
    }
}

/// The job, as this node's own; `None` if it is done, or another node was quicker.
async fn take(service: &Service, id: JobId) -> Result<Option<Versioned<Job>>, Unavailable> {
    let JobId::Provision(store) = id;
    let node = service.parts.engine.node();
    let snapshot = service.snapshot().await?;
    let Some(found) = snapshot.job(id) else {
        return Ok(None);
    };
    if found.node.as_ref() == Some(node) {
        return Ok(Some(found.clone()));
    }
    // The node that had the job does not live. Another node may take it first.
    let previous = found.node.clone();
    let author = found.author.clone();
    let Some(account) = snapshot.store(store).map(|store| store.account) else {
        return Ok(None);
    };
    service
        .decide(&author, |snapshot| {
            let job = snapshot.job(id).filter(|job| job.node == previous);
            let Some(job) = job else {
                return Ok::<_, Unavailable>(Choice::Answer(()));
            };
            let taken = Job {
                node: Some(node.clone()),
                ..Job::clone(job)
            };
            let decision = Decision::on(snapshot, store, account).replace(job, taken);
            Ok(Choice::Commit(decision, ()))
        })
        .await?;
    let snapshot = service.snapshot().await?;
    let job = snapshot
        .job(id)
        .filter(|job| job.node.as_ref() == Some(node));
    Ok(job.cloned())
}

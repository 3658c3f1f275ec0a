use std::pin::pin;
use std::sync::Arc;

use keyfront_storage::{Commit, Commits, EngineError, FollowEnd, Load};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::footprint::commit_bytes;
use crate::run::Run;
use crate::snapshot::{Builder, Snapshot};

/// How many pieces are handed to the replica's thread at once.
const MAX_PIECES_PER_STEP: usize = 256;

/// The commits of a source, of which some may have been taken while a load was under way.
pub(crate) struct Stream {
    /// Those that were taken, in order.
    pub(crate) backlog: Vec<Arc<Commit>>,
    backlog_bytes: usize,
    /// Those that are still to come, unless there is an `end`.
    pub(crate) commits: Commits,
    /// Why there are no more.
    pub(crate) end: Option<FollowEnd>,
}

impl Stream {
    pub(crate) fn new(commits: Commits) -> Self {
        Self {
            backlog: Vec::new(),
            backlog_bytes: 0,
            commits,
            end: None,
        }
    }

    /// Waits for something, and meanwhile takes the commits that come, so that the source need not
    /// wait for this replica.
    async fn take_during<T>(&mut self, limit: usize, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let has_room = self.end.is_none() && self.backlog_bytes < limit;
            tokio::select! {
                done = &mut work => return done,
                item = self.commits.recv(), if has_room => self.take(item),
            }
        }
    }

    fn take(&mut self, item: Option<Result<Arc<Commit>, FollowEnd>>) {
        match item.unwrap_or_else(|| Err(ended_without_reason())) {
            Ok(commit) => {
                self.backlog_bytes += commit_bytes(&commit);
                self.backlog.push(commit);
            }
            Err(end) => self.end = Some(end),
        }
    }
}

/// What a stream of commits means that just ends.
pub(crate) fn ended_without_reason() -> FollowEnd {
    FollowEnd::Interrupted(EngineError("its commits ended without a reason".to_owned()))
}

impl Run {
    /// Loads the source beside a snapshot, whose contents it need not send again, and takes the
    /// commits that come meanwhile.
    pub(crate) async fn load(
        &self,
        old: Arc<Snapshot>,
        place: Place,
    ) -> Result<(Snapshot, Stream), EngineError> {
        let stall = self.options.stall_timeout;
        let known = {
            let old = old.clone();
            self.build(place, move || old.known()).await
        };
        let loading = timeout(stall, self.source.load(&known)).await;
        let Load {
            position,
            scope,
            mut pieces,
            commits,
        } = loading.map_err(|_| self.stalled("answered a load"))??;
        let seen = old.position();
        if position.source == seen.source && position.revision < seen.revision {
            return Err(EngineError(format!(
                "the source gave a load of revision {}, and revision {} was applied already",
                position.revision, seen.revision
            )));
        }
        let mut stream = Stream::new(commits);
        let mut builder = Builder::new(position, scope, old);
        loop {
            let next = self.next_pieces(&mut pieces);
            let batch = stream
                .take_during(self.options.load_backlog_bytes, next)
                .await;
            // A builder is large, so it is dropped where it is used.
            let step = self.build(place, move || {
                let batch = batch?;
                if batch.is_empty() {
                    return builder.finish().map(Step::Finished);
                }
                builder.add(batch)?;
                Ok(Step::Added(builder))
            });
            match stream
                .take_during(self.options.load_backlog_bytes, step)
                .await?
            {
                Step::Added(more) => builder = more,
                Step::Finished(snapshot) => return Ok((snapshot, stream)),
            }
        }
    }

    async fn build<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        match place {
            Place::Here => work(),
            Place::Thread => self.worker.run(work).await,
        }
    }

    /// The next pieces of a load; empty at its end.
    async fn next_pieces<T>(
        &self,
        pieces: &mut mpsc::Receiver<Result<T, EngineError>>,
    ) -> Result<Vec<T>, EngineError> {
        let mut batch = Vec::new();
        let deadline = Instant::now() + self.options.stall_timeout;
        let received =
            timeout_at(deadline, pieces.recv_many(&mut batch, MAX_PIECES_PER_STEP)).await;
        received.map_err(|_| self.stalled("sent a piece of a load"))?;
        batch.into_iter().collect()
    }

    pub(crate) fn stalled(&self, what: &str) -> EngineError {
        EngineError(format!(
            "the source has not {what} for {} s",
            self.options.stall_timeout.as_secs_f32()
        ))
    }
}

/// Where a snapshot is built from a load.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// Where the load is received: no request is served until the first load is there, and a change of
    /// threads for each batch would cost more than the batch.
    Here,
    /// On the replica's thread, beside the requests that are served.
    Thread,
}

enum Step {
    Added(Builder),
    Finished(Snapshot),
}

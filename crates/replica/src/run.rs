use std::convert::Infallible;
use std::sync::{Arc, Weak};

use keyfront_storage::{Commit, EngineError, FollowEnd, Position, Revision, Source, SourceId};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::backoff::{Backoff, LONGEST_PAUSE};
use crate::disposal::Disposal;
use crate::load::{Place, Stream, ended_without_reason};
use crate::replica::{Replaced, Size};
use crate::snapshot::Snapshot;
use crate::worker::Worker;
use crate::{Options, Replica, State};

/// A commit of up to this many entries is applied on the thread that serves: it takes a fraction of a
/// millisecond.
const MAX_ENTRIES_APPLIED_IN_PLACE: usize = 500;

/// The most commits that are applied and published together.
const MAX_COMMITS_PUBLISHED_TOGETHER: usize = 1024;

/// Up to this many commits that leave the ring are dropped in place: as a rule they are as small as those
/// that replace them.
const MAX_COMMITS_DROPPED_IN_PLACE: usize = 64;

/// Follows a source for as long as its replica lives, to which it has only a weak reference.
pub(crate) struct Run {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) options: Options,
    pub(crate) worker: Worker,
    disposal: Disposal,
    follows: Backoff,
    loads: Backoff,
    /// Since when the source is lost, or was back only for a moment.
    lost_since: Option<Instant>,
}

/// Why a stream of commits has ended, or did not begin.
enum Broken {
    Closed,
    /// The commits after the replica's position can't be had.
    Forgotten(String),
    Interrupted(String),
}

impl From<FollowEnd> for Broken {
    fn from(end: FollowEnd) -> Self {
        match end {
            FollowEnd::Closed => Self::Closed,
            FollowEnd::Forgotten => Self::Forgotten(end.to_string()),
            FollowEnd::Interrupted(_) => Self::Interrupted(end.to_string()),
        }
    }
}

impl Run {
    /// Fails where the system gives no thread.
    pub(crate) fn new(source: Arc<dyn Source>, options: Options) -> Result<Self, EngineError> {
        Ok(Self {
            source,
            options,
            worker: Worker::start()?,
            disposal: Disposal::start()?,
            follows: Backoff::after(0),
            // A load becomes larger with each moment in which it is not made.
            loads: Backoff::after(1),
            lost_since: None,
        })
    }

    /// The load with which a replica begins.
    pub(crate) async fn first_load(&self) -> Result<(Snapshot, Stream), EngineError> {
        let nothing = Snapshot::empty(Position {
            source: SourceId(0),
            revision: Revision(0),
        });
        self.load(Arc::new(nothing), Place::Here).await
    }

    /// Runs the source in a task until the replica is dropped. Commits are applied by that task, which
    /// takes its turn on the thread that a commit's author is about to wake on: no other thread has
    /// to be woken for it.
    pub(crate) fn spawn(
        self,
        replica: &Arc<Replica>,
        stream: Stream,
        dropped: oneshot::Receiver<Infallible>,
    ) {
        let replica = Arc::downgrade(replica);
        let mut running = tokio::spawn(self.run(replica.clone(), stream));
        tokio::spawn(async move {
            let ended = tokio::select! {
                ended = &mut running => ended,
                _ = dropped => return running.abort(),
            };
            let why = match ended {
                Ok(()) => {
                    let why = FollowEnd::Closed.to_string();
                    tracing::info!("{why}");
                    why
                }
                Err(error) => {
                    let why = format!("the replica has failed ({error}): restart the server");
                    tracing::error!("{why}");
                    why
                }
            };
            if let Some(replica) = replica.upgrade() {
                replica.set_state(State::Ended { why });
            }
        });
    }

    /// Returns when the source is closed.
    async fn run(mut self, replica: Weak<Replica>, mut stream: Stream) {
        loop {
            let since = Instant::now();
            let broken = self.follow(&replica, stream).await;
            if since.elapsed() >= LONGEST_PAUSE {
                self.recovered();
                self.loads.reset();
            }
            match self.recover(&replica, broken).await {
                Some(next) => stream = next,
                None => return,
            }
        }
    }

    /// Applies commits as they come, until there are no more.
    async fn follow(&mut self, replica: &Weak<Replica>, mut stream: Stream) -> Broken {
        let mut commits = std::mem::take(&mut stream.backlog);
        let mut items = Vec::new();
        loop {
            let Some(replica) = replica.upgrade() else {
                return Broken::Closed;
            };
            if let Err(diverged) = self.apply(replica, commits).await {
                return diverged;
            }
            if let Some(end) = stream.end {
                return end.into();
            }
            if stream
                .commits
                .recv_many(&mut items, MAX_COMMITS_PUBLISHED_TOGETHER)
                .await
                == 0
            {
                return ended_without_reason().into();
            }
            commits = Vec::with_capacity(items.len());
            for item in items.drain(..) {
                match item {
                    Ok(commit) => commits.push(commit),
                    Err(end) => {
                        stream.end = Some(end);
                        break;
                    }
                }
            }
        }
    }

    /// Applies those commits that are newer than the snapshot. Many entries are the thread's work,
    /// since no request should wait for it.
    async fn apply(
        &mut self,
        replica: Arc<Replica>,
        mut commits: Vec<Arc<Commit>>,
    ) -> Result<(), Broken> {
        keep_newer(&mut commits, replica.revision());
        if commits.is_empty() {
            return Ok(());
        }
        let (replaced, applied) = if replica.entries_in(&commits) > MAX_ENTRIES_APPLIED_IN_PLACE {
            let apply = move || replica.apply(&commits, Size::Large);
            let (replaced, applied) = self.worker.run(apply).await;
            self.disposal.snapshot(&replaced.snapshot);
            (replaced, applied)
        } else {
            replica.apply(&commits, Size::Small)
        };
        self.dispose_of_commits(replaced);
        applied.map_err(|diverged| Broken::Forgotten(diverged.to_string()))?;
        self.recovered();
        Ok(())
    }

    /// Drops the commits for which the ring had no room, on the thread if they are large.
    fn dispose_of_commits(&self, replaced: Replaced) {
        let commits = replaced.commits;
        let are_many = commits.len() > MAX_COMMITS_DROPPED_IN_PLACE;
        let changes = commits.iter().flat_map(|commit| &commit.changes);
        let size: usize = changes.map(keyfront_storage::Change::size).sum();
        if are_many || size > MAX_ENTRIES_APPLIED_IN_PLACE {
            self.disposal.commits(commits);
        }
    }

    /// The source was back for more than a moment: a commit came, or it stayed for a while.
    fn recovered(&mut self) {
        self.follows.reset();
        self.lost_since = None;
    }

    /// Says that the replica is behind, and follows again, or loads anew, until one of them succeeds; `None`
    /// once the source is closed.
    async fn recover(&mut self, replica: &Weak<Replica>, mut broken: Broken) -> Option<Stream> {
        let since = *self.lost_since.get_or_insert_with(Instant::now);
        loop {
            let (pause, why) = match &broken {
                Broken::Closed => return None,
                Broken::Interrupted(why) => (self.follows.pause(&*self.options.random), why),
                Broken::Forgotten(why) => (self.loads.pause(&*self.options.random), why),
            };
            tell_behind(&*replica.upgrade()?, since, why);
            sleep(pause).await;
            let attempt = match broken {
                Broken::Forgotten(_) => self.load_again(replica).await,
                Broken::Interrupted(_) | Broken::Closed => self.follow_again(replica).await,
            };
            match attempt {
                Ok(stream) => {
                    replica.upgrade()?.set_state(State::Following);
                    tracing::info!("the replica follows its source again");
                    return Some(stream);
                }
                Err(next) => broken = next,
            }
        }
    }

    async fn follow_again(&self, replica: &Weak<Replica>) -> Result<Stream, Broken> {
        let position = snapshot_of(replica)?.position();
        let following = timeout(self.options.stall_timeout, self.source.follow(position)).await;
        match following {
            Ok(Ok(commits)) => Ok(Stream::new(commits)),
            Ok(Err(end)) => Err(end.into()),
            Err(_) => Err(Broken::Interrupted(
                self.stalled("answered where its commits go on").to_string(),
            )),
        }
    }

    /// After a load that failed the source is asked to be followed first: it knows best whether it is
    /// closed, out of reach, or must be loaded.
    async fn load_again(&self, replica: &Weak<Replica>) -> Result<Stream, Broken> {
        let old = snapshot_of(replica)?;
        let loaded = self.load(old, Place::Thread).await;
        let (snapshot, stream) = loaded.map_err(|error| Broken::Interrupted(error.to_string()))?;
        let replica = replica.upgrade().ok_or(Broken::Closed)?;
        let replaced = replica.replace(snapshot);
        self.disposal.snapshot(&replaced.snapshot);
        self.disposal.commits(replaced.commits);
        Ok(stream)
    }
}

fn snapshot_of(replica: &Weak<Replica>) -> Result<Arc<Snapshot>, Broken> {
    let replica = replica.upgrade().ok_or(Broken::Closed)?;
    Ok(replica.snapshot())
}

/// Keeps the commits that are newer than a revision, and than those before them.
fn keep_newer(commits: &mut Vec<Arc<Commit>>, mut newest: Revision) {
    commits.retain(|commit| {
        let is_newer = commit.revision > newest;
        newest = newest.max(commit.revision);
        is_newer
    });
}

fn tell_behind(replica: &Replica, since: Instant, why: &str) {
    let behind = State::Behind {
        since,
        why: why.to_owned(),
    };
    if replica.status().state != behind {
        tracing::warn!(why, "the replica is behind its source, and tries again");
        replica.set_state(behind);
    }
}

use std::ops::Bound;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::cluster::{Handle, Link, Shared};
use super::fault::Fault;
use crate::{Commit, Commits, FollowEnd, Position, Revision, SourceId};

type Sender = mpsc::Sender<Result<Arc<Commit>, FollowEnd>>;

/// What a follower is sent next.
enum Next {
    Commits(Vec<Arc<Commit>>),
    End(FollowEnd),
    Wait,
}

/// A task that sends one follower the commits after a position. It reads them from the
/// cluster's recent commits as the follower receives them, so that a slow follower costs no memory: it is
/// forgotten once the recent commits no longer reach back.
pub(super) struct Follower {
    shared: Arc<Shared>,
    handle: Handle,
    source: SourceId,
    last: Revision,
    id: u64,
    /// The first commit after this revision is left out, for [`Fault::LosesCommitAfterLoad`].
    loses_after: Option<Revision>,
}

impl Follower {
    /// Starts to follow. A position that can't be followed is refused at once.
    pub(super) fn start(
        shared: &Arc<Shared>,
        handle: Handle,
        after: Position,
        loses_after: Option<Revision>,
    ) -> Result<Commits, FollowEnd> {
        let mut state = shared.state();
        let foreign = after.source != state.data.source;
        if foreign && !shared.has(Fault::FollowsForeignPositions) {
            return Err(FollowEnd::Forgotten);
        }
        let forgotten = after.revision < state.data.forgotten;
        if forgotten && !foreign && !shared.has(Fault::NeverForgets) {
            return Err(FollowEnd::Forgotten);
        }
        let id = state.follow(after.revision);
        let source = state.data.source;
        drop(state);
        let follower = Self {
            shared: shared.clone(),
            handle,
            source,
            last: after.revision,
            id,
            loses_after,
        };
        let (sender, commits) = mpsc::channel(shared.behaviour.queue.max(1));
        tokio::spawn(follower.run(sender));
        Ok(commits)
    }

    async fn run(mut self, sender: Sender) {
        let mut changes = self.shared.changed.subscribe();
        loop {
            changes.mark_unchanged();
            let sent = match self.next() {
                Next::Wait => tokio::select! {
                    biased;
                    () = sender.closed() => false,
                    notified = changes.changed() => notified.is_ok(),
                },
                Next::End(end) => {
                    let _ = sender.send(Err(end)).await;
                    false
                }
                Next::Commits(commits) => self.send_all(&sender, commits).await,
            };
            if !sent {
                break;
            }
        }
        self.shared.state().unfollow(self.id);
        self.shared.notify();
    }

    /// Sends commits, and says whether the follower goes on.
    async fn send_all(&mut self, sender: &Sender, commits: Vec<Arc<Commit>>) -> bool {
        for commit in commits {
            let revision = commit.revision;
            let lost = self.loses_after.is_some_and(|after| revision > after);
            if lost {
                self.loses_after = None;
            } else if !self.send(sender, commit).await {
                return false;
            }
            self.last = self.last.max(revision);
        }
        self.shared.state().followed(self.id, self.last);
        self.shared.notify();
        true
    }

    async fn send(&self, sender: &Sender, commit: Arc<Commit>) -> bool {
        let (random, behaviour) = (&self.shared.random, &self.shared.behaviour);
        random.pause(behaviour).await;
        let end = if random.happens(behaviour.interrupted) {
            FollowEnd::Interrupted(super::lost("the connection broke"))
        } else if random.happens(behaviour.forgotten) {
            FollowEnd::Forgotten
        } else {
            return sender.send(Ok(commit)).await.is_ok();
        };
        let _ = sender.send(Err(end)).await;
        false
    }

    fn next(&self) -> Next {
        let state = self.shared.state();
        let last = match state.link(self.handle) {
            Link::Up => Revision(u64::MAX),
            Link::Closed { head } => head,
            Link::Isolated => return Next::End(FollowEnd::Interrupted(super::isolated())),
            Link::Killed => return Next::End(FollowEnd::Closed),
        };
        let data = &state.data;
        if self.source != data.source {
            return Next::End(FollowEnd::Forgotten);
        }
        if self.last < data.forgotten && !self.shared.has(Fault::NeverForgets) {
            return Next::End(FollowEnd::Forgotten);
        }
        if self.last < last {
            let after = (Bound::Excluded(self.last), Bound::Included(last));
            let mut after = data.recent.range(after).map(|(_, commit)| commit.clone());
            if let Some(next) = after.next() {
                return Next::Commits(self.with_faults(next, after.next()));
            }
        }
        match last {
            Revision(u64::MAX) => Next::Wait,
            _ => Next::End(FollowEnd::Closed),
        }
    }

    /// The commits that are sent at once: the next alone, unless a fault is planted.
    fn with_faults(&self, next: Arc<Commit>, second: Option<Arc<Commit>>) -> Vec<Arc<Commit>> {
        let is_third = next.revision.0.is_multiple_of(3);
        match second {
            Some(second) if self.shared.has(Fault::SwapsCommits) => vec![second, next],
            _ if self.shared.has(Fault::RepeatsCommits) && is_third => vec![next.clone(), next],
            _ => vec![next],
        }
    }
}

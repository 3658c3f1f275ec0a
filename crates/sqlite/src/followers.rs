use std::sync::Arc;
use std::time::Duration;

use keyfront_storage::{Commit, Commits, FollowEnd};
use tokio::sync::mpsc;

use crate::queue::{self, Sent};

/// How many commits may wait for a follower.
const QUEUE_CAPACITY: usize = 1024;

/// How long the writer waits for a follower with a full queue before it has the follower load anew. If the
/// follower is the replica, no commit could be acknowledged meanwhile in any case.
const FOLLOWER_DEADLINE: Duration = Duration::from_secs(1);

type Item = Result<Arc<Commit>, FollowEnd>;

/// The followers of the writer.
#[derive(Default)]
pub(crate) struct Followers(Vec<Follower>);

struct Follower {
    queue: mpsc::Sender<Item>,
    /// Reserved room in the queue for the reason why the stream ends.
    end: mpsc::OwnedPermit<Item>,
}

impl Followers {
    /// Another follower, from the next commit on.
    pub(crate) fn subscribe(&mut self) -> Commits {
        let (queue, commits) = mpsc::channel(QUEUE_CAPACITY + 1);
        // The queue is new, so that it has room.
        if let Ok(end) = queue.clone().try_reserve_owned() {
            self.0.push(Follower { queue, end });
        }
        commits
    }

    /// Sends a commit to every follower.
    pub(crate) fn publish(&mut self, commit: &Arc<Commit>) {
        for place in (0..self.0.len()).rev() {
            match queue::send_within(&self.0[place].queue, Ok(commit.clone()), FOLLOWER_DEADLINE) {
                Sent::Yes => {}
                Sent::Gone => drop(self.0.swap_remove(place)),
                Sent::TooSlow => {
                    tracing::warn!(
                        "a follower of the storage engine is too slow: it has to load anew"
                    );
                    self.0
                        .swap_remove(place)
                        .end
                        .send(Err(FollowEnd::Forgotten));
                }
            }
        }
    }

    /// Ends the stream of every follower.
    pub(crate) fn close(&mut self) {
        for follower in self.0.drain(..) {
            follower.end.send(Err(FollowEnd::Closed));
        }
    }
}

#[cfg(test)]
mod tests {
    use keyfront_model::Timestamp;
    use keyfront_storage::{Author, Revision, Subject, Task};

    use super::*;

    fn commit(revision: u64) -> Arc<Commit> {
        let account = "123456789012".parse().unwrap();
        Arc::new(Commit {
            revision: Revision(revision),
            subject: Subject::Account(account),
            owner: account,
            author: Author::Keyfront(Task::ForgetDeleted),
            message: None,
            at: Timestamp::from_millis(0),
            changes: Vec::new(),
        })
    }

    #[test]
    fn a_follower_that_takes_nothing_is_told_to_load_anew() {
        let mut followers = Followers::default();
        let (mut slow, mut quick) = (followers.subscribe(), followers.subscribe());
        let commits = QUEUE_CAPACITY as u64 + 2;
        for revision in 1..=commits {
            followers.publish(&commit(revision));
            assert_eq!(
                quick.try_recv().unwrap().unwrap().revision,
                Revision(revision)
            );
        }
        for revision in 1..=QUEUE_CAPACITY as u64 {
            assert_eq!(
                slow.try_recv().unwrap().unwrap().revision,
                Revision(revision)
            );
        }
        assert!(matches!(slow.try_recv(), Ok(Err(FollowEnd::Forgotten))));
        followers.close();
        assert!(matches!(quick.try_recv(), Ok(Err(FollowEnd::Closed))));
    }
}

use std::time::Duration;

use futures_util::future::BoxFuture;
use keyfront_model::{AccountId, StoreId, Timestamp};
use keyfront_replica::{Snapshot, Versioned};
use keyfront_storage::{
    Account, Author, Before, Change, CommitError, Condition, EntryChange, Position, Proposal,
    Record, RecordId, ResourceId, Revision, Subject,
};
use tokio::time::{Instant, sleep, timeout_at};

use crate::{Service, Unavailable};

/// A decision on one snapshot, ready to be committed: what is to change, and on condition of what.
pub(crate) struct Decision {
    subject: Subject,
    owner: AccountId,
    decided_on: Position,
    conditions: Vec<Condition>,
    changes: Vec<Change>,
}

/// What an operation decides on a snapshot.
pub(crate) enum Choice<T> {
    /// To change something, and to answer this when it is durable.
    Commit(Decision, T),
    /// To answer this without a change.
    Answer(T),
}

/// For how long a decision that loses a race is made anew. The bound is a time, not a number of attempts: of
/// 64 concurrent creations in one account, one may lose 63 times.
const DECIDE_BUDGET: Duration = Duration::from_secs(5);

/// For how long a change that is durable is waited for until it can be read.
const APPLY_DEADLINE: Duration = Duration::from_secs(30);

/// The first pause after a lost race. The first repetition has no pause, since the commit that won can be
/// read already.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// The longest pause after a lost race.
const MAX_PAUSE: Duration = Duration::from_millis(100);

impl Decision {
    /// A decision about a store or a function.
    pub(crate) fn on(
        snapshot: &Snapshot,
        resource: impl Into<ResourceId>,
        owner: AccountId,
    ) -> Self {
        Self {
            subject: resource.into().into(),
            owner,
            decided_on: snapshot.position(),
            // Room for what a write of keys needs: the changes are kept for as long as the commit.
            conditions: Vec::with_capacity(1),
            changes: Vec::with_capacity(2),
        }
    }

    /// Writes a record that is absent.
    pub(crate) fn create(mut self, record: impl Into<Record>) -> Self {
        let record = record.into();
        self.condition(record.id(), None);
        self.changes.push(Change::Put {
            before: Before::Absent,
            record,
        });
        self
    }

    /// Writes a record in the place of one that was read.
    pub(crate) fn replace<T: Clone + Into<Record>>(
        mut self,
        read: &Versioned<T>,
        record: T,
    ) -> Self {
        let record = record.into();
        self.condition(record.id(), Some(read.revision()));
        self.changes.push(Change::Put {
            before: T::clone(read).into().into(),
            record,
        });
        self
    }

    /// Writes a record, whether or not one was read.
    pub(crate) fn put<T: Clone + Into<Record>>(
        self,
        read: Option<&Versioned<T>>,
        record: T,
    ) -> Self {
        match read {
            Some(read) => self.replace(read, record),
            None => self.create(record),
        }
    }

    /// Removes a record that was read.
    pub(crate) fn delete<T: Clone + Into<Record>>(mut self, read: &Versioned<T>) -> Self {
        let record: Record = T::clone(read).into();
        self.condition(record.id(), Some(read.revision()));
        self.changes.push(Change::Delete {
            id: record.id(),
            before: record.into(),
        });
        self
    }

    /// Removes a record whatever it is, since the history of its subject ends.
    pub(crate) fn discard(mut self, id: RecordId) -> Self {
        self.changes.push(Change::Delete {
            id,
            before: Before::Unrecorded,
        });
        self
    }

    /// Changes entries of a store. Their contents' record changes with them.
    pub(crate) fn entries(mut self, store: StoreId, mut entries: Vec<EntryChange>) -> Self {
        entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        self.changes.push(Change::Entries { store, entries });
        self
    }

    /// Only if a record is still the one that was read.
    pub(crate) fn given<T: Clone + Into<Record>>(mut self, read: &Versioned<T>) -> Self {
        let record: Record = T::clone(read).into();
        self.condition(record.id(), Some(read.revision()));
        self
    }

    /// Only if a record still is at the revision at which it was found, or absent.
    pub(crate) fn given_at(mut self, id: RecordId, revision: Option<Revision>) -> Self {
        self.condition(id, revision);
        self
    }

    /// Only if a record is still absent.
    pub(crate) fn given_absent(mut self, id: RecordId) -> Self {
        self.condition(id, None);
        self
    }

    fn condition(&mut self, record: RecordId, revision: Option<Revision>) {
        self.conditions.push(Condition { record, revision });
    }

    fn into_proposal(self, author: &Author, at: Timestamp) -> Proposal {
        Proposal {
            subject: self.subject,
            owner: self.owner,
            author: author.clone(),
            message: None,
            at,
            snapshot: self.decided_on.revision,
            conditions: self.conditions,
            changes: self.changes,
        }
    }
}

/// The counters of an account: the record, if there is one, and what it counts.
pub(crate) fn counters(
    snapshot: &Snapshot,
    account: AccountId,
) -> (Option<&Versioned<Account>>, Account) {
    let found = snapshot.account(account);
    let none = Account {
        account,
        stores: 0,
        functions: 0,
    };
    (found, found.map_or(none, |found| Account::clone(found)))
}

/// The outcome of a decision.
enum Outcome {
    /// It is durable, and can be read.
    Done,
    /// What it was based on has changed, which can be read: decide anew.
    Stale,
}

impl Service {
    /// Decides on a snapshot and commits the decision; anew if it was overtaken, until the budget is
    /// spent. It ends when the caller drops the future.
    pub(crate) async fn decide<T, E: From<Unavailable>>(
        &self,
        author: &Author,
        mut decide: impl FnMut(&Snapshot) -> Result<Choice<T>, E>,
    ) -> Result<T, E> {
        let deadline = Instant::now() + DECIDE_BUDGET;
        let mut pause = Duration::ZERO;
        loop {
            let snapshot = self.snapshot().await?;
            let (decision, answer) = match decide(&snapshot)? {
                Choice::Answer(answer) => return Ok(answer),
                Choice::Commit(decision, answer) => (decision, answer),
            };
            drop(snapshot);
            let decided_on = decision.decided_on;
            let proposal = decision.into_proposal(author, self.now());
            let committing = self.parts.engine.commit(proposal);
            match self.outcome(committing, decided_on).await? {
                Outcome::Done => return Ok(answer),
                Outcome::Stale if Instant::now() >= deadline => {
                    return Err(Unavailable::Contended.into());
                }
                Outcome::Stale => sleep(self.jittered(pause)).await,
            }
            pause = (pause * 2).clamp(FIRST_PAUSE, MAX_PAUSE);
        }
    }

    /// A random part of a pause, so that those who lost a race don't meet again.
    fn jittered(&self, pause: Duration) -> Duration {
        let part = f64::from(u32::try_from(self.random_bits() >> 32).unwrap_or(u32::MAX));
        pause.mul_f64(part / f64::from(u32::MAX))
    }

    /// What comes of a commit, once that can be read.
    async fn outcome(
        &self,
        committing: BoxFuture<'_, Result<Revision, CommitError>>,
        decided_on: Position,
    ) -> Result<Outcome, Unavailable> {
        let (revision, outcome) = match committing.await {
            Ok(revision) => (revision, Outcome::Done),
            Err(CommitError::Stale(revision)) if revision <= decided_on.revision => {
                return Err(Unavailable::Failed(format!(
                    "a change was refused as stale at revision {revision}, on which it was decided: \
                     something else writes to the storage"
                )));
            }
            Err(CommitError::Stale(revision)) => (revision, Outcome::Stale),
            Err(CommitError::Busy) => return Err(Unavailable::Busy),
            Err(error) => return Err(Unavailable::Failed(error.to_string())),
        };
        let position = Position {
            revision,
            ..decided_on
        };
        self.applied(position, Instant::now() + APPLY_DEADLINE)
            .await?;
        Ok(outcome)
    }

    /// Waits until a position can be read.
    pub(crate) async fn applied(
        &self,
        position: Position,
        deadline: Instant,
    ) -> Result<(), Unavailable> {
        let replica = &self.parts.replica;
        let reached = match replica.try_reached_at(position) {
            Some(reached) => Ok(reached),
            // A large future, which would be copied with each around it.
            None => Box::pin(timeout_at(deadline, replica.reached_at(position))).await,
        };
        match reached {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Unavailable::Failed(error.to_string())),
            Err(_) => Err(Unavailable::Failed(
                "the replica is too far behind the storage".to_owned(),
            )),
        }
    }
}

use keyfront_replica::Versioned;
use keyfront_storage::{Author, Change, CommitError, Condition, Proposal, RecordId, Revision};

use crate::{Service, Unavailable};

/// A decision, ready to be committed.
pub(crate) struct Decision {
    conditions: Vec<Condition>,
    changes: Vec<Change>,
}

/// What became of a decision.
#[derive(PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is durable, and can be read.
    Done,
    /// What it was based on has changed, which can be read: decide anew.
    Stale,
}

impl Decision {
    pub(crate) fn new(changes: Vec<Change>) -> Self {
        Self {
            conditions: Vec::new(),
            changes,
        }
    }

    /// On condition that a record is still the one that was read.
    pub(crate) fn given<T>(self, record: RecordId, read: &Versioned<T>) -> Self {
        self.given_revision(record, Some(read.revision))
    }

    /// On condition that a record is still absent.
    pub(crate) fn given_absent(self, record: RecordId) -> Self {
        self.given_revision(record, None)
    }

    /// On condition that a record is still as it was read, or still absent.
    pub(crate) fn given_revision(mut self, record: RecordId, revision: Option<Revision>) -> Self {
        self.conditions.push(Condition { record, revision });
        self
    }
}

impl Service {
    /// Commits a decision, and returns when its outcome can be read.
    pub(crate) async fn commit(
        &self,
        author: &Author,
        decision: Decision,
    ) -> Result<Outcome, Unavailable> {
        let proposal = Proposal {
            author: author.clone(),
            at: self.now(),
            conditions: decision.conditions,
            changes: decision.changes,
        };
        match self.parts.engine.commit(proposal).await {
            Ok(revision) => {
                self.reached(revision).await?;
                Ok(Outcome::Done)
            }
            Err(CommitError::Stale(revision)) => {
                self.reached(revision).await?;
                Ok(Outcome::Stale)
            }
            Err(CommitError::Failed(error) | CommitError::Stopped(error)) => {
                Err(Unavailable(error.0))
            }
        }
    }

    pub(crate) async fn reached(&self, revision: Revision) -> Result<(), Unavailable> {
        let reached = self.parts.replica.reached(revision).await;
        reached.map_err(|stopped| Unavailable(stopped.to_string()))
    }
}

use keyfront_storage::Position;
use tokio::time::Instant;

/// How far a replica has come, and whether it goes on.
#[derive(Debug, Clone)]
pub struct Status {
    /// The newest revision that can be read, and the source that it is of.
    pub position: Position,
    /// Whether it goes on.
    pub state: State,
}

/// Whether a replica goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It follows its source.
    Following,
    /// It has lost its source, serves what it has, and tries again for ever.
    Behind {
        /// When it lost the source. Attempts that succeed only for a moment don't change it.
        since: Instant,
        /// Why the last attempt failed, for the operator.
        why: String,
    },
    /// It does not go on: the source was closed, or the replica failed.
    Ended {
        /// Which of the two, for the operator.
        why: String,
    },
}

/// Why a revision will not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReached {
    /// The replica has ended below it.
    #[error("the replica no longer follows its source: {0}")]
    Ended(String),
    /// The replica has loaded from another source id, under which the revision means nothing.
    /// Whether what is read now holds its commit is not known.
    #[error("the source was replaced by another one, under which the revision means nothing")]
    SourceChanged,
}

impl Status {
    /// Whether a position is reached; `None` while that is not decided.
    pub(crate) fn reached(&self, wanted: Position) -> Option<Result<(), NotReached>> {
        if self.position.source != wanted.source {
            return Some(Err(NotReached::SourceChanged));
        }
        if self.position.revision >= wanted.revision {
            return Some(Ok(()));
        }
        match &self.state {
            State::Ended { why } => Some(Err(NotReached::Ended(why.clone()))),
            State::Following | State::Behind { .. } => None,
        }
    }

    /// Whether it does not go on.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended { .. })
    }
}

//! An open engine, and its calls made again where it is not steady.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use super::state::{Loaded, State, Stream};
use super::writer::Writer;
use super::{Bench, Place};
use crate::{
    Commit, CommitError, Engine, FollowEnd, HistoryPage, Known, Position, Proposal, Retention,
    Revision, Subject,
};

/// How often a call is made again on an engine that is not steady.
const MAX_TRIES: usize = 1000;

/// An open engine.
pub(super) struct Session {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) steady: bool,
    place: Box<dyn Place>,
}

impl Session {
    /// An engine over no data.
    pub(super) async fn open(bench: &dyn Bench, retention: Retention) -> Self {
        let place = bench.place();
        Self {
            engine: place.open(retention).await,
            steady: bench.abilities().steady,
            place,
        }
    }

    pub(super) async fn reopen(self, retention: Retention) -> Self {
        self.engine.close().await;
        drop(self.engine);
        let engine = self.place.open(retention).await;
        Self { engine, ..self }
    }

    pub(super) async fn crash(self, retention: Retention) -> Self {
        self.place.crash(self.engine).await;
        let engine = self.place.open(retention).await;
        Self { engine, ..self }
    }

    pub(super) async fn forget(&self) {
        self.place.forget().await;
    }

    /// Gives an engine that is not steady another try.
    async fn try_again(&self, tries: &mut usize, why: &(dyn Display + Sync)) {
        assert!(!self.steady, "a steady engine failed: {why}");
        *tries += 1;
        assert!(*tries < MAX_TRIES, "the engine failed every time: {why}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    pub(super) async fn load(&self) -> Loaded {
        self.load_but(&Known::new()).await
    }

    /// A load without the contents that are known.
    pub(super) async fn load_but(&self, known: &Known) -> Loaded {
        let mut tries = 0;
        loop {
            let loaded = match self.engine.load(known).await {
                Ok(load) => Loaded::read(load).await,
                Err(error) => Err(error),
            };
            match loaded {
                Ok(loaded) => return loaded,
                Err(error) => self.try_again(&mut tries, &error).await,
            }
        }
    }

    /// Follows from a position; `None` if it is forgotten.
    pub(super) async fn follow(&self, after: Position) -> Option<Stream> {
        let mut tries = 0;
        loop {
            match self.engine.follow(after).await {
                Ok(commits) => return Some(Stream::new(commits)),
                Err(FollowEnd::Forgotten) => return None,
                Err(FollowEnd::Closed) => panic!("an open engine says that it was closed"),
                Err(FollowEnd::Interrupted(error)) => self.try_again(&mut tries, &error).await,
            }
        }
    }

    /// The commits after a position up to a revision; `None` if the position is forgotten.
    pub(super) async fn commits_between(
        &self,
        after: Position,
        last: Revision,
    ) -> Option<Vec<Arc<Commit>>> {
        let mut tries = 0;
        'again: loop {
            let mut stream = self.follow(after).await?;
            let (mut seen, mut commits) = (after.revision, Vec::new());
            while seen < last {
                match stream.next().await {
                    Ok(commit) => {
                        seen = commit.revision;
                        commits.push(commit);
                    }
                    Err(FollowEnd::Forgotten) => return None,
                    Err(end) => {
                        self.try_again(&mut tries, &end).await;
                        continue 'again;
                    }
                }
            }
            return Some(commits);
        }
    }

    pub(super) async fn history(
        &self,
        subject: Subject,
        before: Option<Revision>,
        limit: usize,
    ) -> HistoryPage {
        let mut tries = 0;
        loop {
            match self.engine.history(subject, before, limit).await {
                Ok(page) => return page,
                Err(error) => self.try_again(&mut tries, &error).await,
            }
        }
    }

    /// All of a subject's history, read in pages.
    pub(super) async fn whole_history(&self, subject: Subject, limit: usize) -> Vec<Arc<Commit>> {
        let mut commits: Vec<Arc<Commit>> = Vec::new();
        loop {
            let before = commits.last().map(|commit| commit.revision);
            let page = self.history(subject, before, limit).await;
            let full = page.commits.len() == limit;
            assert!(page.commits.len() <= limit, "a page has too many commits");
            assert!(full || !page.more, "a page that is not full says more");
            commits.extend(page.commits);
            let newest_first = commits.is_sorted_by(|one, next| one.revision > next.revision);
            assert!(newest_first, "the history of {subject} is not newest first");
            if !page.more {
                return commits;
            }
        }
    }

    pub(super) async fn current(&self) -> Option<Revision> {
        let mut tries = 0;
        loop {
            match self.engine.current().await {
                Ok(revision) => return revision,
                Err(error) => self.try_again(&mut tries, &error).await,
            }
        }
    }

    /// Makes a proposal whose outcome must be known, and is [`CommitError::Stale`] or made.
    pub(super) async fn commit_or_stale(&self, proposal: &Proposal) -> Result<Revision, Stale> {
        let mut tries = 0;
        let mut was_unknown = false;
        loop {
            match self.engine.commit(proposal.clone()).await {
                Ok(revision) => return Ok(revision),
                Err(CommitError::Stale(at)) => return Err(Stale { at, was_unknown }),
                Err(CommitError::Stopped(error)) => panic!("the engine has stopped: {error}"),
                Err(error @ CommitError::Unknown(_)) => {
                    was_unknown = true;
                    self.try_again(&mut tries, &error).await;
                }
                Err(error @ (CommitError::Busy | CommitError::NotWritten(_))) => {
                    self.try_again(&mut tries, &error).await;
                }
            }
        }
    }

    /// Makes a proposal that must be refused because a condition does not hold, and gives the
    /// revision of the refusal.
    pub(super) async fn refused(&self, proposal: &Proposal) -> Revision {
        match self.commit_or_stale(proposal).await {
            Err(stale) => stale.at,
            Ok(revision) => panic!("a condition did not hold, but it was committed at {revision}"),
        }
    }

    /// Loads, and holds the load against what was committed.
    pub(super) async fn expect(&self, writer: &Writer) -> Loaded {
        let loaded = self.load().await;
        assert!(
            loaded.position.revision >= writer.seen,
            "a load at {} was begun after {} was acknowledged",
            loaded.position.revision,
            writer.seen
        );
        expect_state(&writer.state, &loaded.state);
        loaded
    }
}

/// That a proposal was refused as stale.
pub(super) struct Stale {
    pub(super) at: Revision,
    /// An earlier try of the same proposal was of unknown outcome, and may be what this one ran into.
    pub(super) was_unknown: bool,
}

/// Panics if an engine's state is not the model's.
pub(super) fn expect_state(expected: &State, found: &State) {
    if let Some(difference) = expected.difference(found) {
        panic!("the engine holds something else than was committed: {difference}");
    }
}

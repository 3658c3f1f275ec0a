//! A reader as the replica is one: it loads, follows, and begins anew when it is forgotten.

use std::sync::Arc;

use tokio::sync::watch;

use super::session::{Session, expect_state};
use super::state::{State, Stream};
use crate::{Commit, FollowEnd, Known, Position, Retention, Revision};

/// How often a reader of a steady engine, or of one that is not, may have to load anew.
const MAX_LOADS: [usize; 2] = [10, 2000];

/// A reader that keeps up with an engine.
pub(super) struct Reader {
    pub(super) position: Position,
    pub(super) state: State,
    /// What it saw: for each load the revision from which it followed, and the commits since.
    pub(super) seen: Vec<(Revision, Vec<Arc<Commit>>)>,
    stream: Option<Stream>,
}

impl Reader {
    pub(super) async fn start(session: &Session) -> Self {
        let loaded = session.load().await;
        Self {
            position: loaded.position,
            state: loaded.state,
            seen: vec![(loaded.position.revision, Vec::new())],
            stream: Some(loaded.commits),
        }
    }

    /// Takes one step: applies a commit, follows again, or loads anew.
    pub(super) async fn step(&mut self, session: &Session) {
        let Some(stream) = &mut self.stream else {
            self.stream = session.follow(self.position).await;
            if self.stream.is_none() {
                self.load_again(session).await;
            }
            return;
        };
        match stream.next().await {
            Ok(commit) => self.apply(commit),
            Err(FollowEnd::Forgotten) => {
                self.stream = None;
                self.load_again(session).await;
            }
            Err(FollowEnd::Interrupted(error)) => {
                assert!(!session.steady, "a steady engine interrupted: {error}");
                self.stream = None;
            }
            Err(FollowEnd::Closed) => panic!("an open engine says that it was closed"),
        }
    }

    fn apply(&mut self, commit: Arc<Commit>) {
        // The first commits of a load may be in it.
        if commit.revision <= self.position.revision {
            return;
        }
        self.state.apply(&commit);
        self.position.revision = commit.revision;
        if let Some((_, commits)) = self.seen.last_mut() {
            commits.push(commit);
        }
    }

    async fn load_again(&mut self, session: &Session) {
        let [steady, unsteady] = MAX_LOADS;
        let most = if session.steady { steady } else { unsteady };
        assert!(self.seen.len() < most, "a reader is forgotten all the time");
        let mut loaded = session.load_but(&self.known()).await;
        loaded.fill(&self.state);
        if loaded.position.source == self.position.source {
            assert!(
                loaded.position.revision >= self.position.revision,
                "a load is older than what its reader has seen"
            );
        }
        self.position = loaded.position;
        self.state = loaded.state;
        self.seen.push((self.position.revision, Vec::new()));
        self.stream = Some(loaded.commits);
    }

    /// The contents that this reader has.
    pub(super) fn known(&self) -> Known {
        let contents = self
            .state
            .records
            .values()
            .filter_map(|(_, record)| match record {
                crate::Record::Contents(contents) => Some((contents.store, contents.etag)),
                _ => None,
            });
        contents.collect()
    }

    /// Reads on until a revision was reached. Panics if it never is.
    pub(super) async fn reach(&mut self, session: &Session, revision: Revision) {
        while self.position.revision < revision {
            self.step(session).await;
        }
    }

    /// Reads on until the revision is reached that is sent meanwhile.
    pub(super) async fn reach_last(
        &mut self,
        session: &Session,
        mut last: watch::Receiver<Option<Revision>>,
    ) {
        loop {
            let sent = *last.borrow_and_update();
            if let Some(last) = sent {
                return self.reach(session, last).await;
            }
            tokio::select! {
                biased;
                _ = last.changed() => {}
                () = self.step(session) => {}
            }
        }
    }

    /// Holds what this reader has seen against all commits that were acknowledged, in their order.
    pub(super) fn expect(&self, made: &[Commit], state: &State) {
        let mut end = Revision(0);
        for (start, commits) in &self.seen {
            end = commits.last().map_or(*start, |commit| commit.revision);
            let expected = made
                .iter()
                .filter(|commit| commit.revision > *start && commit.revision <= end);
            let expected: Vec<_> = expected.collect();
            let found: Vec<_> = commits.iter().map(|commit| &**commit).collect();
            expect_commits(&expected, &found);
        }
        let newest = made.last().map_or(Revision(0), |commit| commit.revision);
        assert!(end >= newest, "the reader has not seen everything");
        expect_state(state, &self.state);
    }
}

/// Panics if commits are not the expected ones.
pub(super) fn expect_commits(expected: &[&Commit], found: &[&Commit]) {
    let revisions = |commits: &[&Commit]| -> Vec<u64> {
        commits.iter().map(|commit| commit.revision.0).collect()
    };
    assert_eq!(
        revisions(expected),
        revisions(found),
        "other commits were received than were acknowledged"
    );
    for (expected, found) in expected.iter().zip(found) {
        assert_eq!(expected, found, "a commit differs from what was proposed");
    }
}

/// Retention under which nothing is removed while a rule runs.
pub(super) fn keep_all() -> Retention {
    Retention {
        age: std::time::Duration::from_secs(1000 * 365 * 24 * 60 * 60),
        commits: 1_000_000,
        bytes: 1 << 40,
        account_bytes: 1 << 40,
    }
}

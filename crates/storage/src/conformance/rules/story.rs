//! Long random stories, held against the plain model after every step.

use std::thread;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

use crate::conformance::Bench;
use crate::conformance::fixtures::{store, tagged};
use crate::conformance::reader::{Reader, keep_all};
use crate::conformance::session::{Session, expect_state};
use crate::conformance::state::State;
use crate::conformance::writer::Writer;
use crate::{Change, CommitError, Proposal, Retention, Revision, Subject};

/// How many stories are tried.
const STORIES: u32 = 32;

/// How many steps a story has at most.
const MAX_STEPS: usize = 40;

/// How often a reader and a load are compared until no proposal of unknown outcome is written between
/// the two.
const MAX_COMPARISONS: usize = 100;

/// Whatever happens, in whatever order, loads, followers and the history agree with a model of plain
/// maps. A proposal of unknown outcome was made or not, and its records say which.
pub async fn any_story_agrees_with_a_plain_model(bench: &dyn Bench) {
    let config = Config {
        cases: STORIES,
        failure_persistence: None,
        ..Config::default()
    };
    // The runner calls a closure that can't wait, so each story has a runtime of its own.
    let run = thread::scope(|scope| {
        let runner = scope.spawn(|| {
            TestRunner::new(config).run(&story(), |steps| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build();
                runtime?.block_on(run_story(bench, steps));
                Ok(())
            })
        });
        runner.join()
    });
    match run {
        Ok(Ok(())) => {}
        Ok(Err(TestError::Fail(why, story))) => panic!("{why}, after the story {story:?}"),
        Ok(Err(error)) => panic!("{error}"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// One step of a story. A store is named by its place among those that there are.
#[derive(Debug, Clone)]
enum Step {
    Create(Vec<(u8, u8)>),
    Write(u8, Vec<(u8, Option<u8>)>),
    Tag(u8, Option<u8>),
    Remove(u8),
    /// Decides on what was known some steps ago.
    Late(u8),
    /// Remembers what is known, for a late decision.
    Remember,
    Read,
    Forget,
    Reopen,
    Crash,
}

fn story() -> impl Strategy<Value = Vec<Step>> {
    let entries = prop::collection::btree_map(0..20u8, any::<u8>(), 0..6);
    let edits = prop::collection::btree_map(0..20u8, prop::option::of(any::<u8>()), 0..10);
    let step = prop_oneof![
        3 => entries.prop_map(|entries| Step::Create(entries.into_iter().collect())),
        8 => (any::<u8>(), edits).prop_map(|(n, edits)| Step::Write(n, edits.into_iter().collect())),
        2 => (any::<u8>(), prop::option::of(any::<u8>())).prop_map(|(n, tag)| Step::Tag(n, tag)),
        1 => any::<u8>().prop_map(Step::Remove),
        2 => any::<u8>().prop_map(Step::Late),
        2 => Just(Step::Remember),
        2 => Just(Step::Read),
        1 => Just(Step::Forget),
        1 => Just(Step::Reopen),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 1..MAX_STEPS)
}

fn retention() -> Retention {
    Retention {
        commits: 3,
        ..keep_all()
    }
}

async fn run_story(bench: &dyn Bench, steps: Vec<Step>) {
    let session = Session::open(bench, retention()).await;
    let mut run = StoryRun {
        reader: Reader::start(&session).await,
        session,
        writer: Writer::new(1),
        remembered: Writer::new(1),
        numbers: Vec::new(),
        created: 0,
        unknown: Vec::new(),
    };
    for step in steps {
        run = run.take(bench, step).await;
        run.settle().await;
    }
    run.compare().await;
    run.expect_histories().await;
}

struct StoryRun {
    session: Session,
    reader: Reader,
    writer: Writer,
    /// The writer as it was some steps ago.
    remembered: Writer,
    /// The stores that there are.
    numbers: Vec<u64>,
    created: u64,
    /// Proposals that may be made or not, or may still be.
    unknown: Vec<Proposal>,
}

impl StoryRun {
    async fn take(mut self, bench: &dyn Bench, step: Step) -> Self {
        let abilities = bench.abilities();
        match step {
            Step::Create(entries) => self.create(&entries).await,
            Step::Write(place, edits) => self.write(place, &edits).await,
            Step::Tag(place, tag) => self.tag(place, tag).await,
            Step::Remove(place) => self.remove(place).await,
            Step::Late(place) => self.decide_late(place).await,
            Step::Remember => self.remembered = self.writer.beside(2),
            Step::Read => self.compare().await,
            Step::Forget if abilities.forgets => self.session.forget().await,
            Step::Reopen if abilities.survives_close => {
                self.session = self.session.reopen(retention()).await;
                self.reader = Reader::start(&self.session).await;
            }
            Step::Crash if abilities.survives_crash => {
                self.session = self.session.crash(retention()).await;
                self.reader = Reader::start(&self.session).await;
            }
            Step::Forget | Step::Reopen | Step::Crash => {}
        }
        self
    }

    /// The number of a store that there is.
    fn number(&self, place: u8) -> Option<u64> {
        let count = self.numbers.len();
        (count > 0).then(|| self.numbers[usize::from(place) % count])
    }

    async fn create(&mut self, entries: &[(u8, u8)]) {
        self.created += 1;
        let text: Vec<_> = entries
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        let entries: Vec<_> = text.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let proposal = self.writer.creation(self.created, &entries);
        self.commit(proposal).await;
    }

    async fn write(&mut self, place: u8, edits: &[(u8, Option<u8>)]) {
        let Some(number) = self.number(place) else {
            return;
        };
        let text: Vec<_> = edits
            .iter()
            .map(|(key, value)| (key.to_string(), value.map(|value| value.to_string())))
            .collect();
        let edits: Vec<_> = text
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_deref()))
            .collect();
        let proposal = self.writer.writing(number, &edits);
        self.commit(proposal).await;
    }

    /// Tags a store, or takes its tags off. Every proposal of a story puts a record by which it is
    /// found again, here the contents.
    async fn tag(&mut self, place: u8, tag: Option<u8>) {
        let Some(number) = self.number(place) else {
            return;
        };
        let mut changes = self.writer.edit(number, &[]);
        let record = tagged(number, "tag", &tag.unwrap_or_default().to_string());
        match tag {
            Some(_) => changes.push(self.writer.put(record)),
            None if self.writer.state.record(&record.id()).is_some() => {
                changes.push(self.writer.delete(record.id()));
            }
            None => {}
        }
        let proposal = self.writer.propose(Subject::Store(store(number)), changes);
        self.commit(proposal).await;
    }

    async fn remove(&mut self, place: u8) {
        if let Some(number) = self.number(place) {
            let proposal = self.writer.removal(number);
            self.commit(proposal).await;
        }
    }

    /// A decision on what is no longer so is refused.
    async fn decide_late(&mut self, place: u8) {
        let Some(number) = self.number(place) else {
            return;
        };
        let known = |writer: &Writer| {
            let contents = writer.state.contents(store(number))?;
            Some(contents.etag)
        };
        let remembered = known(&self.remembered);
        if remembered.is_none() || remembered == known(&self.writer) {
            return;
        }
        let late = self.remembered.writing(number, &[("late", Some("late"))]);
        match self.session.engine.commit(late).await {
            Err(CommitError::Stale(at)) => assert!(at > self.remembered.seen),
            Err(error) => assert!(!self.session.steady, "a late decision: {error}"),
            Ok(revision) => panic!("a late decision was committed at {revision}"),
        }
    }

    async fn commit(&mut self, proposal: Proposal) {
        match self.session.engine.commit(proposal.clone()).await {
            Ok(revision) => {
                self.writer.acknowledge(proposal, revision);
            }
            // What was of unknown outcome may have been written since.
            Err(CommitError::Stale(_)) => assert!(!self.unknown.is_empty(), "refused as stale"),
            Err(CommitError::Unknown(error)) => {
                assert!(!self.session.steady, "an unknown outcome: {error}");
                self.unknown.push(proposal);
            }
            Err(error) => assert!(!self.session.steady, "a commit failed: {error}"),
        }
    }

    /// Finds out which proposals of unknown outcome were made, and holds a load against the model.
    async fn settle(&mut self) {
        let loaded = self.session.load().await.state;
        let made = |proposal: &Proposal| written_at(&self.writer, &loaded, proposal);
        let mut made: Vec<(Revision, Proposal)> = self
            .unknown
            .iter()
            .filter_map(|proposal| Some((made(proposal)?, proposal.clone())))
            .collect();
        made.sort_by_key(|(revision, _)| *revision);
        for (revision, proposal) in made {
            if self.holds(&proposal) {
                self.writer.learn(proposal, revision);
            }
        }
        let mut unknown = std::mem::take(&mut self.unknown);
        unknown.retain(|proposal| self.holds(proposal));
        self.unknown = unknown;
        expect_state(&self.writer.state, &loaded);
        let numbers = (1..=self.created).filter(|n| self.writer.stores().contains(&store(*n)));
        self.numbers = numbers.collect();
    }

    fn holds(&self, proposal: &Proposal) -> bool {
        let known = |id| self.writer.state.revision(id);
        let mut conditions = proposal.conditions.iter();
        conditions.all(|condition| known(&condition.record) == condition.revision)
    }

    /// Holds what the reader has against the model.
    async fn compare(&mut self) {
        for comparison in 0.. {
            self.settle().await;
            self.reader.reach(&self.session, self.writer.seen).await;
            let difference = self.writer.state.difference(&self.reader.state);
            let Some(difference) = difference else {
                return;
            };
            let settles = !self.unknown.is_empty() && comparison < MAX_COMPARISONS;
            assert!(settles, "a reader has something else: {difference}");
        }
    }

    /// The history of each store begins with its newest commit, and each of its commits was made.
    async fn expect_histories(&self) {
        for number in &self.numbers {
            let subject = Subject::Store(store(*number));
            let made = self.writer.made.iter().rev();
            let mut made = made.filter(|commit| commit.subject == subject);
            let history = self.session.whole_history(subject, 2).await;
            assert!(!history.is_empty(), "{subject} lives and has no history");
            for commit in history {
                let expected = made.next();
                let late = commit.revision > self.writer.seen;
                assert!(
                    late || expected == Some(&*commit),
                    "history has another commit"
                );
            }
        }
    }
}

/// The revision at which a proposal was written, if a load has all records that it put and the model
/// has not.
fn written_at(writer: &Writer, loaded: &State, proposal: &Proposal) -> Option<Revision> {
    let puts = proposal.changes.iter().filter_map(|change| match change {
        Change::Put { record, .. } => Some(record),
        _ => None,
    });
    let mut revisions = puts.map(|put| match loaded.records.get(&put.id()) {
        Some((revision, record)) if record == put => {
            let is_new = writer.state.revision(&put.id()) != Some(*revision);
            is_new.then_some(*revision)
        }
        _ => None,
    });
    let first = revisions.next()??;
    let same = revisions.all(|revision| revision == Some(first));
    same.then_some(first)
}

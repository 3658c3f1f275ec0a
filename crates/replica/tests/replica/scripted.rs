//! A source that gives the answers of a script, in their order, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending};
use keyfront_model::Random;
use keyfront_replica::{Options, Replica};
use keyfront_storage::{
    Commit, Commits, EngineError, FollowEnd, Known, Load, Piece, Position, Revision, Scope, Source,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::records::at;

pub(crate) type Sender = mpsc::Sender<Result<Arc<Commit>, FollowEnd>>;

pub(crate) enum Answer {
    Load(Result<Load, EngineError>),
    Follow(Result<Commits, FollowEnd>),
    Hang,
    Panic,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    Load(Known),
    Follow(Position),
}

/// Hangs when its script is at its end.
#[derive(Default)]
pub(crate) struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<(Instant, Question)>>,
}

impl Scripted {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            asked: Mutex::default(),
        })
    }

    pub(crate) fn add(&self, answer: Answer) {
        self.answers.lock().unwrap().push_back(answer);
    }

    /// What it was asked, after the first load.
    pub(crate) fn asked(&self) -> Vec<Question> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .skip(1)
            .map(|(_, asked)| asked.clone())
            .collect()
    }

    /// How long after the last moment each of the questions came, after the first load.
    pub(crate) fn asked_after(&self, mut last: Instant) -> Vec<Duration> {
        let asked = self.asked.lock().unwrap();
        let times = asked.iter().skip(1);
        times
            .map(|(time, _)| {
                let after = time.duration_since(last);
                last = *time;
                after
            })
            .collect()
    }

    fn answer(&self, question: Question) -> Answer {
        self.asked.lock().unwrap().push((Instant::now(), question));
        let answer = self.answers.lock().unwrap().pop_front();
        answer.unwrap_or(Answer::Hang)
    }
}

impl Source for Scripted {
    fn load<'a>(&'a self, known: &'a Known) -> BoxFuture<'a, Result<Load, EngineError>> {
        match self.answer(Question::Load(known.clone())) {
            Answer::Load(load) => async move { load }.boxed(),
            Answer::Follow(_) => panic!("the source is loaded where it should be followed"),
            Answer::Hang => pending().boxed(),
            Answer::Panic => panic!("a defect in the source"),
        }
    }

    fn follow(&self, after: Position) -> BoxFuture<'_, Result<Commits, FollowEnd>> {
        match self.answer(Question::Follow(after)) {
            Answer::Follow(commits) => async move { commits }.boxed(),
            Answer::Load(_) => panic!("the source is followed where it should be loaded"),
            Answer::Hang => pending().boxed(),
            Answer::Panic => panic!("a defect in the source"),
        }
    }

    fn current(&self) -> BoxFuture<'_, Result<Option<Revision>, EngineError>> {
        async { Ok(None) }.boxed()
    }
}

/// A load that is complete.
pub(crate) fn load(position: Position, pieces: Vec<Piece>) -> (Answer, Sender) {
    let (answer, pieces_sender, commits) = open_load(position, Scope::All);
    for piece in pieces {
        pieces_sender.try_send(Ok(piece)).unwrap();
    }
    (answer, commits)
}

/// A load that goes on until its first sender is dropped.
pub(crate) fn open_load(
    position: Position,
    scope: Scope,
) -> (Answer, mpsc::Sender<Result<Piece, EngineError>>, Sender) {
    let (pieces_sender, pieces) = mpsc::channel(64);
    let (sender, commits) = mpsc::channel(2048);
    let load = Load {
        position,
        scope,
        pieces,
        commits,
    };
    (Answer::Load(Ok(load)), pieces_sender, sender)
}

/// An answer to being followed.
pub(crate) fn follow() -> (Answer, Sender) {
    let (sender, commits) = mpsc::channel(2048);
    (Answer::Follow(Ok(commits)), sender)
}

pub(crate) fn interrupted() -> FollowEnd {
    FollowEnd::Interrupted(EngineError("the cable is out".to_owned()))
}

/// Makes each pause as long as it may be.
struct LongestPauses;

impl Random for LongestPauses {
    fn bits(&self) -> u128 {
        u128::MAX
    }
}

pub(crate) fn options() -> Options {
    Options::new(Arc::new(LongestPauses))
}

pub(crate) async fn start(source: &Arc<Scripted>) -> Result<Arc<Replica>, EngineError> {
    Replica::start(source.clone(), options()).await
}

/// A replica that has loaded revision 1 of source 1, what it follows, and its source, whose script
/// is at its end.
pub(crate) async fn following(pieces: Vec<Piece>) -> (Arc<Replica>, Sender, Arc<Scripted>) {
    let (answer, sender) = load(at(1, 1), pieces);
    let source = Scripted::new([answer]);
    let replica = start(&source).await.unwrap();
    (replica, sender, source)
}

/// Waits for what needs the replica's own threads, but no time on a paused clock: that would jump
/// ahead of the threads whenever all tasks wait.
pub(crate) async fn eventually(mut condition: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(10), "it never comes");
        std::thread::sleep(Duration::from_micros(100));
        tokio::task::yield_now().await;
    }
}

//! What followers are sent.

use futures_util::future::join_all;
use tokio::sync::watch;

use crate::conformance::Bench;
use crate::conformance::fixtures::store;
use crate::conformance::reader::{Reader, expect_commits, keep_all};
use crate::conformance::session::Session;
use crate::conformance::writer::Writer;
use crate::{Commit, Position, Revision, SourceId, Subject};

/// Followers are sent every commit that was acknowledged, as it was proposed, once and in order, from
/// wherever they begin.
pub async fn a_follower_gets_every_commit_once_and_in_order(bench: &dyn Bench) {
    const WRITERS: u64 = 5;
    const WRITES: usize = 40;
    let session = Session::open(bench, keep_all()).await;
    let mut first = Writer::new(1);
    let mut readers = vec![Reader::start(&session).await, Reader::start(&session).await];
    for number in 1..=WRITERS {
        first.create(&session, number, &[("a", "0")]).await;
    }
    let position = session.load().await.position;
    let (last, sent) = watch::channel(None);
    let mut writers: Vec<_> = (1..=WRITERS).map(|n| first.beside(10 + n)).collect();
    let writing = async {
        let each = (1..).zip(&mut writers);
        let each = each.map(|(number, writer)| write_often(&session, writer, number, WRITES));
        let revisions = join_all(each).await;
        last.send_replace(revisions.into_iter().max());
    };
    let reading = readers
        .iter_mut()
        .map(|reader| reader.reach_last(&session, sent.clone()));
    tokio::join!(writing, join_all(reading));
    let later = writers.into_iter().flat_map(|writer| writer.made);
    let mut made: Vec<Commit> = first.made.into_iter().chain(later).collect();
    made.sort_by_key(|commit| commit.revision);
    let mut state = crate::conformance::state::State::default();
    made.iter().for_each(|commit| state.apply(commit));
    for reader in &readers {
        reader.expect(&made, &state);
    }
    resume(bench, &session, position, &made).await;
}

/// Edits a store many times, and gives the revision of the last.
async fn write_often(
    session: &Session,
    writer: &mut Writer,
    number: u64,
    times: usize,
) -> Revision {
    for time in 0..times {
        let value = time.to_string();
        writer.write(session, number, &[("a", Some(&value))]).await;
    }
    writer.seen
}

/// Follows from earlier positions.
async fn resume(bench: &dyn Bench, session: &Session, first: Position, made: &[Commit]) {
    let last = made.last().unwrap().revision;
    for back in [1, 5, 20, 100] {
        let position = Position {
            revision: made[made.len() - 1 - back].revision,
            ..first
        };
        let commits = session.commits_between(position, last).await;
        let must = bench.abilities().resumes && session.steady && back <= 20;
        match &commits {
            None => assert!(!must, "{back} commits back are forgotten"),
            Some(commits) => {
                let expected: Vec<_> = made[made.len() - back..].iter().collect();
                let found: Vec<_> = commits.iter().map(|commit| &**commit).collect();
                expect_commits(&expected, &found);
            }
        }
    }
}

/// A revision has no meaning in another source: a follower that names one loads anew.
pub async fn a_position_of_another_source_is_forgotten(bench: &dyn Bench) {
    let session = Session::open(bench, keep_all()).await;
    let mut writer = Writer::new(1);
    for number in 0..5 {
        writer.count(&session, number).await;
    }
    let own = session.load().await.position;
    for revision in [Revision(0), writer.seen, Revision(u64::MAX)] {
        let foreign = Position {
            source: SourceId(!own.source.0),
            revision,
        };
        let forgotten = match session.follow(foreign).await {
            None => true,
            Some(mut stream) => {
                let next = writer.count(&session, 9).await;
                match stream.next().await {
                    Err(crate::FollowEnd::Forgotten) => true,
                    item => {
                        let came = item.map(|commit| commit.revision);
                        panic!("after {revision} of another source came {came:?}; {next} was made")
                    }
                }
            }
        };
        assert!(forgotten);
    }
}

/// A follower whose position lies before what is kept is forgotten, and never misses a commit without being; one
/// that has seen the newest commit goes on.
pub async fn a_position_before_what_is_kept_is_forgotten(bench: &dyn Bench) {
    if !bench.abilities().forgets {
        return;
    }
    let session = Session::open(bench, keep_all()).await;
    let mut writer = Writer::new(1);
    writer.create(&session, 1, &[("a", "0")]).await;
    let source = session.load().await.position.source;
    let at = |revision| Position { source, revision };
    let mut behind = Reader::start(&session).await;
    for time in 0..20 {
        let value = time.to_string();
        writer.write(&session, 1, &[("a", Some(&value))]).await;
    }
    session.forget().await;
    for commit in &writer.made[..writer.made.len() - 1] {
        let position = at(commit.revision);
        let commits = session.commits_between(position, writer.seen).await;
        assert!(commits.is_none(), "commits came that were to be forgotten");
    }
    let next = writer.write(&session, 1, &[("a", Some("next"))]).await;
    let commits = session
        .commits_between(at(writer.made[writer.made.len() - 2].revision), next)
        .await;
    match commits {
        Some(commits) => {
            let found: Vec<_> = commits.iter().map(|commit| &**commit).collect();
            expect_commits(&[writer.made.last().unwrap()], &found);
        }
        None => assert!(!session.steady, "the newest position was forgotten"),
    }
    behind.reach(&session, next).await;
    behind.expect(&writer.made, &writer.state);
    // The history of a subject is another thing, and right.
    let history = session.whole_history(Subject::Store(store(1)), 50).await;
    for commit in &history {
        assert!(
            writer.made.contains(commit),
            "history has a commit that was not made"
        );
    }
}

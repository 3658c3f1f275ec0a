//! The engine's own life: how it ends, and what is there when it begins again.

use crate::conformance::Bench;
use crate::conformance::fixtures::store;
use crate::conformance::reader::{Reader, expect_commits, keep_all};
use crate::conformance::session::Session;
use crate::conformance::state::Stream;
use crate::conformance::writer::Writer;
use crate::{CommitError, FollowEnd, Position, RecordId, Retention, Revision, Subject};

/// A closed engine refuses changes as stopped, says that it is not writable, and ends the stream
/// of each follower as closed, after the commits before.
pub async fn a_closed_engine_ends_its_followers(bench: &dyn Bench) {
    let session = Session::open(bench, keep_all()).await;
    let mut writer = Writer::new(1);
    let loaded = session.load().await;
    let from_start = loaded.position;
    for number in 0..3 {
        writer.count(&session, number).await;
    }
    let at_end = session.load().await;
    session
        .engine
        .writable()
        .expect("an open engine takes changes");
    session.engine.close().await;
    let refused = session.engine.commit(writer.counting(9)).await;
    assert!(
        matches!(refused, Err(CommitError::Stopped(_))),
        "a closed engine answers {refused:?}"
    );
    assert!(
        session.engine.writable().is_err(),
        "a closed engine is writable"
    );
    expect_closed(&session, loaded.commits, from_start.revision, &writer).await;
    expect_closed(&session, at_end.commits, at_end.position.revision, &writer).await;
    for position in [from_start, at_end.position] {
        match session.engine.follow(position).await {
            Err(FollowEnd::Closed) => {}
            Ok(commits) => {
                expect_closed(&session, Stream::new(commits), position.revision, &writer).await;
            }
            Err(end) => panic!("a closed engine answers a follower: {end}"),
        }
    }
    session.engine.close().await;
}

/// Takes the rest of a stream, which ends because the engine was closed.
async fn expect_closed(session: &Session, mut stream: Stream, start: Revision, writer: &Writer) {
    let mut expected = writer.made.iter().filter(|commit| commit.revision > start);
    loop {
        match stream.next().await {
            Ok(commit) if commit.revision <= start => {}
            Ok(commit) => assert_eq!(Some(&*commit), expected.next()),
            Err(FollowEnd::Closed) => {
                assert_eq!(expected.next(), None, "commits are missing before the end");
                return;
            }
            Err(FollowEnd::Interrupted(_) | FollowEnd::Forgotten) if !session.steady => return,
            Err(end) => panic!("the commits of a closed engine ended so: {end}"),
        }
    }
}

/// Everything that was acknowledged is there when an engine is opened again after it was closed.
pub async fn all_is_there_after_a_reopening(bench: &dyn Bench) {
    if bench.abilities().survives_close {
        live_twice(bench, End::Close).await;
    }
}

/// Everything that was acknowledged is there when an engine is opened again after a crash.
pub async fn all_is_there_after_a_crash(bench: &dyn Bench) {
    if bench.abilities().survives_crash {
        live_twice(bench, End::Crash).await;
    }
}

#[derive(Clone, Copy)]
enum End {
    Close,
    Crash,
}

async fn again(session: Session, end: End, retention: Retention) -> Session {
    match end {
        End::Close => session.reopen(retention).await,
        End::Crash => session.crash(retention).await,
    }
}

/// Writes, ends, begins again, three times; then tries to resume from every position there was.
async fn live_twice(bench: &dyn Bench, end: End) {
    let mut session = Session::open(bench, keep_all()).await;
    let mut writer = Writer::new(1);
    let mut positions = vec![session.load().await.position];
    for life in 1..=3u64 {
        let number = life * 10;
        writer
            .create(&session, number, &[("a", "1"), ("b", "2")])
            .await;
        writer.create(&session, number + 1, &[("a", "1")]).await;
        writer
            .write(&session, number, &[("a", None), ("c", Some("3"))])
            .await;
        positions.push(session.load().await.position);
        writer.remove(&session, number + 1).await;
        writer.write(&session, number, &[("c", Some("4"))]).await;
        // The record with the newest revision is gone, which must not bring the revision back.
        let change = writer.put(crate::conformance::fixtures::job(number, None));
        let proposal = writer.propose(Subject::Store(store(number)), vec![change]);
        writer.commit(&session, proposal).await;
        positions.push(session.load().await.position);
        session = again(session, end, keep_all()).await;
        let loaded = session.expect(&writer).await;
        positions.push(loaded.position);
        session
            .engine
            .writable()
            .expect("an open engine takes changes");
    }
    // What is decided before an end holds after it, and what is refused is refused still.
    let mut late = writer.clone();
    let next = writer.write(&session, 30, &[("c", Some("5"))]).await;
    assert!(session.refused(&late.writing(30, &[("c", None)])).await >= next);
    let history = session.whole_history(Subject::Store(store(30)), 100).await;
    let made = writer.made.iter().rev();
    let expected: Vec<_> = made
        .filter(|commit| commit.subject == Subject::Store(store(30)))
        .collect();
    let found: Vec<_> = history.iter().map(|commit| &**commit).collect();
    expect_commits(&expected, &found);
    resume_all(&session, &positions, &writer).await;
    let mut reader = Reader::start(&session).await;
    let last = writer.count(&session, 99).await;
    reader.reach(&session, last).await;
    session.expect(&writer).await;
    assert!(writer.state.record(&RecordId::Store(store(30))).is_some());
}

/// A position of an engine's earlier life is resumed rightly, or forgotten.
async fn resume_all(session: &Session, positions: &[Position], writer: &Writer) {
    for position in positions {
        let Some(commits) = session.commits_between(*position, writer.seen).await else {
            continue;
        };
        let made = writer.made.iter();
        let expected: Vec<_> = made
            .filter(|commit| commit.revision > position.revision)
            .collect();
        let found: Vec<_> = commits.iter().map(|commit| &**commit).collect();
        expect_commits(&expected, &found);
    }
}

/// A reader that has reached the current revision has all that was acknowledged before the question,
/// and every reader reaches it.
pub async fn current_is_at_or_above_what_was_acknowledged(bench: &dyn Bench) {
    let session = Session::open(bench, Retention::default()).await;
    let mut writer = Writer::new(1);
    let mut reader = Reader::start(&session).await;
    for number in 0..50 {
        let acknowledged = writer.count(&session, number).await;
        if let Some(current) = session.current().await {
            assert!(
                current >= acknowledged,
                "{current} is current after {acknowledged} was acknowledged"
            );
            reader.reach(&session, current).await;
        }
    }
}

/// The engine's own node is among those that live.
pub async fn this_node_lives(bench: &dyn Bench) {
    let session = Session::open(bench, Retention::default()).await;
    let node = session.engine.node().clone();
    assert!(!node.0.is_empty(), "a node has a name");
    let living = session.engine.living_nodes().await.unwrap();
    assert!(living.contains(&node), "{node} is not among {living:?}");
    if bench.abilities().survives_close {
        let session = session.reopen(Retention::default()).await;
        let living = session.engine.living_nodes().await.unwrap();
        assert!(living.contains(session.engine.node()));
    }
}

//! What a load has, and how it joins the commits after it.

use std::time::Duration;

use futures_util::future::join_all;
use keyfront_model::ETag;
use tokio::sync::watch;

use crate::conformance::Bench;
use crate::conformance::fixtures::{
    account, function, function_tagged, job, named, store, tagged, tombstone, used_by,
};
use crate::conformance::reader::Reader;
use crate::conformance::session::{Session, expect_state};
use crate::conformance::state::{Loaded, State, Stream};
use crate::conformance::writer::Writer;
use crate::{
    Change, Commit, EngineError, FollowEnd, Known, Load, Piece, RecordId, ResourceId, Retention,
    Revision, Subject,
};

/// A load has every record once with the revision that last wrote it, and the entries of every store
/// in the order of their keys.
pub async fn a_load_has_all_that_was_committed(bench: &dyn Bench) {
    let session = Session::open(bench, Retention::default()).await;
    let mut writer = Writer::new(1);
    let empty = session.expect(&writer).await;
    assert!(empty.kept.is_empty());
    for number in 1..=5 {
        writer
            .create(&session, number, &[("z", "1"), ("a", "2"), ("m", "")])
            .await;
        session.expect(&writer).await;
    }
    writer.create(&session, 6, &[]).await;
    // Every kind of record, put anew and deleted.
    for (number, node) in [(2, None), (3, Some("one")), (3, None), (3, Some("two"))] {
        let changes = vec![
            writer.put(job(number, node)),
            writer.put(tagged(number, "team", node.unwrap_or("none"))),
            writer.put(used_by(number, 5)),
        ];
        let proposal = writer.propose(Subject::Store(store(number)), changes);
        writer.commit(&session, proposal).await;
        session.expect(&writer).await;
    }
    let ids = [job(2, None), tagged(2, "team", ""), used_by(2, 5)].map(|record| record.id());
    let mut changes = ids.map(|id| writer.delete(id)).to_vec();
    changes.push(writer.put(tombstone(account(1), store(99))));
    let proposal = writer.propose(Subject::Store(store(2)), changes);
    writer.commit(&session, proposal).await;
    session.expect(&writer).await;
    writer.create_function(&session, 3).await;
    session.expect(&writer).await;
    let function = ResourceId::Function(function(3));
    let changes = vec![
        writer.put(function_tagged(3, "team", "edge")),
        writer.delete(RecordId::Users(store(3))),
    ];
    let proposal = writer.propose(function.into(), changes);
    writer.commit(&session, proposal).await;
    writer.recode(&session, 3, b"changed").await;
    writer.create_function(&session, 4).await;
    writer.remove_function(&session, 4).await;
    session.expect(&writer).await;
    writer.remove(&session, 1).await;
    writer
        .write(&session, 4, &[("z", None), ("a", None), ("m", None)])
        .await;
    writer
        .write(
            &session,
            5,
            &[("n", Some("3")), ("a", Some("4")), ("z", None)],
        )
        .await;
    session.expect(&writer).await;
    // A commit that comes back to what was is one all the same.
    writer.write(&session, 5, &[("a", Some("4"))]).await;
    session.expect(&writer).await;
}

/// A reader that loads and receives the commits after the load misses no commit and sees none twice,
/// while others write, and although no history is kept.
pub async fn a_load_and_the_commits_after_it_join(bench: &dyn Bench) {
    const WRITERS: u64 = 4;
    const WRITES: usize = 60;
    const READERS: usize = 6;
    let session = Session::open(bench, Retention::NONE).await;
    let mut first = Writer::new(1);
    for number in 1..=WRITERS {
        let entries: Vec<_> = (0..50).map(|n| format!("k{n:02}")).collect();
        let entries: Vec<_> = entries.iter().map(|key| (key.as_str(), "0")).collect();
        first.create(&session, number, &entries).await;
    }
    let (last, sent) = watch::channel(None);
    let mut writers: Vec<_> = (1..=WRITERS).map(|n| first.beside(10 + n)).collect();
    let writing = async {
        let each = (1..).zip(&mut writers);
        let each = each.map(|(number, writer)| write_often(&session, writer, number, WRITES));
        let revisions = join_all(each).await;
        last.send_replace(revisions.into_iter().max());
    };
    let reading = (0..READERS).map(|number| {
        let (session, sent) = (&session, sent.clone());
        async move {
            for _ in 0..number * 5 {
                tokio::task::yield_now().await;
            }
            let mut reader = Reader::start(session).await;
            reader.reach_last(session, sent).await;
            reader
        }
    });
    let ((), readers) = tokio::join!(writing, join_all(reading));
    let mut made: Vec<Commit> = writers.into_iter().flat_map(|writer| writer.made).collect();
    made.sort_by_key(|commit| commit.revision);
    let mut state = first.state;
    made.iter().for_each(|commit| state.apply(commit));
    for reader in readers {
        assert!(
            !session.steady || reader.seen.len() == 1,
            "a reader that took its commits was forgotten"
        );
        reader.expect(&made, &state);
    }
}

/// Edits a store many times, and gives the revision of the last.
async fn write_often(
    session: &Session,
    writer: &mut Writer,
    number: u64,
    times: usize,
) -> Revision {
    for time in 0..times {
        let (key, value) = (format!("k{:02}", time % 60), time.to_string());
        let value = (time % 7 != 0).then_some(value.as_str());
        writer.write(session, number, &[(&key, value)]).await;
        tokio::task::yield_now().await;
    }
    writer.seen
}

/// Contents may be left out of a load if the reader has those of the same ETag, and no others.
pub async fn only_known_contents_are_left_out(bench: &dyn Bench) {
    let session = Session::open(bench, Retention::default()).await;
    let mut writer = Writer::new(1);
    for number in 1..=6 {
        writer
            .create(&session, number, &[("a", "1"), ("b", "2")])
            .await;
    }
    let had = writer.state.clone();
    let etag = |state: &State, number| state.contents(store(number)).unwrap().etag;
    let mut known: Known = (1..=4).map(|n| (store(n), etag(&had, n))).collect();
    known.insert(store(99), ETag::Data(1));
    known.insert(store(5), ETag::Data(u64::MAX));
    writer.write(&session, 2, &[("a", Some("3"))]).await;
    writer.write(&session, 3, &[("a", None), ("b", None)]).await;
    writer.remove(&session, 4).await;
    let mut loaded = session.load_but(&known).await;
    for kept in &loaded.kept {
        assert_eq!(
            *kept,
            store(1),
            "contents were kept that are others or gone"
        );
    }
    loaded.fill(&had);
    expect_state(&writer.state, &loaded.state);
    // A store that came back to the same entries has another ETag.
    writer.write(&session, 1, &[("a", Some("9"))]).await;
    writer.write(&session, 1, &[("a", Some("1"))]).await;
    let loaded = session.load_but(&known).await;
    assert!(loaded.kept.is_empty(), "contents of another ETag were kept");
    expect_state(&writer.state, &loaded.state);
    // All are known, so that only the records are new.
    let known = (1..=6)
        .filter_map(|n| Some((store(n), writer.state.contents(store(n))?.etag)))
        .collect();
    let mut loaded = session.load_but(&known).await;
    loaded.fill(&writer.state);
    expect_state(&writer.state, &loaded.state);
}

/// One reader stops in the middle of its load, and one follower receives nothing; writers go on. The
/// stream of the follower ends as forgotten, or else it misses no commit.
pub async fn a_reader_that_stops_holds_up_no_writer(bench: &dyn Bench) {
    const DEADLINE: Duration = Duration::from_secs(60);
    let session = Session::open(bench, Retention::default()).await;
    let mut writer = Writer::new(1);
    fill(&session, &mut writer).await;
    let at_load = writer.state.clone();
    let (begun, first) = begin_load(&session).await;
    let follower = session.load().await;
    // Where outcomes are unknown, each commit takes loads to find them out.
    let commits = if session.steady { 2000 } else { 200 };
    let writing = async {
        for number in 0..commits {
            writer.count(&session, number).await;
        }
    };
    let written = tokio::time::timeout(DEADLINE, writing).await;
    assert!(
        written.is_ok(),
        "a reader that had stopped held up the writers"
    );
    let mut reader = Reader::start(&session).await;
    reader.reach(&session, writer.seen).await;
    expect_state(&writer.state, &reader.state);

    let made: Vec<_> = writer.made.iter().collect();
    expect_all_or_forgotten(
        &session,
        follower.position.revision,
        follower.commits,
        &made,
    )
    .await;
    // The rest of the load is still as of its own revision, unless it was given up.
    match finish_load(begun, first).await {
        Ok(loaded) => {
            expect_state(&at_load, &loaded.state);
            let start = loaded.position.revision;
            expect_all_or_forgotten(&session, start, loaded.commits, &made).await;
        }
        Err(error) => assert!(!error.0.is_empty(), "a load ended without a reason"),
    }
}

/// More than fits into any queue that an engine would keep.
async fn fill(session: &Session, writer: &mut Writer) {
    let value = "v".repeat(1000);
    let keys: Vec<_> = (0..500).map(|n| format!("k{n:03}")).collect();
    let entries: Vec<_> = keys
        .iter()
        .map(|key| (key.as_str(), value.as_str()))
        .collect();
    for number in 1..=10 {
        writer.create(session, number, &entries).await;
    }
    let names = (1000..2000).map(|number| writer.put(named(account(2), number)));
    let changes: Vec<Change> = names.collect();
    let proposal = writer.propose(Subject::Account(account(2)), changes);
    writer.commit(session, proposal).await;
}

/// Begins a load and receives its first piece.
async fn begin_load(session: &Session) -> (Load, Piece) {
    loop {
        let begun = session.engine.load(&Known::new()).await;
        let piece = match begun {
            Ok(mut load) => match load.pieces.recv().await.unwrap() {
                Ok(piece) => Ok((load, piece)),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        match piece {
            Ok(begun) => return begun,
            Err(error) => assert!(!session.steady, "a load failed: {error}"),
        }
    }
}

/// Reads the rest of a load whose first piece was received.
async fn finish_load(load: Load, first: Piece) -> Result<Loaded, EngineError> {
    let (sender, pieces) = tokio::sync::mpsc::channel(1);
    let Load {
        position,
        scope,
        pieces: mut rest,
        commits,
    } = load;
    let forward = async move {
        let mut next = Some(Ok(first));
        while let Some(piece) = next {
            if sender.send(piece).await.is_err() {
                return;
            }
            next = rest.recv().await;
        }
    };
    let load = Load {
        position,
        scope,
        pieces,
        commits,
    };
    let ((), loaded) = tokio::join!(forward, Loaded::read(load));
    loaded
}

/// Receives what a stream has, which must be all commits after a revision, or those before the follower
/// was forgotten.
async fn expect_all_or_forgotten(
    session: &Session,
    start: Revision,
    mut stream: Stream,
    made: &[&Commit],
) {
    let mut expected = made.iter().filter(|commit| commit.revision > start);
    loop {
        match stream.next().await {
            Ok(commit) if commit.revision <= start => {}
            Ok(commit) => {
                let next = expected.next().expect("a commit came that was not made");
                assert_eq!(**next, *commit, "a follower that was slow missed a commit");
                if commit.revision == made.last().unwrap().revision {
                    return;
                }
            }
            Err(FollowEnd::Forgotten) => return,
            Err(FollowEnd::Interrupted(_)) if !session.steady => return,
            Err(end) => panic!("the commits of a slow follower ended so: {end}"),
        }
    }
}

//! What a load must be, and what becomes of one that is not.

use std::time::Duration;

use keyfront_model::{ETag, FunctionId, FunctionStage};
use keyfront_replica::{Replica, State};
use keyfront_storage::{EngineError, FollowEnd, Known, Piece, Revision, Scope};
use tokio::time::{Instant, sleep};

use crate::records::{
    at, configuration, counters, entries_piece, fill, function_name, head, head_of, idle, loaded,
    name, pairs, read, read_in, record, stage, store,
};
use crate::scripted::{
    Answer, Question, Scripted, eventually, following, load, open_load, options, start,
};

/// How a replica begins whose first load has these pieces.
async fn start_with(scope: Scope, pieces: Vec<Piece>) -> Result<(), EngineError> {
    let (answer, sender, _commits) = open_load(at(1, 1), scope);
    for piece in pieces {
        sender.try_send(Ok(piece)).unwrap();
    }
    drop(sender);
    start(&Scripted::new([answer])).await.map(drop)
}

#[tokio::test]
async fn a_load_that_fails_or_breaks_off_is_no_start() {
    let error = || EngineError("the disk is gone".to_owned());
    let source = Scripted::new([Answer::Load(Err(error()))]);
    assert_eq!(start(&source).await.map(drop).unwrap_err().0, error().0);

    let (answer, sender, _commits) = open_load(at(1, 1), Scope::All);
    for piece in loaded(&pairs(3)) {
        sender.try_send(Ok(piece)).unwrap();
    }
    sender.try_send(Err(error())).unwrap();
    let source = Scripted::new([answer]);
    assert_eq!(start(&source).await.map(drop).unwrap_err().0, error().0);
}

#[tokio::test(start_paused = true)]
async fn a_first_load_that_stalls_is_no_start() {
    let (answer, sender, _commits) = open_load(at(1, 1), Scope::All);
    for answer in [Answer::Hang, answer] {
        let began = Instant::now();
        let error = start(&Scripted::new([answer])).await.map(drop).unwrap_err();
        assert!(error.0.contains("for 30 s"), "{error}");
        assert_eq!(began.elapsed().as_secs(), 30);
    }
    drop(sender);
}

#[tokio::test]
async fn a_load_that_lacks_what_is_counted_is_no_start() {
    let fewer = vec![record(head(&pairs(3))), entries_piece(store(1), &pairs(2))];
    let function = FunctionId::from_random(1);
    for pieces in [
        loaded(&pairs(3)).into_iter().take(1).collect(),
        fewer,
        vec![record(counters(1, 0))],
        vec![record(counters(0, 1))],
        vec![record(function_name(function, "a"))],
        vec![record(counters(0, 1)), record(function_name(function, "a"))],
        vec![record(stage(function, "a", FunctionStage::Live))],
        vec![record(name(store(1), "a"))],
        vec![record(counters(1, 0)), record(name(store(1), "a"))],
    ] {
        let error = start_with(Scope::All, pieces).await.unwrap_err();
        assert!(error.0.contains("damaged"), "{error}");
    }
}

#[tokio::test]
async fn a_part_has_whole_stores_and_not_all_that_its_accounts_count() {
    let whole = || {
        let mut pieces = loaded(&pairs(3));
        pieces.push(record(configuration(store(1), "a")));
        pieces
    };
    let with = |piece| whole().into_iter().chain([record(piece)]).collect();
    start_with(Scope::Part, whole()).await.unwrap();
    start_with(Scope::Part, with(name(store(1), "a")))
        .await
        .unwrap();
    start_with(Scope::Part, with(counters(7, 7))).await.unwrap();
    start_with(Scope::All, with(counters(7, 7)))
        .await
        .unwrap_err();
    for lacking in [
        loaded(&pairs(3)),
        vec![record(configuration(store(1), "a"))],
        vec![record(name(store(1), "a"))],
        with(name(store(2), "b")),
        vec![
            record(configuration(store(1), "a")),
            record(head(&pairs(1))),
        ],
    ] {
        let error = start_with(Scope::Part, lacking).await.unwrap_err();
        assert!(error.0.contains("incomplete"), "{error}");
    }
}

#[tokio::test]
async fn entries_without_their_contents_record_fail_a_load() {
    let mut reversed = loaded(&pairs(3));
    reversed.reverse();
    let error = start_with(Scope::All, reversed).await.unwrap_err();
    assert!(error.0.contains("before its contents"), "{error}");
    // A replica that begins has told the source of no contents.
    let kept = vec![record(head(&pairs(3))), Piece::Kept(store(1))];
    let error = start_with(Scope::All, kept).await.unwrap_err();
    assert!(error.0.contains("left out"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn contents_of_the_same_etag_are_kept() {
    let first = loaded(&pairs(3))
        .into_iter()
        .chain([record(head_of(store(2), 77, &[]))])
        .collect();
    let (replica, sender, source) = following(first).await;
    let before = replica.snapshot();
    let pieces = vec![
        record(head(&pairs(3))),
        Piece::Kept(store(1)),
        record(head_of(store(2), 78, &pairs(1))),
        entries_piece(store(2), &pairs(1)),
    ];
    // An ETag is never given twice, so that it holds under another source id too.
    let (answer, _sender) = load(at(2, 1), pieces);
    source.add(answer);
    sender.send(Err(FollowEnd::Forgotten)).await.unwrap();
    eventually(|| replica.status().position == at(2, 1)).await;
    let known = Known::from([(store(1), ETag::Data(3)), (store(2), ETag::Data(77))]);
    assert_eq!(source.asked(), [Question::Load(known)]);
    let snapshot = replica.snapshot();
    assert_eq!(read(&replica), pairs(3));
    assert_eq!(read_in(&snapshot, store(2)), Some(pairs(1)));
    let entries = |snapshot: &keyfront_replica::Snapshot| {
        snapshot.contents(store(1)).unwrap().entries.clone()
    };
    assert!(entries(&before).ptr_eq(&entries(&snapshot)));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_refused_is_tried_again_and_the_old_snapshot_is_served() {
    let other_version = vec![
        record(head_of(store(1), 99, &pairs(3))),
        Piece::Kept(store(1)),
    ];
    let incomplete = vec![record(head(&pairs(3)))];
    for (refused, position, why) in [
        (other_version, at(1, 7), "another version"),
        (incomplete, at(1, 7), "damaged"),
        // What was applied already is not taken back.
        (
            loaded(&pairs(2)),
            at(1, 0),
            "revision 1 was applied already",
        ),
    ] {
        let (replica, sender, source) = following(loaded(&pairs(3))).await;
        let (answer, _refused) = load(position, refused);
        source.add(answer);
        sender.send(Err(FollowEnd::Forgotten)).await.unwrap();
        let told = || match replica.status().state {
            State::Behind { why, .. } => why,
            state => format!("{state:?}"),
        };
        eventually(|| told().contains(why)).await;
        assert_eq!(replica.snapshot().position(), at(1, 1));
        assert_eq!(read(&replica), pairs(3));

        let (answer, _sender) = load(at(1, 8), loaded(&pairs(4)));
        source.add(Answer::Follow(Err(FollowEnd::Forgotten)));
        source.add(answer);
        replica.reached(Revision(8)).await.unwrap();
        assert_eq!(read(&replica), pairs(4));
        eventually(|| replica.status().state == State::Following).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_whose_pieces_stop_coming_is_given_up_and_tried_again() {
    let (replica, sender, source) = following(loaded(&pairs(3))).await;
    let (stalling, stalled, _commits) = open_load(at(1, 7), Scope::All);
    let (answer, _sender) = load(at(1, 8), loaded(&pairs(4)));
    source.add(stalling);
    source.add(Answer::Follow(Err(FollowEnd::Forgotten)));
    source.add(answer);
    let began = Instant::now();
    sender.send(Err(FollowEnd::Forgotten)).await.unwrap();
    // Each piece is progress.
    for piece in loaded(&pairs(1)) {
        sleep(Duration::from_secs(29)).await;
        stalled.send(Ok(piece)).await.unwrap();
        eventually(|| stalled.capacity() == stalled.max_capacity()).await;
        assert!(!stalled.is_closed());
    }
    stalled.closed().await;
    assert_eq!(began.elapsed().as_secs(), 2 * 29 + 30);
    assert_eq!(replica.snapshot().position(), at(1, 1));
    replica.reached(Revision(8)).await.unwrap();
    assert_eq!(read(&replica), pairs(4));
}

#[tokio::test]
async fn commits_that_come_during_a_load_are_taken_and_applied_after_it() {
    let (answer, pieces, commits) = open_load(at(1, 10), Scope::All);
    let starting = tokio::spawn(async move { start(&Scripted::new([answer])).await.unwrap() });
    commits.send(Ok(idle(9))).await.unwrap();
    commits.send(Ok(fill(12, &pairs(3)))).await.unwrap();
    commits.send(Err(FollowEnd::Closed)).await.unwrap();
    // The source waits for no room in its queue.
    eventually(|| commits.capacity() == commits.max_capacity()).await;
    pieces.send(Ok(record(head(&[])))).await.unwrap();
    drop(pieces);
    let replica = starting.await.unwrap();
    replica.reached(Revision(12)).await.unwrap();
    assert_eq!(read(&replica), pairs(3));
    // Why there are no more comes after the commits.
    eventually(|| matches!(replica.status().state, State::Ended { .. })).await;
}

#[tokio::test]
async fn commits_beyond_the_bound_of_a_load_wait_in_the_source() {
    let (answer, pieces, commits) = open_load(at(1, 10), Scope::All);
    let options = keyfront_replica::Options {
        load_backlog_bytes: 3000,
        ..options()
    };
    let source = Scripted::new([answer]);
    let starting = tokio::spawn(Replica::start(source, options));
    for revision in 11..=300 {
        commits.send(Ok(idle(revision))).await.unwrap();
    }
    let waiting = || commits.max_capacity() - commits.capacity();
    eventually(|| waiting() < 290).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(waiting() > 250, "{}", waiting());
    drop(pieces);
    let replica = starting.await.unwrap().unwrap();
    replica.reached(Revision(300)).await.unwrap();
}

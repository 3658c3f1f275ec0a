//! How the ring of the last commits is read.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use keyfront_replica::{Cursor, Lost, Options, Replica};
use keyfront_storage::{FollowEnd, Revision};

use crate::records::{at, commit, entries, fill, head, idle, loaded, pairs, put, read_in, store};
use crate::scripted::{Scripted, Sender, eventually, following, interrupted, load, options};

async fn with_ring(ring_bytes: usize) -> (Arc<Replica>, Sender) {
    let (answer, sender) = load(at(1, 1), loaded(&[]));
    let options = Options {
        ring_bytes,
        ..options()
    };
    let replica = Replica::start(Scripted::new([answer]), options).await;
    (replica.unwrap(), sender)
}

async fn revisions(cursor: &mut Cursor, limit: usize) -> Vec<u64> {
    let read = cursor.next(limit).await.unwrap();
    read.iter().map(|commit| commit.revision.0).collect()
}

#[tokio::test]
async fn cursors_read_all_commits_in_order_each_at_its_own_pace() {
    let (replica, sender, _) = following(vec![]).await;
    let mut quick = replica.cursor(at(1, 1)).unwrap();
    let mut slow = replica.cursor(at(1, 1)).unwrap();
    for revision in [4, 6, 9] {
        sender.send(Ok(idle(revision))).await.unwrap();
    }
    replica.reached(Revision(9)).await.unwrap();
    assert_eq!(revisions(&mut quick, usize::MAX).await, [4, 6, 9]);
    assert_eq!(quick.position(), at(1, 9));
    assert_eq!(revisions(&mut slow, 0).await, [4]);
    assert_eq!(revisions(&mut slow, 1).await, [6]);

    // Dropping a wait does not move the cursor.
    assert!(quick.next(1).now_or_never().is_none());
    sender.send(Ok(idle(11))).await.unwrap();
    assert_eq!(revisions(&mut quick, 5).await, [11]);
    assert_eq!(revisions(&mut slow, 5).await, [9, 11]);
    let mut late = replica.cursor(at(1, 5)).unwrap();
    assert_eq!(revisions(&mut late, 5).await, [6, 9, 11]);
}

#[tokio::test]
async fn a_commit_that_a_cursor_reads_is_in_the_snapshot() {
    let (replica, sender, _) = following(loaded(&[])).await;
    let mut cursor = replica.cursor(replica.snapshot().position()).unwrap();
    for revision in 2..200 {
        sender.send(Ok(idle(revision))).await.unwrap();
        let read = revisions(&mut cursor, 9).await;
        assert!(replica.snapshot().revision().0 >= read[0]);
    }
}

#[tokio::test]
async fn a_cursor_begins_where_the_ring_reaches_and_under_its_source_alone() {
    let (replica, sender, _) = following(vec![]).await;
    assert!(replica.cursor(at(1, 0)).is_none());
    assert!(replica.cursor(at(2, 1)).is_none());
    // Another node was further on.
    let mut ahead = replica.cursor(at(1, 3)).unwrap();
    sender.send(Ok(idle(2))).await.unwrap();
    sender.send(Ok(idle(3))).await.unwrap();
    replica.reached(Revision(3)).await.unwrap();
    assert!(ahead.next(1).now_or_never().is_none());
    sender.send(Ok(idle(4))).await.unwrap();
    assert_eq!(revisions(&mut ahead, 9).await, [4]);
}

#[tokio::test]
async fn a_cursor_that_falls_off_the_ring_is_lost() {
    let (replica, sender) = with_ring(20_000).await;
    let mut cursor = replica.cursor(at(1, 1)).unwrap();
    for revision in 2..200 {
        sender.send(Ok(idle(revision))).await.unwrap();
    }
    replica.reached(Revision(199)).await.unwrap();
    assert_eq!(cursor.next(1).await.unwrap_err(), Lost::Forgotten);
    assert_eq!(cursor.position(), at(1, 1));
    assert!(replica.cursor(at(1, 1)).is_none());
    let mut cursor = replica.cursor(at(1, 190)).unwrap();
    assert_eq!(revisions(&mut cursor, 99).await.len(), 9);
}

#[tokio::test]
async fn a_commit_larger_than_the_ring_is_not_kept() {
    let (replica, sender) = with_ring(50_000).await;
    let mut cursor = replica.cursor(at(1, 1)).unwrap();
    sender.send(Ok(fill(2, &pairs(5000)))).await.unwrap();
    replica.reached(Revision(2)).await.unwrap();
    assert_eq!(cursor.next(1).await.unwrap_err(), Lost::Forgotten);
    let mut cursor = replica.cursor(at(1, 2)).unwrap();
    sender.send(Ok(idle(3))).await.unwrap();
    assert_eq!(revisions(&mut cursor, 9).await, [3]);
}

#[tokio::test(start_paused = true)]
async fn the_ring_begins_anew_with_a_load() {
    let (replica, sender, source) = following(vec![]).await;
    let mut waiting = replica.cursor(at(1, 1)).unwrap();
    assert!(waiting.next(1).now_or_never().is_none());
    let (answer, sender_2) = load(at(1, 7), vec![]);
    source.add(answer);
    sender.send(Err(FollowEnd::Forgotten)).await.unwrap();
    assert_eq!(waiting.next(1).await.unwrap_err(), Lost::Forgotten);
    replica.reached(Revision(7)).await.unwrap();
    assert!(replica.cursor(at(1, 6)).is_none());
    let mut cursor = replica.cursor(at(1, 7)).unwrap();
    sender_2.send(Ok(idle(8))).await.unwrap();
    assert_eq!(revisions(&mut cursor, 1).await, [8]);

    let (answer, _sender) = load(at(2, 7), vec![]);
    source.add(answer);
    sender_2.send(Err(FollowEnd::Forgotten)).await.unwrap();
    assert_eq!(cursor.next(1).await.unwrap_err(), Lost::Forgotten);
    eventually(|| replica.cursor(at(2, 7)).is_some()).await;
}

#[tokio::test(start_paused = true)]
async fn a_cursor_goes_on_over_an_interruption() {
    let (replica, sender, source) = following(vec![]).await;
    let mut cursor = replica.cursor(at(1, 1)).unwrap();
    sender.send(Ok(idle(2))).await.unwrap();
    let (answer, sender_2) = crate::scripted::follow();
    source.add(answer);
    sender.send(Err(interrupted())).await.unwrap();
    sender_2.send(Ok(idle(3))).await.unwrap();
    assert_eq!(revisions(&mut cursor, 1).await, [2]);
    assert_eq!(revisions(&mut cursor, 1).await, [3]);
}

#[tokio::test]
async fn a_cursor_reads_what_is_kept_before_the_end() {
    let (replica, sender, _) = following(vec![]).await;
    let mut cursor = replica.cursor(at(1, 1)).unwrap();
    sender.send(Ok(idle(2))).await.unwrap();
    sender.send(Err(FollowEnd::Closed)).await.unwrap();
    replica.reached(Revision(3)).await.unwrap_err();
    assert_eq!(revisions(&mut cursor, 1).await, [2]);
    assert_eq!(cursor.next(1).await.unwrap_err(), Lost::Ended);
}

#[tokio::test]
async fn a_cursor_keeps_no_replica_alive() {
    let (replica, sender, _) = following(vec![]).await;
    let mut cursor = replica.cursor(at(1, 1)).unwrap();
    drop(replica);
    sender.closed().await;
    assert_eq!(cursor.next(1).await.unwrap_err(), Lost::Ended);
}

/// A follower that was given a snapshot reads no further, and another one never moves its cursor:
/// the writers, and whoever keeps up, don't notice.
#[tokio::test]
async fn a_reader_that_has_stopped_holds_no_commit_up() {
    let (replica, sender) = with_ring(100_000).await;
    sender.send(Ok(fill(2, &pairs(3000)))).await.unwrap();
    replica.reached(Revision(2)).await.unwrap();
    let stopped = replica.snapshot();
    let mut unread = stopped.contents(store(1)).unwrap().entries.iter();
    unread.next();
    let mut never_moved = replica.cursor(at(1, 2)).unwrap();
    let mut keeping_up = replica.cursor(at(1, 2)).unwrap();
    let kept: Vec<_> = (3..=1002)
        .map(|revision| {
            let value = Some(format!("value {revision}"));
            let mut now = pairs(3000);
            now[0].1 = value.clone().unwrap();
            let change = entries(store(1), [(now[0].0.clone(), value)]);
            commit(revision, vec![put(head(&now)), change])
        })
        .collect();
    let weak: Vec<_> = kept.iter().map(Arc::downgrade).collect();
    let committing = async {
        for commit in kept {
            let revision = commit.revision;
            sender.send(Ok(commit)).await.unwrap();
            replica.reached(revision).await.unwrap();
            assert_eq!(revisions(&mut keeping_up, 9).await, [revision.0]);
        }
    };
    let deadline = Duration::from_secs(30);
    tokio::time::timeout(deadline, committing).await.unwrap();
    // The commits that the ring has dropped are held by nobody.
    let live = weak.iter().filter(|commit| commit.upgrade().is_some());
    assert!(live.count() < 200);
    assert_eq!(unread.count(), 2999);
    assert_eq!(read_in(&stopped, store(1)), Some(pairs(3000)));
    assert_eq!(never_moved.next(1).await.unwrap_err(), Lost::Forgotten);
}

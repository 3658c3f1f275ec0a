//! How a replica runs its source for ever.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use keyfront_replica::{NotReached, Replica, State};
use keyfront_storage::{FollowEnd, Known, Revision};
use tokio::time::{Instant, sleep};

use crate::records::{at, commit, fill, head, head_of, idle, loaded, pairs, put, read, store};
use crate::scripted::{
    Answer, Question, Scripted, eventually, follow, following, interrupted, load, start,
};

fn behind(replica: &Replica) -> Option<(Instant, String)> {
    match replica.status().state {
        State::Behind { since, why } => Some((since, why)),
        State::Following | State::Ended { .. } => None,
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_source_is_followed_from_the_last_commit() {
    for end in [Some(interrupted()), None] {
        let (replica, sender, source) = following(loaded(&[])).await;
        let (answer, sender_2) = follow();
        source.add(answer);
        sender.send(Ok(fill(5, &pairs(2)))).await.unwrap();
        if let Some(end) = end {
            sender.send(Err(end)).await.unwrap();
        }
        drop(sender);
        sender_2.send(Ok(idle(9))).await.unwrap();
        replica.reached(Revision(9)).await.unwrap();
        assert_eq!(source.asked(), [Question::Follow(at(1, 5))]);
        assert_eq!(replica.status().state, State::Following);
        assert_eq!(read(&replica), pairs(2));
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_double_from_200_ms_to_30_s_until_a_commit_comes() {
    let (replica, sender, source) = following(vec![]).await;
    for _ in 0..9 {
        source.add(Answer::Follow(Err(interrupted())));
    }
    let (answer, sender_2) = follow();
    source.add(answer);
    let (answer, _sender_3) = follow();
    source.add(answer);
    let lost = Instant::now();
    sender.send(Err(interrupted())).await.unwrap();
    sender_2.send(Ok(idle(2))).await.unwrap();
    replica.reached(Revision(2)).await.unwrap();
    sender_2.send(Err(interrupted())).await.unwrap();
    eventually(|| behind(&replica).is_some()).await;
    while source.asked().len() < 11 {
        sleep(Duration::from_millis(10)).await;
    }
    let pauses = source.asked_after(lost);
    let millis: Vec<_> = pauses
        .iter()
        .map(|pause| pause.as_millis() / 100 * 100)
        .collect();
    let doubling = [
        200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000,
    ];
    assert_eq!(millis[..10], doubling);
    assert_eq!(millis[10], 200);
}

#[tokio::test(start_paused = true)]
async fn the_status_says_since_when_and_why_it_is_behind() {
    let (replica, sender, source) = following(vec![]).await;
    let lost = Instant::now();
    // Back for a moment only.
    for _ in 0..3 {
        let (answer, sender) = follow();
        source.add(answer);
        drop(sender);
    }
    sender.send(Err(interrupted())).await.unwrap();
    eventually(|| behind(&replica).is_some()).await;
    let (since, why) = behind(&replica).unwrap();
    assert_eq!(since, lost);
    assert!(why.contains("the cable is out"), "{why}");
    // The last question hangs.
    while source.asked().len() < 4 {
        sleep(Duration::from_millis(10)).await;
    }
    let (since, why) = behind(&replica).unwrap();
    assert_eq!(since, lost);
    assert!(why.contains("without a reason"), "{why}");
    sleep(Duration::from_secs(31)).await;
    let (_, why) = behind(&replica).unwrap();
    assert!(why.contains("for 30 s"), "{why}");

    // A source that stays for a while was back, although no commit came.
    let (answer, sender) = follow();
    source.add(answer);
    while behind(&replica).is_some() {
        sleep(Duration::from_millis(10)).await;
    }
    sleep(Duration::from_secs(31)).await;
    let lost_again = Instant::now();
    drop(sender);
    eventually(|| behind(&replica).is_some()).await;
    assert_eq!(behind(&replica).unwrap().0, lost_again);
}

#[tokio::test(start_paused = true)]
async fn readers_wait_while_the_replica_is_behind() {
    let (replica, sender, source) = following(loaded(&pairs(1))).await;
    sender.send(Err(interrupted())).await.unwrap();
    eventually(|| behind(&replica).is_some()).await;
    let mut waiting = Box::pin(replica.reached(Revision(2)));
    assert!((&mut waiting).now_or_never().is_none());
    assert_eq!(read(&replica), pairs(1));
    assert_eq!(replica.reached(Revision(1)).await, Ok(()));
    let (answer, sender) = follow();
    source.add(answer);
    sender.send(Ok(idle(2))).await.unwrap();
    assert_eq!(waiting.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_has_forgotten_is_loaded_anew_at_once() {
    let (replica, sender, source) = following(loaded(&pairs(3))).await;
    let (answer, sender_2) = load(at(1, 20), loaded(&pairs(5)));
    source.add(answer);
    sender_2.send(Ok(idle(21))).await.unwrap();
    let lost = Instant::now();
    sender.send(Err(FollowEnd::Forgotten)).await.unwrap();
    replica.reached(Revision(21)).await.unwrap();
    assert_eq!(lost.elapsed(), Duration::ZERO);
    assert_eq!(read(&replica), pairs(5));
    let known = Known::from([(store(1), keyfront_model::ETag::Data(3))]);
    assert_eq!(source.asked(), [Question::Load(known)]);

    // Loads that follow one another have pauses, even if commits come between them.
    for revision in [30, 40] {
        let (answer, sender) = load(at(1, revision), loaded(&pairs(5)));
        source.add(answer);
        sender.send(Ok(idle(revision + 1))).await.unwrap();
        sender.send(Err(FollowEnd::Forgotten)).await.unwrap();
    }
    sender_2.send(Err(FollowEnd::Forgotten)).await.unwrap();
    replica.reached(Revision(41)).await.unwrap();
    let pauses = source.asked_after(lost);
    let millis: Vec<_> = pauses
        .iter()
        .map(|pause| pause.as_millis() / 100 * 100)
        .collect();
    assert_eq!(millis, [0, 200, 400]);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_was_interrupted_may_have_forgotten() {
    let (replica, sender, source) = following(loaded(&pairs(3))).await;
    let (answer, _sender) = load(at(1, 20), loaded(&pairs(5)));
    source.add(Answer::Follow(Err(FollowEnd::Forgotten)));
    source.add(answer);
    sender.send(Err(interrupted())).await.unwrap();
    replica.reached(Revision(20)).await.unwrap();
    assert_eq!(read(&replica), pairs(5));
}

#[tokio::test(start_paused = true)]
async fn readers_are_not_left_waiting_for_a_source_that_was_closed() {
    let (replica, sender, source) = following(vec![]).await;
    let one = commit(2, vec![put(head(&[]))]);
    sender.send(Ok(one)).await.unwrap();
    let waiting = replica.reached(Revision(3));
    sender.send(Err(FollowEnd::Closed)).await.unwrap();
    let ended = "the source was closed".to_owned();
    assert_eq!(waiting.await, Err(NotReached::Ended(ended.clone())));
    assert_eq!(replica.status().state, State::Ended { why: ended });
    assert_eq!(source.asked(), []);
    // What came before can be read all the same.
    assert_eq!(replica.reached(Revision(2)).await, Ok(()));

    // A source may be closed while it is out of reach, or while it is loaded.
    let (answer, sender_2) = load(at(1, 9), vec![]);
    let lacking = (answer, [Answer::Follow(Err(FollowEnd::Closed))]);
    drop(sender_2);
    for answers in [
        vec![
            Answer::Follow(Err(interrupted())),
            Answer::Follow(Err(FollowEnd::Closed)),
        ],
        vec![
            Answer::Follow(Err(FollowEnd::Forgotten)),
            Answer::Load(Err(keyfront_storage::EngineError("closed".to_owned()))),
            Answer::Follow(Err(FollowEnd::Closed)),
        ],
        vec![Answer::Follow(Err(FollowEnd::Forgotten)), lacking.0]
            .into_iter()
            .chain(lacking.1)
            .collect(),
    ] {
        let (replica, sender, source) = following(vec![]).await;
        for answer in answers {
            source.add(answer);
        }
        sender.send(Err(interrupted())).await.unwrap();
        let waiting = replica.reached(Revision(30)).await;
        assert!(matches!(waiting, Err(NotReached::Ended(_))), "{waiting:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_the_replica_visibly() {
    let (replica, sender, source) = following(loaded(&pairs(1))).await;
    source.add(Answer::Panic);
    let mut cursor = replica.cursor(at(1, 1)).unwrap();
    sender.send(Err(interrupted())).await.unwrap();
    let Err(NotReached::Ended(why)) = replica.reached(Revision(2)).await else {
        panic!("it was reached");
    };
    assert!(why.contains("a defect in the source"), "{why}");
    assert!(why.contains("restart"), "{why}");
    assert_eq!(replica.status().state, State::Ended { why });
    assert_eq!(read(&replica), pairs(1));
    assert_eq!(
        cursor.next(1).await.unwrap_err(),
        keyfront_replica::Lost::Ended
    );
}

#[tokio::test(start_paused = true)]
async fn revisions_of_two_sources_are_never_compared() {
    for revision in [3, 1000] {
        let (replica, sender, source) = following(vec![]).await;
        let lower = replica.reached(Revision(2));
        let mut waiting = Box::pin(replica.reached(Revision(500)));
        assert!((&mut waiting).now_or_never().is_none());
        sender.send(Ok(idle(2))).await.unwrap();
        lower.await.unwrap();
        let (answer, sender_2) = load(at(2, revision), loaded(&pairs(1)));
        source.add(answer);
        sender.send(Err(FollowEnd::Forgotten)).await.unwrap();
        // Not even a higher revision of another source tells that the commit is there.
        assert_eq!(waiting.await, Err(NotReached::SourceChanged));
        assert_eq!(replica.status().position, at(2, revision));
        let before = replica.reached_at(at(1, 2)).await;
        assert_eq!(before, Err(NotReached::SourceChanged));
        // A lower revision of the new source is not passed over.
        sender_2.send(Ok(idle(revision + 1))).await.unwrap();
        assert_eq!(replica.reached(Revision(revision + 1)).await, Ok(()));
    }
}

#[tokio::test]
async fn the_source_is_let_go_with_the_replica() {
    let (replica, sender, source) = following(vec![]).await;
    drop(replica);
    sender.closed().await;
    eventually(|| Arc::strong_count(&source) == 1).await;
}

#[tokio::test(start_paused = true)]
async fn the_source_is_let_go_with_a_replica_that_is_behind() {
    let (replica, sender, source) = following(vec![]).await;
    sender.send(Err(interrupted())).await.unwrap();
    eventually(|| behind(&replica).is_some()).await;
    drop(replica);
    eventually(|| Arc::strong_count(&source) == 1).await;
}

#[tokio::test]
async fn a_large_commit_needs_no_thread_of_the_blocking_pool() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let (hung, held) = std::sync::mpsc::channel::<()>();
    let pool = runtime.spawn_blocking(move || held.recv());
    let applied = runtime.spawn(async {
        let (replica, sender, _) = following(loaded(&[])).await;
        sender.send(Ok(fill(2, &pairs(2000)))).await.unwrap();
        let cleared = vec![put(head_of(store(1), 9, &[])), {
            let removed = pairs(2000).into_iter().map(|(key, _)| (key, None));
            crate::records::entries(store(1), removed)
        }];
        sender.send(Ok(commit(3, cleared))).await.unwrap();
        replica.reached(Revision(3)).await.unwrap();
        read(&replica)
    });
    let applied = tokio::time::timeout(Duration::from_secs(10), applied).await;
    drop(hung);
    assert!(pool.await.unwrap().is_err());
    assert_eq!(applied.unwrap().unwrap(), []);
    runtime.shutdown_background();
}

#[tokio::test]
async fn other_tasks_have_their_turns_while_a_large_commit_is_applied() {
    // A busy machine may give this thread no time until the commit is applied, but not each time.
    for _ in 0..20 {
        let (replica, sender, _) = following(loaded(&[])).await;
        sender.send(Ok(fill(2, &pairs(2000)))).await.unwrap();
        let mut turns = 0;
        while replica.status().position == at(1, 1) {
            turns += 1;
            tokio::task::yield_now().await;
        }
        if turns > 10 {
            return;
        }
    }
    panic!("it is applied where other tasks have to wait");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_begins_is_following() {
    let (answer, _sender) = load(at(1, 1), vec![]);
    let replica = start(&Scripted::new([answer])).await.unwrap();
    assert_eq!(replica.status().state, State::Following);
    assert_eq!(replica.status().position, at(1, 1));
}

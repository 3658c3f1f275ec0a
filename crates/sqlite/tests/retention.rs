//! How much history is kept.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Draft, account, configuration, contents, count, fill, open, state, store};
use keyfront_sqlite::{KeptHistory, Location, SqliteEngine};
use keyfront_storage::{Engine, Retention, Revision, Subject};
use tempfile::tempdir;
use tokio::time::timeout;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// How long a count may take before it is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

async fn write(engine: &SqliteEngine, n: u8, etag: u64, at: i64) -> Revision {
    let draft = Draft::about(engine, Subject::Store(store(n))).await;
    draft
        .put(configuration(store(n)))
        .put(contents(store(n), etag, 0))
        .at(at)
        .commit(engine)
        .await
        .unwrap()
}

async fn kept(engine: &SqliteEngine, n: u8) -> usize {
    let page = engine
        .history(Subject::Store(store(n)), None, 100_000)
        .await;
    page.unwrap().commits.len()
}

fn memory(retention: Retention) -> SqliteEngine {
    SqliteEngine::open(&Location::Memory, retention).unwrap()
}

#[tokio::test]
async fn a_subject_has_so_many_commits_and_bytes() {
    let by_number = Retention {
        commits: 10,
        ..Retention::default()
    };
    let by_bytes = Retention {
        bytes: 5_000,
        ..Retention::default()
    };
    for (retention, most) in [(by_number, 10 + 64), (by_bytes, 40)] {
        let engine = memory(retention);
        for etag in 0..300 {
            write(&engine, 1, etag, 0).await;
            write(&engine, 2, etag, 0).await;
        }
        for n in [1, 2] {
            let kept = kept(&engine, n).await;
            assert!((1..=most).contains(&kept), "{kept} are kept");
        }
    }
}

#[tokio::test]
async fn the_newest_commit_of_a_store_stays_however_large_it_is() {
    let engine = memory(Retention {
        bytes: 1000,
        account_bytes: 1000,
        ..Retention::default()
    });
    fill(&engine, 1, 100, 100).await;
    fill(&engine, 2, 100, 100).await;
    assert_eq!((kept(&engine, 1).await, kept(&engine, 2).await), (1, 1));
}

#[tokio::test]
async fn an_account_has_so_many_bytes_and_the_oldest_go_first() {
    let folder = tempdir().unwrap();
    let retention = Retention {
        account_bytes: 100_000,
        ..Retention::default()
    };
    let engine = open(folder.path(), Retention::default());
    for etag in 0..200 {
        write(&engine, 1, etag, 0).await;
    }
    engine.close().await;
    // What was there before counts as well.
    let engine = open(folder.path(), retention);
    for etag in 0..600 {
        write(&engine, 2 + u8::try_from(etag % 5).unwrap(), etag, 0).await;
    }
    let mut total = 0;
    for n in 1..=6 {
        let page = engine.history(Subject::Store(store(n)), None, 1000).await;
        let commits = page.unwrap().commits;
        total += commits
            .iter()
            .map(|commit| {
                keyfront_storage::format::encode_commit(commit)
                    .unwrap()
                    .len()
            })
            .sum::<usize>();
    }
    assert!(
        (50_000..=110_000).contains(&total),
        "{total} bytes are kept"
    );
    assert_eq!(kept(&engine, 1).await, 1, "the oldest went first");
}

#[tokio::test]
async fn no_jump_of_the_clock_removes_history() {
    for jump in [10 * DAY, 40 * DAY, -10 * DAY, i64::MIN / 2, i64::MAX / 2] {
        let folder = tempdir().unwrap();
        let engine = open(folder.path(), Retention::default());
        for etag in 0..20 {
            write(&engine, 1, etag, 100 * DAY).await;
        }
        write(&engine, 1, 20, 100 * DAY + jump).await;
        for etag in 21..40 {
            write(&engine, 1, etag, 100 * DAY).await;
        }
        engine.close().await;
        // A start at a clock that is wrong.
        let engine = open(folder.path(), Retention::default());
        write(&engine, 1, 40, (100 * DAY).saturating_add(jump)).await;
        write(&engine, 1, 41, (100 * DAY).saturating_add(jump)).await;
        assert_eq!(kept(&engine, 1).await, 42, "after a jump of {jump} ms");
    }
}

#[tokio::test]
async fn what_is_too_old_goes_but_for_the_newest_of_each_store() {
    let engine = memory(Retention {
        age: Duration::from_secs(1),
        ..Retention::default()
    });
    for etag in 0..20 {
        write(&engine, 1, etag, 0).await;
    }
    write(&engine, 2, 0, 0).await;
    let began = std::time::Instant::now();
    while kept(&engine, 1).await > 12 {
        assert!(began.elapsed().as_secs() < 60, "old commits are left");
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = i64::try_from(began.elapsed().as_millis()).unwrap();
        write(&engine, 1, 100 + u64::try_from(now).unwrap(), now).await;
    }
    assert_eq!(kept(&engine, 2).await, 1);
}

#[tokio::test]
async fn where_no_history_is_kept_a_revision_still_never_comes_back() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::NONE);
    count(&engine, 1).await.unwrap();
    let last = count(&engine, 2).await.unwrap();
    let page = engine.history(Subject::Account(account()), None, 10).await;
    assert_eq!(page.unwrap().commits.len(), 0);
    engine.close().await;
    let engine = open(folder.path(), Retention::NONE);
    assert!(count(&engine, 3).await.unwrap() > last);
}

#[tokio::test]
async fn what_is_kept_is_counted_also_after_a_restart() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    let syncs = Arc::new(AtomicUsize::new(0));
    let observed = syncs.clone();
    engine.observe_syncs(move |_| {
        observed.fetch_add(1, Ordering::Relaxed);
    });
    for etag in 0..100 {
        write(&engine, 1, etag, 0).await;
        write(&engine, 2, etag, 0).await;
    }
    let counted = counted(&engine).await;
    assert_eq!(counted.commits, 200);
    assert!(
        (200 * 100..200 * 10_000).contains(&counted.bytes),
        "{counted:?}"
    );
    assert_eq!(engine.counts().commits, 200);
    assert_eq!(syncs.load(Ordering::Relaxed), 200);
    assert!(engine.counts().wal_bytes > 0);
    engine.close().await;

    let few = Retention {
        commits: 10,
        ..Retention::default()
    };
    let engine = open(folder.path(), few);
    // The count follows the load.
    state(&engine).await;
    assert_eq!(self::counted(&engine).await, counted);
    write(&engine, 1, 100, 0).await;
    assert_eq!(self::counted(&engine).await.commits, 100 + 10);
    engine.close().await;

    let engine = open(folder.path(), Retention::NONE);
    assert_eq!(engine.counts().commits, 0);
    write(&engine, 1, 101, 0).await;
    assert_eq!(self::counted(&engine).await, KeptHistory::default());
}

/// What the engine has counted, once it has.
async fn counted(engine: &SqliteEngine) -> KeptHistory {
    let counting = async {
        loop {
            if let Some(kept) = engine.counts().history {
                return kept;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, counting).await.unwrap()
}

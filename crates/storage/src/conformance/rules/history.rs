//! What the history says, and what retention leaves of it.

use std::sync::Arc;
use std::time::Duration;

use keyfront_model::Timestamp;

use crate::conformance::Bench;
use crate::conformance::fixtures::{account, configured, function, store, tagged};
use crate::conformance::reader::{Reader, expect_commits, keep_all};
use crate::conformance::session::Session;
use crate::conformance::writer::{Writer, said_by};
use crate::{
    Author, Caller, Commit, Proposal, RecordId, ResourceId, Retention, Revision, Subject, Task,
};

/// The history of a subject has its commits as they were proposed, newest first, in pages, and no
/// other's.
pub async fn history_is_paged_newest_first(bench: &dyn Bench) {
    let session = Session::open(bench, keep_all()).await;
    let mut writer = Writer::new(1);
    writer.create(&session, 1, &[("a", "0"), ("b", "0")]).await;
    writer.create(&session, 2, &[]).await;
    for time in 0..25u64 {
        let value = time.to_string();
        let edits = [
            ("a", Some(value.as_str())),
            ("c", (time % 2 == 0).then_some("x")),
        ];
        writer.write(&session, 1, &edits).await;
        if time % 3 == 0 {
            writer.write(&session, 2, &edits).await;
            writer.count(&session, 2 + time).await;
        }
    }
    let etag = writer.serial();
    let changes = vec![
        writer.put(configured(writer.owner, 1, etag, "changed")),
        writer.put(tagged(1, "team", "edge")),
    ];
    let proposal = writer.propose(Subject::Store(store(1)), changes);
    writer.commit(&session, proposal).await;
    let changes = vec![
        writer.put(configured(writer.owner, 1, etag + 1, "untagged")),
        writer.delete(RecordId::Tags(ResourceId::Store(store(1)))),
    ];
    let proposal = writer.propose(Subject::Store(store(1)), changes);
    writer.commit(&session, proposal).await;

    let subjects = [Subject::Store(store(1)), Subject::Store(store(2))];
    for subject in subjects.into_iter().chain([Subject::Account(writer.owner)]) {
        let expected = of_subject(&writer.made, subject);
        for limit in [1, 4, expected.len(), 1000] {
            let found = session.whole_history(subject, limit).await;
            expect_history(&expected, &found);
        }
        let full = session.history(subject, None, expected.len() - 1).await;
        assert!(
            full.more,
            "one more is kept, but the page says that none is"
        );
        let before = Some(expected[3].revision);
        let page = session.history(subject, before, 2).await;
        expect_history(&expected[4..6], &page.commits);
    }
    for subject in [Subject::Store(store(3)), Subject::Account(account(3))] {
        let page = session.history(subject, None, 10).await;
        assert!(
            page.commits.is_empty() && !page.more,
            "{subject} has a history"
        );
    }
    let page = session.history(subjects[0], Some(Revision(0)), 10).await;
    assert!(
        page.commits.is_empty() && !page.more,
        "commits before the first"
    );
}

/// The commits of a subject, newest first.
fn of_subject(made: &[Commit], subject: Subject) -> Vec<&Commit> {
    let commits = made.iter().rev().filter(|commit| commit.subject == subject);
    commits.collect()
}

fn expect_history(expected: &[&Commit], found: &[Arc<Commit>]) {
    let found: Vec<_> = found.iter().map(|commit| &**commit).collect();
    expect_commits(expected, &found);
}

/// Author, owner, subject, message and time of a commit reach followers and the history, also
/// after a reopening.
pub async fn what_is_said_of_a_commit_survives(bench: &dyn Bench) {
    let mut session = Session::open(bench, keep_all()).await;
    let mut writer = Writer::new(1);
    let mut reader = Reader::start(&session).await;
    let caller = |user: Option<&str>| {
        Author::Caller(Caller {
            account: account(7),
            user: user.map(Into::into),
            access_key: "AKIA\"\\\u{7f}é".into(),
            request: "request/1?&\n".into(),
        })
    };
    let authors = [
        caller(Some("ada@example.com")),
        caller(Some("")),
        caller(None),
        Author::Keyfront(Task::ForgetDeleted),
    ];
    let messages = [
        "",
        "rolled back to KV1",
        "\u{0}\t\"\\ é 😀 \u{2028}",
        &"m".repeat(256),
    ];
    writer.create(&session, 1, &[]).await;
    for (author, message) in authors.into_iter().zip(messages) {
        let writing = writer.writing(1, &[("a", Some(message))]);
        let counting = said_by(writing, author, message);
        let revision = writer.commit(&session, counting).await;
        assert!(revision > Revision(0));
    }
    for millis in [0, -1, i64::from(i32::MAX), 253_402_300_799_999] {
        let writing = writer.writing(1, &[("at", Some(&millis.to_string()))]);
        let at = Timestamp::from_millis(millis);
        writer.commit(&session, Proposal { at, ..writing }).await;
    }
    reader.reach(&session, writer.seen).await;
    reader.expect(&writer.made, &writer.state);
    let subject = Subject::Store(store(1));
    let expected = of_subject(&writer.made, subject);
    expect_history(&expected, &session.whole_history(subject, 3).await);
    if bench.abilities().survives_close {
        session = session.reopen(keep_all()).await;
        expect_history(&expected, &session.whole_history(subject, 3).await);
    }
    session.engine.close().await;
}

/// The history of a store, and that of a function, ends with the commit that deletes it. The commits before
/// may be removed a moment later.
pub async fn the_history_of_a_resource_ends_with_it(bench: &dyn Bench) {
    let session = Session::open(bench, keep_all()).await;
    let mut writer = Writer::new(1);
    writer.create(&session, 1, &[("a", "1")]).await;
    writer.create_function(&session, 1).await;
    writer.recode(&session, 1, b"second").await;
    let function_deleted = writer.remove_function(&session, 1).await;
    let store_deleted = writer.remove(&session, 1).await;
    // Those of others stay.
    writer.create(&session, 2, &[]).await;
    writer.create_function(&session, 2).await;
    let last = writer.recode(&session, 2, b"second").await;
    for (subject, deleted) in [
        (Subject::Function(function(1)), function_deleted),
        (Subject::Store(store(1)), store_deleted),
    ] {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let kept = session.whole_history(subject, 100).await;
            if kept.iter().all(|commit| commit.revision >= deleted) {
                break;
            }
            let late = tokio::time::Instant::now() >= deadline;
            assert!(!late, "{} commits of {subject} are kept", kept.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let kept = session
        .whole_history(Subject::Function(function(2)), 100)
        .await;
    assert_eq!(kept.first().map(|commit| commit.revision), Some(last));
    assert_eq!(kept.len(), 2, "the history of a function that lives");
}

/// However many commits come after it, and however large it is, the newest commit of a store that
/// lives can be taken back.
pub async fn retention_leaves_the_newest_commit_of_a_subject(bench: &dyn Bench) {
    let tight = [
        Retention {
            commits: 1,
            ..keep_all()
        },
        Retention {
            bytes: 1,
            ..keep_all()
        },
        Retention {
            account_bytes: 1,
            ..keep_all()
        },
        Retention {
            age: Duration::from_millis(1),
            ..keep_all()
        },
    ];
    for retention in tight {
        let session = Session::open(bench, retention.clone()).await;
        let mut writer = Writer::new(1);
        let large = "v".repeat(1000);
        writer.create(&session, 1, &[("a", &large)]).await;
        writer.create(&session, 2, &[]).await;
        let revision = writer.write(&session, 1, &[("a", Some("0"))]).await;
        for time in 1..=200u32 {
            let writing = writer.writing(2, &[("b", Some(&time.to_string()))]);
            let at = Timestamp::from_millis(i64::from(time) * 60_000);
            writer.commit(&session, Proposal { at, ..writing }).await;
        }
        for (number, newest) in [(1, revision), (2, writer.seen)] {
            let history = session
                .history(Subject::Store(store(number)), None, 1)
                .await;
            let kept: Vec<_> = history
                .commits
                .iter()
                .map(|commit| commit.revision)
                .collect();
            assert_eq!(
                kept,
                [newest],
                "the newest commit of a store, by {retention:?}"
            );
        }
        session.expect(&writer).await;
    }
}

/// A history that passes a bound is cut, and Retention::NONE keeps none. Bounds may be passed by a
/// part, and what passes them may be removed a moment later.
pub async fn retention_bounds_the_history(bench: &dyn Bench) {
    const WRITES: usize = 600;
    let bounds = [
        Retention {
            commits: 5,
            ..keep_all()
        },
        Retention {
            bytes: 10_000,
            ..keep_all()
        },
        Retention {
            account_bytes: 10_000,
            ..keep_all()
        },
    ];
    for retention in bounds {
        let session = Session::open(bench, retention.clone()).await;
        let mut writer = Writer::new(1);
        writer.create(&session, 1, &[]).await;
        for time in 0..WRITES {
            let value = format!("{time:01000}");
            writer.write(&session, 1, &[("a", Some(&value))]).await;
        }
        let subject = Subject::Store(store(1));
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let kept = session.whole_history(subject, 100).await;
            let expected = of_subject(&writer.made, subject);
            expect_history(&expected[..kept.len()], &kept);
            if kept.len() < WRITES / 2 {
                break;
            }
            let late = tokio::time::Instant::now() >= deadline;
            assert!(!late, "{} commits are kept under {retention:?}", kept.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
            writer.write(&session, 1, &[("a", Some("again"))]).await;
        }
    }
    let session = Session::open(bench, Retention::NONE).await;
    let mut writer = Writer::new(1);
    for number in 0..5 {
        writer.count(&session, number).await;
    }
    let kept = session
        .whole_history(Subject::Account(writer.owner), 10)
        .await;
    assert!(kept.is_empty(), "history is kept, though it should not be");
}

//! What becomes of proposals.

use futures_util::future::join_all;

use crate::conformance::Bench;
use crate::conformance::fixtures::{account, configured, contents, counted, entry, store, tagged};
use crate::conformance::reader::Reader;
use crate::conformance::session::{Session, expect_state};
use crate::conformance::writer::Writer;
use crate::{
    Before, Change, CommitError, Condition, Proposal, RecordId, Retention, Revision, Subject,
};

/// A proposal is made only if every condition holds, also that a record is absent, and also on a
/// record that it leaves alone; otherwise no part of it is.
pub async fn conditions_hold_or_refuse_the_whole(bench: &dyn Bench) {
    let session = Session::open(bench, Retention::default()).await;
    let mut writer = Writer::new(1);
    let mut early = writer.clone();
    let created = writer.create(&session, 1, &[("a", "1")]).await;
    session.expect(&writer).await;

    // The store's name is taken, and the account counts one.
    let taken = early.creation(1, &[("b", "2")]);
    assert!(session.refused(&taken).await >= created);
    // Only the last of its conditions does not hold.
    let mut other = early.creation(2, &[("b", "2")]);
    other
        .conditions
        .retain(|condition| condition.record != RecordId::Account(writer.owner));
    other.changes.retain(
        |change| !matches!(change, Change::Put { record, .. } if record.id() == RecordId::Account(writer.owner)),
    );
    let absent = Condition {
        record: RecordId::Store(store(1)),
        revision: None,
    };
    other.conditions.push(absent);
    assert!(session.refused(&other).await >= created);
    session.expect(&writer).await;

    // Its condition on a record that it changes was overtaken; then one on a record that it leaves.
    let mut early = writer.clone();
    let written = writer.write(&session, 1, &[("a", Some("2"))]).await;
    let late = early.writing(1, &[("a", Some("3")), ("b", Some("3"))]);
    assert!(session.refused(&late).await >= written);
    let mut early = writer.clone();
    let changed = reconfigure(&mut writer, &session).await;
    let late = early.writing(1, &[("a", Some("3"))]);
    assert!(session.refused(&late).await >= changed);
    session.expect(&writer).await;

    // A record that was deleted is no longer what it was, and is absent again.
    let mut early = writer.clone();
    let id = RecordId::Account(account(2));
    let change = writer.put(counted(account(2), 1));
    let proposal = writer.propose(Subject::Account(account(2)), vec![change]);
    writer.commit(&session, proposal).await;
    let mut middle = writer.clone();
    let changes = vec![writer.delete(id), writer.put(counted(account(1), 1))];
    let proposal = writer.propose(Subject::Account(account(2)), changes);
    let deleted = writer.commit(&session, proposal).await;
    let change = middle.put(counted(account(2), 2));
    let late = middle.propose(Subject::Account(account(2)), vec![change]);
    assert!(session.refused(&late).await >= deleted);
    session.expect(&writer).await;
    early.seen = writer.seen;
    let change = early.put(counted(account(2), 3));
    let again = early.propose(Subject::Account(account(2)), vec![change]);
    writer.commit(&session, again).await;
    session.expect(&writer).await;
}

/// Writes the configuration of store 1 anew.
async fn reconfigure(writer: &mut Writer, session: &Session) -> Revision {
    let etag = writer.serial();
    let change = writer.put(configured(writer.owner, 1, etag, "changed"));
    let proposal = writer.propose(Subject::Store(store(1)), vec![change]);
    writer.commit(session, proposal).await
}

/// Whoever is refused can wait for the revision of the refusal, and decides anew on what is there.
pub async fn a_stale_outcome_names_a_revision_that_comes(bench: &dyn Bench) {
    let session = Session::open(bench, Retention::default()).await;
    let mut writer = Writer::new(1);
    let mut reader = Reader::start(&session).await;
    for number in 0..10 {
        let mut late = writer.clone();
        writer.count(&session, number).await;
        let at = session.refused(&late.counting(100)).await;
        reader.reach(&session, at).await;
        let known = |state: &crate::conformance::state::State| {
            state.revision(&RecordId::Account(writer.owner))
        };
        assert_eq!(
            known(&reader.state),
            known(&writer.state),
            "at the revision of a refusal the reason for it is not to be seen"
        );
        let loaded = session.load().await;
        assert!(
            loaded.position.revision >= at,
            "a load is older than a refusal before it"
        );
    }
}

/// Fifty proposals are on condition that the same record is absent.
pub async fn of_many_that_race_on_one_record_one_wins(bench: &dyn Bench) {
    let session = Session::open(bench, Retention::default()).await;
    for round in 1..=3 {
        let owner = account(round);
        let racers = (0..50).map(|number| {
            let mut writer = Writer::new(round).beside(100 + number);
            let proposal = writer.counting(number);
            let engine = session.engine.clone();
            tokio::spawn(async move { (number, engine.commit(proposal).await) })
        });
        let mut winner = None;
        let mut perhaps = Vec::new();
        for outcome in join_all(racers.collect::<Vec<_>>()).await {
            match outcome.unwrap() {
                (number, Ok(revision)) => {
                    assert!(winner.is_none(), "two proposals won one race");
                    winner = Some((revision, counted(owner, number)));
                }
                (_, Err(CommitError::Stale(_))) => {}
                (number, Err(CommitError::Unknown(_))) if !session.steady => {
                    perhaps.push(counted(owner, number));
                }
                (_, Err(error)) => assert!(!session.steady, "a racer failed: {error}"),
            }
        }
        let loaded = session.load().await;
        let found = loaded.state.records.get(&RecordId::Account(owner));
        match (winner, found) {
            (Some(winner), found) => assert_eq!(found, Some(&winner), "another one won"),
            (None, Some((_, record))) => assert!(perhaps.contains(record), "who lost has won"),
            (None, None) => assert!(!session.steady, "every racer lost"),
        }
    }
}

/// What breaks a rule of [`Proposal::check`] is refused as not written, and leaves the engine as it
/// was.
pub async fn a_malformed_proposal_changes_nothing(bench: &dyn Bench) {
    let session = Session::open(bench, Retention::default()).await;
    let mut writer = Writer::new(1);
    writer.create(&session, 1, &[("a", "1"), ("b", "1")]).await;
    for (rule, malformed) in malformed(&mut writer) {
        assert!(malformed.check().is_err(), "{rule}");
        let outcome = session.engine.commit(malformed).await;
        let refused = match &outcome {
            Err(CommitError::NotWritten(_)) => true,
            Err(CommitError::Busy) => !session.steady,
            _ => false,
        };
        assert!(refused, "{rule}: {outcome:?}");
        session.expect(&writer).await;
    }
    writer.write(&session, 1, &[("a", None)]).await;
    session.expect(&writer).await;
}

/// For each rule of [`Proposal::check`] a proposal that breaks it, and is in order otherwise.
fn malformed(writer: &mut Writer) -> Vec<(&'static str, Proposal)> {
    let writing = writer.writing(1, &[("a", Some("2")), ("b", Some("2"))]);
    let with = |changes: Vec<Change>| Proposal {
        changes,
        ..writing.clone()
    };
    let head = writing.changes[0].clone();
    let entries = |changes: &[(&str, Option<&str>, Option<&str>)]| {
        let changes = changes
            .iter()
            .map(|(key, before, after)| entry(key, *before, *after));
        Change::Entries {
            store: store(1),
            entries: changes.collect(),
        }
    };
    let one = |key| (key, Some("1"), Some("2"));
    let mut two_conditions = writing.clone();
    two_conditions
        .conditions
        .push(two_conditions.conditions[0].clone());
    let mut no_condition = writing.clone();
    no_condition.conditions.clear();
    let absent = Change::Put {
        before: Before::Absent,
        record: contents(1, 77, 2, 4),
    };
    let another = Change::Put {
        before: counted(account(1), 1).into(),
        record: contents(1, 77, 2, 4),
    };
    let unrecorded = Change::Put {
        before: Before::Unrecorded,
        record: contents(1, 77, 2, 4),
    };
    let deletes_absent = Change::Delete {
        id: RecordId::Contents(store(1)),
        before: Before::Absent,
    };
    let deletes = Change::Delete {
        id: RecordId::Contents(store(1)),
        before: Before::Unrecorded,
    };
    vec![
        ("two conditions on one record", two_conditions),
        ("a change without a condition", no_condition),
        (
            "absent before, present by its condition",
            with(vec![absent]),
        ),
        ("another record before", with(vec![another])),
        (
            "a write that does not say what was before",
            with(vec![unrecorded]),
        ),
        (
            "the delete of a record that is absent",
            with(vec![deletes_absent]),
        ),
        (
            "a record written twice",
            with(vec![head.clone(), head.clone()]),
        ),
        (
            "entries changed twice",
            with(vec![
                head.clone(),
                entries(&[one("a")]),
                entries(&[one("b")]),
            ]),
        ),
        (
            "entries without their contents",
            with(vec![entries(&[one("a")])]),
        ),
        (
            "entries of contents that are deleted",
            with(vec![deletes, entries(&[one("a")])]),
        ),
        (
            "keys out of order",
            with(vec![head.clone(), entries(&[one("b"), one("a")])]),
        ),
        (
            "a key twice",
            with(vec![head.clone(), entries(&[one("a"), one("a")])]),
        ),
        (
            "the removal of a key that is absent",
            with(vec![head, entries(&[("c", None, None)])]),
        ),
    ]
}

/// The entries of a store go with the record of its contents, and no other's.
pub async fn deleting_contents_deletes_the_entries(bench: &dyn Bench) {
    let session = Session::open(bench, Retention::default()).await;
    let mut writer = Writer::new(1);
    let mut reader = Reader::start(&session).await;
    for number in 1..=3 {
        let entries = [("a", "1"), ("b", "2"), ("c", "")];
        writer.create(&session, number, &entries).await;
    }
    // Without what was before, as a store is deleted; and with it.
    writer.remove(&session, 1).await;
    session.expect(&writer).await;
    let changes = vec![
        writer.delete(RecordId::Contents(store(2))),
        writer.put(tagged(2, "emptied", "")),
    ];
    let proposal = writer.propose(Subject::Store(store(2)), changes);
    writer.commit(&session, proposal).await;
    let loaded = session.expect(&writer).await;
    let left: Vec<_> = loaded.state.entries.keys().copied().collect();
    assert_eq!(left, [store(3)]);
    reader.reach(&session, writer.seen).await;
    reader.expect(&writer.made, &writer.state);
}

/// A commit of 80,000 entries and one of 5 MB are seen whole by every load and by followers, and
/// leave no trace if they are refused.
pub async fn a_large_commit_is_whole_or_not_there(bench: &dyn Bench) {
    const ENTRIES: usize = 80_000;
    const STORE_BYTES: usize = 5 * 1024 * 1024;
    let session = Session::open(bench, Retention::default()).await;
    let mut writer = Writer::new(1);
    writer.create(&session, 1, &[("k", "v")]).await;
    let mut reader = Reader::start(&session).await;
    let many: Vec<_> = (0..ENTRIES)
        .map(|n| (format!("k{n:05}"), "v".to_owned()))
        .collect();
    let large = vec!["x".repeat(1000); STORE_BYTES / 1005];
    let large: Vec<_> = (0..).map(|n| format!("l{n:04}")).zip(large).collect();
    for (number, entries) in [(2, many), (3, large)] {
        let entries: Vec<_> = entries
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let mut late = writer.clone();
        writer.count(&session, number).await;
        session.refused(&late.creation(number, &entries)).await;
        session.expect(&writer).await;
        commit_under_loads(&session, &mut writer, number, &entries).await;
        session.expect(&writer).await;
    }
    // Most of what is there changes at once.
    let keys: Vec<_> = (0..ENTRIES)
        .step_by(2)
        .map(|n| format!("k{n:05}"))
        .collect();
    let edits: Vec<_> = keys.iter().map(|key| (key.as_str(), None)).collect();
    writer.write(&session, 2, &edits).await;
    session.expect(&writer).await;
    writer.remove(&session, 3).await;
    session.expect(&writer).await;
    reader.reach(&session, writer.seen).await;
    reader.expect(&writer.made, &writer.state);
}

/// Creates a store while loads are read one after the other, each of which has all of it or none of it.
async fn commit_under_loads(
    session: &Session,
    writer: &mut Writer,
    number: u64,
    entries: &[(&str, &str)],
) {
    let before = writer.state.clone();
    let proposal = writer.creation(number, entries);
    let mut commit = Box::pin(writer.commit(session, proposal));
    let mut loads = Vec::new();
    loop {
        tokio::select! {
            biased;
            loaded = session.load() => loads.push(loaded.state),
            _ = &mut commit => break,
        }
    }
    drop(commit);
    for loaded in loads {
        let contents = RecordId::Contents(store(number));
        let expected = match loaded.record(&contents) {
            Some(_) => &writer.state,
            None => &before,
        };
        expect_state(expected, &loaded);
    }
}

/// Keys and values come back by the byte, and keys in the order of their bytes, which is not that of
/// UTF-16.
pub async fn every_kind_of_character_is_kept(bench: &dyn Bench) {
    let session = Session::open(bench, Retention::default()).await;
    let mut writer = Writer::new(1);
    let mut reader = Reader::start(&session).await;
    let all_ascii: String = (0..128u8).map(char::from).collect();
    let edge_cases: String = [
        '\u{80}', '\u{7ff}', '\u{800}', '\u{d7ff}', '\u{e000}', '\u{fdd0}',
    ]
    .into_iter()
    .chain([
        '\u{feff}',
        '\u{fffd}',
        '\u{fffe}',
        '\u{ffff}',
        '\u{10000}',
        '\u{10ffff}',
    ])
    .collect();
    let (long, longest) = ("k".repeat(512), "é".repeat(512));
    let mut keys = vec![
        "\0",
        "\0\0",
        "a",
        "a\0",
        "a\0b",
        "A",
        " ",
        "a ",
        " a",
        "\t",
        "\n",
        "\r\n",
        "\u{7f}",
        "\"",
        "'",
        "\\",
        "\\u0000",
        "%",
        "_",
        "%00",
        "/",
        "..",
        "{}",
        "null",
        "0",
        "00",
        "1e3",
        "-1",
        "é",
        "e\u{301}",
        "ß",
        "ſ",
        "İ",
        "ı",
        "\u{200b}",
        "\u{202e}",
        "\u{2028}",
        "日本語",
        "👩‍👩‍👧",
        "\u{ffff}",
        "\u{10000}",
    ];
    keys.extend([&all_ascii, &edge_cases, &long, &longest].map(String::as_str));
    let edits: Vec<_> = keys.iter().map(|key| (*key, Some(*key))).collect();
    writer.create(&session, 1, &[("empty", "")]).await;
    writer.write(&session, 1, &edits).await;
    session.expect(&writer).await;
    let removed: Vec<_> = keys.iter().step_by(2).map(|key| (*key, None)).collect();
    writer.write(&session, 1, &removed).await;
    session.expect(&writer).await;
    let tags = writer.put(tagged(1, "Größe / キー", "_.:/=+-@ é"));
    let comment = "\t\r\n é \u{7f} 😀 \u{fffd} <&>\"'\\";
    let etag = writer.serial();
    let configuration = writer.put(configured(writer.owner, 1, etag, comment));
    let proposal = writer.propose(Subject::Store(store(1)), vec![tags, configuration]);
    writer.commit(&session, proposal).await;
    session.expect(&writer).await;
    reader.reach(&session, writer.seen).await;
    reader.expect(&writer.made, &writer.state);
}

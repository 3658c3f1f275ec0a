//! The written formats, held by golden files.
//!
//! A file of format 2 is exactly what is written for a value of `values.rs`, and is read as that
//! value. A file of format 1 was taken from the data folder of the release that wrote it; what it is
//! read as stands beside it in format 2. A file never changes: a change of what is written is a new
//! version with files of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

#[path = "formats/arbitrary.rs"]
mod arbitrary;
#[path = "formats/values.rs"]
mod values;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use keyfront_storage::format::{
    FormatError, VERSION, decode_commit, decode_record, encode_commit, encode_record,
};
use keyfront_storage::{Author, Before, Change, NodeId, Record, Subject, Task};
use proptest::prelude::*;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/formats")
}

fn read(name: &str) -> String {
    let path = folder().join(format!("{name}.json"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of the golden files that begin so.
fn files(beginning: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let names = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()));
    names.filter(|name| name.starts_with(beginning)).collect()
}

#[test]
fn records_are_written_as_the_files_are() {
    for (name, record) in values::records() {
        let file = read(&format!("v2-record-{name}"));
        assert_eq!(encode_record(&record).unwrap(), file, "{name}");
        assert_eq!(decode_record(&file).unwrap(), record, "{name}");
    }
}

#[test]
fn commits_are_written_as_the_files_are() {
    for (name, commit) in values::commits() {
        let file = read(&format!("v2-commit-{name}"));
        assert_eq!(encode_commit(&commit).unwrap(), file, "{name}");
        assert_eq!(decode_commit(&file).unwrap(), commit, "{name}");
    }
}

#[test]
fn every_file_of_format_2_is_tried() {
    let records = values::records();
    let records = records.iter().map(|(name, _)| format!("v2-record-{name}"));
    let commits = values::commits();
    let commits = commits.iter().map(|(name, _)| format!("v2-commit-{name}"));
    assert_eq!(files("v2-"), records.chain(commits).collect());
}

/// What a file of format 1 is read as, beside which it stands.
const AS_V2: &str = ".as-v2";

#[test]
fn records_of_format_1_are_read() {
    let files = files("v1-record-");
    let files: Vec<_> = files.iter().filter(|name| !name.ends_with(AS_V2)).collect();
    assert!(files.len() >= 9, "{files:?}");
    for name in files {
        let record = decode_record(&read(name)).unwrap();
        let as_v2 = read(&format!("{name}{AS_V2}"));
        assert_eq!(encode_record(&record).unwrap(), as_v2, "{name}");
        assert_eq!(decode_record(&as_v2).unwrap(), record, "{name}");
    }
}

#[test]
fn commits_of_format_1_are_read() {
    let files = files("v1-commit-");
    let files: Vec<_> = files.iter().filter(|name| !name.ends_with(AS_V2)).collect();
    assert!(files.len() >= 12, "{files:?}");
    for name in files {
        let commit = decode_commit(&read(name)).unwrap();
        let as_v2 = read(&format!("{name}{AS_V2}"));
        assert_eq!(encode_commit(&commit).unwrap(), as_v2, "{name}");
        assert_eq!(decode_commit(&as_v2).unwrap(), commit, "{name}");
    }
}

/// Format 1 says less than format 2.
#[test]
fn what_format_1_leaves_out_is_not_made_up() {
    let Record::Job(job) = decode_record(&read("v1-record-job")).unwrap() else {
        panic!("a job is a job");
    };
    // The end of the lease, a reading of a wall clock, is passed over.
    assert_eq!(job.node, Some(NodeId("local".to_owned())));
    let Author::Caller(caller) = &job.author else {
        panic!("a caller asked for it");
    };
    assert_eq!(caller.user, None);

    let created = decode_commit(&read("v1-commit-create")).unwrap();
    let Subject::Store(store) = created.subject else {
        panic!("the creation of a store is about the store");
    };
    assert_eq!(created.owner.to_string(), "111122223333");
    let unrecorded = |change: &Change| match change {
        Change::Put { before, .. } | Change::Delete { before, .. } => *before == Before::Unrecorded,
        Change::Entries { .. } => true,
    };
    for name in files("v1-commit-") {
        let commit = decode_commit(&read(&name)).unwrap();
        assert!(commit.changes.iter().all(unrecorded), "{name}");
        assert_eq!(commit.message, None);
    }
    let imported = decode_commit(&read("v1-commit-imported")).unwrap();
    assert_eq!(imported.subject, Subject::Store(store));

    let deleted = decode_commit(&read("v1-commit-delete")).unwrap();
    let forgotten = decode_commit(&read("v1-commit-forget-deleted")).unwrap();
    assert_eq!(forgotten.author, Author::Keyfront(Task::ForgetDeleted));
    assert_eq!(forgotten.owner, deleted.owner);
    assert_eq!(forgotten.subject, deleted.subject);
}

#[test]
fn a_version_that_is_not_known_is_refused() {
    let newer = |file: &str| file.replacen(r#"{"v":2,"#, r#"{"v":3,"#, 1);
    for name in files("v2-record-") {
        let refused = decode_record(&newer(&read(&name)));
        assert_eq!(refused, Err(FormatError::TooNew(3)), "{name}");
    }
    for name in files("v2-commit-") {
        let refused = decode_commit(&newer(&read(&name)));
        assert_eq!(refused, Err(FormatError::TooNew(3)), "{name}");
    }
    let text = FormatError::TooNew(3).to_string();
    assert!(
        text.contains("newer") && text.contains("format 3"),
        "{text}"
    );
    assert_eq!(VERSION, 2, "a new version has golden files of its own");
}

/// Also in a text that Keyfront has not written.
#[test]
fn a_version_is_read_wherever_it_stands() {
    let text = r#"{"v":2,"record":"account","account":"111122223333","stores":1}"#;
    let record = decode_record(text).unwrap();
    for same in [
        r#"{"record":"account","account":"111122223333","stores":1,"v":2}"#,
        r#" { "v" : 2, "record": "account", "account": "111122223333", "stores": 1 }"#,
    ] {
        assert_eq!(decode_record(same).unwrap(), record, "{same}");
    }
    let newer = r#"{"record":"account","account":"111122223333","stores":1,"v":3}"#;
    assert_eq!(decode_record(newer), Err(FormatError::TooNew(3)));
}

#[test]
fn what_is_of_no_format_is_refused() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"v":2}"#,
        r#"{"v":0,"record":"account","account":"111122223333","stores":1}"#,
        r#"{"v":-1,"record":"account","account":"111122223333","stores":1}"#,
        r#"{"v":"2","record":"account","account":"111122223333","stores":1}"#,
        r#"{"v":2,"record":"shelf","account":"111122223333","stores":1}"#,
        r#"{"v":2,"record":"account","account":"1","stores":1}"#,
        r#"{"v":2,"record":"account","account":"111122223333","stores":-1}"#,
        r#"{"v":2,"record":"account","account":"111122223333"}"#,
        r#"{"v":2,"record":"account","account":"111122223333","stores":1} x"#,
    ] {
        let refused = decode_record(text);
        assert!(matches!(refused, Err(FormatError::Malformed(_))), "{text}");
        let refused = decode_commit(text);
        assert!(matches!(refused, Err(FormatError::Malformed(_))), "{text}");
    }
    let commit = read("v2-commit-message");
    for (found, instead) in [
        (
            r#""message":"rolled back to KV1""#,
            &format!(r#""message":"{}""#, "m".repeat(257))[..],
        ),
        (r#""subject":{"store":"#, r#""subject":{"shelf":"#),
        (r#""author":{"caller":{"#, r#""author":{"nobody":{"#),
    ] {
        assert!(commit.contains(found), "{commit}");
        let refused = decode_commit(&commit.replace(found, instead));
        assert!(
            matches!(refused, Err(FormatError::Malformed(_))),
            "{instead}"
        );
    }
    let task = read("v2-commit-forget-deleted").replace("forget-deleted", "rest");
    assert!(decode_commit(&task).is_err());
}

proptest! {
    #[test]
    fn any_record_survives_the_round_trip(record in arbitrary::record()) {
        let text = encode_record(&record).unwrap();
        prop_assert_eq!(decode_record(&text).unwrap(), record);
    }

    #[test]
    fn any_commit_survives_the_round_trip(commit in arbitrary::commit()) {
        let text = encode_commit(&commit).unwrap();
        prop_assert_eq!(decode_commit(&text).unwrap(), commit);
    }

    #[test]
    fn no_text_ends_the_program(text in ".{0,200}", record in arbitrary::record(), at: usize) {
        let _ = (decode_record(&text), decode_commit(&text));
        // A text that was cut off.
        let written = encode_record(&record).unwrap();
        let cut = (0..written.len()).filter(|place| written.is_char_boundary(*place));
        let cut: Vec<_> = cut.collect();
        let part = &written[..cut[at % cut.len()]];
        prop_assert!(decode_record(part).is_err());
    }
}

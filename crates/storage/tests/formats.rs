//! The written formats, held by golden files.
//!
//! A file of format 3 is exactly what is written for a value of `values.rs`, and is read as that
//! value. A file of format 2 is what was written for the value of the same name, and is read as it. A file of
//! format 1 was taken from the data folder of the release that wrote it; what it is read as stands beside
//! it in format 2. A file never changes: a change of what is written is a new version with files of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

#[path = "formats/arbitrary.rs"]
mod arbitrary;
#[path = "formats/values.rs"]
mod values;

use std::collections::{BTreeMap, BTreeSet};
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
        let file = read(&format!("v3-record-{name}"));
        assert_eq!(encode_record(&record).unwrap(), file, "{name}");
        assert_eq!(decode_record(&file).unwrap(), record, "{name}");
    }
}

#[test]
fn commits_are_written_as_the_files_are() {
    for (name, commit) in values::commits() {
        let file = read(&format!("v3-commit-{name}"));
        assert_eq!(encode_commit(&commit).unwrap(), file, "{name}");
        assert_eq!(decode_commit(&file).unwrap(), commit, "{name}");
    }
}

#[test]
fn every_file_of_format_3_is_tried() {
    let records = values::records();
    let records = records.iter().map(|(name, _)| format!("v3-record-{name}"));
    let commits = values::commits();
    let commits = commits.iter().map(|(name, _)| format!("v3-commit-{name}"));
    assert_eq!(files("v3-"), records.chain(commits).collect());
}

#[test]
fn every_file_of_format_2_is_read_as_its_value() {
    let records: BTreeMap<_, _> = values::records().into_iter().collect();
    let commits: BTreeMap<_, _> = values::commits().into_iter().collect();
    let (of_records, of_commits) = (files("v2-record-"), files("v2-commit-"));
    assert_eq!((of_records.len(), of_commits.len()), (13, 17));
    for name in of_records {
        let value = &records[name.trim_start_matches("v2-record-")];
        assert_eq!(decode_record(&read(&name)).as_ref(), Ok(value), "{name}");
    }
    for name in of_commits {
        let value = &commits[name.trim_start_matches("v2-commit-")];
        assert_eq!(decode_commit(&read(&name)).as_ref(), Ok(value), "{name}");
    }
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
    let newer = |file: &str| file.replacen(r#"{"v":3,"#, r#"{"v":4,"#, 1);
    for name in files("v3-record-") {
        let refused = decode_record(&newer(&read(&name)));
        assert_eq!(refused, Err(FormatError::TooNew(4)), "{name}");
    }
    for name in files("v3-commit-") {
        let refused = decode_commit(&newer(&read(&name)));
        assert_eq!(refused, Err(FormatError::TooNew(4)), "{name}");
    }
    let text = FormatError::TooNew(4).to_string();
    assert!(
        text.contains("newer") && text.contains("format 4"),
        "{text}"
    );
    assert_eq!(VERSION, 3, "a new version has golden files of its own");
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
    let newer = r#"{"record":"account","account":"111122223333","stores":1,"v":4}"#;
    assert_eq!(decode_record(newer), Err(FormatError::TooNew(4)));
    let later = r#"{"record":"account","functions":2,"account":"111122223333","stores":1,"v":3}"#;
    assert!(matches!(decode_record(later), Ok(Record::Account(found)) if found.functions == 2));
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
        r#"{"v":3,"record":"account","account":"111122223333","stores":1}"#,
        r#"{"v":3,"record":"tags","tags":{}}"#,
        r#"{"v":3,"record":"name","account":"111122223333","name":"a"}"#,
    ] {
        let refused = decode_record(text);
        assert!(matches!(refused, Err(FormatError::Malformed(_))), "{text}");
        let refused = decode_commit(text);
        assert!(matches!(refused, Err(FormatError::Malformed(_))), "{text}");
    }
    let function = read("v3-record-function-development");
    for (found, instead) in [
        (r#""stage":"development""#, r#""stage":"DEVELOPMENT""#),
        (
            r#""runtime":"cloudfront-js-2.0""#,
            r#""runtime":"cloudfront-js-1.0""#,
        ),
        (r#""code":""#, r#""code":"?"#),
        (r#""name":"re-Directs_9""#, r#""name":"a b""#),
    ] {
        assert!(function.contains(found), "{function}");
        let refused = decode_record(&function.replace(found, instead));
        assert!(
            matches!(refused, Err(FormatError::Malformed(_))),
            "{instead}"
        );
    }
    let commit = read("v3-commit-message");
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
    let task = read("v3-commit-forget-deleted").replace("forget-deleted", "rest");
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

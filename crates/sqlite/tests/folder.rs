//! What the engine does with its folder, and with what others do to it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{account, another_program, count, counted, delete, fill, open, refusal, state, store};
use keyfront_sqlite::{Location, SqliteEngine, back_up, restore};
use keyfront_storage::{CommitError, Engine, RecordId, Retention};
use tempfile::tempdir;

/// Copies the files of a folder as they are while the engine is open: what a crash leaves.
fn crash(folder: &Path) -> tempfile::TempDir {
    let left = tempdir().unwrap();
    for name in ["keyfront.db", "keyfront.db-wal"] {
        fs::copy(folder.join(name), left.path().join(name)).unwrap();
    }
    left
}

#[tokio::test]
async fn a_folder_belongs_to_one_server() {
    let folder = tempdir().unwrap();
    let data = folder.path().join("deep").join("data");
    let engine = open(&data, Retention::default());
    let second = refusal(&data);
    let process = std::process::id().to_string();
    assert!(
        second.contains("in use") && second.contains(&process),
        "{second}"
    );
    engine.close().await;
    open(&data, Retention::default());
}

#[tokio::test]
async fn a_stopped_folder_has_one_database_file() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    count(&engine, 1).await.unwrap();
    assert!(folder.path().join("keyfront.db-wal").exists());
    engine.close().await;
    assert!(!folder.path().join("keyfront.db-wal").exists());
    assert!(!folder.path().join("keyfront.db-shm").exists());
}

#[tokio::test]
async fn files_are_the_owners_alone() {
    let folder = tempdir().unwrap();
    let data = folder.path().join("data");
    let engine = open(&data, Retention::default());
    count(&engine, 1).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    engine.close().await;
    fs::set_permissions(data.join("keyfront.db"), fs::Permissions::from_mode(0o644)).unwrap();
    let engine = open(&data, Retention::default());
    count(&engine, 2).await.unwrap();
    assert_eq!(mode(&data.join("keyfront.db")), 0o600);
    assert_eq!(mode(&data.join("keyfront.db-wal")), 0o600);
}

/// What a start finds in the WAL is on the disk only when it was copied.
#[tokio::test]
async fn a_start_that_can_not_copy_the_wal_is_refused() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    count(&engine, 1).await.unwrap();
    let reader = another_program(folder.path());
    let read = "BEGIN; SELECT count(*) FROM records";
    reader.execute_batch(read).unwrap();
    count(&engine, 2).await.unwrap();
    engine.close().await;
    let said = refusal(folder.path());
    assert!(
        said.contains("another program reads the database"),
        "{said}"
    );
    reader.execute_batch("COMMIT").unwrap();
    let engine = open(folder.path(), Retention::default());
    let (_, found) = &state(&engine).await.records[&RecordId::Account(account())];
    assert_eq!(*found, counted(2));
}

/// Each change of a batch must not wait for the lock anew.
#[tokio::test]
async fn a_database_that_another_program_locks_refuses_changes_until_it_is_free() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    let other = another_program(folder.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = count(&engine, 1);
    let rest = (0..100).map(|number| count(&engine, number));
    let (first, rest) = tokio::join!(first, futures_util::future::join_all(rest));
    for refused in rest.into_iter().chain([first]) {
        let refused = refused.unwrap_err();
        assert!(
            matches!(&refused, CommitError::NotWritten(why) if why.0.contains("locked")),
            "{refused}"
        );
    }
    assert!(engine.writable().unwrap_err().0.contains("locked"));
    other.execute_batch("ROLLBACK").unwrap();
    count(&engine, 3).await.unwrap();
    engine.writable().unwrap();
}

/// Nobody has to write for it.
#[tokio::test]
async fn an_engine_finds_out_that_it_can_write_again() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    let other = another_program(folder.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    count(&engine, 1).await.unwrap_err();
    assert!(engine.writable().is_err());
    other.execute_batch("ROLLBACK").unwrap();
    let began = std::time::Instant::now();
    while engine.writable().is_err() {
        assert!(began.elapsed().as_secs() < 30, "it is still not writable");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_engine_stops_when_another_program_has_written() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    count(&engine, 1).await.unwrap();
    another_program(folder.path())
        .execute("UPDATE records SET revision = 77", [])
        .unwrap();
    for _ in 0..2 {
        let refused = count(&engine, 2).await.unwrap_err();
        assert!(
            matches!(&refused, CommitError::Stopped(why) if why.0.contains("another program")),
            "{refused}"
        );
    }
    assert!(engine.writable().is_err());
}

#[tokio::test]
async fn an_engine_stops_when_its_files_are_gone_or_replaced() {
    let lose: [fn(&Path); 5] = [
        |folder| fs::remove_file(folder.join("keyfront.db")).unwrap(),
        |folder| fs::remove_file(folder.join("lock")).unwrap(),
        |folder| fs::rename(folder, folder.with_extension("moved")).unwrap(),
        |folder| fs::remove_dir_all(folder).unwrap(),
        |folder| {
            let copy = folder.join("copy");
            fs::copy(folder.join("keyfront.db"), &copy).unwrap();
            fs::rename(copy, folder.join("keyfront.db")).unwrap();
        },
    ];
    for lose in lose {
        let folder = tempdir().unwrap();
        let data = folder.path().join("data");
        let engine = open(&data, Retention::default());
        count(&engine, 1).await.unwrap();
        lose(&data);
        // The state is not asked of the folder, which is gone.
        let refused = engine.commit(next_count(1)).await.unwrap_err();
        assert!(
            matches!(&refused, CommitError::Stopped(why) if why.0.contains("removed, moved or replaced")),
            "{refused}"
        );
        assert!(engine.writable().is_err());
    }
}

fn next_count(stores: u64) -> keyfront_storage::Proposal {
    use keyfront_storage::{Author, Before, Change, Condition, Proposal, Revision, Subject, Task};
    Proposal {
        subject: Subject::Account(account()),
        owner: account(),
        author: Author::Keyfront(Task::ForgetDeleted),
        message: None,
        at: keyfront_model::Timestamp::from_millis(0),
        snapshot: Revision(stores),
        conditions: vec![Condition {
            record: RecordId::Account(account()),
            revision: Some(Revision(stores)),
        }],
        changes: vec![Change::Put {
            before: Before::from(counted(stores)),
            record: counted(stores + 1),
        }],
    }
}

#[tokio::test]
async fn an_entry_that_is_not_what_was_decided_on_stops_the_engine() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    fill(&engine, 1, 2, 1).await;
    let wrong = common::entry("000000", Some("other"), Some("new"));
    let draft = common::Draft::about(&engine, keyfront_storage::Subject::Store(store(1))).await;
    let refused = draft
        .put(common::contents(store(1), 2, 16))
        .entries(store(1), vec![wrong])
        .commit(&engine)
        .await
        .unwrap_err();
    assert!(matches!(refused, CommitError::Stopped(_)), "{refused}");
}

#[tokio::test]
async fn a_wal_without_its_database_is_not_written_over() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    count(&engine, 1).await.unwrap();
    let left = crash(folder.path());
    let wal = left.path().join("keyfront.db-wal");
    let before = fs::read(&wal).unwrap();
    let lose: [fn(&Path) -> std::io::Result<()>; 2] =
        [|path| fs::write(path, b""), |path| fs::remove_file(path)];
    for lose in lose {
        lose(&left.path().join("keyfront.db")).unwrap();
        let said = refusal(left.path());
        assert!(said.contains("restore the database"), "{said}");
        assert_eq!(fs::read(&wal).unwrap(), before);
    }
}

#[tokio::test]
async fn a_crash_leaves_what_was_acknowledged() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    fill(&engine, 1, 100, 10).await;
    count(&engine, 1).await.unwrap();
    let left = crash(folder.path());
    let again = open(left.path(), Retention::default());
    assert_eq!(state(&again).await, state(&engine).await);
}

/// A checkpoint copies one page after the other, and may be interrupted after each.
#[tokio::test]
async fn a_checkpoint_that_was_interrupted_prevents_no_start() {
    const PAGE: usize = 8192;
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    fill(&engine, 1, 100, 500).await;
    let left = crash(folder.path());
    let before = fs::read(left.path().join("keyfront.db")).unwrap();
    let wal = fs::read(left.path().join("keyfront.db-wal")).unwrap();
    let newest = state(&engine).await;
    engine.close().await;
    let after = fs::read(folder.path().join("keyfront.db")).unwrap();
    assert!(after.len() > before.len() + 2 * PAGE);
    for copied in (0..=after.len()).step_by(PAGE) {
        let mut database = after[..copied].to_vec();
        database.extend(before.iter().skip(copied));
        let left = tempdir().unwrap();
        fs::write(left.path().join("keyfront.db"), database).unwrap();
        fs::write(left.path().join("keyfront.db-wal"), &wal).unwrap();
        let again = open(left.path(), Retention::default());
        assert_eq!(state(&again).await, newest, "after {copied} bytes");
    }
}

/// Whichever database is put beside the WAL that a crash left, and whenever it was copied.
#[tokio::test]
async fn a_database_is_never_mixed_with_the_wal_of_another() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    fill(&engine, 1, 50, 100).await;
    engine.close().await;
    let stopped = fs::read(folder.path().join("keyfront.db")).unwrap();
    let engine = open(folder.path(), Retention::default());
    let vacuumed = folder.path().join("vacuumed");
    back_up(folder.path(), &vacuumed).unwrap();
    let vacuumed = fs::read(vacuumed).unwrap();
    let copied_early = fs::read(folder.path().join("keyfront.db")).unwrap();
    // Enough for a checkpoint, and more after it.
    for round in 1..=6 {
        fill(&engine, 1 + round, 5000, 200).await;
    }
    let newest = state(&engine).await;
    for database in [stopped, vacuumed, copied_early] {
        let left = crash(folder.path());
        fs::write(left.path().join("keyfront.db"), &database).unwrap();
        let wal = fs::read(left.path().join("keyfront.db-wal")).unwrap();
        let said = refusal(left.path());
        assert!(said.contains("do not belong together"), "{said}");
        assert!(fs::read(left.path().join("keyfront.db-wal")).unwrap() == wal);
        assert!(fs::read(left.path().join("keyfront.db")).unwrap() == database);
    }
    let left = crash(folder.path());
    assert_eq!(
        state(&open(left.path(), Retention::default())).await,
        newest
    );
}

#[tokio::test]
async fn a_database_that_lacks_what_is_counted_is_refused_before_its_wal_is_copied() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    fill(&engine, 1, 10, 10).await;
    let left = crash(folder.path());
    let other = another_program(left.path());
    other
        .execute("DELETE FROM entries WHERE key = '000003'", [])
        .unwrap();
    // Closed without a checkpoint, as a crash would.
    std::mem::forget(other);
    let said = refusal(left.path());
    assert!(
        said.contains("9 keys") && said.contains("damaged"),
        "{said}"
    );
}

#[tokio::test]
async fn a_backup_is_whole_while_the_engine_runs_and_when_it_does_not() {
    let folder = tempdir().unwrap();
    let target = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    fill(&engine, 1, 50, 10).await;
    let (running, stopped) = (target.path().join("running"), target.path().join("stopped"));
    back_up(folder.path(), &running).unwrap();
    let mode = fs::metadata(&running).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let before = state(&engine).await;
    engine.close().await;
    back_up(folder.path(), &stopped).unwrap();
    for backup in [running, stopped] {
        let data = tempdir().unwrap();
        assert_eq!(restore(&backup, data.path()).unwrap(), None);
        assert_eq!(
            state(&open(data.path(), Retention::default())).await,
            before
        );
        // It is not written over.
        assert!(
            back_up(folder.path(), &backup)
                .unwrap_err()
                .0
                .contains("already")
        );
    }
    assert!(back_up(target.path(), &target.path().join("x")).is_err());
}

#[tokio::test]
async fn a_restore_replaces_what_is_there_and_keeps_it() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    fill(&engine, 1, 50, 10).await;
    let backup = folder.path().join("backup");
    back_up(folder.path(), &backup).unwrap();
    let backed_up = state(&engine).await;
    fill(&engine, 2, 50, 10).await;
    let newest = state(&engine).await;
    let said = restore(&backup, folder.path()).unwrap_err().to_string();
    assert!(said.contains("in use"), "{said}");
    let left = crash(folder.path());
    let kept = restore(&backup, left.path()).unwrap().unwrap();
    assert_eq!(
        state(&open(left.path(), Retention::default())).await,
        backed_up
    );
    // What was there can be put back, with its WAL.
    let again = tempdir().unwrap();
    fs::copy(&kept, again.path().join("keyfront.db")).unwrap();
    let mut wal = kept.into_os_string();
    wal.push("-wal");
    fs::copy(wal, again.path().join("keyfront.db-wal")).unwrap();
    assert_eq!(
        state(&open(again.path(), Retention::default())).await,
        newest
    );
}

#[tokio::test]
async fn what_is_no_backup_is_not_restored() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    count(&engine, 1).await.unwrap();
    let before = state(&engine).await;
    let left = crash(folder.path());
    let other = tempdir().unwrap();
    let (text, empty) = (other.path().join("text"), other.path().join("empty"));
    fs::write(&text, "no database, but long enough to be taken for one").unwrap();
    fs::write(&empty, "").unwrap();
    let absent = other.path().join("absent");
    // A database in use, whose newest commits are in its WAL.
    let in_use = folder.path().join("keyfront.db");
    for backup in [text, empty, absent, in_use] {
        assert!(
            restore(&backup, left.path()).is_err(),
            "{}",
            backup.display()
        );
    }
    assert_eq!(
        state(&open(left.path(), Retention::default())).await,
        before
    );
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let folder = tempdir().unwrap();
    open(folder.path(), Retention::default()).close().await;
    let database = another_program(folder.path());
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let said = refusal(folder.path());
    assert!(
        said.contains("format 99") && said.contains("newer"),
        "{said}"
    );
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let said = refusal(&file.join("data"));
    assert!(
        said.contains("--data") && said.contains("file/data"),
        "{said}"
    );
    fs::write(
        folder.path().join("keyfront.db"),
        "no database, but long enough to be one",
    )
    .unwrap();
    let said = refusal(folder.path());
    assert!(said.contains("another program"), "{said}");
}

#[tokio::test]
async fn what_a_deleted_store_leaves_behind_is_removed() {
    let folder = tempdir().unwrap();
    let engine = open(folder.path(), Retention::default());
    fill(&engine, 1, 5000, 10).await;
    fill(&engine, 2, 10, 10).await;
    delete(&engine, 1).await.unwrap();
    let left = state(&engine).await;
    assert_eq!(left.entries.keys().collect::<Vec<_>>(), [&store(2)]);
    let rows = |table: &str| -> u64 {
        let sql = format!("SELECT count(*) FROM {table}");
        another_program(folder.path())
            .query_row(&sql, [], |row| row.get(0))
            .unwrap()
    };
    let began = std::time::Instant::now();
    while rows("removals") > 0 {
        assert!(began.elapsed().as_secs() < 60, "entries are left");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(rows("entries"), 10);
    let history = engine
        .history(keyfront_storage::Subject::Store(store(1)), None, 10)
        .await
        .unwrap();
    assert_eq!(history.commits.len(), 1, "the commit of the delete stays");
    assert_eq!(state(&engine).await, left);
}

#[tokio::test]
async fn a_memory_engine_is_read_while_it_is_written() {
    let engine = SqliteEngine::open(&Location::Memory, Retention::default()).unwrap();
    fill(&engine, 1, 100, 10).await;
    let loaded = state(&engine).await;
    assert_eq!(loaded.entries[&store(1)].len(), 100);
    count(&engine, 1).await.unwrap();
}

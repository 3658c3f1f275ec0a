//! Folders that the server can't use: it says so, with what to do, and ends.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::left_out;
use crate::server::{Server, binary, command};

/// The user without rights.
const NOBODY: u32 = 65534;

/// A place that everyone may look into.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    allow(place.path(), 0o755);
    place
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A folder that a server has used.
fn used(place: &TempDir) -> PathBuf {
    let data = place.path().join("data");
    Server::start(&data).stop();
    data
}

#[track_caller]
fn assert_says(said: &str, expected: &[&str]) {
    for words in expected {
        assert!(said.contains(words), "{words:?} is not in: {said}");
    }
}

#[test]
fn something_else_where_the_folder_or_a_file_of_it_should_be() {
    let place = place();
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    let said = Server::refused(&file);
    assert_says(
        &said,
        &[file.to_str().unwrap(), "Not a directory", "--data"],
    );
    let said = Server::refused(&file.join("below/it"));
    assert_says(&said, &["Not a directory", "--data"]);

    for (name, says) in [
        ("lock", "can't be written (Is a directory"),
        ("keyfront.db", "unable to open database file"),
    ] {
        let data = place.path().join(format!("with-{name}"));
        fs::create_dir_all(data.join(name)).unwrap();
        assert_says(&Server::refused(&data), &[says]);
    }
}

#[test]
fn a_folder_or_a_file_that_may_only_be_read() {
    let place = place();
    let data = used(&place);
    let Some(mut refused) = without_rights(&place) else {
        return;
    };
    allow(&data, 0o555);
    let says = [
        "can't be written (Permission denied",
        "--data",
        "right to write",
    ];
    assert_says(&refused(&data), &says);
    assert_says(
        &refused(&data.join("below")),
        &["can't be made (Permission denied"],
    );

    allow(&data, 0o777);
    for file in fs::read_dir(&data).unwrap() {
        allow(&file.unwrap().path(), 0o666);
    }
    allow(&data.join("keyfront.db"), 0o444);
    assert_says(&refused(&data), &["may only be read", "right to write"]);
}

/// What refuses a folder to a user whom permissions bind; none if there is no such user.
fn without_rights(place: &TempDir) -> Option<impl FnMut(&Path) -> String> {
    let root = place.path().metadata().unwrap().uid() == 0;
    let bind = move |command: &mut Command| {
        if root {
            command.uid(NOBODY).gid(NOBODY);
        }
    };
    let mut probe = Command::new(binary());
    probe.arg("--version");
    bind(&mut probe);
    if let Err(error) = probe.output() {
        left_out(&format!(
            "permissions do not bind root, and no other user can run the server: {error}"
        ));
        return None;
    }
    Some(move |data: &Path| {
        let mut command = command(data, &[]);
        bind(&mut command);
        Server::run(command).err().unwrap()
    })
}

/// With the umask of most systems, by which files may be read by everybody.
#[test]
fn what_is_stored_can_be_read_by_nobody_else() {
    let place = place();
    let data = place.path().join("data");
    let mut inside = Command::new("sh");
    let command = command(&data, &[]);
    inside
        .args(["-c", "umask 022; exec \"$@\"", "sh"])
        .arg(command.get_program())
        .args(command.get_args());
    let server = Server::run(inside).unwrap();
    server.client().create("store", None).unwrap().expect(201);
    let mode = |path: &Path| path.metadata().unwrap().mode() & 0o7777;
    assert_eq!(mode(&data), 0o700);
    for file in ["keyfront.db", "keyfront.db-wal", "keyfront.db-shm", "lock"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    server.stop();
}

#[test]
fn a_folder_that_another_server_uses() {
    let place = place();
    let data = place.path().join("data");
    let first = Server::start(&data);
    let id = first.id().to_string();
    let second = Server::refused(&data);
    assert_says(&second, &["in use by another Keyfront", &id, "--data"]);
    first.client().probe("/readyz").expect(200);
    first.kill();
    Server::start(&data).stop();
}

#[test]
fn a_folder_of_a_newer_format() {
    let place = place();
    let data = used(&place);
    let database = Connection::open(data.join("keyfront.db")).unwrap();
    let format = |value: u32| database.pragma_update(None, "user_version", value).unwrap();
    let known: u32 = database
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    format(known + 1);
    let newer = format!("format {}", known + 1);
    assert_says(
        &Server::refused(&data),
        &[&newer, "newer Keyfront", "--data"],
    );
    format(known);
    drop(database);
    Server::start(&data).stop();
}

//! The data folder, or a file of it, is removed, moved or replaced under the server, or another server is
//! let in: what is acknowledged can be found again.

use std::fs;
use std::path::Path;

use crate::client::{Answer, Client};
use crate::server::{Server, until};
use crate::stores::{Passing, World, ready};

#[test]
fn a_folder_that_is_moved_away_gets_no_more_acknowledgements() {
    let place = tempfile::tempdir().unwrap();
    let (data, away) = (place.path().join("data"), place.path().join("away"));
    let (server, mut world) = serve(&data);
    fs::rename(&data, &away).unwrap();
    assert_acknowledges_nothing(&server, &mut world);
    server.stop();
    fs::rename(&away, &data).unwrap();
    assert_whole(&data, &mut world);
}

#[test]
fn a_folder_that_is_removed_gets_no_more_acknowledgements() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let (server, mut world) = serve(&data);
    fs::remove_dir_all(&data).unwrap();
    assert_acknowledges_nothing(&server, &mut world);
    server.stop();
}

#[test]
fn a_database_that_is_replaced_gets_no_more_acknowledgements() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let (server, mut world) = serve(&data);
    let database = data.join("keyfront.db");
    let (other, kept) = (place.path().join("other"), place.path().join("kept"));
    fs::copy(&database, &other).unwrap();
    fs::rename(&database, &kept).unwrap();
    fs::rename(&other, &database).unwrap();
    assert_acknowledges_nothing(&server, &mut world);
    server.kill();
    fs::rename(&kept, &database).unwrap();
    assert_whole(&data, &mut world);
}

/// Somebody has taken the lock away, and a second server runs on the folder: once it has written, the first
/// writes no more.
#[test]
fn a_second_server_without_a_lock_ends_the_writing_of_the_first() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let (first, mut world) = serve(&data);
    let mut client = first.client();
    client.create("both", None).unwrap().expect(201);
    let arn = ready(&mut client, "both");
    let etag = client.data("GET", &arn, "", None, "").unwrap().etag();
    fs::remove_file(data.join("lock")).unwrap();
    let second = Server::start(&data);
    put(&mut second.client(), &arn, &etag).expect(200);
    // The first has not seen that: to it, the version is the newest.
    put(&mut client, &arn, &etag).expect(500);
    let created = client.create("another", None).unwrap().expect(500);
    assert_eq!(created.elements("Code"), ["InternalFailure"]);
    assert_not_ready(&first);
    // What the first does at its end changes nothing.
    first.stop();
    world.verify(&second).unwrap();
    for chain in &mut world.chains {
        chain.write(&mut second.client()).unwrap().expect(200);
    }
    second.client().probe("/readyz").expect(200);
    second.kill();
    assert_whole(&data, &mut world);
}

fn put(client: &mut Client, arn: &str, etag: &str) -> Answer {
    let body = r#"{"Value":"1"}"#;
    client
        .data("PUT", arn, "/keys/a", Some(etag), body)
        .unwrap()
}

fn serve(data: &Path) -> (Server, World) {
    let server = Server::start(data);
    let mut world = World::create(&server, 2, Passing::default());
    let mut client = server.client();
    for chain in &mut world.chains {
        for _ in 0..10 {
            chain.write(&mut client).unwrap().expect(200);
        }
    }
    (server, world)
}

fn assert_acknowledges_nothing(server: &Server, world: &mut World) {
    let mut client = server.client();
    for chain in &mut world.chains {
        for _ in 0..3 {
            chain.write(&mut client).unwrap().expect(500);
        }
        let found = chain.read(&mut client).unwrap();
        assert_eq!(found, *chain.acknowledged());
    }
    client.create("another", None).unwrap().expect(500);
    assert_not_ready(server);
    client.probe("/healthz").expect(200);
}

fn assert_not_ready(server: &Server) {
    let state = server.client().probe("/readyz").expect(503);
    assert!(state.text().contains("restart"), "{}", state.text());
    until("the log says why", || {
        let log = server.log();
        log.contains("the storage engine has stopped").then_some(())
    });
}

fn assert_whole(data: &Path, world: &mut World) {
    let server = Server::start(data);
    world.verify(&server).unwrap();
    let mut client = server.client();
    client.probe("/readyz").expect(200);
    for chain in &mut world.chains {
        chain.write(&mut client).unwrap().expect(200);
    }
    server.stop();
}

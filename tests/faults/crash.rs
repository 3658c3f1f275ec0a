//! The process is killed at any moment. What the kernel has of its writes stays.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;

use crate::client::Client;
use crate::functions::Authors;
use crate::random::Random;
use crate::server::Server;
use crate::stores::{Passing, World};

const ROUNDS: usize = 220;

/// How many entries an import has.
const IMPORTED: usize = 300;

/// More stores than there ever are.
const QUOTA: usize = 20;

#[test]
fn what_was_acknowledged_survives_a_kill_and_nothing_is_half_there() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let bucket = data.join("buckets/bucket");
    fs::create_dir_all(&bucket).unwrap();
    fs::write(bucket.join("import.json"), import(IMPORTED, 10)).unwrap();
    let options = ["--stores-per-account", &QUOTA.to_string()];

    let passing = Passing::importing("arn:aws:s3:::bucket/import.json", IMPORTED);
    let mut random = Random(1);
    let mut server = Server::start_with(&data, &options);
    let mut world = World::create(&server, 4, passing);
    for round in 0..ROUNDS {
        let after = Duration::from_micros(5_000 + random.next() % 55_000);
        world.write_and_kill(server, after);
        server = Server::start_with(&data, &options);
        if let Err(wrong) = world.verify(&server) {
            panic!("after kill {round}, {after:?} after the first answer: {wrong}");
        }
    }
    let writes = world.writes();
    assert!(writes > 5 * ROUNDS as u64, "only {writes} writes");

    let made = create_all(&mut server.client());
    let there = world.chains.len() + world.passing.present();
    assert_eq!(made + there, QUOTA, "the account's count has drifted");
    server.stop();
    assert_eq!(check(&data), "ok");
    eprintln!("{ROUNDS} kills, {writes} writes acknowledged on chained stores");
}

const ROUNDS_OF_FUNCTIONS: usize = 50;

const AUTHORS: usize = 3;

#[test]
fn functions_survive_a_kill_with_what_they_use() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    // So few that a count which drifts upwards refuses a function.
    let most = Authors::most_functions(AUTHORS).to_string();
    let options = ["--functions-per-account", &most];

    let mut random = Random(3);
    let mut server = Server::start_with(&data, &options);
    let mut authors = Authors::create(&server, AUTHORS);
    for round in 0..ROUNDS_OF_FUNCTIONS {
        let after = Duration::from_micros(random.next() % 60_000);
        authors.write_and_kill(server, after);
        server = Server::start_with(&data, &options);
        if let Err(wrong) = authors.verify(&server) {
            panic!("after kill {round}, {after:?} after the first answer: {wrong}");
        }
    }
    let changes = authors.changes();
    assert!(
        changes > 2 * ROUNDS_OF_FUNCTIONS as u64,
        "only {changes} changes"
    );
    authors.create_and_delete_all(&server).unwrap();
    server.stop();
    assert_eq!(check(&data), "ok");
    eprintln!("{ROUNDS_OF_FUNCTIONS} kills, {changes} changes of functions acknowledged");
}

/// An import's file with values of a length.
pub(crate) fn import(entries: usize, length: usize) -> String {
    let entry = |n| json!({ "key": format!("/from/{n}"), "value": format!("{n:0length$}") });
    json!({ "data": (0..entries).map(entry).collect::<Vec<_>>() }).to_string()
}

/// Creates as many stores as the account may have.
fn create_all(client: &mut Client) -> usize {
    let mut made = 0;
    loop {
        let answer = client.create(&format!("more-{made}"), None).unwrap();
        if answer.elements("Code") == ["EntityLimitExceeded"] {
            return made;
        }
        answer.expect(201);
        made += 1;
    }
}

/// What SQLite finds wrong with the database of a server that was stopped.
fn check(data: &Path) -> String {
    let connection = Connection::open(data.join("keyfront.db")).unwrap();
    let found = connection.pragma_query_value(None, "integrity_check", |row| row.get(0));
    found.unwrap()
}

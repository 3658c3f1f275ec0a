//! The server is told to stop while it works.

use std::fs;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::client::{Client, Plane, Request, connect, read_answer, store_path};
use crate::crash::import;
use crate::random::Random;
use crate::server::{Server, command, ended, printed_port, until};
use crate::stores::{Passing, World, ready};

#[test]
fn under_load_it_ends_in_order_and_nothing_acknowledged_is_lost() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let mut server = Server::start(&data);
    let mut world = World::create(&server, 4, Passing::default());
    for _ in 0..10 {
        world.write_until(server, |server| {
            thread::sleep(Duration::from_millis(20));
            server.stop();
        });
        server = Server::start(&data);
        world.verify(&server).unwrap();
    }
}

#[test]
fn a_request_under_way_is_finished_and_none_is_begun() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let server = Server::start(&data);
    let arn = new_store(&mut server.client());
    let (mut connection, body) = begin_put(&server, &arn);
    server.terminate();
    until("the server stops", || {
        server.log().contains("stopping").then_some(())
    });
    until("no connection is taken", || connect(server.port()).err());
    connection.get_mut().write_all(&body).unwrap();
    let etag = read_answer(&mut connection).unwrap().expect(200).etag();
    server.wait();

    let server = Server::start(&data);
    let found = server.client().data("GET", &arn, "", None, "").unwrap();
    assert_eq!(found.expect(200).etag(), etag);
}

#[test]
fn a_request_that_does_not_end_is_not_waited_for() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start_with(&place.path().join("data"), &["--stop-seconds=1"]);
    let arn = new_store(&mut server.client());
    let (_connection, _) = begin_put(&server, &arn);
    server.terminate();
    server.wait();
}

#[test]
fn told_twice_it_ends_at_once() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start_with(&place.path().join("data"), &["--stop-seconds=600"]);
    let arn = new_store(&mut server.client());
    let (_connection, _) = begin_put(&server, &arn);
    server.terminate();
    until("the server stops", || {
        server.log().contains("stopping").then_some(())
    });
    server.terminate();
    let said = server.wait_for(1);
    assert!(said.contains("second stop signal: exiting now"), "{said}");
}

#[test]
fn what_it_says_need_not_be_read() {
    let place = tempfile::tempdir().unwrap();
    let mut child = command(&place.path().join("data"), &[])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    let port = printed_port(&mut child).unwrap();
    for name in ["a", "b"] {
        Client::new(port).create(name, None).unwrap().expect(201);
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(ended(&mut child).code(), Some(0));
}

fn new_store(client: &mut Client) -> String {
    client.create("store", None).unwrap().expect(201);
    ready(client, "store")
}

/// Begins a PutKey and returns when the server waits for its body, which is left to be sent.
fn begin_put(server: &Server, arn: &str) -> (BufReader<TcpStream>, Vec<u8>) {
    let store = server.client().data("GET", arn, "", None, "").unwrap();
    let (mut head, body) = Request {
        plane: Plane::Data,
        method: "PUT",
        target: &format!("{}/keys/a", store_path(arn)),
        if_match: Some(&store.etag()),
        body: br#"{"Value":"1"}"#,
    }
    .parts();
    head.truncate(head.len() - 2);
    head.extend_from_slice(b"expect: 100-continue\r\n\r\n");
    let mut connection = BufReader::new(connect(server.port()).unwrap());
    connection.get_mut().write_all(&head).unwrap();
    read_answer(&mut connection).unwrap().expect(100);
    (connection, body)
}

const ENTRIES: usize = 5_000;

#[test]
fn an_import_that_was_cut_off_is_made_at_the_next_start() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let bucket = data.join("buckets/bucket");
    fs::create_dir_all(&bucket).unwrap();
    fs::write(bucket.join("import.json"), import(ENTRIES, 100)).unwrap();
    let mut random = Random(5);
    for round in 0..12 {
        // Cut off at any moment; and, to be sure, where it has been read and is yet to be committed.
        let options: &[&str] = match round % 3 {
            0 => &["--provisioning-seconds=600"],
            _ => &[],
        };
        let after = Duration::from_millis(random.next() % 150);
        let name = format!("import-{round}");
        cut_off_import(&data, options, &name, after, round % 2 == 0);
        let server = Server::start(&data);
        let mut client = server.client();
        let arn = ready(&mut client, &name);
        let found = client.data("GET", &arn, "", None, "").unwrap().expect(200);
        assert_eq!(found.json()["ItemCount"], ENTRIES, "round {round}");
        server.kill();
    }
}

fn cut_off_import(data: &Path, options: &[&str], name: &str, after: Duration, in_order: bool) {
    let server = Server::start_with(data, options);
    let created = server
        .client()
        .create(name, Some("arn:aws:s3:::bucket/import.json"));
    created.unwrap().expect(201);
    thread::sleep(after);
    if !options.is_empty() {
        let found = server.client().describe(name).unwrap().expect(200);
        assert_eq!(found.elements("Status"), ["PROVISIONING"]);
    }
    match in_order {
        true => server.stop(),
        false => server.kill(),
    }
}

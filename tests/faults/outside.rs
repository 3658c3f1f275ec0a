//! What the server writes to and reads from beside its data folder: nobody reads its log or its
//! greeting, and its credentials file can't be read.

use std::io::{BufRead, BufReader, PipeWriter, Read, Write, pipe};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::client::{Client, Plane, Request, STORES, connect, read_answer};
use crate::server::{Running, command, ended, printed_port, until};
use crate::stores::ready;

/// More reads than pipe and queue hold: each is a line of some two hundred bytes.
const READS: usize = 10_000;

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let place = tempfile::tempdir().unwrap();
    let mut server = with_piped_log(&place.path().join("data"));
    let port = printed_port(&mut server.child).unwrap();
    write_much_log(port);
    assert_eq!(Client::new(port).probe("/healthz").status, 200);
    assert_eq!(Client::new(port).probe("/readyz").status, 200);
    let mut client = Client::new(port);
    client.create("store", None).unwrap().expect(201);
    ready(&mut client, "store");
    server.stop();
}

#[test]
fn lines_that_did_not_fit_are_told_when_the_log_is_read_again() {
    let place = tempfile::tempdir().unwrap();
    let mut server = with_piped_log(&place.path().join("data"));
    let log = server.child.stderr.take().unwrap();
    let port = printed_port(&mut server.child).unwrap();
    write_much_log(port);
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines() {
            if sender.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    let next = || lines.recv_timeout(Duration::from_secs(60)).unwrap();
    let (mut reads, mut dropped) = (0, 0);
    while reads + dropped < READS {
        let line = next();
        if line.contains("log lines were dropped") {
            let number = line.split_whitespace().find_map(|word| word.parse().ok());
            dropped += number.unwrap_or(0);
        }
        reads += usize::from(line.contains(" done "));
    }
    assert_eq!(reads + dropped, READS);
    assert!(dropped > 0);
    // From then on nothing is missing.
    let marker = "/a-later-refusal";
    Client::new(port).probe(marker).expect(404);
    while !next().contains(marker) {}
    server.stop();
}

#[test]
fn an_error_at_the_end_does_not_wait_for_the_log() {
    let place = tempfile::tempdir().unwrap();
    let (reader, writer) = full_pipe();
    let mut server = Running::start(
        command(&place.path().join("data"), &["--credentials=/nowhere"])
            .stdout(Stdio::null())
            .stderr(writer),
    );
    assert_eq!(ended(&mut server.child).code(), Some(1));
    drop(reader);
}

#[test]
fn a_greeting_that_nobody_reads_stops_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (reader, writer) = full_pipe();
    let port = free_port();
    let server = Running::start(
        command(&place.path().join("data"), &[])
            .arg(format!("--listen=127.0.0.1:{port}"))
            .stdout(writer)
            .stderr(Stdio::null()),
    );
    until("the server answers", || {
        let mut connection = BufReader::new(connect(port).ok()?);
        let probe = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
        connection.get_mut().write_all(probe).ok()?;
        read_answer(&mut connection).ok()
    });
    server.stop();
    drop(reader);
}

/// A server that logs reads too, into a pipe.
fn with_piped_log(data: &Path) -> Running {
    Running::start(
        command(data, &["--log=info,keyfront_api=debug"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    )
}

/// Sends requests, each of which is a line in the log.
fn write_much_log(port: u16) {
    const AT_ONCE: usize = 100;
    let request = Request {
        plane: Plane::Control,
        method: "GET",
        target: STORES,
        if_match: None,
        body: b"",
    };
    let requests = request.bytes().repeat(AT_ONCE);
    let mut connection = BufReader::new(connect(port).unwrap());
    for _ in 0..READS / AT_ONCE {
        connection.get_mut().write_all(&requests).unwrap();
        for _ in 0..AT_ONCE {
            read_answer(&mut connection).unwrap().expect(200);
        }
    }
}

/// A pipe that takes nothing any more as long as its reader is there.
fn full_pipe() -> (impl Read, PipeWriter) {
    let (reader, writer) = pipe().unwrap();
    let mut filling = writer.try_clone().unwrap();
    let (sender, progress) = mpsc::channel();
    thread::spawn(move || {
        // It ends with the reader.
        while filling.write_all(&[b'x'; 512]).is_ok() && sender.send(()).is_ok() {}
    });
    // Full is a pipe that has taken nothing for a while.
    while progress.recv_timeout(Duration::from_millis(500)).is_ok() {}
    (reader, writer)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

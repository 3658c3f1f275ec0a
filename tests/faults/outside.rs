//! What the server writes to and reads from beside its data folder: nobody reads its log or its
//! greeting, and its credentials file can't be read.

use std::io::{BufRead, BufReader, PipeWriter, Read, Write, pipe};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::client::{Client, STORES, connect, read_answer};
use crate::server::{command, ended, printed_port, until};
use crate::stores::ready;

/// More refusals than pipe and queue hold: each is a line of some hundred bytes.
const REFUSALS: usize = 6_000;

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let place = tempfile::tempdir().unwrap();
    let mut server = Running::with_piped_log(&place.path().join("data"));
    let port = printed_port(&mut server.0).unwrap();
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
    let mut server = Running::with_piped_log(&place.path().join("data"));
    let log = server.0.stderr.take().unwrap();
    let port = printed_port(&mut server.0).unwrap();
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
    let (mut refusals, mut dropped) = (0, 0);
    while refusals + dropped < REFUSALS {
        let line = next();
        if line.contains("log lines were dropped") {
            let number = line.split_whitespace().find_map(|word| word.parse().ok());
            dropped += number.unwrap_or(0);
        }
        refusals += usize::from(line.contains(" refused "));
    }
    assert_eq!(refusals + dropped, REFUSALS);
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
    assert_eq!(ended(&mut server.0).code(), Some(1));
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

/// A server that is killed when the test is done with it.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    fn with_piped_log(data: &Path) -> Self {
        Self::start(
            command(data, &[])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        )
    }

    /// Stops it as an operator does; it must end well.
    fn stop(mut self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        assert_eq!(ended(&mut self.0).code(), Some(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends requests that are not signed, each of which is a line in the log.
fn write_much_log(port: u16) {
    const AT_ONCE: usize = 100;
    let name = "x".repeat(250);
    let request = format!("GET {STORES}/{name} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    let mut connection = BufReader::new(connect(port).unwrap());
    for _ in 0..REFUSALS / AT_ONCE {
        let requests = request.repeat(AT_ONCE);
        connection.get_mut().write_all(requests.as_bytes()).unwrap();
        for _ in 0..AT_ONCE {
            read_answer(&mut connection).unwrap().expect(403);
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

//! What no client sends: every answer is a refusal, and the server goes on.

mod garbage;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::client::{Client, Plane, Request, STORES, connect, store_path};
use crate::server::Server;
use crate::stores::ready;

/// A server with one store, which must be as it was when the test is over.
struct Target {
    server: Server,
    arn: String,
    _place: tempfile::TempDir,
}

impl Target {
    fn new(options: &[&str]) -> Self {
        let place = tempfile::tempdir().unwrap();
        let server = Server::start_with(&place.path().join("data"), options);
        let mut client = server.client();
        client.create("store", None).unwrap().expect(201);
        let arn = ready(&mut client, "store");
        Self {
            server,
            arn,
            _place: place,
        }
    }

    /// Asks what any client might.
    fn assert_works(&self) {
        let mut client = self.server.client();
        let found = client.data("GET", &self.arn, "", None, "").unwrap();
        found.expect(200);
        self.server.assert_sound();
    }

    /// Everything that the server says to some bytes, until it closes the connection. It is given
    /// the end of what is sent only when it seems to wait for more.
    fn converse(&self, bytes: &[u8]) -> Vec<u8> {
        let mut connection = connect(self.server.port()).unwrap();
        // It may have had enough before the end.
        let _ = connection.write_all(bytes);
        let mut said = Vec::new();
        if !read_for(&mut connection, Duration::from_millis(50), &mut said) {
            let _ = connection.shutdown(Shutdown::Write);
            let closed = read_for(&mut connection, Duration::from_secs(20), &mut said);
            assert!(closed, "it neither answers nor closes");
        }
        said
    }
}

/// Reads until the connection is closed; whether it was, before a pause.
fn read_for(connection: &mut TcpStream, pause: Duration, said: &mut Vec<u8>) -> bool {
    connection.set_read_timeout(Some(pause)).unwrap();
    match connection.read_to_end(said) {
        Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        Ok(_) => true,
    }
}

/// The statuses of all answers, but for those that only say to go on.
fn statuses(said: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(said);
    let starts = text.split("HTTP/1.1 ").skip(1);
    let codes = starts.map(|rest| rest.get(..3).and_then(|code| code.parse().ok()).unwrap());
    codes.filter(|code| *code != 100).collect()
}

#[test]
fn what_is_no_request_of_ours_is_refused() {
    let target = Target::new(&[]);
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: x\r\n");
    let post = |rest: &str| format!("POST {STORES} HTTP/1.1\r\nHost: x\r\n{rest}");
    let closing = |start: &str| format!("{start} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let probe = get("/healthz") + "\r\n";
    for (request, expected) in [
        (get("/") + &"X-A: b\r\n".repeat(50_000) + "\r\n", &[431][..]),
        (get(&"/a".repeat(50_000)) + "\r\n", &[414, 431]),
        (closing("CONNECT example.com:443"), &[404]),
        (closing("GET http://example.com/"), &[404]),
        (closing("OPTIONS *"), &[404]),
        (post("Transfer-Encoding: chunked\r\n\r\nZZ\r\n\r\n"), &[403]),
        (post("Transfer-Encoding: gzip\r\n\r\n"), &[400]),
        (
            post("Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
            &[400],
        ),
        // A body that is not read is not taken for the next request.
        (
            format!("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{probe}"),
            &[404],
        ),
    ] {
        let found = statuses(&target.converse(request.as_bytes()));
        let start = &request[..request.len().min(60)];
        assert!(
            found.len() == 1 && expected.contains(&found[0]),
            "{found:?} to {start:?}"
        );
    }
    target.assert_works();
}

/// A caller who is known is told that the body is at fault.
#[test]
fn a_signed_request_with_a_broken_body_is_refused_for_it() {
    let target = Target::new(&[]);
    let request = Request {
        plane: Plane::Control,
        method: "POST",
        target: STORES,
        if_match: None,
        body: b"",
    };
    let head = String::from_utf8(request.parts().0).unwrap();
    let chunked = "transfer-encoding: chunked\r\n\r\nZZ\r\n\r\n";
    let broken = head.replace("content-length: 0\r\n\r\n", chunked);
    assert_eq!(statuses(&target.converse(broken.as_bytes())), [400]);
    target.assert_works();
}

#[test]
fn requests_that_do_not_wait_are_answered_up_to_the_one_that_is_none() {
    let target = Target::new(&[]);
    let good = Request {
        plane: Plane::Data,
        method: "GET",
        target: &store_path(&target.arn),
        if_match: None,
        body: b"",
    };
    let good = good.bytes();
    let sent = [&good[..], &good, b"NONSENSE\r\n\r\n", &good].concat();
    assert_eq!(statuses(&target.converse(&sent)), [200, 200, 400]);
    target.assert_works();
}

#[test]
fn a_body_that_would_be_refused_is_not_asked_for_and_the_connection_ends() {
    let target = Target::new(&[]);
    let put = format!("{}/keys/a", store_path(&target.arn));
    let signed = |plane, method, target| {
        let request = Request {
            plane,
            method,
            target,
            if_match: None,
            body: b"",
        };
        String::from_utf8(request.parts().0).unwrap()
    };
    let unsigned =
        |target: &str| format!("POST {target} HTTP/1.1\r\nHost: x\r\ncontent-length: 0\r\n\r\n");
    for (head, status) in [
        (signed(Plane::Data, "PUT", &put), 402),
        (signed(Plane::Control, "POST", STORES), 413),
        (unsigned(STORES), 403),
        (unsigned("/nowhere"), 404),
    ] {
        let large = "content-length: 100000000\r\nexpect: 100-continue\r\n";
        let sent = head.replace("content-length: 0\r\n", large);
        let mut connection = connect(target.server.port()).unwrap();
        connection.write_all(sent.as_bytes()).unwrap();
        let mut said = String::new();
        connection.read_to_string(&mut said).unwrap();
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
        assert!(said.contains("connection: close\r\n"), "{said}");
    }
    target.assert_works();
}

#[test]
fn headers_that_come_too_slowly_end_the_connection() {
    let target = Target::new(&["--idle-seconds=1"]);
    let mut connection = connect(target.server.port()).unwrap();
    let began = Instant::now();
    connection
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    connection
        .write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        .unwrap();
    let mut said = [0; 1000];
    loop {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "it waits for ever"
        );
        // A header's byte now and then, so that the connection is never idle.
        let sent = connection.write_all(b"a");
        let closed = match connection.read(&mut said) {
            Ok(length) => length == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        };
        if closed || sent.is_err() {
            break;
        }
    }
    assert!(began.elapsed() > Duration::from_millis(900));
    target.assert_works();
}

#[test]
fn connections_that_say_nothing_leave_room_for_others() {
    let target = Target::new(&["--connections=10", "--idle-seconds=1"]);
    let silent: Vec<_> = (0..30)
        .map(|_| connect(target.server.port()).unwrap())
        .collect();
    let mut client = Client::new(target.server.port());
    client.probe("/healthz").expect(200);
    drop(silent);
    target.assert_works();
}

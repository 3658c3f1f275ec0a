//! PutKey: how long one takes, and how many there are when many write.

use std::cell::RefCell;
use std::fs::File;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use keyfront_signature::{Algorithm, SigningKeys};

use crate::bare;
use crate::client::{ACCESS_KEY, Connection, Requests};
use crate::load::{self, CONNECTIONS, Writer};
use crate::machine;
use crate::server::Server;
use crate::table::{Figure, Reach, Table, median};

const WRITES: usize = 2000;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(700);

pub(crate) fn measure(table: &mut Table) {
    let folder = machine::folder();
    let server = Server::keyfront(&folder.path().join("data"));
    let requests = Requests::new(server.address);
    for (name, algorithm) in [("SigV4A", Algorithm::Ecdsa), ("SigV4", Algorithm::Hmac)] {
        measure_chain(table, &server, &requests, folder.path(), (name, algorithm));
    }
    measure_many(table, &server, &requests);
}

/// Each write waits for the one before it, whose version it needs.
fn measure_chain(
    table: &mut Table,
    server: &Server,
    requests: &Requests,
    folder: &Path,
    (name, algorithm): (&str, Algorithm),
) {
    let mut connection = Connection::to(server.address);
    let (arn, mut version) = store(&mut connection, requests, name);
    let value = "v".repeat(200);
    let peer = Server::bare(&folder.join(name).to_string_lossy());
    let mut to_peer = Connection::to(peer.address);
    let peers_requests = Requests::new(peer.address);
    let file = File::create(folder.join("appended")).unwrap();
    let keys = SigningKeys::new(ACCESS_KEY, ACCESS_KEY);
    let request = requests.get_parts(&arn, "/old/path/000007", algorithm);
    let [mut writes, mut peers, mut syncs, mut checks] = [(); 4].map(|()| Vec::new());
    for number in 0..WRITES + 100 {
        let key = format!("/old/path/{:06}", number % 500);
        let put = requests.put(&arn, (&key, &value), &version, algorithm);
        let answer = connection.ask(&put);
        version = answer.etag();
        let put = peers_requests.put(&arn, (&key, &value), &version, algorithm);
        let peer = to_peer.ask(&put);
        let sync = timed(|| bare::append(&file));
        let check = timed(|| bare::check(&request, b"", &keys));
        // The first ones make the files and fill the caches.
        if number >= 100 {
            writes.push(answer.took);
            peers.push(peer.took);
            syncs.push(sync);
            checks.push(check);
        }
    }
    let [write, peer, sync, check] = [writes, peers, syncs, checks].map(|times| median(&times));
    table.ratio(
        &format!("PutKey chained, {name} / append + sync + check"),
        Figure::micros(write),
        Figure::micros(sync + check),
        Reach::AtMost(1.5),
    );
    table.note(&format!("append and sync {sync:.1?}, check {check:.1?}"));
    table.note(&format!(
        "a bare server that does these and no more: {peer:.1?}; Keyfront takes {:.2} x that",
        write.as_secs_f64() / peer.as_secs_f64()
    ));
}

fn timed(work: impl Fn()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

/// As many writers as there are stores, beside one.
fn measure_many(table: &mut Table, server: &Server, requests: &Requests) {
    let mut connection = Connection::to(server.address);
    let value = "v".repeat(200);
    let writers: Vec<Writer> = (0..CONNECTIONS)
        .map(|number| {
            let (arn, version) = store(&mut connection, requests, &format!("many-{number}"));
            let (head, body) = requests.put_unversioned(&arn, ("/old/path/000007", &value));
            let version = Rc::new(RefCell::new(version));
            Writer {
                head,
                body,
                version,
            }
        })
        .collect();
    let (mut one, mut many) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        one.push(load::write(server, &writers[..1], ROUND).by_clock);
        many.push(load::write(server, &writers, ROUND).by_clock);
    }
    table.ratio(
        &format!("PutKey, SigV4, {CONNECTIONS} writers / one"),
        Figure::rate(median(&many)),
        Figure::rate(median(&one)),
        Reach::AtLeast(3.0),
    );
}

/// A new store, and its contents' version.
pub(crate) fn store(
    connection: &mut Connection,
    requests: &Requests,
    name: &str,
) -> (String, String) {
    let (arn, _) = connection.create(requests, name, None);
    let version = connection.ask(&requests.describe_contents(&arn)).etag();
    (arn, version)
}

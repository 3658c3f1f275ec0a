//! PutKey: how long one takes, and how many there are when many write.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::rc::Rc;
use std::time::{Duration, Instant};

use keyfront_signature::{Algorithm, Claim, Expected, Payload, SigningKeys};

use crate::client::{ACCESS_KEY, Connection, DATA, Requests};
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
    let mut bare = File::create(folder.path().join("bare")).unwrap();
    for (name, algorithm) in [("SigV4A", Algorithm::Ecdsa), ("SigV4", Algorithm::Hmac)] {
        measure_chain(table, &server, &requests, &mut bare, (name, algorithm));
    }
    measure_many(table, &server, &requests);
}

/// Each write waits for the one before it, whose version it needs.
fn measure_chain(
    table: &mut Table,
    server: &Server,
    requests: &Requests,
    bare: &mut File,
    (name, algorithm): (&str, Algorithm),
) {
    let mut connection = Connection::to(server.address);
    let (arn, mut version) = store(&mut connection, requests, name);
    let value = "v".repeat(200);
    let (mut writes, mut syncs, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    let check = signature_check(requests, &arn, algorithm);
    for number in 0..WRITES + 100 {
        let key = format!("/old/path/{:06}", number % 500);
        let put = requests.put(&arn, (&key, &value), &version, algorithm);
        let answer = connection.ask(&put);
        version = answer.etag();
        let sync = append(bare);
        let check = check();
        // The first ones make the files and fill the caches.
        if number >= 100 {
            writes.push(answer.took);
            syncs.push(sync);
            checks.push(check);
        }
    }
    let (sync, check) = (median(&syncs), median(&checks));
    table.ratio(
        &format!("PutKey chained, {name} / append + sync + check"),
        Figure::micros(median(&writes)),
        Figure::micros(sync + check),
        Reach::AtMost(1.5),
    );
    table.note(&format!("append and sync {sync:.1?}, check {check:.1?}"));
}

fn append(file: &mut File) -> Duration {
    let began = Instant::now();
    file.write_all(&[b'v'; 256]).unwrap();
    file.sync_data().unwrap();
    began.elapsed()
}

/// Reads and verifies the signature of a request.
fn signature_check(requests: &Requests, arn: &str, algorithm: Algorithm) -> impl Fn() -> Duration {
    let request = requests.get_parts(arn, "/old/path/000007", algorithm);
    let keys = SigningKeys::new(ACCESS_KEY, ACCESS_KEY);
    move || {
        let began = Instant::now();
        let claim = Claim::from_request(&request).unwrap().unwrap();
        let (payload, now) = (Payload::of(b""), jiff::Timestamp::now());
        let expected = Expected::service(DATA);
        claim
            .verify(&request, &payload, &keys, now, &expected)
            .unwrap();
        began.elapsed()
    }
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

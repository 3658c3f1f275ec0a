//! How soon a server answers that has much to load, and what it takes of the memory.

use std::fs;
use std::time::Instant;

use keyfront_signature::Algorithm;

use crate::client::{Answer, Connection, Requests};
use crate::machine;
use crate::server::Server;
use crate::table::{Reach, Table};
use crate::{growth, load};

const STORES: usize = 1000;
const KEYS: usize = 100;
const VALUE: usize = 200;

pub(crate) fn measure(table: &mut Table) {
    let folder = machine::folder();
    let data = folder.path().join("data");
    let bucket = data.join("buckets/bench");
    fs::create_dir_all(&bucket).unwrap();
    let value = "v".repeat(VALUE);
    let entries = (0..KEYS).map(|key| format!(r#"{{"key":"/p/{key:06}","value":"{value}"}}"#));
    let document = format!(r#"{{"data":[{}]}}"#, entries.collect::<Vec<_>>().join(","));
    fs::write(bucket.join("store.json"), document).unwrap();

    let server = Server::keyfront(&data);
    Connection::to(server.address).ask(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n");
    let empty = machine::resident(server.process()) as f64;
    let arn = create(&server);
    server.stop();

    // Once in vain, so that no start pays for the creation.
    let mut times = Vec::new();
    for _ in 0..4 {
        let began = Instant::now();
        let server = Server::keyfront(&data);
        let requests = Requests::new(server.address);
        let get = requests.get(&arn, "/p/000007", Algorithm::Hmac);
        Connection::to(server.address).ask(&get);
        times.push(began.elapsed());
        server.stop();
    }
    let took = crate::table::median(&times[1..]);
    let what = format!("start with {STORES} stores of {KEYS} keys");
    let milliseconds = took.as_secs_f64() * 1e3;
    table.bound(&what, milliseconds, "ms", Reach::AtMost(200.0));
    table.bound("resident, empty", empty / MIB, "MiB", Reach::AtMost(20.0));

    let server = Server::keyfront(&data);
    let requests = Requests::new(server.address);
    Connection::to(server.address).ask(&requests.get(&arn, "/p/000007", Algorithm::Hmac));
    let full = machine::resident(server.process()) as f64;
    let stored = (STORES * KEYS * (VALUE + "/p/000007".len())) as f64;
    table.bound(
        "resident, full, for a stored byte",
        full / stored,
        "B",
        Reach::AtMost(2.0),
    );
    table.note(&format!(
        "{:.1} MiB for {:.1} MiB",
        full / MIB,
        stored / MIB
    ));
    growth::measure_stores(table, &server, &arn);
}

const MIB: f64 = 1024.0 * 1024.0;

/// Creates the stores; the ARN of one.
fn create(server: &Server) -> String {
    let requests = Requests::new(server.address);
    let object = Some("arn:aws:s3:::bench/store.json");
    let create = (0..STORES).map(|number| requests.create(&format!("store-{number}"), object));
    let answers = load::each(server.address, create.collect());
    let mut connection = Connection::to(server.address);
    for number in 0..STORES {
        let describe = requests.describe(&format!("store-{number}"));
        while !connection.ask(&describe).text.contains("READY") {}
    }
    let text = answers[STORES / 2].clone();
    let took = std::time::Duration::ZERO;
    Answer { text, took }.element("ARN")
}

//! Whether it matters how many keys a store has, and how many stores there are.

use std::fs;
use std::path::Path;
use std::time::Duration;

use keyfront_signature::Algorithm;

use crate::client::{Connection, Requests};
use crate::server::Server;
use crate::table::{Figure, Reach, Table, median};
use crate::{imports, load, machine};

/// Much smaller than anything that grows with the store: 50,000 keys are 5,000 times 10.
const FLAT: Reach = Reach::AtMost(1.25);

const KEYS: [usize; 2] = [10, 50_000];
const STORES: usize = 10_000;
const READS: usize = 4000;
const WRITES: usize = 1500;

pub(crate) fn measure(table: &mut Table) {
    let folder = machine::folder();
    let data = folder.path().join("data");
    let server = Server::keyfront(&data);
    let requests = Requests::new(server.address);
    let mut connection = Connection::to(server.address);
    let [few, many] = KEYS.map(|keys| store_of(&mut connection, &requests, &data, keys));

    let get = |arn: &str, keys| gets(&requests, arn, keys);
    let (few_gets, many_gets) = (get(&few, KEYS[0]), get(&many, KEYS[1]));
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..READS {
        for (gets, times) in [&few_gets, &many_gets].into_iter().zip(&mut times) {
            let get = &gets[number % gets.len()];
            times.push(connection.ask(get).took);
        }
    }
    tell(table, "GetKey, 50000 keys / 10 keys", &times, FLAT);

    let mut versions = [&few, &many].map(|arn| contents_version(&mut connection, &requests, arn));
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..WRITES {
        for (index, arn) in [&few, &many].into_iter().enumerate() {
            let key = key(number * 7919 % KEYS[index]);
            let entry = (key.as_str(), "another value");
            let put = requests.put(arn, entry, &versions[index], Algorithm::Hmac);
            let answer = connection.ask(&put);
            versions[index] = answer.etag();
            times[index].push(answer.took);
        }
    }
    tell(table, "PutKey, 50000 keys / 10 keys", &times, FLAT);
}

/// Beside a server of a thousand stores, which gets more of them: another with one.
pub(crate) fn measure_stores(table: &mut Table, many: &Server, arn: &str) {
    let folder = machine::folder();
    let data = folder.path().join("data");
    let one = Server::keyfront(&data);
    let servers = [&one, many];
    let requests = servers.map(|server| Requests::new(server.address));
    let mut connections = servers.map(|server| Connection::to(server.address));
    let arns = [
        store_of(&mut connections[0], &requests[0], &data, 100),
        arn.to_owned(),
    ];
    let more = (1000..STORES).map(|number| requests[1].create(&format!("store-{number}"), None));
    load::each(many.address, more.collect());

    let gets = [0, 1].map(|index| gets(&requests[index], &arns[index], 100));
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..READS {
        for index in [0, 1] {
            let get = &gets[index][number % gets[index].len()];
            times[index].push(connections[index].ask(get).took);
        }
    }
    let what = format!("GetKey, {STORES} stores / one store");
    tell(table, &what, &times, FLAT);
}

fn tell(table: &mut Table, what: &str, [few, many]: &[Vec<Duration>; 2], reach: Reach) {
    let [few, many] = [few, many].map(|times| Figure::micros(median(times)));
    table.ratio(what, many, few, reach);
}

fn key(number: usize) -> String {
    format!("/p/{number:06}")
}

/// GetKey of keys all over the store.
fn gets(requests: &Requests, arn: &str, keys: usize) -> Vec<Vec<u8>> {
    (0..1000)
        .map(|number| requests.get(arn, &key(number * 7919 % keys), Algorithm::Hmac))
        .collect()
}

fn store_of(connection: &mut Connection, requests: &Requests, data: &Path, keys: usize) -> String {
    let bucket = data.join("buckets/bench");
    fs::create_dir_all(&bucket).unwrap();
    let document = imports::document(keys, keys * 80);
    fs::write(bucket.join(format!("{keys}.json")), document).unwrap();
    let object = format!("arn:aws:s3:::bench/{keys}.json");
    connection
        .create(requests, &format!("keys-{keys}"), Some(&object))
        .0
}

fn contents_version(connection: &mut Connection, requests: &Requests, arn: &str) -> String {
    connection.ask(&requests.describe_contents(arn)).etag()
}

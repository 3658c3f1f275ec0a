//! A caller who creates and deletes without an end: what is left of it is bounded.

use std::fs;
use std::path::Path;

use crate::client::Client;
use crate::crash::import;
use crate::server::{Server, until};
use crate::stores::ready;

/// Each round leaves some 5 MB, unless what it leaves is removed.
const ROUNDS: usize = 20;

const MAX_DATABASE_BYTES: u64 = 60_000_000;

#[test]
fn stores_that_come_from_large_files_and_go_leave_the_disk_to_others() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let bucket = data.join("buckets/bucket");
    fs::create_dir_all(&bucket).unwrap();
    fs::write(bucket.join("import.json"), import(4_800, 1000)).unwrap();
    let server = Server::start(&data);
    let mut client = server.client();
    for _ in 0..ROUNDS {
        let created = client.create("store", Some("arn:aws:s3:::bucket/import.json"));
        created.unwrap().expect(201);
        ready(&mut client, "store");
        delete(&mut client, "store");
    }
    let found = bytes(&data);
    assert!(found < MAX_DATABASE_BYTES, "{found} bytes");
    server.stop();
}

#[test]
fn so_many_deleted_stores_of_an_account_are_remembered() {
    const REMEMBERED: usize = 5;
    let place = tempfile::tempdir().unwrap();
    let options = [&*format!("--remember-deleted-stores={REMEMBERED}")];
    let data = place.path().join("data");
    let server = Server::start_with(&data, &options);
    let mut client = server.client();
    let arns: Vec<_> = (0..3 * REMEMBERED)
        .map(|_| {
            client.create("store", None).unwrap().expect(201);
            let arn = ready(&mut client, "store");
            delete(&mut client, "store");
            arn
        })
        .collect();
    let (forgotten, remembered) = arns.split_at(2 * REMEMBERED);
    until("the oldest are forgotten", || {
        let mut statuses = forgotten.iter().map(|arn| status(&mut client, arn));
        statuses.all(|status| status == 404).then_some(())
    });
    for arn in remembered {
        assert_eq!(status(&mut client, arn), 409);
    }
    server.stop();
}

fn delete(client: &mut Client, name: &str) {
    let etag = client.describe(name).unwrap().expect(200).etag();
    client.delete_store(name, &etag).unwrap().expect(204);
}

/// What the data plane's Describe answers.
fn status(client: &mut Client, arn: &str) -> u16 {
    client.data("GET", arn, "", None, "").unwrap().status
}

/// The bytes of the database and its WAL.
fn bytes(data: &Path) -> u64 {
    let files = ["keyfront.db", "keyfront.db-wal"].map(|name| data.join(name));
    let bytes = files.map(|file| fs::metadata(file).map_or(0, |file| file.len()));
    bytes.iter().sum()
}

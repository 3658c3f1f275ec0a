//! A folder hangs, as a network file system does whose server is away.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Client;
use crate::disk::Disk;
use crate::server::{Running, Server, command, until};
use crate::stores::ready;

/// How many imports read what hangs: more than tokio has threads that may block.
const HUNG_IMPORTS: usize = 520;

/// Fewer than there are threads that read buckets.
const FEW: usize = 40;

/// More entries than a commit may change to be applied at once, rather than on another thread.
const ENTRIES: usize = 600;

#[test]
fn reads_writes_and_probes_go_on_and_imports_are_told_why_they_fail() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let buckets = place.path().join("buckets");
    for bucket in ["hung", "good"] {
        fs::create_dir_all(buckets.join(bucket)).unwrap();
        fs::write(buckets.join(bucket).join("a.json"), r#"{"data":[]}"#).unwrap();
    }
    let server = Server::start_on_with(
        &disk,
        &[
            "--buckets",
            buckets.to_str().unwrap(),
            "--imports-at-once=1024",
            "--import-retry-seconds=1",
            "--keys-per-update=1000",
            "--stores-per-account=1000",
        ],
    );
    let mut client = server.client();
    let arn = new_store(&mut client);
    disk.hang_reads_below(&buckets.join("hung"));
    for n in 0..FEW {
        import(&mut client, &format!("hung-{n}"), "hung");
    }
    import(&mut client, "beside-few", "good");
    ready(&mut client, "beside-few");
    for n in FEW..HUNG_IMPORTS {
        import(&mut client, &format!("hung-{n}"), "hung");
    }
    assert_reads_do_not_wait_for_a_write(&server, &arn);
    assert_works(&mut client, &arn);
    import(&mut client, "beside-many", "good");
    assert_fails(&mut client, "beside-many", "too many files are being read");
    assert_fails(&mut client, "hung-0", "too slow");
    assert_works(&mut client, &arn);
    assert!(
        server
            .log()
            .contains("reads of the buckets' folder do not end")
    );

    disk.answer_reads();
    until("imports are made again", || {
        let name = "again";
        import(&mut client, name, "good");
        let status = status_at_the_end(&mut client, name);
        let etag = client.describe(name).unwrap().expect(200).etag();
        client.delete_store(name, &etag).unwrap().expect(204);
        (status == "READY").then_some(())
    });

    disk.hang_reads_below(&buckets.join("hung"));
    import(&mut client, "hung-at-the-end", "hung");
    server.stop();
}

#[test]
fn a_data_folder_that_hangs_at_the_start_does_not_hold_up_the_end() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let server = Server::start_on(&disk);
    new_store(&mut server.client());
    server.kill();
    disk.hang_reads_below(disk.folder());
    let mut command = command(disk.folder(), &[]);
    disk.put_under(&mut command);
    let server = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    let id = format!("{}\n", server.id());
    until("the server has taken the folder", || {
        (fs::read_to_string(disk.folder().join("lock")).unwrap() == id).then_some(())
    });
    // The signal may well come when the database is being read.
    thread::sleep(Duration::from_millis(500));
    server.stop();
}

fn new_store(client: &mut Client) -> String {
    client.create("store", None).unwrap().expect(201);
    ready(client, "store")
}

fn import(client: &mut Client, name: &str, bucket: &str) {
    let object = format!("arn:aws:s3:::{bucket}/a.json");
    client.create(name, Some(&object)).unwrap().expect(201);
}

/// Writes, large ones too, are acknowledged and read.
fn assert_works(client: &mut Client, arn: &str) {
    client.probe("/healthz").expect(200);
    client.probe("/readyz").expect(200);
    let etag = client.data("GET", arn, "", None, "").unwrap().etag();
    let body = large_write(&etag);
    let written = client.data("POST", arn, "/keys", Some(&etag), &body);
    written.unwrap().expect(200);
    let read = client.data("GET", arn, "/keys/599", None, "").unwrap();
    assert_eq!(read.expect(200).json()["Value"], etag);
}

/// While a large write has no answer yet, everything else is read.
fn assert_reads_do_not_wait_for_a_write(server: &Server, arn: &str) {
    let mut reader = server.client();
    let other = reader.describe("beside-few").unwrap().expect(200);
    let other = other.elements("ARN")[0].to_owned();
    let etag = reader.data("GET", arn, "", None, "").unwrap().etag();
    let body = large_write("unread");
    thread::scope(|scope| {
        let write = || {
            server
                .client()
                .data("POST", arn, "/keys", Some(&etag), &body)
        };
        let written = scope.spawn(write);
        let end = Instant::now() + Duration::from_secs(2);
        while Instant::now() < end {
            let read = reader.data("GET", &other, "", None, "");
            read.expect("a read waits").expect(200);
            thread::sleep(Duration::from_millis(10));
        }
        written.join().unwrap().expect("a write waits").expect(200);
    });
}

fn large_write(value: &str) -> String {
    let puts: Vec<_> = (0..ENTRIES)
        .map(|n| json!({ "Key": format!("{n}"), "Value": value }))
        .collect();
    json!({ "Puts": puts }).to_string()
}

fn status_at_the_end(client: &mut Client, name: &str) -> String {
    until("the import has ended", || {
        let store = client.describe(name).unwrap().expect(200);
        let status = store.elements("Status")[0].to_owned();
        (status != "PROVISIONING").then_some(status)
    })
}

fn assert_fails(client: &mut Client, name: &str, reason: &str) {
    assert_eq!(status_at_the_end(client, name), "IMPORT_FAILED");
    let store = client.describe(name).unwrap().expect(200);
    let arn = store.elements("ARN")[0].to_owned();
    let found = client.data("GET", &arn, "", None, "").unwrap().expect(200);
    let found = found.json()["FailureReason"].to_string();
    assert!(found.contains(reason), "{found}");
}

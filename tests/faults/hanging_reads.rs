//! The folder of buckets hangs, as a network file system does whose server is away.

use std::fs;

use serde_json::json;

use crate::client::Client;
use crate::disk::Disk;
use crate::server::{Server, until};
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
    let puts: Vec<_> = (0..ENTRIES)
        .map(|n| json!({ "Key": format!("{n}"), "Value": etag }))
        .collect();
    let body = json!({ "Puts": puts }).to_string();
    let written = client.data("POST", arn, "/keys", Some(&etag), &body);
    written.unwrap().expect(200);
    let read = client.data("GET", arn, "/keys/599", None, "").unwrap();
    assert_eq!(read.expect(200).json()["Value"], etag);
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

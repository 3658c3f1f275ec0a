//! The disk fills up, and has room again.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::client::Client;
use crate::crash::import;
use crate::disk::{Disk, Unsynced};
use crate::server::{Server, until};
use crate::small_disk::SmallDisk;
use crate::stores::{Chain, Passing, World, ready};

const KIB: u64 = 1024;

/// How many entries of 1,000 bytes the large import has: with its history it is more than the 4,096
/// pages of which one step of the log's index tells.
const ENTRIES: usize = 18_000;

#[test]
fn a_write_that_does_not_fit_is_refused_and_what_is_there_stays() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let server = Server::start_on(&disk);
    let mut world = World::create(&server, 2, Passing::default());
    let mut client = server.client();
    // Room for some writes and a part of one more: each time it breaks off elsewhere.
    for room in [0, 1, 5_000, 4_120, 33_333, 64 * KIB] {
        disk.leave_room(room, "*");
        write_until_full(&mut world.chains[0], &mut client);
        for chain in &world.chains {
            let found = chain.read(&mut client).unwrap();
            assert_eq!(found, *chain.acknowledged(), "with room for {room}");
        }
        client.probe("/readyz").expect(503);
        disk.make_room();
        for chain in &mut world.chains {
            chain.write(&mut client).unwrap().expect(200);
        }
        client.probe("/readyz").expect(200);
    }
    assert!(server.log().contains("the disk is full"));
    server.kill();
    disk.cut_power(Unsynced::Lost);
    let server = Server::start_on(&disk);
    world.verify(&server).unwrap();
}

fn write_until_full(chain: &mut Chain, client: &mut Client) {
    for _ in 0..1000 {
        let answer = chain.write_much(client).unwrap();
        if answer.status == 500 {
            return;
        }
        answer.expect(200);
    }
    panic!("the disk was never full");
}

/// From no room at all to enough of it: a start that finds too little says so, and does no harm.
#[test]
fn a_start_without_room_is_told() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let server = Server::start_on(&disk);
    let mut world = World::create(&server, 1, Passing::default());
    for _ in 0..20 {
        let chain = &mut world.chains[0];
        chain.write_much(&mut server.client()).unwrap().expect(200);
    }
    server.kill();
    let mut refused = 0;
    for room in (0..20).map(|step| step * 10 * KIB) {
        disk.leave_room(room, "*");
        if let Err(said) = Server::try_on(&disk, &[]) {
            refused += 1;
            assert!(said.contains("free some space"), "{said}");
        }
    }
    assert!((1..20).contains(&refused), "refused {refused} times");
    disk.make_room();
    let server = Server::start_on(&disk);
    world.verify(&server).unwrap();
}

/// A checkpoint that finds no room leaves everything in the log.
#[test]
fn a_database_that_can_not_grow_loses_nothing() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let server = Server::start_on(&disk);
    let mut world = World::create(&server, 1, Passing::default());
    let mut client = server.client();
    disk.leave_room(100 * KIB, "keyfront.db");
    let chain = &mut world.chains[0];
    until("the database is full", || {
        chain.write_much(&mut client).unwrap().expect(200);
        (!disk.has_room()).then_some(())
    });
    for _ in 0..10 {
        chain.write_much(&mut client).unwrap().expect(200);
    }
    server.kill();
    disk.cut_power(Unsynced::Lost);
    let server = Server::start_on(&disk);
    world.verify(&server).unwrap();
}

#[test]
fn an_import_that_does_not_fit_takes_no_small_write_down_and_is_made_when_there_is_room() {
    a_large_import_waits_for_room(2000 * KIB, "*");
}

/// The index of the log grows by steps, of which a large import needs another one.
#[test]
fn an_import_whose_index_does_not_fit_takes_no_small_write_down_either() {
    a_large_import_waits_for_room(0, "keyfront.db-shm");
}

fn a_large_import_waits_for_room(room: u64, name: &str) {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let buckets = place.path().join("buckets");
    fs::create_dir_all(buckets.join("bucket")).unwrap();
    fs::write(buckets.join("bucket/import.json"), import(ENTRIES, 1000)).unwrap();
    let server = Server::start_on_with(
        &disk,
        &[
            "--buckets",
            buckets.to_str().unwrap(),
            "--import-bytes=20000000",
            "--store-bytes=20000000",
        ],
    );
    let mut world = World::create(&server, 1, Passing::default());
    let mut client = server.client();

    disk.leave_room(room, name);
    let created = client.create("large", Some("arn:aws:s3:::bucket/import.json"));
    created.unwrap().expect(201);
    let chain = &mut world.chains[0];
    until("the import is refused", || {
        let answer = chain.write(&mut client).unwrap();
        assert!([200, 500].contains(&answer.status));
        let log = server.log();
        log.contains("could not be made ready").then_some(())
    });
    let small = chain.write(&mut client).unwrap();
    assert_eq!(small.status, 200, "{}", server.log());
    let large = client.describe("large").unwrap().expect(200);
    assert_eq!(large.elements("Status"), ["PROVISIONING"]);

    disk.make_room();
    let arn = ready(&mut client, "large");
    let large = client.data("GET", &arn, "", None, "").unwrap().expect(200);
    assert_eq!(large.json()["ItemCount"], ENTRIES);
    chain.write(&mut client).unwrap().expect(200);
    server.kill();
    disk.cut_power(Unsynced::Lost);
    let server = Server::start_on(&disk);
    world.verify(&server).unwrap();
}

/// How large a disk is that is to be full: the reserve fits twice.
const SMALL_DISK_MEBIBYTES: u64 = 48;

#[test]
fn a_full_disk_is_told_by_readiness_and_leaves_room_for_deletes() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::new(place.path(), SMALL_DISK_MEBIBYTES) else {
        return;
    };
    let server = Server::start_on_small(&disk);
    let mut world = World::create(&server, 2, Passing::default());
    let mut client = server.client();
    client.create("to-delete", None).unwrap().expect(201);
    ready(&mut client, "to-delete");
    disk.fill();
    write_until_full(&mut world.chains[0], &mut client);
    let state = client.probe("/readyz").expect(503);
    assert!(
        state.text().contains("the disk is full"),
        "{}",
        state.text()
    );
    for chain in &world.chains {
        let found = chain.read(&mut client).unwrap();
        assert_eq!(found, *chain.acknowledged());
    }
    let etag = client.describe("to-delete").unwrap().expect(200).etag();
    let deleted = client.delete_store("to-delete", &etag).unwrap();
    deleted.expect(204);
    // Meanwhile the engine tries by itself whether it can write again.
    disk.fill();
    write_until_full(&mut world.chains[0], &mut client);
    thread::sleep(Duration::from_secs(5));
    client.probe("/readyz").expect(503);

    disk.make_room();
    until("it is ready without a write", || {
        (client.probe("/readyz").status == 200).then_some(())
    });
    until(
        "the room for the next time is taken without a write",
        || disk.holds("data/reserve").then_some(()),
    );
    for chain in &mut world.chains {
        chain.write(&mut client).unwrap().expect(200);
    }
    server.kill();
    world.verify(&Server::start_on_small(&disk)).unwrap();
}

#[test]
fn a_full_disk_prevents_no_start() {
    for in_order in [false, true] {
        let place = tempfile::tempdir().unwrap();
        let Some(disk) = SmallDisk::new(place.path(), SMALL_DISK_MEBIBYTES) else {
            return;
        };
        starts_on_a_full_disk(&disk, in_order);
    }
}

fn starts_on_a_full_disk(disk: &SmallDisk, in_order: bool) {
    let server = Server::start_on_small(disk);
    let mut world = World::create(&server, 2, Passing::default());
    let mut client = server.client();
    for _ in 0..100 {
        let chain = &mut world.chains[0];
        chain.write_much(&mut client).unwrap().expect(200);
    }
    disk.fill();
    write_until_full(&mut world.chains[0], &mut client);
    match in_order {
        true => server.stop(),
        false => server.kill(),
    }
    let server = Server::start_on_small(disk);
    world.verify(&server).unwrap();
    disk.make_room();
    let chain = &mut world.chains[1];
    chain.write(&mut server.client()).unwrap().expect(200);
    server.stop();
}

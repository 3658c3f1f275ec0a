//! The disk fails a sync: what was to be written is lost, but still shown to who reads it.

use crate::client::Client;
use crate::disk::{Disk, Unsynced};
use crate::server::Server;
use crate::stores::{Chain, Passing, World};

/// What became of the machine after the disk had failed.
enum Then {
    /// The server was started again, and the power was cut later.
    Restart,
    PowerCut,
}

#[test]
fn of_the_log_ends_all_writes_until_a_restart() {
    for then in [Then::Restart, Then::PowerCut] {
        a_failing_sync_loses_nothing("keyfront.db-wal", then);
    }
}

#[test]
fn of_the_database_ends_all_writes_until_a_restart() {
    for then in [Then::Restart, Then::PowerCut] {
        a_failing_sync_loses_nothing("keyfront.db", then);
    }
}

fn a_failing_sync_loses_nothing(file: &str, then: Then) {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let server = Server::start_on(&disk);
    let mut world = World::create(&server, 2, Passing::default());
    let mut client = server.client();
    for chain in &mut world.chains {
        chain.write(&mut client).unwrap().expect(200);
    }

    disk.fail_next_sync(file);
    write_until_it_fails(&disk, &mut world.chains[0], &mut client);
    assert_takes_no_writes(&mut world, &mut client);
    assert!(server.log().contains("the storage engine has stopped"));
    match then {
        Then::Restart => {
            server.stop();
            let server = Server::start_on(&disk);
            assert_works(&mut world, &server);
            server.kill();
        }
        Then::PowerCut => server.kill(),
    }
    disk.cut_power(Unsynced::Lost);
    let server = Server::start_on(&disk);
    assert_works(&mut world, &server);
    server.stop();
}

/// A sync of the database comes with a checkpoint, some time after the write that it belongs to.
fn write_until_it_fails(disk: &Disk, chain: &mut Chain, client: &mut Client) {
    for _ in 0..1000 {
        let answer = chain.write_much(client).unwrap();
        if answer.status == 500 {
            assert!(!disk.is_to_fail());
            assert_eq!(
                answer.header("x-amzn-errortype"),
                Some("InternalServerException")
            );
            return;
        }
        answer.expect(200);
    }
    panic!("no write failed");
}

fn assert_takes_no_writes(world: &mut World, client: &mut Client) {
    for chain in &mut world.chains {
        for _ in 0..2 {
            chain.write(client).unwrap().expect(500);
        }
        let found = chain.read(client).unwrap();
        assert_eq!(found, *chain.acknowledged());
    }
    let created = client.create("another", None).unwrap().expect(500);
    assert_eq!(created.elements("Code"), ["InternalFailure"]);
    let state = client.probe("/readyz").expect(503);
    assert!(state.text().contains("the disk failed"), "{}", state.text());
    assert!(state.text().contains("restarted"), "{}", state.text());
    client.probe("/healthz").expect(200);
}

fn assert_works(world: &mut World, server: &Server) {
    world.verify(server).unwrap();
    let mut client = server.client();
    client.probe("/readyz").expect(200);
    for chain in &mut world.chains {
        chain.write(&mut client).unwrap().expect(200);
    }
}

/// A start that can't bring what it found to the disk is none.
#[test]
fn at_the_start_is_told() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let server = Server::start_on(&disk);
    let mut world = World::create(&server, 1, Passing::default());
    world.chains[0].write(&mut server.client()).unwrap();
    server.kill();
    for file in ["keyfront.db-wal", "keyfront.db"] {
        disk.fail_next_sync(file);
        let said = Server::try_on(&disk, &[]).err().unwrap();
        assert!(said.contains("check the disk"), "{said}");
    }
    let server = Server::start_on(&disk);
    world.verify(&server).unwrap();
}

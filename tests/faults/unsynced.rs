//! The power is cut. What was written and not synced is gone, or torn.

use std::time::Duration;

use crate::disk::{Disk, Unsynced};
use crate::random::Random;
use crate::server::Server;
use crate::stores::{Passing, World};

const ROUNDS: usize = 40;

#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let mut random = Random(2);
    let mut server = Server::start_on(&disk);
    let mut world = World::create(&server, 4, Passing::default());
    for round in 0..ROUNDS {
        let after = Duration::from_micros(random.next() % 60_000);
        world.write_and_kill(server, after);
        let unsynced = if round % 2 == 0 {
            Unsynced::Lost
        } else {
            Unsynced::Torn(&mut random)
        };
        disk.cut_power(unsynced);
        server = Server::start_on(&disk);
        if let Err(wrong) = world.verify(&server) {
            panic!("after power cut {round}: {wrong}");
        }
    }
    eprintln!(
        "{ROUNDS} power cuts, {} writes acknowledged",
        world.writes()
    );
}

/// So many large writes that the log is copied into the database, and begun anew, twice.
const TWO_CHECKPOINTS: usize = 400;

#[test]
fn what_was_copied_into_the_database_survives_a_power_cut() {
    if let Some(outcome) = cut_power_after_checkpoints(None) {
        outcome.unwrap();
    }
}

/// What the test above sees, it sees by the syncs of the database alone: without them it fails.
#[test]
fn without_syncs_of_the_database_acknowledged_writes_are_lost() {
    if let Some(outcome) = cut_power_after_checkpoints(Some("keyfront.db")) {
        outcome.unwrap_err();
    }
}

/// Whether everything is there after a power cut, on a disk that ignores the syncs of a file; none
/// if the machine can't have such a disk.
fn cut_power_after_checkpoints(ignored: Option<&str>) -> Option<Result<(), String>> {
    let place = tempfile::tempdir().unwrap();
    let disk = Disk::new(place.path())?;
    let server = Server::start_on(&disk);
    let mut world = World::create(&server, 2, Passing::default());
    if let Some(name) = ignored {
        disk.lie(name);
    }
    let mut client = server.client();
    // What the second store holds is written early, and not again.
    for (chain, writes) in [(1, 20), (0, TWO_CHECKPOINTS)] {
        let chain = &mut world.chains[chain];
        for _ in 0..writes {
            chain.write_much(&mut client).unwrap().expect(200);
        }
    }
    server.kill();
    disk.cut_power(Unsynced::Lost);
    Some(Server::try_on(&disk, &[]).and_then(|server| world.verify(&server)))
}

/// What the first test sees, it sees by the syncs alone: without them it fails.
#[test]
fn without_syncs_acknowledged_writes_are_lost() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let server = Server::start_on(&disk);
    let mut world = World::create(&server, 2, Passing::default());
    disk.lie("keyfront.db-wal");
    world.write_and_kill(server, Duration::from_millis(30));
    disk.cut_power(Unsynced::Lost);
    let server = Server::start_on(&disk);
    let lost = world.verify(&server);
    assert!(
        lost.is_err(),
        "a log that was never synced is there after a power cut"
    );
}

/// What a killed server wrote without syncing it is still shown to the next one, though it is not on
/// the disk. Once it was read, it may not vanish.
#[test]
fn what_was_read_after_a_kill_survives_a_power_cut() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let server = Server::start_on(&disk);
    let mut world = World::create(&server, 1, Passing::default());
    disk.lie("keyfront.db-wal");
    world.write_and_kill(server, Duration::from_millis(10));
    disk.lie("nothing");
    let server = Server::start_on(&disk);
    world.verify(&server).unwrap();
    server.kill();
    disk.cut_power(Unsynced::Lost);
    let server = Server::start_on(&disk);
    world.verify(&server).unwrap();
}

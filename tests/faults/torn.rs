//! Files that are not what was written: the end of the log torn, the database damaged.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::client::Client;
use crate::disk::copy_folder;
use crate::random::Random;
use crate::server::{Server, command};
use crate::stores::{Chain, Contents, Passing, World};

/// How often the end of one log is torn.
const TEARS: usize = 40;

/// The stores as they were when the log had a length.
struct Moment {
    length: u64,
    stores: Vec<Contents>,
}

#[test]
fn of_a_torn_log_all_is_there_that_stands_before_the_tear() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let (world, history) = write_history(&data);
    let mut random = Random(3);
    for tear in 0..TEARS {
        let torn = place.path().join(format!("torn-{tear}"));
        copy_folder(&data, &torn);
        let at = tear_log(&log_of(&torn), history[0].length, &mut random);

        let server = Server::start(&torn);
        let found = read_all(&world.chains, &mut server.client());
        let before = history.iter().rev().find(|moment| moment.length <= at);
        assert_eq!(found, before.unwrap().stores, "tear {tear}, at {at}");
        server.client().create("another", None).unwrap().expect(201);
        server.stop();
    }
}

/// Writes two stores in turn, so that the log has it all, and kills the server.
fn write_history(data: &Path) -> (World, Vec<Moment>) {
    let server = Server::start(data);
    let mut world = World::create(&server, 2, Passing::default());
    let mut client = server.client();
    let mut history: Vec<Moment> = Vec::new();
    for turn in 0..60 {
        let chain = &mut world.chains[turn % 2];
        chain.write(&mut client).unwrap().expect(200);
        let length = fs::metadata(log_of(data)).unwrap().len();
        let stores = world.chains.iter();
        let stores = stores.map(|chain| chain.acknowledged().clone());
        // The first writes go over what the start had left of the log.
        if turn >= 10 {
            assert!(history.last().is_none_or(|last| last.length < length));
            history.push(Moment {
                length,
                stores: stores.collect(),
            });
        }
    }
    server.kill();
    (world, history)
}

fn log_of(data: &Path) -> PathBuf {
    data.join("keyfront.db-wal")
}

fn read_all(chains: &[Chain], client: &mut Client) -> Vec<Contents> {
    let read = |chain: &Chain| chain.read(client).unwrap();
    chains.iter().map(read).collect()
}

/// Damages the log behind a place, in one of the ways of a power cut, and returns where.
fn tear_log(log: &Path, behind: u64, random: &mut Random) -> u64 {
    let file = OpenOptions::new().read(true).write(true).open(log).unwrap();
    let length = file.metadata().unwrap().len();
    let at = behind + random.next() % (length - behind);
    let rest = (length - at) as usize;
    match random.below(4) {
        0 => file.set_len(at).unwrap(),
        1 => file.write_all_at(&vec![0; rest], at).unwrap(),
        2 => {
            let garbage: Vec<u8> = (0..=random.below(rest))
                .map(|_| random.next() as u8)
                .collect();
            file.write_all_at(&garbage, at).unwrap();
        }
        _ => {
            let mut byte = [0];
            file.read_exact_at(&mut byte, at).unwrap();
            byte[0] ^= 1 << random.below(8);
            file.write_all_at(&byte, at).unwrap();
        }
    }
    at
}

#[test]
fn a_damaged_database_is_refused_unless_nothing_is_lost() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let (world, _) = write_history(&data);
    let server = Server::start(&data);
    let whole = read_all(&world.chains, &mut server.client());
    server.stop();
    let mut random = Random(4);

    let damaged = |name: &str, garbage: &[u8], at: u64| {
        let folder = place.path().join(name);
        copy_folder(&data, &folder);
        let database = OpenOptions::new()
            .write(true)
            .open(folder.join("keyfront.db"));
        database.unwrap().write_all_at(garbage, at).unwrap();
        folder
    };
    let said = Server::refused(&damaged("header", &[0x55; 100], 0));
    assert!(said.contains("keyfront.db"), "{said}");
    assert!(said.contains("backup"), "{said}");

    let length = fs::metadata(data.join("keyfront.db")).unwrap().len();
    let mut refused = 0;
    for trial in 0..40 {
        let garbage: Vec<u8> = (0..4096).map(|_| random.next() as u8).collect();
        let at = 100 + random.next() % (length - 4196);
        let folder = damaged(&format!("garbage-{trial}"), &garbage, at);
        match Server::run(command(&folder, &[])) {
            Ok(server) => {
                let found = read_all(&world.chains, &mut server.client());
                assert_eq!(found, whole, "trial {trial}, at {at}");
                server.stop();
            }
            Err(said) => {
                refused += 1;
                assert!(said.contains("keyfront: "), "{said}");
            }
        }
    }
    assert!(refused > 0, "no damage was seen");
}

/// What SQLite sees nothing wrong with: a part of what was acknowledged is gone.
#[test]
fn a_database_that_lacks_what_it_counts_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    write_history(&data);
    Server::start(&data).stop();
    for lost in [
        "entries WHERE key = (SELECT min(key) FROM entries)",
        "records WHERE id LIKE 'store/%'",
        "records WHERE id LIKE 'contents/%'",
        "records WHERE id LIKE 'name/%'",
        "records WHERE id LIKE 'account/%'",
    ] {
        let folder = place.path().join("lacking");
        copy_folder(&data, &folder);
        let database = rusqlite::Connection::open(folder.join("keyfront.db")).unwrap();
        let removed = database.execute(&format!("DELETE FROM {lost}"), []);
        assert!(removed.unwrap() > 0, "{lost}");
        drop(database);
        let said = Server::refused(&folder);
        assert!(said.contains("the data is damaged"), "{lost}: {said}");
        fs::remove_dir_all(&folder).unwrap();
    }
}

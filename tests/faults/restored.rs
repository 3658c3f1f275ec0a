//! A copy of the database from earlier is put in its place: it is served as it is, or refused.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::client::Client;
use crate::server::{Server, command};
use crate::stores::{Chain, Contents};

/// How often. Whether two files fit together by chance differs from time to time.
const ROUNDS: u64 = 6;

#[test]
fn a_copy_over_the_database_of_a_stopped_server_is_served_as_it_is() {
    for round in 0..ROUNDS {
        let place = tempfile::tempdir().unwrap();
        let restored = Restored::after(&place.path().join("data"), round, Server::stop);
        let server = Server::start(&restored.data);
        restored.assert_served(&mut server.client());
        server.stop();
    }
}

/// The WAL that a killed server leaves belongs to the database that was replaced.
#[test]
fn a_copy_over_the_database_of_a_killed_server_is_not_mixed_with_its_wal() {
    for round in 0..ROUNDS {
        let place = tempfile::tempdir().unwrap();
        let restored = Restored::after(&place.path().join("data"), round, Server::kill);
        let copy = fs::read(&restored.copy).unwrap();
        match Server::run(command(&restored.data, &[])) {
            Ok(server) => {
                restored.assert_served(&mut server.client());
                server.stop();
            }
            Err(said) => {
                assert!(said.contains("do not belong together"), "{said}");
                let left = fs::read(restored.data.join("keyfront.db")).unwrap();
                assert!(left == copy, "what was refused was written to");
            }
        }
    }
}

struct Restored {
    data: PathBuf,
    copy: PathBuf,
    chain: Chain,
    /// What the store held when the copy was made.
    then: Contents,
}

impl Restored {
    /// Writes, makes a copy, writes more, ends the server and puts the copy in the database's place.
    fn after(data: &Path, round: u64, end: impl FnOnce(Server)) -> Self {
        let server = Server::start(data);
        let mut client = server.client();
        let mut chain = Chain::create(&mut client, "store");
        write(&mut chain, &mut client, 5 + round);
        let then = chain.acknowledged().clone();
        let copy = data.with_extension("copy");
        let database = data.join("keyfront.db");
        let into = copy.to_str().unwrap();
        Connection::open(&database)
            .unwrap()
            .execute("VACUUM INTO ?1", [into])
            .unwrap();
        write(&mut chain, &mut client, 5 + 3 * round);
        end(server);
        fs::copy(&copy, &database).unwrap();
        Self {
            data: data.to_owned(),
            copy,
            chain,
            then,
        }
    }

    fn assert_served(&self, client: &mut Client) {
        assert_eq!(self.chain.read(client).unwrap(), self.then);
    }
}

fn write(chain: &mut Chain, client: &mut Client, times: u64) {
    for _ in 0..times {
        chain.write_much(client).unwrap().expect(200);
    }
}

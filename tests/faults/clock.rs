//! The machine's clock jumps.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::disk::Disk;
use crate::server::Server;
use crate::stores::Chain;

/// More than the history is kept.
const JUMP: Duration = Duration::from_secs(10 * 24 * 60 * 60);

const WRITES: i64 = 10;

#[test]
fn a_write_while_it_is_ten_days_ahead_removes_no_history() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(place.path()) else {
        return;
    };
    let server = Server::start_on(&disk);
    let mut client = server.client();
    let mut chain = Chain::create(&mut client, "store");
    for _ in 0..WRITES {
        chain.write(&mut client).unwrap().expect(200);
    }
    disk.put_clock_ahead(JUMP);
    client.ahead = JUMP;
    chain.write(&mut client).unwrap().expect(200);
    server.kill();
    // A start looks at the time, too.
    let server = Server::start_on(&disk);
    let mut client = server.client();
    client.ahead = JUMP;
    chain.write(&mut client).unwrap().expect(200);
    server.stop();
    let kept = commits(disk.folder());
    assert!(kept > WRITES + 2, "{kept} commits");
}

fn commits(data: &Path) -> i64 {
    let database = Connection::open(data.join("keyfront.db")).unwrap();
    database
        .query_row("SELECT count(*) FROM commits", [], |row| row.get(0))
        .unwrap()
}

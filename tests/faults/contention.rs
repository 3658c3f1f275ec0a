//! Many clients want the same name.

use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::server::Server;
use crate::stores::{Passing, World};

const CLIENTS: usize = 32;

const TIME: Duration = Duration::from_secs(10);

/// No answer may take as long.
const BOUND: Duration = Duration::from_secs(10);

#[test]
fn clients_that_create_and_delete_one_name_stop_nothing() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(&place.path().join("data"));
    let mut world = World::create(&server, 1, Passing::default());
    let end = Instant::now() + TIME;
    let created: usize = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| create_and_delete(server.client(), end)))
            .collect();
        let mut client = server.client();
        while Instant::now() < end {
            let began = Instant::now();
            world.chains[0].write(&mut client).unwrap().expect(200);
            assert!(began.elapsed() < BOUND);
        }
        clients.into_iter().map(|each| each.join().unwrap()).sum()
    });
    assert!(created > 0);
    let mut client = server.client();
    client.probe("/readyz").expect(200);
    world.verify(&server).unwrap();
    world.chains[0].write(&mut client).unwrap().expect(200);
    server.stop();
}

/// How often the name was this client's.
fn create_and_delete(mut client: Client, end: Instant) -> usize {
    let mut created = 0;
    while Instant::now() < end {
        let began = Instant::now();
        let answer = client.create("name", None).unwrap();
        assert!([201, 409].contains(&answer.status), "{}", answer.text());
        created += usize::from(answer.status == 201);
        let found = client.describe("name").unwrap();
        if found.status == 200 {
            let answer = client.delete_store("name", &found.etag()).unwrap();
            let expected = [204, 404, 412];
            assert!(expected.contains(&answer.status), "{}", answer.text());
        }
        assert!(began.elapsed() < BOUND);
    }
    created
}

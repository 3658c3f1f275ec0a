//! PutKey while a load's reader has stopped for good and a cursor is never moved, beside the same without.
//!
//! Both are readers that only a feed over a network will have, so that the service runs in this process.

use std::path::Path;
use std::time::{Duration, Instant};

use keyfront_replica::Cursor;
use keyfront_storage::{Known, Load, Source};

use crate::machine;
use crate::service::InProcess;
use crate::table::{Figure, Reach, Table};

const ROUNDS: usize = 6;

const WRITES: usize = 500;

/// How many keys there are besides the one that is written, so that a load has much to send.
const KEYS: usize = 4000;
const VALUE: usize = 1000;

pub(crate) fn measure(table: &mut Table) {
    let folder = machine::folder();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let [beside, without] = runtime.block_on(rounds(&folder.path().join("data")));
    table.ratio(
        "PutKey beside stopped readers / without, p99",
        Figure::micros(p99(beside)),
        Figure::micros(p99(without)),
        Reach::AtMost(1.25),
    );
}

/// The times of all writes with the stopped readers, and of those without.
async fn rounds(data: &Path) -> [Vec<Duration>; 2] {
    let mut service = InProcess::start(data).await;
    let value = "v".repeat(VALUE);
    let entries = (0..KEYS).map(|number| (format!("key-{number}"), value.clone()));
    service.fill(entries).await;
    let [mut beside, mut without] = [(); 2].map(|()| Vec::new());
    // Once in vain: the first writes make the files and fill the caches.
    write(&mut service).await;
    for _ in 0..ROUNDS {
        without.extend(write(&mut service).await);
        let stopped = stopped_readers(&service).await;
        beside.extend(write(&mut service).await);
        drop(stopped);
    }
    [beside, without]
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * 99 / 100]
}

/// The times of the writes, each on the version before.
async fn write(service: &mut InProcess) -> Vec<Duration> {
    let mut took = Vec::with_capacity(WRITES);
    for number in 0..WRITES {
        let value = format!("{number:0200}");
        let began = Instant::now();
        service.put("written", value).await;
        took.push(began.elapsed());
    }
    took
}

/// A load of which one piece was read, and a cursor that never moves.
async fn stopped_readers(service: &InProcess) -> (Load, Cursor) {
    let mut load = service.engine.load(&Known::default()).await.unwrap();
    load.pieces.recv().await.unwrap().unwrap();
    let position = service.replica.snapshot().position();
    (load, service.replica.cursor(position).unwrap())
}

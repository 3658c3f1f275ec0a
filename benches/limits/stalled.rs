//! PutKey while a load's reader has stopped for good and a cursor is never moved, beside the same without.
//!
//! Both are readers that only a feed over a network will have, so that the service runs in this process.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, FutureExt};
use keyfront_model::{Clock, ETag, Key, S3Arn, StoreArn, SystemClock, SystemRandom, Tags, Value};
use keyfront_replica::{Cursor, Options, Replica};
use keyfront_service::ports::{ObjectBody, ObjectError, ObjectSource};
use keyfront_service::{
    Author, Authorized, Caller, Edit, Judge, NewStore, Parts, Resource, Service, Settings,
};
use keyfront_sqlite::{Location, SqliteEngine};
use keyfront_storage::{Known, Load, Retention, Source};

use crate::machine;
use crate::table::{Figure, Reach, Table};

const ROUNDS: usize = 6;

const WRITES: usize = 500;

/// How many keys there are besides the one that is written, so that a load has much to send.
const KEYS: usize = 4000;
const VALUE: usize = 1000;

/// As many as one request may have.
const EDITS_AT_ONCE: usize = 50;

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
    let mut writer = Writer::new(data).await;
    writer.fill().await;
    let [mut beside, mut without] = [(); 2].map(|()| Vec::new());
    // Once in vain: the first writes make the files and fill the caches.
    writer.write(WRITES).await;
    for _ in 0..ROUNDS {
        without.extend(writer.write(WRITES).await);
        let stopped = writer.stopped_readers().await;
        beside.extend(writer.write(WRITES).await);
        drop(stopped);
    }
    [beside, without]
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * 99 / 100]
}

/// A service, and a store of it that is written.
struct Writer {
    engine: Arc<SqliteEngine>,
    replica: Arc<Replica>,
    service: Arc<Service>,
    author: Author,
    store: Authorized<StoreArn>,
    version: ETag,
}

impl Writer {
    async fn new(data: &Path) -> Self {
        std::fs::create_dir_all(data).unwrap();
        let location = Location::Folder(data.to_owned());
        let engine = Arc::new(SqliteEngine::open(&location, Retention::default()).unwrap());
        let random = Arc::new(SystemRandom);
        let options = Options::new(random.clone());
        let replica = Replica::start(engine.clone(), options).await.unwrap();
        let service = Service::new(Parts {
            engine: engine.clone(),
            replica: replica.clone(),
            objects: Arc::new(NoBuckets),
            function_runner: Arc::new(()),
            function_uses: Arc::new(()),
            clock: Arc::new(SystemClock),
            random,
            settings: Settings {
                ready_at_once: true,
                ..Settings::default()
            },
        });
        let account = "123456789012".parse().unwrap();
        let author = Author::Caller(Caller {
            account,
            user: Some("ada".into()),
            access_key: "AKIAEXAMPLE".into(),
            request: SystemClock.now().to_string(),
        });
        let new = NewStore {
            account,
            name: "written".parse().unwrap(),
            comment: None,
            source: None,
            tags: Tags::default(),
        };
        let new = Authorized::new(new, &Anybody).unwrap();
        let created = service.create_store(&author, &new).await.unwrap();
        let store = Authorized::new(created.arn(), &Anybody).unwrap();
        let described = service.describe_contents(&store).await.unwrap();
        Self {
            engine,
            replica,
            service,
            author,
            store,
            version: described.contents.etag,
        }
    }

    async fn fill(&mut self) {
        let edits: Vec<Edit> = (0..KEYS)
            .map(|number| Edit {
                key: key(&format!("key-{number}")),
                value: Some(Value::new("v".repeat(VALUE))),
            })
            .collect();
        for edits in edits.chunks(EDITS_AT_ONCE) {
            let version = self.version.into();
            let written = self
                .service
                .update_keys(&self.author, &self.store, version, edits);
            self.version = written.await.unwrap().etag;
        }
    }

    /// The times of so many writes, each on the version before.
    async fn write(&mut self, times: usize) -> Vec<Duration> {
        let mut took = Vec::with_capacity(times);
        for number in 0..times {
            let (key, value) = (key("written"), Value::new(format!("{number:0200}")));
            let began = Instant::now();
            let version = self.version.into();
            let written = self
                .service
                .put_key(&self.author, &self.store, version, key, value);
            self.version = written.await.unwrap().etag;
            took.push(began.elapsed());
        }
        took
    }

    /// A load of which one piece was read, and a cursor that never moves.
    async fn stopped_readers(&self) -> (Load, Cursor) {
        let mut load = self.engine.load(&Known::default()).await.unwrap();
        load.pieces.recv().await.unwrap().unwrap();
        let position = self.replica.snapshot().position();
        (load, self.replica.cursor(position).unwrap())
    }
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

/// No bucket at all.
struct NoBuckets;

impl ObjectSource for NoBuckets {
    fn open<'a>(&'a self, _: &'a S3Arn) -> BoxFuture<'a, Result<ObjectBody, ObjectError>> {
        async { Err(ObjectError::Refused("there are no buckets".to_owned())) }.boxed()
    }
}

/// Everybody may do everything.
struct Anybody;

impl Judge for Anybody {
    type Denied = Infallible;

    fn operation(&self, _: &Resource) -> Result<(), Infallible> {
        Ok(())
    }

    fn import(&self, _: &S3Arn) -> Result<(), Infallible> {
        Ok(())
    }
}

//! The service in this process, for what is not to be had over HTTP.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use keyfront_model::{
    Clock, ETag, Key, S3Arn, Store, StoreArn, SystemClock, SystemRandom, Tags, Value,
};
use keyfront_replica::{Options, Replica};
use keyfront_service::ports::{ObjectBody, ObjectError, ObjectSource, StoreView};
use keyfront_service::{
    Author, Authorized, Caller, Edit, Judge, NewStore, Parts, Resource, Service, Settings,
};
use keyfront_sqlite::{Location, SqliteEngine};
use keyfront_storage::Retention;

/// As many as one request may have.
const EDITS_AT_ONCE: usize = 50;

/// A service, and a store of it that is written.
pub(crate) struct InProcess {
    pub(crate) engine: Arc<SqliteEngine>,
    pub(crate) replica: Arc<Replica>,
    service: Arc<Service>,
    author: Author,
    store: Authorized<StoreArn>,
    version: ETag,
}

impl InProcess {
    /// Starts it on that data, with an empty store.
    pub(crate) async fn start(data: &Path) -> Self {
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
            request: SystemClock.now().to_string().into(),
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

    /// Writes all entries.
    pub(crate) async fn fill(&mut self, entries: impl Iterator<Item = (String, String)>) {
        let edits: Vec<Edit> = entries
            .map(|(key_text, value)| Edit {
                key: key(&key_text),
                value: Some(Value::new(value)),
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

    /// Writes one entry, on the version of the write before.
    pub(crate) async fn put(&mut self, key_text: &str, value: String) {
        let version = self.version.into();
        let (key, value) = (key(key_text), Value::new(value));
        let written = self
            .service
            .put_key(&self.author, &self.store, version, key, value);
        self.version = written.await.unwrap().etag;
    }

    /// The store as the replica has it.
    pub(crate) fn view(&self) -> StoreView {
        let snapshot = self.replica.snapshot();
        let store = snapshot.stores().next().unwrap();
        StoreView {
            store: Store::clone(store),
            contents: snapshot.contents(store.id).unwrap().clone(),
        }
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

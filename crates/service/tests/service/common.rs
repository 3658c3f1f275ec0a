//! A service over the embedded engine, with a clock, random bits and buckets that a test decides.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use keyfront_model::{
    AccountId, Clock, Contents, ETag, FunctionArn, FunctionCode, FunctionRuntime, Random, S3Arn,
    Status, Store, StoreArn, StoreName, Tags, Timestamp,
};
use keyfront_replica::{Options, Replica};
use keyfront_service::ports::{
    FunctionRunner, FunctionTest, FunctionUses, ObjectBody, ObjectError, ObjectSource, RunnerError,
    TestOutcome,
};
use keyfront_service::{Author, Caller, NewStore, Parts, Service, Settings};
use keyfront_sqlite::{Location, SqliteEngine};
use keyfront_storage::conformance::distant::{Behaviour, Cluster};
use keyfront_storage::{Engine, Retention};
use tokio_util::sync::CancellationToken;

use crate::client::Client;

/// A clock that moves a millisecond at each look, and by hand.
#[derive(Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn pass(&self, time: Duration) {
        self.0
            .fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    pub(crate) fn set_back(&self, time: Duration) {
        self.0
            .fetch_sub(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Bits that never come twice.
#[derive(Default)]
pub(crate) struct Counting(AtomicU64);

impl Counting {
    /// Bits that none of another start gives.
    pub(crate) fn from(start: u64) -> Self {
        Self(AtomicU64::new(start << 32))
    }
}

impl Random for Counting {
    fn bits(&self) -> u128 {
        let n = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
        n | n << 64
    }
}

/// Objects by their ARN; what is not there is refused, and `fails` makes reads fail so many times,
/// `panics` panic.
#[derive(Default)]
pub(crate) struct Buckets {
    pub(crate) objects: Mutex<HashMap<String, Vec<u8>>>,
    pub(crate) fails: AtomicU64,
    pub(crate) panics: AtomicU64,
    /// An object whose reads always fail.
    pub(crate) away: Mutex<Option<String>>,
}

impl ObjectSource for Buckets {
    fn open<'a>(&'a self, object: &'a S3Arn) -> BoxFuture<'a, Result<ObjectBody, ObjectError>> {
        async move {
            let takes_one = |left: &AtomicU64| {
                let less = |n: u64| n.checked_sub(1);
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
                    .is_ok()
            };
            assert!(!takes_one(&self.panics), "as the test wants");
            let away = self.away.lock().unwrap().as_deref() == Some(&object.to_string());
            if away || takes_one(&self.fails) {
                return Err(ObjectError::Unavailable("the bucket is away".to_owned()));
            }
            let objects = self.objects.lock().unwrap();
            let bytes = objects.get(&object.to_string());
            let bytes = bytes.ok_or(ObjectError::Refused("there is no such object".to_owned()))?;
            let pieces: Vec<_> = bytes
                .chunks(1000)
                .map(|piece| Ok(Bytes::copy_from_slice(piece)))
                .collect();
            Ok(stream::iter(pieces).boxed())
        }
        .boxed()
    }
}

/// Answers as it is told, keeps what it was asked, and refuses code that holds `class`.
pub(crate) struct Runner {
    pub(crate) asked: Mutex<Vec<FunctionTest>>,
    pub(crate) answer: Mutex<Result<TestOutcome, RunnerError>>,
}

impl Default for Runner {
    fn default() -> Self {
        Self {
            asked: Mutex::default(),
            answer: Mutex::new(Err(RunnerError::Failed)),
        }
    }
}

/// What the runner refuses.
pub(crate) const REFUSAL: &str = r#"SyntaxError: Token "class" not supported in this version in 1"#;

impl FunctionRunner for Runner {
    fn check(&self, _: FunctionRuntime, code: &FunctionCode) -> Result<(), String> {
        let is_broken = code.as_ref().windows(5).any(|part| part == b"class");
        if is_broken {
            Err(REFUSAL.to_owned())
        } else {
            Ok(())
        }
    }

    fn test(&self, test: FunctionTest) -> BoxFuture<'_, Result<TestOutcome, RunnerError>> {
        self.asked.lock().unwrap().push(test);
        let answer = self.answer.lock().unwrap().clone();
        async { answer }.boxed()
    }
}

/// How many behaviours use each function.
#[derive(Default)]
pub(crate) struct Uses(pub(crate) Mutex<HashMap<String, usize>>);

impl FunctionUses for Uses {
    fn count(&self, function: &FunctionArn) -> usize {
        let uses = self.0.lock().unwrap();
        uses.get(&function.to_string()).copied().unwrap_or_default()
    }
}

pub(crate) struct World {
    pub(crate) service: Client,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) buckets: Arc<Buckets>,
    pub(crate) runner: Arc<Runner>,
    pub(crate) uses: Arc<Uses>,
    stop: CancellationToken,
}

impl World {
    /// On an engine without threads of its own, so that a test may pause tokio's clock.
    pub(crate) async fn new(settings: Settings) -> Self {
        let cluster = Cluster::new(Behaviour::calm(1), Retention::default());
        let engine = cluster.connect("one").unwrap();
        Self::over(Arc::new(engine), Arc::new(Counting::default()), settings).await
    }

    pub(crate) async fn on(location: Location, settings: Settings) -> Self {
        let engine = SqliteEngine::open(&location, Retention::default()).unwrap();
        Self::over(Arc::new(engine), Arc::new(Counting::default()), settings).await
    }

    /// On an engine that others may use too, with random bits of its own.
    pub(crate) async fn over(
        engine: Arc<dyn Engine>,
        random: Arc<dyn Random>,
        settings: Settings,
    ) -> Self {
        let clock = Arc::new(TestClock::default());
        let buckets = Arc::new(Buckets::default());
        let runner = Arc::new(Runner::default());
        let uses = Arc::new(Uses::default());
        let service = Service::new(Parts {
            engine: engine.clone(),
            replica: started(&engine, &random).await,
            objects: buckets.clone(),
            function_runner: runner.clone(),
            function_uses: uses.clone(),
            clock: clock.clone(),
            random,
            settings,
        });
        Self {
            service: Client(service),
            engine,
            clock,
            buckets,
            runner,
            uses,
            stop: CancellationToken::new(),
        }
    }

    /// Has the jobs worked on.
    pub(crate) fn work(&self) {
        tokio::spawn(self.service.0.clone().run(self.stop.clone()));
    }

    /// Waits until a store has left provisioning.
    pub(crate) async fn settled(&self, store: &StoreName) -> Status {
        loop {
            let found = self.service.describe_store(account(), store).await.unwrap();
            if found.status != Status::Provisioning {
                return found.status;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) async fn create(&self, store: NewStore) -> Store {
        self.service.create_store(&author(), store).await.unwrap()
    }

    pub(crate) async fn store(&self, store: &str) -> Store {
        let described = self.service.describe_store(account(), &name(store)).await;
        described.unwrap()
    }

    pub(crate) async fn contents(&self, store: &StoreArn) -> Contents {
        self.service
            .describe_contents(store)
            .await
            .unwrap()
            .contents
    }

    pub(crate) async fn delete(&self, store: &str, version: ETag) {
        let deleted = self
            .service
            .delete_store(&author(), &name(store), version)
            .await;
        deleted.unwrap();
    }

    /// A store that is ready.
    pub(crate) async fn ready(&self, store: &str) -> StoreArn {
        let created = self.create(new(store)).await;
        assert_eq!(self.settled(&created.name).await, Status::Ready);
        created.arn()
    }
}

/// A replica, whose first load may fail in a storm.
async fn started(engine: &Arc<dyn Engine>, random: &Arc<dyn Random>) -> Arc<Replica> {
    for _ in 0..1000 {
        let options = Options::new(random.clone());
        if let Ok(replica) = Replica::start(engine.clone(), options).await {
            return replica;
        }
    }
    panic!("no load succeeds");
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) fn account() -> AccountId {
    "000000000000".parse().unwrap()
}

pub(crate) fn author() -> Author {
    Author::Caller(Caller {
        account: account(),
        user: Some("ada".into()),
        access_key: "AKIA".into(),
        request: "r".into(),
    })
}

pub(crate) fn name(text: &str) -> StoreName {
    text.parse().unwrap()
}

pub(crate) fn new(text: &str) -> NewStore {
    NewStore {
        account: account(),
        name: name(text),
        comment: None,
        source: None,
        tags: Tags::default(),
    }
}

//! One function for each AWS operation: check, decide, commit, answer.
//!
//! The service knows nothing of HTTP, XML or JSON, and nothing of the engine but its trait. No rule
//! across records is a lock: a decision is made on a snapshot, and committed on condition that what
//! it read is still so; if it is not, the decision is made anew.
//!
//! ```
//! use std::convert::Infallible;
//! use std::sync::Arc;
//!
//! use futures_util::future::{BoxFuture, FutureExt};
//! use keyfront_model::{S3Arn, SystemClock, SystemRandom, Tags};
//! use keyfront_replica::{Options, Replica};
//! use keyfront_service::ports::{ObjectBody, ObjectError, ObjectSource};
//! use keyfront_service::{
//!     Author, Authorized, Caller, Judge, NewStore, Parts, Resource, Service, Settings,
//! };
//! use keyfront_sqlite::{Location, SqliteEngine};
//! use keyfront_storage::Retention;
//!
//! /// No bucket at all.
//! struct NoBuckets;
//!
//! impl ObjectSource for NoBuckets {
//!     fn open<'a>(&'a self, _: &'a S3Arn) -> BoxFuture<'a, Result<ObjectBody, ObjectError>> {
//!         async { Err(ObjectError::Refused("there are no buckets".to_owned())) }.boxed()
//!     }
//! }
//!
//! /// Everybody may do everything.
//! struct Anybody;
//!
//! impl Judge for Anybody {
//!     type Denied = Infallible;
//!
//!     fn operation(&self, _: &Resource) -> Result<(), Infallible> {
//!         Ok(())
//!     }
//!
//!     fn import(&self, _: &S3Arn) -> Result<(), Infallible> {
//!         Ok(())
//!     }
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let engine = Arc::new(SqliteEngine::open(&Location::Memory, Retention::default())?);
//! let random = Arc::new(SystemRandom);
//! let service = Service::new(Parts {
//!     replica: Replica::start(engine.clone(), Options::new(random.clone())).await?,
//!     engine,
//!     objects: Arc::new(NoBuckets),
//!     function_runner: Arc::new(()),
//!     function_uses: Arc::new(()),
//!     clock: Arc::new(SystemClock),
//!     random,
//!     settings: Settings::default(),
//! });
//! let account = "123456789012".parse()?;
//! let author = Author::Caller(Caller {
//!     account,
//!     user: Some("ada".into()),
//!     access_key: "AKIAEXAMPLE".into(),
//!     request: "1".into(),
//! });
//! let new = NewStore {
//!     account,
//!     name: "redirects".parse()?,
//!     comment: None,
//!     source: None,
//!     tags: Tags::default(),
//! };
//! let store = service.create_store(&author, &Authorized::new(new, &Anybody)?).await?;
//! let named = service.named_store(account, store.name.clone()).await?;
//! assert_eq!(service.describe_store(&Authorized::new(named, &Anybody)?).await?, store);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authorized;
mod background;
mod commit;
mod error;
mod functions;
mod keys;
pub mod ports;
mod stores;
mod tags;

use std::sync::Arc;
use std::time::Duration;

use keyfront_model::{Clock, ETag, Limits, Random, Timestamp};
use keyfront_replica::{Replica, Snapshot, State};
use keyfront_storage::{Engine, Position};
use ports::{FunctionRunner, FunctionUses, ObjectSource};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use authorized::{
    AllFunctions, AllStores, Authorized, Judge, NamedFunction, NamedStore, Resource,
    TaggedResource, TaggedStore, Target, Unusable,
};
pub use error::{AssociationError, ControlError, DataError, FunctionError, Quota, Unavailable};
pub use functions::{
    FunctionPage, FunctionPlace, FunctionStatus, FunctionSummary, FunctionTested, NewFunction,
    TestRequest,
};
pub use keyfront_storage::{Author, Caller};
pub use keys::{DataDescription, Edit, KeyPage, KeyRead, Written};
pub use stores::{NewStore, StorePage};

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The quotas.
    pub limits: Limits,
    /// How long a store is PROVISIONING at least. None by default; AWS needs 20 to 35 s (observed),
    /// which a test of a client's waiter may want.
    pub provisioning: Duration,
    /// For how long an import's source that fails is tried again: 30 s.
    pub import_retry: Duration,
    /// How many imports are read, checked and held in memory at a time: 4. One account may have half of
    /// them.
    pub imports_at_once: usize,
    /// Whether a store without an import is READY in the answer that creates it, as in some emulators:
    /// not by default.
    pub ready_at_once: bool,
    /// For how long a deleted store or function is remembered: 30 days.
    pub remember_deleted: Duration,
    /// How many deleted stores and functions of an account are remembered: 10,000, the latest.
    pub remembered_per_account: usize,
    /// Whether a function that AWS's engine refuses is refused when it is created, updated or published, rather
    /// than when it is run: not by default.
    pub refuse_broken_functions: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            provisioning: Duration::ZERO,
            import_retry: Duration::from_secs(30),
            imports_at_once: 4,
            ready_at_once: false,
            remember_deleted: Duration::from_secs(30 * 24 * 60 * 60),
            remembered_per_account: 10_000,
            refuse_broken_functions: false,
        }
    }
}

/// What the service works with.
pub struct Parts {
    /// Where changes become durable.
    pub engine: Arc<dyn Engine>,
    /// Where everything is read; it follows the engine.
    pub replica: Arc<Replica>,
    /// Where imports come from.
    pub objects: Arc<dyn ObjectSource>,
    /// The engine that runs functions.
    pub function_runner: Arc<dyn FunctionRunner>,
    /// The behaviours that use functions.
    pub function_uses: Arc<dyn FunctionUses>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bits, for ids and ETags.
    pub random: Arc<dyn Random>,
    /// What the operator has set.
    pub settings: Settings,
}

/// The operations on key value stores and functions.
pub struct Service {
    parts: Parts,
    /// Notified when a job is created.
    new_job: Notify,
    /// Notified when a store or a function is deleted.
    deleted: Notify,
}

/// For how long a read waits until the replica has what it must have.
const READ_DEADLINE: Duration = Duration::from_secs(10);

impl Service {
    /// A service of these parts. Its background work is done by [`Self::run`].
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            parts,
            new_job: Notify::new(),
            deleted: Notify::new(),
        })
    }

    /// Does the background work until it is stopped. Work that is cut off is taken
    /// up again at the next start.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        background::run(self, stop).await;
    }

    /// The quotas in force.
    pub fn limits(&self) -> &Limits {
        &self.parts.settings.limits
    }

    /// Whether everything works; if not, why, for the operator.
    pub fn ready(&self) -> Result<(), Unavailable> {
        self.parts
            .engine
            .writable()
            .map_err(|error| Unavailable::Failed(error.0))?;
        match self.parts.replica.status().state {
            State::Following => Ok(()),
            State::Behind { why, .. } => Err(Unavailable::Failed(format!(
                "the replica can't follow the storage, and serves what it has: {why}"
            ))),
            State::Ended { why } => Err(Unavailable::Failed(format!(
                "the replica has ended ({why}): restart the server"
            ))),
        }
    }

    /// A snapshot that holds every change that was acknowledged to anyone. Where this process alone commits,
    /// that is the snapshot at hand.
    async fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable> {
        let current = self.parts.engine.current().await;
        let current = current.map_err(|error| Unavailable::Failed(error.0))?;
        let snapshot = self.parts.replica.snapshot();
        let Some(revision) = current.filter(|current| *current > snapshot.revision()) else {
            return Ok(snapshot);
        };
        let position = Position {
            revision,
            ..snapshot.position()
        };
        self.applied(position, Instant::now() + READ_DEADLINE)
            .await?;
        Ok(self.parts.replica.snapshot())
    }

    fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    fn random_bits(&self) -> u64 {
        // The lower half is as random as the whole.
        self.parts.random.bits() as u64
    }

    fn new_control_etag(&self) -> ETag {
        ETag::Control(self.random_bits())
    }

    fn new_data_etag(&self) -> ETag {
        ETag::Data(self.random_bits())
    }
}

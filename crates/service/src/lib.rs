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
//! use keyfront_replica::Replica;
//! use keyfront_service::{
//!     Author, Authorized, Judge, NewStore, ObjectBody, ObjectError, ObjectSource, Parts, Resource,
//!     Service, Settings,
//! };
//! use keyfront_storage::sqlite::{Location, Retention, SqliteEngine};
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
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let engine = Arc::new(SqliteEngine::open(&Location::Memory, Retention::default())?);
//! let service = Service::new(Parts {
//!     replica: Replica::start(&*engine).await?,
//!     engine,
//!     objects: Arc::new(NoBuckets),
//!     clock: Arc::new(SystemClock),
//!     random: Arc::new(SystemRandom::new()?),
//!     settings: Settings::default(),
//! });
//! let account = "123456789012".parse()?;
//! let author = Author { account, access_key: "AKIAEXAMPLE".into(), request: "1".into() };
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
mod commit;
mod error;
mod import;
mod jobs;
mod keys;
mod objects;
mod provisioning;
mod stores;
mod tags;
mod tombstones;

use std::sync::Arc;
use std::time::Duration;

use keyfront_model::{Clock, ETag, Limits, Random, Timestamp};
use keyfront_replica::{Replica, Snapshot};
use keyfront_storage::Engine;
use tokio::sync::Notify;

pub use authorized::{
    AllStores, Authorized, Judge, NamedStore, Resource, TaggedStore, Target, Unusable,
};
pub use error::{ControlError, DataError, Quota, Unavailable};
pub use keyfront_storage::Author;
pub use keys::{DataDescription, Edit, KeyPage, KeyRead, Written};
pub use objects::{ObjectBody, ObjectError, ObjectSource};
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
    /// How many imports are read at a time: 4.
    pub imports_at_once: usize,
    /// For how long a deleted store is remembered: 30 days.
    pub remember_deleted: Duration,
    /// The name under which this node takes jobs. It must be the same after a restart, so that a
    /// node takes up its own jobs at once, and no two nodes of a cluster may share it.
    pub node: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            provisioning: Duration::ZERO,
            import_retry: Duration::from_secs(30),
            imports_at_once: 4,
            remember_deleted: Duration::from_secs(30 * 24 * 60 * 60),
            node: "local".to_owned(),
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
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bits, for ids and ETags.
    pub random: Arc<dyn Random>,
    /// What the operator has set.
    pub settings: Settings,
}

/// The key value stores, whole.
pub struct Service {
    parts: Parts,
    /// Rung when there is a new job.
    new_job: Notify,
}

impl Service {
    /// A service of these parts. Its jobs are worked on by [`Self::run`].
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            parts,
            new_job: Notify::new(),
        })
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
            .map_err(|error| Unavailable(error.0))?;
        if !self.parts.replica.is_following() {
            return Err(Unavailable(
                "the replica no longer follows; restart the server".to_owned(),
            ));
        }
        Ok(())
    }

    /// A snapshot that holds everything that anyone was told is done.
    async fn read(&self) -> Result<Arc<Snapshot>, Unavailable> {
        let current = self
            .parts
            .engine
            .current()
            .await
            .map_err(|error| Unavailable(error.0))?;
        let snapshot = self.parts.replica.snapshot();
        if snapshot.revision() >= current {
            return Ok(snapshot);
        }
        self.reached(current).await?;
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

//! Where a change becomes durable.
//!
//! What is stored is a set of [`Record`]s and, for each store, its entries. A [`Proposal`] asks for
//! changes on condition that named records are still what the decision to make them was based on;
//! an [`Engine`] makes all of them or none, durably, and gives the [`Commit`] a [`Revision`] that
//! only grows. Whoever wants to read follows the commits ([`Source`]): nothing is read from an
//! engine but at the start.
//!
//! The engine of one machine is [`sqlite`]. This crate knows no rule of the domain: which records a
//! change must touch, and on which conditions, is for the service to say.
//!
//! ```
//! use keyfront_model::Timestamp;
//! use keyfront_storage::sqlite::{Location, Retention, SqliteEngine};
//! use keyfront_storage::{
//!     Account, Author, Change, CommitError, Condition, Engine, Proposal, Record, RecordId,
//! };
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let account = "123456789012".parse()?;
//! let first_store = Proposal {
//!     author: Author { account, access_key: "AKIAEXAMPLE".into(), request: "1".into() },
//!     at: Timestamp::from_millis(0),
//!     conditions: vec![Condition { record: RecordId::Account(account), revision: None }],
//!     changes: vec![Change::Put(Record::Account(Account { account, stores: 1 }))],
//! };
//! let engine = SqliteEngine::open(&Location::Memory, Retention::default())?;
//! let revision = engine.commit(first_store.clone()).await?;
//! // The account is there now, so that a second first store is refused.
//! let again = engine.commit(first_store).await;
//! assert!(matches!(again, Err(CommitError::Stale(at)) if at == revision));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod commit;
mod engine;
mod record;
pub mod sqlite;

pub use commit::{Author, Change, Commit, Condition, EntryChange, Proposal, Revision};
pub use engine::{CommitError, Engine, EngineError, FollowError, Load, Loaded, Source};
pub use record::{Account, Job, Lease, Name, Record, RecordId, StoreTags, Tombstone};

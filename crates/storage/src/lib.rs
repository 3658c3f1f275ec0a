//! The contract of storage: what is stored, how it changes, and how changes are followed.
//!
//! What is stored is a set of [`Record`]s and, for each store, its entries. A [`Proposal`] asks for
//! changes on condition that named records are still what the decision to make them was based on;
//! an [`Engine`] makes all of them or none, durably, and gives the [`Commit`] a [`Revision`] that
//! only grows. A reader loads a [`Source`] once and follows its commits: nothing else is ever read
//! from an engine, but the history.
//!
//! This crate knows the records, and no rule of the domain: which records a change must touch, and
//! on which conditions, is for the service to say. It holds no engine; each is a crate of its own, and
//! passes the suite in `conformance`.
//!
//! ```
//! use keyfront_model::Timestamp;
//! use keyfront_storage::{
//!     Account, Author, Before, Caller, Change, Condition, Proposal, Record, RecordId, Revision,
//!     Subject,
//! };
//!
//! let account = "123456789012".parse()?;
//! let mut first_store = Proposal {
//!     subject: Subject::Account(account),
//!     owner: account,
//!     author: Author::Caller(Caller {
//!         account,
//!         user: Some("ada".into()),
//!         access_key: "AKIAEXAMPLE".into(),
//!         request: "1".into(),
//!     }),
//!     message: None,
//!     at: Timestamp::from_millis(0),
//!     snapshot: Revision(0),
//!     conditions: vec![Condition { record: RecordId::Account(account), revision: None }],
//!     changes: vec![Change::Put {
//!         before: Before::Absent,
//!         record: Record::Account(Account { account, stores: 1, functions: 0 }),
//!     }],
//! };
//! assert!(first_store.check().is_ok());
//! // A record changes only on condition of what it was.
//! first_store.conditions.clear();
//! assert!(first_store.check().is_err());
//! # Ok::<(), keyfront_model::Invalid>(())
//! ```

mod commit;
#[cfg(feature = "conformance")]
pub mod conformance;
mod engine;
pub mod format;
mod proposal;
mod record;
mod retention;
mod source;

pub use commit::{
    Author, Before, Caller, Change, Commit, EntryChange, Message, Proposal, Revision, Subject, Task,
};
pub use engine::{CommitError, Engine, EngineError, HistoryPage};
pub use proposal::{Condition, Malformed};
pub use record::{
    Account, Job, JobId, JobTask, Name, NamedResource, NodeId, Record, RecordId, ResourceId,
    ResourceName, ResourceTags, StoreUsers, Tombstone,
};
pub use retention::Retention;
pub use source::{Commits, FollowEnd, Known, Load, Piece, Position, Scope, Source, SourceId};

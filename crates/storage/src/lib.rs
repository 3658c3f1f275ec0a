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

mod commit;
mod engine;
mod record;
pub mod sqlite;

pub use commit::{Author, Change, Commit, Condition, EntryChange, Proposal, Revision};
pub use engine::{CommitError, Engine, EngineError, FollowError, Load, Loaded, Source};
pub use record::{Account, Job, Lease, Name, Record, RecordId, StoreTags, Tombstone};

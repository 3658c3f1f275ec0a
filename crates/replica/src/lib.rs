//! Everything that is read, in memory, and the last commits.
//!
//! A [`Replica`] loads what a [`Source`] holds, applies its commits in the order of their revisions,
//! and publishes each result as an immutable [`Snapshot`] that readers take without a lock. It runs
//! its source for ever: after an interruption it follows again, and loads anew where the source no
//! longer keeps the commits that are missing. Meanwhile it serves what it has, and [`Status`] says
//! since when it is behind. It keeps the last commits in a ring, from which a [`Cursor`] reads them:
//! all who follow this node are served from there.
//!
//! It knows neither engines nor HTTP: a node that only reads is the same replica on another source.
//!
//! ```
//! use std::sync::Arc;
//!
//! use futures_util::FutureExt;
//! use futures_util::future::BoxFuture;
//! use keyfront_model::SystemRandom;
//! use keyfront_replica::{Options, Replica};
//! use keyfront_storage::{
//!     Commits, EngineError, FollowEnd, Known, Load, Position, Revision, Scope, Source, SourceId,
//! };
//! use tokio::sync::mpsc;
//!
//! /// A source that holds no records at revision 7, and is then closed.
//! struct Empty;
//!
//! impl Source for Empty {
//!     fn load<'a>(&'a self, _: &'a Known) -> BoxFuture<'a, Result<Load, EngineError>> {
//!         let position = Position { source: SourceId(1), revision: Revision(7) };
//!         let (_, pieces) = mpsc::channel(1);
//!         let (sender, commits) = mpsc::channel(1);
//!         sender.try_send(Err(FollowEnd::Closed)).ok();
//!         async move { Ok(Load { position, scope: Scope::All, pieces, commits }) }.boxed()
//!     }
//!
//!     fn follow(&self, _: Position) -> BoxFuture<'_, Result<Commits, FollowEnd>> {
//!         async { Err(FollowEnd::Closed) }.boxed()
//!     }
//!
//!     fn current(&self) -> BoxFuture<'_, Result<Option<Revision>, EngineError>> {
//!         async { Ok(None) }.boxed()
//!     }
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
//! # runtime.block_on(async {
//! let options = Options::new(Arc::new(SystemRandom));
//! let replica = Replica::start(Arc::new(Empty), options).await?;
//! replica.reached(Revision(7)).await?;
//! assert_eq!(replica.snapshot().store_count(), 0);
//! // No revision comes after the source was closed.
//! assert!(replica.reached(Revision(8)).await.is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backoff;
mod cursor;
mod disposal;
mod footprint;
mod load;
mod options;
mod replica;
mod ring;
mod run;
mod snapshot;
mod status;
mod worker;

#[cfg(doc)]
use keyfront_storage::Source;

pub use cursor::{Cursor, Lost};
pub use options::Options;
pub use replica::Replica;
pub use snapshot::{Snapshot, StoreContents, Versioned};
pub use status::{NotReached, State, Status};

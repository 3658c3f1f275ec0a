//! An engine that is as unlike SQLite as the contract allows.
//!
//! A [`Cluster`] holds everything in the memory of this process, and behaves as a cluster far away
//! does: several nodes share it, revisions have gaps, answers are slow and overtake each other, the
//! outcome of a commit may be unknown, followers are interrupted and forgotten, a load begins at a
//! revision that no commit has and sends its pieces in a random order. Each of these is a setting of
//! [`Behaviour`], from [calm](Behaviour::calm) to [stormy](Behaviour::stormy), and all of it follows
//! from one seed.
//!
//! It belongs to no runtime, but its loads and followers are tasks of the runtime on which they are
//! begun.
//!
//! ```
//! use keyfront_storage::conformance::distant::{Behaviour, Cluster};
//! use keyfront_storage::{Engine, Retention};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
//! # runtime.block_on(async {
//! let cluster = Cluster::new(Behaviour::far(7), Retention::default());
//! let (one, two) = (cluster.connect("one")?, cluster.connect("two")?);
//! assert_eq!(one.living_nodes().await?.len(), 2);
//! two.kill();
//! assert_eq!(one.living_nodes().await?.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod behaviour;
mod bench;
mod cluster;
mod data;
mod engine;
mod fault;
mod follow;
mod history;
mod load;

use crate::EngineError;

pub use behaviour::Behaviour;
pub use bench::DistantBench;
pub use cluster::{Backup, Cluster};
pub use engine::DistantEngine;
pub use fault::Fault;

fn lost(what: &str) -> EngineError {
    EngineError(format!("the cluster can't be reached: {what}"))
}

fn isolated() -> EngineError {
    lost("this node is cut off")
}

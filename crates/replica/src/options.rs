use std::sync::Arc;
use std::time::Duration;

use keyfront_model::Random;

/// The bounds of a replica.
#[derive(Clone)]
pub struct Options {
    /// How many bytes of memory the ring of the last commits takes: 32 MiB. A single commit that is
    /// larger is not kept, so that all who follow the ring have to load anew. Zero keeps no commits.
    pub ring_bytes: usize,
    /// How many bytes of commits are taken from the source while a load is under way: 128 MiB. The
    /// commits beyond that wait in the source's own queue, and if the source gives up waiting, the
    /// load is followed by another one, for which only what has changed meanwhile is sent.
    pub load_backlog_bytes: usize,
    /// How long the source may send no answer to a question, or no piece of a load: 30 s. Then the
    /// attempt is given up, and made again. Commits may be absent for any time.
    pub stall_timeout: Duration,
    /// Where the jitter of the pauses between two attempts comes from.
    pub random: Arc<dyn Random>,
}

impl Options {
    /// The default of [`Self::ring_bytes`].
    pub const DEFAULT_RING_BYTES: usize = 32 * 1024 * 1024;

    /// The default bounds.
    pub fn new(random: Arc<dyn Random>) -> Self {
        Self {
            ring_bytes: Self::DEFAULT_RING_BYTES,
            load_backlog_bytes: 128 * 1024 * 1024,
            stall_timeout: Duration::from_secs(30),
            random,
        }
    }
}

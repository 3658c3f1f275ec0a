//! What the engine counts, for whoever reports it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// What the engine has counted. See [`SqliteEngine::counts`](crate::SqliteEngine::counts).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// How many commits were made since the start.
    pub commits: u64,
    /// How many bytes of the WAL are in use, when it was last looked at: after each 64 changed records and
    /// entries. None of a database in memory.
    pub wal_bytes: u64,
    /// The history that is kept; `None` until it has been counted, which begins when the first load ends, or
    /// with the first change where nothing is loaded.
    pub history: Option<KeptHistory>,
}

/// How much history is kept, of all subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeptHistory {
    /// How many commits.
    pub commits: u64,
    /// How many bytes they have as they are written down.
    pub bytes: u64,
}

/// Is told how long a sync took.
pub(crate) type SyncObserver = Box<dyn Fn(Duration) + Send + Sync>;

/// Counted by the writer, and read by others.
#[derive(Default)]
pub(crate) struct Counters {
    commits: AtomicU64,
    wal_pages: AtomicI64,
    wal_page_bytes: AtomicI64,
    history: Mutex<Option<KeptHistory>>,
    pub(crate) sync_observer: OnceLock<SyncObserver>,
}

/// What the WAL has before each page.
const FRAME_HEADER_BYTES: i64 = 24;

impl Counters {
    pub(crate) fn read(&self) -> Counts {
        let wal_bytes =
            self.wal_pages.load(Ordering::Relaxed) * self.wal_page_bytes.load(Ordering::Relaxed);
        Counts {
            commits: self.commits.load(Ordering::Relaxed),
            wal_bytes: u64::try_from(wal_bytes).unwrap_or_default(),
            history: *self.history(),
        }
    }

    pub(crate) fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn synced(&self, took: Duration) {
        if let Some(observe) = self.sync_observer.get() {
            observe(took);
        }
    }

    pub(crate) fn set_page_bytes(&self, bytes: i64) {
        let bytes = bytes + FRAME_HEADER_BYTES;
        self.wal_page_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn set_wal_pages(&self, pages: i64) {
        self.wal_pages.store(pages.max(0), Ordering::Relaxed);
    }

    pub(crate) fn set_history(&self, kept: Option<KeptHistory>) {
        *self.history() = kept;
    }

    fn history(&self) -> MutexGuard<'_, Option<KeptHistory>> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

use std::time::Duration;

/// How much history is kept. What passes a bound first is removed, the oldest first, but never the newest
/// commit of a subject that lives. A bound on number or bytes may be passed by a small part, since
/// commits are removed in batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// How old a commit may be: 7 days. Zero keeps no history.
    pub age: Duration,
    /// How many commits of one subject: 1,000. Zero keeps no history.
    pub commits: u64,
    /// How many bytes of commits of one subject, as written: 10 MiB, twice a store's quota. Zero
    /// keeps no history.
    pub bytes: u64,
    /// How many bytes of commits of all subjects of one account: 1 GiB.
    pub account_bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            age: Duration::from_secs(7 * 24 * 60 * 60),
            commits: 1000,
            bytes: 2 * 5 * 1024 * 1024,
            account_bytes: 1024 * 1024 * 1024,
        }
    }
}

impl Retention {
    /// Keeps no history: what an engine must do without it.
    pub const NONE: Self = Self {
        age: Duration::ZERO,
        commits: 0,
        bytes: 0,
        account_bytes: 0,
    };

    /// Whether any history is kept.
    pub fn keeps_any(&self) -> bool {
        !self.age.is_zero() && self.commits > 0 && self.bytes > 0
    }
}

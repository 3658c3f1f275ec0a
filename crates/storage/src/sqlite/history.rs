use std::collections::HashMap;
use std::time::Duration;

use keyfront_model::{StoreId, Timestamp};
use rusqlite::{Connection, params};

use super::json;
use crate::{Commit, Revision};

/// How much of a store's history is kept: up to whichever bound is reached first. Zero in any of
/// them keeps none. The bounds on number and bytes may be passed by a few commits, or a sixteenth,
/// which are removed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// How old a commit may be: 7 days.
    pub age: Duration,
    /// How many commits of a store: 1,000.
    pub commits: u64,
    /// How many bytes of a store's commits: 10 MB, twice a store's quota.
    pub bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            age: Duration::from_secs(7 * 24 * 60 * 60),
            commits: 1000,
            bytes: 2 * 5 * 1024 * 1024,
        }
    }
}

impl Retention {
    fn keeps_any(&self) -> bool {
        !self.age.is_zero() && self.commits > 0 && self.bytes > 0
    }
}

/// What is kept of one store.
#[derive(Clone, Copy, Default)]
struct Kept {
    commits: u64,
    bytes: u64,
}

/// The table of commits, and what is removed from it when.
pub(super) struct History {
    retention: Retention,
    /// Counted when a store is first written after the start.
    kept: HashMap<StoreId, Kept>,
    aged: Option<Timestamp>,
}

/// So many commits over a bound, or such a share of the bytes, are removed at once, lest every commit
/// pay for the removal of one.
const BATCH: u64 = 64;
const SHARE: u64 = 16;

/// So many commits that have become too old are removed at once.
const AGED_AT_ONCE: usize = 1000;

/// How often commits are looked at that may have become too old.
const AGING: Duration = Duration::from_secs(60);

impl History {
    pub(super) fn new(retention: Retention) -> Self {
        Self {
            retention,
            kept: HashMap::new(),
            aged: None,
        }
    }

    /// Writes a commit down. Even where no history is kept its row stays until the next one's, since
    /// the newest row tells the current revision.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        commit: &Commit,
    ) -> rusqlite::Result<()> {
        let body = if self.retention.keeps_any() {
            Some(json::encode(commit)?)
        } else {
            None
        };
        let bytes = body.as_ref().map_or(0, |body| body.len() as u64);
        let store = commit.store();
        connection
            .prepare_cached(
                "INSERT INTO commits (revision, at, store, bytes, body) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![
                commit.revision.0,
                commit.at.millis(),
                store.map(|store| *store.as_bytes()),
                bytes,
                body,
            ])?;
        if let Some(store) = store {
            self.bound(connection, store, bytes)?;
        }
        Ok(())
    }

    /// Removes the oldest commits of a store that has too many or too large ones.
    fn bound(
        &mut self,
        connection: &Connection,
        store: StoreId,
        added: u64,
    ) -> rusqlite::Result<()> {
        let kept = match self.kept.get(&store) {
            Some(kept) => Kept {
                commits: kept.commits + 1,
                bytes: kept.bytes + added,
            },
            None => count(connection, store)?,
        };
        let (commits, bytes) = if self.retention.keeps_any() {
            (self.retention.commits, self.retention.bytes)
        } else {
            (0, 0)
        };
        let over = kept.commits >= commits.saturating_add(BATCH)
            || kept.bytes > bytes.saturating_add(bytes / SHARE);
        let kept = if over {
            trim(connection, store, commits, bytes)?
        } else {
            kept
        };
        self.kept.insert(store, kept);
        Ok(())
    }

    /// Removes what has become too old, a batch at a time: now and again, or at once if the last time
    /// there was more.
    pub(super) fn age(&mut self, connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
        // A clock may have been set back since.
        let is_recent = |aged: Timestamp| aged <= now && now < aged.plus(AGING);
        if self.aged.is_some_and(is_recent) {
            return Ok(());
        }
        let age = i64::try_from(self.retention.age.as_millis()).unwrap_or(i64::MAX);
        let oldest = now.millis().saturating_sub(age);
        let mut removed = 0;
        if let Some(last) = last_before(connection, oldest)? {
            removed = connection
                .prepare_cached(
                    "DELETE FROM commits
                     WHERE revision <= ? AND revision < (SELECT max(revision) FROM commits)",
                )?
                .execute([last])?;
            self.kept.clear();
        }
        self.aged = (removed < AGED_AT_ONCE).then_some(now);
        Ok(())
    }

    /// Forgets what was counted, after a transaction that was taken back.
    pub(super) fn recount(&mut self) {
        self.kept.clear();
    }
}

fn count(connection: &Connection, store: StoreId) -> rusqlite::Result<Kept> {
    connection
        .prepare_cached("SELECT count(*), coalesce(sum(bytes), 0) FROM commits WHERE store = ?")?
        .query_row([*store.as_bytes()], |row| {
            Ok(Kept {
                commits: row.get(0)?,
                bytes: row.get(1)?,
            })
        })
}

/// The last among the oldest commits that was made before a moment, in milliseconds. One between them
/// that says it is younger was made by a clock that was ahead.
fn last_before(connection: &Connection, moment: i64) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached(
            "SELECT max(revision) FROM
             (SELECT revision, at FROM commits ORDER BY revision LIMIT ?)
             WHERE at < ?",
        )?
        .query_row(params![AGED_AT_ONCE, moment], |row| row.get(0))
}

/// Keeps a store's newest commits as far as the bounds allow, and the newest of all in any case.
fn trim(
    connection: &Connection,
    store: StoreId,
    commits: u64,
    bytes: u64,
) -> rusqlite::Result<Kept> {
    let (kept, last_over) = split(connection, store, commits, bytes)?;
    if let Some(last_over) = last_over {
        connection
            .prepare_cached(
                "DELETE FROM commits WHERE store = ? AND revision <= ?
                 AND revision < (SELECT max(revision) FROM commits)",
            )?
            .execute(params![store.as_bytes(), last_over])?;
    }
    Ok(kept)
}

/// What of a store's commits is within the bounds, and the newest one that is not.
fn split(
    connection: &Connection,
    store: StoreId,
    commits: u64,
    bytes: u64,
) -> rusqlite::Result<(Kept, Option<u64>)> {
    let mut statement = connection.prepare_cached(
        "SELECT revision, bytes FROM commits WHERE store = ? ORDER BY revision DESC",
    )?;
    let mut rows = statement.query([*store.as_bytes()])?;
    let mut kept = Kept::default();
    while let Some(row) = rows.next()? {
        let size: u64 = row.get(1)?;
        if kept.commits >= commits || kept.bytes + size > bytes {
            return Ok((kept, Some(row.get(0)?)));
        }
        kept = Kept {
            commits: kept.commits + 1,
            bytes: kept.bytes + size,
        };
    }
    Ok((kept, None))
}

/// The revision of the newest commit.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<Revision> {
    connection.query_row(
        "SELECT coalesce(max(revision), 0) FROM commits",
        [],
        |row| row.get(0).map(Revision),
    )
}

/// All commits after a revision up to the newest; none if one of them is no longer kept.
pub(super) fn since(
    connection: &Connection,
    after: Revision,
    newest: Revision,
) -> rusqlite::Result<Option<Vec<Commit>>> {
    let mut statement = connection.prepare_cached(
        "SELECT body FROM commits WHERE revision > ? AND body IS NOT NULL ORDER BY revision",
    )?;
    let mut rows = statement.query([after.0])?;
    let mut commits = Vec::new();
    while let Some(row) = rows.next()? {
        let commit: Commit = json::decode(row.get_ref(0)?.as_str()?)?;
        commits.push(commit);
    }
    let whole = newest.0.checked_sub(after.0) == Some(commits.len() as u64);
    Ok(whole.then_some(commits))
}

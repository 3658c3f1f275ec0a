use rusqlite::{Connection, OptionalExtension, params};

use super::kept::Counters;
use super::{ROWS_PER_STEP, SubjectColumn};

/// The removal of the remains of deleted subjects: a store's entries, and the commits before the one
/// that deleted it.
pub(crate) struct Removals {
    may_be_left: bool,
}

impl Default for Removals {
    /// Some may be left from before the start.
    fn default() -> Self {
        Self { may_be_left: true }
    }
}

/// How many entries are removed in one step: a commit of another waits for it.
const ENTRIES_PER_STEP: usize = 1000;

impl Removals {
    pub(crate) fn may_be_left(&self) -> bool {
        self.may_be_left
    }

    /// Removes some of it. Returns how many rows were removed.
    pub(crate) fn step(
        &mut self,
        connection: &Connection,
        counters: &mut Counters,
    ) -> rusqlite::Result<usize> {
        let next: Option<(Vec<u8>, u64)> = connection
            .prepare_cached("SELECT subject, before FROM removals LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((subject, before)) = next else {
            self.may_be_left = false;
            return Ok(0);
        };
        let entries = remove_entries(connection, &subject)?;
        if entries > 0 {
            return Ok(entries);
        }
        let commits = remove_commits(connection, &subject, before)?;
        if let Some(subject) = SubjectColumn::read(&subject) {
            counters.recount(connection, subject)?;
        }
        if commits > 0 {
            return Ok(commits);
        }
        connection
            .prepare_cached("DELETE FROM removals WHERE subject = ?")?
            .execute([subject])
    }
}

fn remove_entries(connection: &Connection, store: &[u8]) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM entries WHERE store = ?1 AND key IN
             (SELECT key FROM entries WHERE store = ?1 LIMIT ?2)",
        )?
        .execute(params![store, ENTRIES_PER_STEP])
}

fn remove_commits(connection: &Connection, subject: &[u8], before: u64) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM commits WHERE revision IN
             (SELECT revision FROM commits WHERE subject = ? AND revision < ?
              ORDER BY revision LIMIT ?)",
        )?
        .execute(params![subject, before, ROWS_PER_STEP])
}

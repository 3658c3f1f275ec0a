use keyfront_storage::{RecordId, Revision, Subject};
use rusqlite::{Connection, OptionalExtension, params};

use super::kept::Counters;
use super::{ROWS_PER_STEP, SubjectColumn};

/// The removal of commits that are too old, a step at each commit until all of them are gone.
#[derive(Default)]
pub(crate) struct Aging(Option<Pass>);

/// From the oldest commit to the horizon.
struct Pass {
    horizon: Revision,
    /// The last commit that was looked at.
    reached: u64,
}

impl Aging {
    /// Begins to remove what is older than a revision.
    pub(crate) fn begin(&mut self, horizon: Option<Revision>) {
        self.0 = horizon.map(|horizon| Pass {
            horizon,
            reached: 0,
        });
    }

    /// Removes some of it.
    pub(crate) fn step(
        &mut self,
        connection: &Connection,
        counters: &mut Counters,
    ) -> rusqlite::Result<()> {
        let Some(pass) = &mut self.0 else {
            return Ok(());
        };
        let rows = rows_before(connection, pass)?;
        for (revision, subject) in &rows {
            pass.reached = *revision;
            let subject = subject.as_deref().and_then(SubjectColumn::read);
            if is_needed(connection, *revision, subject)? {
                continue;
            }
            connection
                .prepare_cached("DELETE FROM commits WHERE revision = ?")?
                .execute([revision])?;
            if let Some(subject) = subject {
                counters.recount(connection, subject)?;
            }
        }
        if rows.len() < ROWS_PER_STEP {
            self.0 = None;
        }
        Ok(())
    }
}

type Rows = Vec<(u64, Option<Vec<u8>>)>;

fn rows_before(connection: &Connection, pass: &Pass) -> rusqlite::Result<Rows> {
    connection
        .prepare_cached(
            "SELECT revision, subject FROM commits WHERE revision > ? AND revision < ?
             ORDER BY revision LIMIT ?",
        )?
        .query_map(
            params![pass.reached, pass.horizon.0, ROWS_PER_STEP],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .collect()
}

/// Whether a commit is the newest of a subject that lives, or was deleted and is remembered.
fn is_needed(
    connection: &Connection,
    revision: u64,
    subject: Option<Subject>,
) -> rusqlite::Result<bool> {
    let Some(subject) = subject else {
        return Ok(false);
    };
    let has_newer: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM commits WHERE subject = ? AND revision > ?)")?
        .query_row(params![SubjectColumn(subject), revision], |row| row.get(0))?;
    Ok(!has_newer && lives(connection, subject)?)
}

fn lives(connection: &Connection, subject: Subject) -> rusqlite::Result<bool> {
    let Some(resource) = subject.resource() else {
        return Ok(true);
    };
    let found: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM records WHERE id = ? OR id = ? LIMIT 1")?
        .query_row(
            [
                resource.configuration().to_string(),
                RecordId::Tombstone(resource).to_string(),
            ],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found.is_some())
}

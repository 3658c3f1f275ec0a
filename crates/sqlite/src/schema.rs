use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use keyfront_storage::EngineError;

use crate::{epoch, failure};

/// One step from a format of the database to the next.
pub(crate) type Migration = fn(&Transaction<'_>) -> rusqlite::Result<()>;

/// Every step there has been, in order, from the first format to that of [`create`].
pub(crate) const MIGRATIONS: [Migration; 1] = [second];

/// The number of the first format.
const FIRST: usize = 1;

/// The number of the newest format.
const NEWEST: usize = FIRST + MIGRATIONS.len();

/// Makes a new database, at once of the newest format.
///
/// `records`: what is conditional on a revision. `entries`: the keys and values. `commits`: the
/// history, whose newest row is never removed, since it also holds the current revision; `subject` is that of
/// `history::SubjectColumn`. `marks`: the history's own clock. `removals`: subjects whose entries and commits
/// before a revision are to be removed. `epoch`: see [`epoch`].
fn create(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TABLE records (
             id TEXT PRIMARY KEY,
             revision INTEGER NOT NULL,
             body TEXT NOT NULL
         ) WITHOUT ROWID;
         CREATE TABLE entries (
             store BLOB NOT NULL,
             key TEXT NOT NULL,
             value TEXT NOT NULL,
             PRIMARY KEY (store, key)
         ) WITHOUT ROWID;
         CREATE TABLE commits (
             revision INTEGER PRIMARY KEY,
             at INTEGER NOT NULL,
             subject BLOB,
             bytes INTEGER NOT NULL,
             body TEXT
         );
         CREATE INDEX commits_of_store ON commits (subject, revision, bytes);",
    )?;
    transaction.execute_batch(CREATE_MARKS_AND_REMOVALS)?;
    transaction.execute_batch(epoch::CREATE_TABLE)
}

const CREATE_MARKS_AND_REMOVALS: &str =
    "CREATE TABLE marks (at INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
     CREATE TABLE removals (subject BLOB PRIMARY KEY, before INTEGER NOT NULL) WITHOUT ROWID;";

/// To format 2. Rows stay as they are.
fn second(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch("ALTER TABLE commits RENAME COLUMN store TO subject")?;
    transaction.execute_batch(CREATE_MARKS_AND_REMOVALS)?;
    transaction.execute_batch(epoch::CREATE_TABLE)
}

/// How large a page is, in bytes: such that an entry at its quota fits into a quarter of one. What is
/// larger than a quarter (SQLite's limit for an index) takes a page of its own besides.
const PAGE_BYTES: u32 = 8192;

/// How long a change waits for another program that has the database locked. All other changes wait too.
const BUSY_DEADLINE: Duration = Duration::from_secs(1);

/// Makes commits survive a power cut. A database keeps the pages that it began with.
pub(crate) fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_DEADLINE)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    // The writer checkpoints by itself, so that it sees a sync that fails there: SQLite's own
    // checkpoint keeps such a failure quiet and tries again, which loses what was acknowledged.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// Has SQLite remove the WAL's files when the connection closes, after all of it was copied.
pub(crate) fn remove_wal_on_close(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
        .map(drop)
}

/// Refuses a database that this Keyfront can't read.
pub(crate) fn check_readable(connection: &Connection) -> Result<(), EngineError> {
    let found: usize = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failure::opening)?;
    match found {
        0 => Err(EngineError(
            "the database was not written by Keyfront: name the file that `keyfront backup` wrote"
                .to_owned(),
        )),
        found if found > NEWEST => Err(too_new(found, NEWEST)),
        _ => Ok(()),
    }
}

fn too_new(found: usize, newest: usize) -> EngineError {
    EngineError(format!(
        "the data folder has format {found}, written by a newer Keyfront; this one knows format \
         {newest}: start the newer one, or choose another folder with --data"
    ))
}

/// Makes a new database, or brings an older one to the newest format: all steps or none. SQLite's `user_version`
/// and a list of functions are all that it takes, so no library for migrations is used.
pub(crate) fn prepare(
    connection: &Connection,
    migrations: &[Migration],
) -> Result<(), EngineError> {
    let newest = FIRST + migrations.len();
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
        .map_err(failure::opening)?;
    let found: usize = transaction
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failure::opening)?;
    match found {
        0 => create(&transaction).map_err(failure::opening)?,
        found if found > newest => return Err(too_new(found, newest)),
        _ => {
            for migrate in &migrations[found - FIRST..] {
                migrate(&transaction).map_err(failure::opening)?;
            }
        }
    }
    if found < newest {
        transaction
            .pragma_update(None, "user_version", newest)
            .map_err(failure::opening)?;
        if found > 0 {
            tracing::info!(from = found, to = newest, "the data folder was migrated");
        }
    }
    transaction.commit().map_err(failure::opening)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database as the first format had it.
    fn of_the_first_format() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE records (
                     id TEXT PRIMARY KEY,
                     revision INTEGER NOT NULL,
                     body TEXT NOT NULL
                 ) WITHOUT ROWID;
                 CREATE TABLE entries (
                     store BLOB NOT NULL,
                     key TEXT NOT NULL,
                     value TEXT NOT NULL,
                     PRIMARY KEY (store, key)
                 ) WITHOUT ROWID;
                 CREATE TABLE commits (
                     revision INTEGER PRIMARY KEY,
                     at INTEGER NOT NULL,
                     store BLOB,
                     bytes INTEGER NOT NULL,
                     body TEXT
                 );
                 CREATE INDEX commits_of_store ON commits (store, revision, bytes);
                 PRAGMA user_version = 1;
                 INSERT INTO records VALUES ('a', 1, '{}');",
            )
            .unwrap();
        connection
    }

    fn add_column(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        transaction.execute_batch("ALTER TABLE records ADD COLUMN note TEXT NOT NULL DEFAULT 'old'")
    }

    fn fail(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        transaction.execute_batch("DROP TABLE records; SELECT nothing FROM nowhere")
    }

    fn note(connection: &Connection) -> rusqlite::Result<String> {
        connection.query_row("SELECT note FROM records", [], |row| row.get(0))
    }

    /// What is in a database, each with the statement that would make it, without its white space.
    fn schema(connection: &Connection) -> Vec<(String, String)> {
        let mut statement = connection
            .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")
            .unwrap();
        let rows = statement.query_map([], |row| {
            let sql: String = row.get(1)?;
            Ok((row.get(0)?, sql.split_whitespace().collect()))
        });
        rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    #[test]
    fn a_migrated_database_is_as_a_new_one() {
        let migrated = of_the_first_format();
        prepare(&migrated, &MIGRATIONS).unwrap();
        let new = Connection::open_in_memory().unwrap();
        prepare(&new, &MIGRATIONS).unwrap();
        assert_eq!(schema(&migrated), schema(&new));
        prepare(&new, &MIGRATIONS).unwrap();
        assert_eq!(schema(&migrated), schema(&new));
    }

    #[test]
    fn an_older_format_is_migrated_with_what_it_holds() {
        let connection = of_the_first_format();
        let steps = [MIGRATIONS[0], add_column];
        prepare(&connection, &steps).unwrap();
        assert_eq!(note(&connection).unwrap(), "old");
        prepare(&connection, &steps).unwrap();
        assert!(prepare(&connection, &MIGRATIONS).is_err());
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let connection = of_the_first_format();
        let before = schema(&connection);
        assert!(prepare(&connection, &[MIGRATIONS[0], add_column, fail]).is_err());
        assert_eq!(schema(&connection), before);
        prepare(&connection, &MIGRATIONS).unwrap();
    }
}

use std::ops::Deref;

use rusqlite::Connection;

/// A transaction that writes. It is rolled back if it is dropped before it is committed.
///
/// rusqlite's own has SQLite parse `BEGIN` and `COMMIT` each time, which takes as long as it takes to write a row.
pub(crate) struct Transaction<'c>(&'c Connection);

impl<'c> Transaction<'c> {
    /// Begins a transaction, when no other program writes.
    pub(crate) fn begin(connection: &'c Connection) -> rusqlite::Result<Self> {
        execute(connection, "BEGIN IMMEDIATE")?;
        Ok(Self(connection))
    }

    /// Commits it, which syncs it.
    pub(crate) fn commit(self) -> rusqlite::Result<()> {
        execute(self.0, "COMMIT")
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // It is at its end if it was committed, or if SQLite has rolled it back for a failure. Should this
        // fail, the next one can't begin, which is reported then.
        if !self.0.is_autocommit() {
            let _ = execute(self.0, "ROLLBACK");
        }
    }
}

fn execute(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(connection: &Connection) -> u32 {
        let count = "SELECT count(*) FROM rows";
        connection.query_row(count, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn only_what_is_committed_stays() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE rows (a)").unwrap();
        let insert = |transaction: &Transaction<'_>| {
            transaction
                .execute("INSERT INTO rows VALUES (1)", [])
                .unwrap();
        };
        let dropped = Transaction::begin(&connection).unwrap();
        insert(&dropped);
        drop(dropped);
        assert_eq!(rows(&connection), 0);

        let committed = Transaction::begin(&connection).unwrap();
        insert(&committed);
        committed.commit().unwrap();
        assert_eq!(rows(&connection), 1);

        // SQLite ends a transaction by itself when it fails in some ways.
        let ended = Transaction::begin(&connection).unwrap();
        ended.execute_batch("ROLLBACK").unwrap();
        ended.commit().unwrap_err();
        insert(&Transaction::begin(&connection).unwrap());
        assert_eq!(rows(&connection), 1);
    }
}

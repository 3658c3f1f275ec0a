use keyfront_model::{Key, StoreId, Value};
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::json;
use crate::{EngineError, Loaded, Record, Revision};

type Pieces = mpsc::Sender<Result<Loaded, EngineError>>;

/// How many pages are cached meanwhile.
const CACHE_PAGES: i64 = 16;

/// Reads everything once, for which a few pages in memory are enough: those of a larger cache would
/// lie between what is loaded, and leave holes there.
pub(super) fn read_all(connection: &Connection, pieces: &Pieces) -> rusqlite::Result<()> {
    let pages: i64 = connection.pragma_query_value(None, "cache_size", |row| row.get(0))?;
    connection.pragma_update(None, "cache_size", CACHE_PAGES)?;
    let loaded = read_records(connection, pieces).and_then(|()| read_entries(connection, pieces));
    connection.pragma_update(None, "cache_size", pages)?;
    loaded
}

fn read_records(connection: &Connection, pieces: &Pieces) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT revision, body FROM records")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let record: Record = json::decode(row.get_ref(1)?.as_str()?)?;
        let piece = Loaded::Record(Revision(row.get(0)?), record);
        if pieces.blocking_send(Ok(piece)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn read_entries(connection: &Connection, pieces: &Pieces) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare("SELECT store, key, value FROM entries ORDER BY store, key")?;
    let mut rows = statement.query([])?;
    let mut store = None;
    let mut entries: Vec<(Key, Value)> = Vec::new();
    while let Some(row) = rows.next()? {
        let next: [u8; 16] = row.get(0)?;
        if store.is_some_and(|store| store != next) {
            if pieces.is_closed() {
                return Ok(());
            }
            send_entries(pieces, store, std::mem::take(&mut entries));
        }
        store = Some(next);
        let key = Key::new(row.get_ref(1)?.as_str()?).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into())
        })?;
        entries.push((key, Value::new(row.get_ref(2)?.as_str()?)));
    }
    send_entries(pieces, store, entries);
    Ok(())
}

/// The reader may have gone away: then nobody wants the rest.
fn send_entries(pieces: &Pieces, store: Option<[u8; 16]>, entries: Vec<(Key, Value)>) {
    if let Some(store) = store {
        let _ = pieces.blocking_send(Ok(Loaded::Entries(StoreId::from_bytes(store), entries)));
    }
}

use std::sync::Arc;

use keyfront_model::{Key, StoreId, Value};
use keyfront_storage::{EngineError, Piece, Position, Scope};

use super::apply::compact;
use super::{Snapshot, StoreContents};

/// A snapshot that is being loaded, piece by piece, beside the one that is read meanwhile.
pub(crate) struct Builder {
    scope: Scope,
    snapshot: Snapshot,
    /// The snapshot whose contents were announced to the source as known.
    known: Arc<Snapshot>,
}

impl Builder {
    pub(crate) fn new(position: Position, scope: Scope, known: Arc<Snapshot>) -> Self {
        Self {
            scope,
            snapshot: Snapshot::empty(position),
            known,
        }
    }

    /// Adds pieces. Those that contradict one another fail the load.
    pub(crate) fn add(&mut self, pieces: Vec<Piece>) -> Result<(), EngineError> {
        for piece in pieces {
            match piece {
                Piece::Record(revision, record) => self.snapshot.put(revision, record),
                Piece::Entries(store, entries) => self.add_entries(store, entries)?,
                Piece::Kept(store) => self.keep_entries(store)?,
            }
        }
        Ok(())
    }

    /// The snapshot, if nothing that its records count is missing. An incomplete load is refused,
    /// since it would be served as if complete.
    pub(crate) fn finish(self) -> Result<Snapshot, EngineError> {
        self.snapshot.check(self.scope)?;
        Ok(self.snapshot)
    }

    fn add_entries(
        &mut self,
        store: StoreId,
        entries: Vec<(Key, Value)>,
    ) -> Result<(), EngineError> {
        self.contents(store)?.entries = compact(entries);
        Ok(())
    }

    fn keep_entries(&mut self, store: StoreId) -> Result<(), EngineError> {
        let known = self.known.clone();
        let contents = self.contents(store)?;
        match known.contents(store) {
            Some(known) if known.head.etag == contents.head.etag => {
                contents.entries = known.entries.clone();
                Ok(())
            }
            _ => Err(EngineError(format!(
                "the source left out the entries of the store {store}, of which this replica has \
                 another version or none"
            ))),
        }
    }

    fn contents(&mut self, store: StoreId) -> Result<&mut StoreContents, EngineError> {
        self.snapshot.contents.get_mut(&store).ok_or_else(|| {
            EngineError(format!(
                "the source sent the entries of the store {store} before its contents' record"
            ))
        })
    }
}

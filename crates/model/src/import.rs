//! The document from which a new store is filled.

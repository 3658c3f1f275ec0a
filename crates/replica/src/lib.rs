//! Everything that is read, in memory, in immutable snapshots.

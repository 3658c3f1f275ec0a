//! What the server counts, for whoever reports it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::limits::Bound;

/// What a [`Server`](crate::Server) counts while it runs. Reading it takes no lock.
#[derive(Debug, Default)]
pub struct Counts {
    connections: AtomicUsize,
    reserved_connections: AtomicUsize,
    pub(crate) in_flight: AtomicUsize,
    pub(crate) refused: Refusals,
}

impl Counts {
    /// How many connections there are of those that [`Limits::connections`](crate::Limits::connections)
    /// bounds.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// How many connections there are beside those, on which probes alone are answered.
    pub fn reserved_connections(&self) -> usize {
        self.reserved_connections.load(Ordering::Relaxed)
    }

    /// How many requests are in flight: from the arrival of the headers until the answer's body has been
    /// handed over.
    pub fn requests_in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// How many requests were refused because there were as many connections as there may be.
    pub fn refused(&self) -> &Refusals {
        &self.refused
    }

    pub(crate) fn set_connections(&self, ordinary: usize, reserved: usize) {
        self.connections.store(ordinary, Ordering::Relaxed);
        self.reserved_connections.store(reserved, Ordering::Relaxed);
    }
}

/// How many requests each bound has refused.
#[derive(Debug, Default)]
pub struct Refusals([AtomicU64; Bound::ALL.len()]);

impl Refusals {
    /// How many requests a bound has refused.
    pub fn of(&self, bound: Bound) -> u64 {
        self.0[bound.index()].load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, bound: Bound) {
        self.0[bound.index()].fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_has_a_count_of_its_own() {
        let refusals = Refusals::default();
        for (place, bound) in Bound::ALL.into_iter().enumerate() {
            assert_eq!(bound.index(), place, "{bound:?}");
            for _ in 0..=place {
                refusals.count(bound);
            }
        }
        let counted = Bound::ALL.map(|bound| refusals.of(bound));
        assert_eq!(counted, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
}

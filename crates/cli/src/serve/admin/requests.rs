use std::sync::atomic::{AtomicU64, Ordering};

use keyfront_api::{Answered, ObservedOperation, Observer, observed_operations};

use super::histogram::Histogram;

/// The requests that were answered, by operation and code.
#[derive(Debug)]
pub(in crate::serve) struct RequestCounts(Vec<OfOperation>);

/// The requests of one operation.
#[derive(Debug)]
pub(super) struct OfOperation {
    pub(super) operation: ObservedOperation,
    /// One for each of its codes.
    counts: Vec<AtomicU64>,
    pub(super) times: Histogram,
}

impl RequestCounts {
    /// Nothing counted yet, with room for everything that will ever be.
    pub(in crate::serve) fn new() -> Self {
        let of_operation = |operation: ObservedOperation| OfOperation {
            counts: operation.codes.iter().map(|_| AtomicU64::new(0)).collect(),
            operation,
            times: Histogram::default(),
        };
        Self(
            observed_operations()
                .into_iter()
                .map(of_operation)
                .collect(),
        )
    }

    /// What was counted of each operation.
    pub(super) fn operations(&self) -> &[OfOperation] {
        &self.0
    }
}

impl OfOperation {
    /// Each code with how many requests were answered with it.
    pub(super) fn by_code(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self
            .counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        self.operation.codes.iter().copied().zip(counts)
    }
}

impl Observer for RequestCounts {
    fn answered(&self, answered: &Answered) {
        let Some(operation) = self.0.get(answered.operation) else {
            return;
        };
        if let Some(count) = operation.counts.get(answered.code) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        operation.times.observe(answered.took);
    }
}

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets, in microseconds: from a read in memory to a request that waited for
/// everything it may wait for. A last bucket has what took longer.
const BOUNDS_MICROS: [u64; 18] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000,
];

/// How often something took how long. To count a time takes no lock and no memory, so that it can be done
/// at every request; the library's own histogram has a lock that all requests would share.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    buckets: [AtomicU64; BOUNDS_MICROS.len() + 1],
    sum_nanos: AtomicU64,
}

/// What a [`Histogram`] has counted, as the library writes it: each bucket with what is in it alone.
#[derive(Debug, PartialEq)]
pub(super) struct Counted {
    pub(super) sum_seconds: f64,
    pub(super) count: u64,
    /// The upper bound of each bucket, in seconds, and how many times are in it.
    pub(super) buckets: Vec<(f64, u64)>,
}

impl Histogram {
    /// Counts a time.
    pub(super) fn observe(&self, time: Duration) {
        let micros = time.as_micros();
        let bucket = BOUNDS_MICROS.partition_point(|bound| u128::from(*bound) < micros);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        // 584 years of it fit.
        self.sum_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub(super) fn counted(&self) -> Counted {
        let bounds = BOUNDS_MICROS.iter().map(|micros| *micros as f64 / 1e6);
        let counts = self
            .buckets
            .iter()
            .map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets: Vec<_> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        Counted {
            sum_seconds: self.sum_nanos.load(Ordering::Relaxed) as f64 / 1e9,
            count: buckets.iter().map(|(_, count)| count).sum(),
            buckets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_in_the_first_bucket_that_it_fits_in() {
        let histogram = Histogram::default();
        let observe = |micros| histogram.observe(Duration::from_micros(micros));
        for micros in [0, 50, 51, 1_000, 30_000_000, 30_000_001, 3_600_000_000] {
            observe(micros);
        }
        let counted = histogram.counted();
        let found: Vec<_> = counted
            .buckets
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        let expected = [
            (0.000_05, 2),
            (0.000_1, 1),
            (0.001, 1),
            (30.0, 1),
            (f64::INFINITY, 2),
        ];
        assert_eq!(found, expected);
        assert_eq!(counted.count, 7);
        assert!((counted.sum_seconds - 3_660.001_102).abs() < 1e-6);
    }
}

use std::time::Duration;

use keyfront_model::Random;

/// The longest pause after a first failure.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause after any failure.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Exponential backoff with full jitter: each pause is of a random length up to a bound that doubles
/// with each failure. So the replicas that lost the same source don't return to it all at once.
#[derive(Debug)]
pub(crate) struct Backoff {
    /// How many failures have no pause.
    free: u32,
    failures: u32,
}

impl Backoff {
    /// Backoff that pauses after each failure but the first ones, as many as are `free`.
    pub(crate) fn after(free: u32) -> Self {
        Self { free, failures: 0 }
    }

    /// The pause after one more failure.
    pub(crate) fn pause(&mut self, random: &dyn Random) -> Duration {
        let doublings = self.failures.checked_sub(self.free);
        self.failures = self.failures.saturating_add(1);
        let Some(doublings) = doublings else {
            return Duration::ZERO;
        };
        let factor = 2u32.saturating_pow(doublings);
        let bound = FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE);
        // The upper 32 of 128 random bits, as a fraction of one.
        let fraction = (random.bits() >> 96) as f64 / f64::from(u32::MAX);
        bound.mul_f64(fraction)
    }

    /// Begins anew after a success.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bits(u128);

    impl Random for Bits {
        fn bits(&self) -> u128 {
            self.0
        }
    }

    #[test]
    fn the_bound_of_a_pause_doubles_from_200_ms_to_30_s() {
        let mut backoff = Backoff::after(0);
        let mut pause = || backoff.pause(&Bits(u128::MAX)).as_millis();
        let pauses: Vec<_> = (0..10).map(|_| pause()).collect();
        let doubling = [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600];
        assert_eq!(pauses[..8], doubling);
        assert_eq!(pauses[8..], [30_000, 30_000]);
        backoff.failures = u32::MAX;
        assert_eq!(backoff.pause(&Bits(u128::MAX)), LONGEST_PAUSE);
        backoff.reset();
        assert_eq!(backoff.pause(&Bits(u128::MAX)), FIRST_PAUSE);
    }

    #[test]
    fn the_pauses_begin_after_the_failures_that_are_free() {
        let mut backoff = Backoff::after(1);
        let mut pause = || backoff.pause(&Bits(u128::MAX)).as_millis();
        assert_eq!([pause(), pause(), pause()], [0, 200, 400]);
    }

    #[test]
    fn a_pause_is_of_any_length_up_to_its_bound() {
        assert_eq!(Backoff::after(0).pause(&Bits(0)), Duration::ZERO);
        let half = Backoff::after(0).pause(&Bits(1 << 127)).as_millis();
        assert!((99..=101).contains(&half), "{half}");
    }
}

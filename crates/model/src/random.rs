use std::io;
use std::sync::{Mutex, PoisonError};

/// Where random bits come from. Passed in, so that a test decides them.
pub trait Random: Send + Sync + 'static {
    /// 128 bits that nobody can guess.
    fn bits(&self) -> u128;
}

/// The system's generator, which is asked for many bits at once: every request needs some.
pub struct SystemRandom(Mutex<Stock>);

/// Bits that were not given out yet.
struct Stock {
    bytes: [u8; 1024],
    given: usize,
}

/// How many bytes are given out at once.
const SHARE: usize = 16;

impl SystemRandom {
    /// Fails where the system has no generator.
    pub fn new() -> io::Result<Self> {
        let mut bytes = [0; 1024];
        getrandom::fill(&mut bytes).map_err(io::Error::from)?;
        Ok(Self(Mutex::new(Stock { bytes, given: 0 })))
    }
}

impl Random for SystemRandom {
    fn bits(&self) -> u128 {
        let mut stock = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stock.bits()
    }
}

impl Stock {
    #[expect(
        clippy::expect_used,
        reason = "the constructor has used the generator, and one that works once does not cease to: \
                  getrandom(2) has no error but that it is missing or not seeded yet"
    )]
    fn bits(&mut self) -> u128 {
        if self.given == self.bytes.len() {
            getrandom::fill(&mut self.bytes).expect("the generator worked before");
            self.given = 0;
        }
        let mut share = [0; SHARE];
        share.copy_from_slice(&self.bytes[self.given..self.given + SHARE]);
        self.given += SHARE;
        u128::from_ne_bytes(share)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_bits_are_given_twice() {
        let random = SystemRandom::new().unwrap();
        let given: HashSet<u128> = (0..1000).map(|_| random.bits()).collect();
        assert_eq!(given.len(), 1000);
    }
}

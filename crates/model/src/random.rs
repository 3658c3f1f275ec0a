/// Where random bits come from. Passed in, so that a test decides them.
pub trait Random: Send + Sync + 'static {
    /// 128 bits that nobody can guess.
    fn bits(&self) -> u128;
}

/// A cryptographic generator of each thread, which the system's generator seeds now and then: a request
/// needs bits, and must not wait for a system call or for another request.
///
/// It panics on a system that has no generator. A server finds that out when it opens its engine, which
/// returns an error then.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn bits(&self) -> u128 {
        rand::random()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_bits_are_given_twice() {
        let given: HashSet<u128> = (0..1000).map(|_| SystemRandom.bits()).collect();
        assert_eq!(given.len(), 1000);
    }
}

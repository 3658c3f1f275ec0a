use std::io;

/// Where random bits come from. Passed in, so that a test decides them.
pub trait Random: Send + Sync + 'static {
    /// 128 bits that nobody can guess.
    fn bits(&self) -> u128;
}

/// The system's generator.
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom(());

impl SystemRandom {
    /// Fails where the system has no generator.
    pub fn new() -> io::Result<Self> {
        getrandom::u64().map_err(io::Error::from)?;
        Ok(Self(()))
    }
}

impl Random for SystemRandom {
    #[expect(
        clippy::expect_used,
        reason = "the constructor has used the generator, and one that works once does not cease to: \
                  getrandom(2) has no error but that it is missing or not seeded yet"
    )]
    fn bits(&self) -> u128 {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the generator worked before");
        u128::from_ne_bytes(bytes)
    }
}

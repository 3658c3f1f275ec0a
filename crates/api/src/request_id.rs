use std::fmt;

use keyfront_model::Random;

/// A request's id: the client sees it, and every log line about the request has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestId(uuid::Uuid);

impl RequestId {
    pub(crate) fn new(random: &dyn Random) -> Self {
        Self(uuid::Builder::from_random_bytes(random.bits().to_be_bytes()).into_uuid())
    }

    /// Writes the id's text into a buffer, and returns it.
    pub(crate) fn write(self, buffer: &mut [u8; 36]) -> &str {
        self.0.hyphenated().encode_lower(buffer)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

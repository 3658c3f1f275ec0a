use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::EXPECT;
use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::Semaphore;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than the operation allows.
    TooLarge,
    /// It broke off or is malformed.
    Broken,
    /// It took too long to arrive, or others were taking too long before it.
    TooSlow,
}

/// A body must arrive within this time, whole.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is larger is a large body, of which only so many are read at a time: bodies are read before
/// it is known who sent them, and together they must not take the machine's memory.
const LARGE: usize = 64 * 1024;

/// See [`LARGE`].
const LARGE_AT_ONCE: usize = 32;

/// So many bodies of any size are read at a time: as many as there are connections by default, each of
/// which may have a hundred under way over HTTP/2.
const AT_ONCE: usize = 4096;

/// The places of bodies that are being read.
pub(crate) struct Places {
    all: Semaphore,
    large: Semaphore,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            all: Semaphore::new(AT_ONCE),
            large: Semaphore::new(LARGE_AT_ONCE),
        }
    }
}

/// So much of a body that is refused is still taken from the client.
const THROWN_AWAY: u64 = 64 * 1024 * 1024;

/// Reads a body of at most so many bytes.
pub(crate) async fn read(
    parts: &Parts,
    mut body: Incoming,
    most: u64,
    places: &Places,
) -> Result<Bytes, Unread> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let outcome = if body.size_hint().lower() > most {
        Err(Unread::TooLarge)
    } else {
        let collected = tokio::time::timeout(PATIENCE, collect(&mut body, most, places));
        collected.await.unwrap_or(Err(Unread::TooSlow))
    };
    if outcome == Err(Unread::TooLarge) {
        throw_away(parts, body).await;
    }
    outcome
}

/// Takes what a client is still sending, and drops it: were the connection closed before, the client
/// would see that, and never the answer. One that asks first, by `Expect: 100-continue`, is not told
/// to go on, and sends nothing.
pub(crate) async fn throw_away(parts: &Parts, mut body: Incoming) {
    if parts.headers.contains_key(EXPECT) {
        return;
    }
    let taking = async {
        let mut left = THROWN_AWAY;
        while let Some(Ok(frame)) = body.frame().await {
            let size = frame.data_ref().map_or(0, |data| data.len() as u64);
            let Some(rest) = left.checked_sub(size) else {
                return;
            };
            left = rest;
        }
    };
    // A client that is too slow, or has too much, sees its connection closed.
    let _ = tokio::time::timeout(PATIENCE, taking).await;
}

async fn collect(body: &mut Incoming, most: u64, places: &Places) -> Result<Bytes, Unread> {
    // Neither semaphore is ever closed.
    let _place = places.all.acquire().await.ok();
    let mut large = None;
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else {
            continue;
        };
        let size = first.len() + rest.len() + data.len();
        if size as u64 > most {
            return Err(Unread::TooLarge);
        }
        if size > LARGE && large.is_none() {
            large = places.large.acquire().await.ok();
        }
        // Nearly every body arrives in one piece, which then need not be copied.
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    Ok([first, rest.freeze()].concat().into())
}

//! Reading request bodies, within bounds of size, time and room.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::EXPECT;
use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use crate::admission::{Admission, Admitted, Caller};
use crate::limits::Refused;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is larger than the handler allows.
    TooLarge,
    /// It broke off or is malformed.
    Broken,
    /// It took too long to arrive.
    TooSlow,
    /// There was no room for it.
    Refused(Refused),
}

/// A body must arrive whole within this time.
pub const BODY_TIME: Duration = Duration::from_secs(30);

/// How much of a body that is refused for its size is still taken from the client, and for how long.
const MAX_DISCARDED_BYTES: u64 = 64 * 1024 * 1024;
const DISCARD_TIME: Duration = Duration::from_secs(30);

/// How much is taken from a client that is not known, and for how long: a body that is sent together with
/// its headers.
const SMALL_BODY_BYTES: u64 = 64 * 1024;
const SMALL_BODY_TIME: Duration = Duration::from_secs(1);

/// How long what a client sends is taken from it when the server has no room for it.
pub(crate) const REFUSED_DISCARD_TIME: Duration = Duration::from_millis(500);

/// How long a client may send nothing of a body that is discarded.
const DISCARD_PAUSE: Duration = Duration::from_secs(2);

/// A body that has arrived whole. A large one counts in the shares of its caller until it is dropped.
pub struct Received {
    /// The body.
    pub bytes: Bytes,
    _admitted: Option<Admitted>,
}

impl Admission {
    /// Admits and reads a body of at most `max_bytes`. What a client still sends of a body that is too large or
    /// has no room is discarded, so that the client sees the answer; the connection must be closed after it.
    ///
    /// # Errors
    ///
    /// If the body can't be read whole.
    pub async fn receive(
        self: &Arc<Self>,
        caller: &Caller<'_>,
        parts: &Parts,
        body: Incoming,
        max_bytes: u64,
    ) -> Result<Received, Unread> {
        if body.is_end_stream() {
            return Ok(Received {
                bytes: Bytes::new(),
                _admitted: None,
            });
        }
        // Most requests have no body, and this is a large future, which would be copied with each around it.
        Box::pin(self.read_or_discard(caller, parts, body, max_bytes)).await
    }

    async fn read_or_discard(
        self: &Arc<Self>,
        caller: &Caller<'_>,
        parts: &Parts,
        mut body: Incoming,
        max_bytes: u64,
    ) -> Result<Received, Unread> {
        let unread = match self.read(caller, &mut body, max_bytes).await {
            Ok(received) => return Ok(received),
            Err(unread) => unread,
        };
        match unread {
            Unread::TooLarge => discard(parts, body).await,
            Unread::Refused(refused) => {
                self.refused.count(refused.bound);
                discard_for(parts, body, REFUSED_DISCARD_TIME).await;
            }
            Unread::Broken | Unread::TooSlow => {}
        }
        Err(unread)
    }

    async fn read(
        self: &Arc<Self>,
        caller: &Caller<'_>,
        body: &mut Incoming,
        max_bytes: u64,
    ) -> Result<Received, Unread> {
        if body.size_hint().lower() > max_bytes {
            return Err(Unread::TooLarge);
        }
        let declared = body.size_hint().exact();
        let admitted = self.admit(caller, declared).await;
        let mut admitted = admitted.map_err(Unread::Refused)?;
        let collected = timeout(BODY_TIME, collect(body, declared, max_bytes, &mut admitted));
        let bytes = collected.await.unwrap_or(Err(Unread::TooSlow))?;
        admitted.complete();
        Ok(Received {
            bytes,
            _admitted: Some(admitted),
        })
    }
}

async fn collect(
    body: &mut Incoming,
    declared_bytes: Option<u64>,
    max_bytes: u64,
    admitted: &mut Admitted,
) -> Result<Bytes, Unread> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = next_frame(body, admitted).await? {
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let bytes = (first.len() + all.len() + data.len()) as u64;
        if bytes > max_bytes {
            return Err(Unread::TooLarge);
        }
        let arrived = admitted.arrived(bytes).await;
        arrived.map_err(Unread::Refused)?;
        // Nearly every body arrives in one piece, which then need not be copied.
        if first.is_empty() && all.is_empty() {
            first = data;
            continue;
        }
        if all.is_empty() {
            // The system gives the pages of the whole as they are written to.
            let expected = declared_bytes.and_then(|declared| usize::try_from(declared).ok());
            all.reserve(expected.unwrap_or_default());
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

type Frame = hyper::body::Frame<Bytes>;

async fn next_frame(body: &mut Incoming, admitted: &Admitted) -> Result<Option<Frame>, Unread> {
    let lost = pin!(admitted.lost());
    tokio::select! {
        biased;
        frame = body.frame() => frame.transpose().map_err(|_| Unread::Broken),
        refused = lost => Err(Unread::Refused(refused)),
    }
}

/// Takes what a client is still sending, and drops it: if the connection were closed before, the client
/// would see that, and never the answer. A client that asks first, by `Expect: 100-continue`, is not told
/// to go on, and sends nothing.
pub async fn discard(parts: &Parts, body: Incoming) {
    discard_for(parts, body, DISCARD_TIME).await;
}

/// Takes a small body that is on its way from a client that is not known, and drops it. Says whether that was
/// all of it; if not, the connection must be closed after the answer.
pub async fn discard_small(parts: &Parts, mut body: Incoming) -> bool {
    if body.is_end_stream() {
        return true;
    }
    if parts.headers.contains_key(EXPECT) || body.size_hint().lower() > SMALL_BODY_BYTES {
        return false;
    }
    // Rare, and a large future, which would be copied with each around it.
    let taking = Box::pin(timeout(SMALL_BODY_TIME, take(&mut body, SMALL_BODY_BYTES)));
    taking.await.unwrap_or(false)
}

pub(crate) async fn discard_for(parts: &Parts, mut body: Incoming, time: Duration) {
    if parts.headers.contains_key(EXPECT) || body.is_end_stream() {
        return;
    }
    // A client that is too slow, or has too much, sees its connection closed.
    let _ = timeout(time, take(&mut body, MAX_DISCARDED_BYTES)).await;
}

/// Reads at most this many bytes of a body, and drops them. Returns whether that was all of it.
async fn take(body: &mut Incoming, max_bytes: u64) -> bool {
    let mut left = max_bytes;
    loop {
        match timeout(DISCARD_PAUSE, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
                let Some(rest) = left.checked_sub(bytes) else {
                    return false;
                };
                left = rest;
            }
            Ok(None) => return true,
            Ok(Some(Err(_))) | Err(_) => return false,
        }
    }
}

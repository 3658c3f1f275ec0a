use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than the operation allows.
    TooLarge,
    /// It broke off, is malformed, or took too long.
    Broken,
}

/// A body must arrive within this time, whole.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads a body of at most so many bytes.
pub(crate) async fn read(body: Incoming, most: u64) -> Result<Bytes, Unread> {
    // A length that was announced is refused before a byte is read, or asked for by `100 Continue`.
    if body.size_hint().lower() > most {
        return Err(Unread::TooLarge);
    }
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let read = tokio::time::timeout(PATIENCE, collect(body, most)).await;
    read.unwrap_or(Err(Unread::Broken))
}

async fn collect(mut body: Incoming, most: u64) -> Result<Bytes, Unread> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else {
            continue;
        };
        if (first.len() + rest.len() + data.remaining()) as u64 > most {
            return Err(Unread::TooLarge);
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
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Ok(whole.freeze())
}

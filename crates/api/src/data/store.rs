//! What the operations on one store's contents share.

use http::StatusCode;
use http::header::ETAG;
use keyfront_model::{ETag, IfMatch, Invalid, Key, MODEL_KEY_BYTES, StoreArn};
use keyfront_server::answer::{self, Answer};
use keyfront_service::Written;
use serde::Serialize;

use super::error::malformed;
use super::json::{self, WriteAnswer};
use super::{DataCode, DataPlane};
use crate::call::Call;
use crate::error::Refusal;
use crate::operation::{Operation, Resolved};
use crate::uri;

/// Room for most answers, so that the buffer grows seldom.
const ANSWER_BYTES: usize = 512;

const BADLY_ENCODED: Invalid = Invalid("the path is not UTF-8, or not well percent-encoded");

/// The store that the path names. An ARN of another form is refused with a code that the operation's
/// model lists.
pub(super) fn addressed<O>(
    call: &Call<'_>,
    code: DataCode,
) -> Result<Resolved<O>, Refusal<DataCode>>
where
    O: Operation<Plane = DataPlane, Target = StoreArn>,
{
    let text = uri::decode(call.labels[0]).ok_or(BADLY_ENCODED);
    let arn = text.and_then(|text| text.parse::<StoreArn>());
    let arn = arn.map_err(|why| malformed(code, why))?;
    call.log.store(arn.id);
    Ok(Resolved::Target(arn))
}

/// The key that the path names.
pub(super) fn key(call: &Call<'_>, code: DataCode) -> Result<Key, Refusal<DataCode>> {
    let text = uri::decode(call.labels[1]).ok_or(BADLY_ENCODED);
    text.and_then(checked_key)
        .map_err(|why| malformed(code, why))
}

/// A key of a length that the model allows.
pub(super) fn checked_key(text: String) -> Result<Key, Invalid> {
    let key = Key::new(text)?;
    if key.bytes() > MODEL_KEY_BYTES {
        return Err(Invalid("a key is at most 1,024 bytes"));
    }
    Ok(key)
}

/// The version on which a write is conditional.
pub(super) fn version(call: &Call<'_>) -> Result<IfMatch, Refusal<DataCode>> {
    let header = call.header("if-match").ok_or_else(|| {
        let why = Invalid("the If-Match header must be the store's ETag of this plane, KV…");
        malformed(DataCode::ValidationException, why)
    })?;
    Ok(IfMatch::parse(header))
}

/// The answer to a write.
pub(super) fn written(written: &Written) -> Result<Answer, Refusal<DataCode>> {
    let body = WriteAnswer {
        item_count: written.items,
        total_size_in_bytes: written.bytes,
    };
    Ok(with_etag(json_answer(&body)?, written.etag))
}

pub(super) fn json_answer(answer: &impl Serialize) -> Result<Answer, Refusal<DataCode>> {
    let mut body = Vec::with_capacity(ANSWER_BYTES);
    serde_json::to_writer(&mut body, answer).map_err(|error| {
        tracing::error!(%error, "an answer can't be written as JSON");
        DataCode::InternalServerException
    })?;
    Ok(answer::with_body(StatusCode::OK, json::CONTENT_TYPE, body))
}

pub(super) fn with_etag(mut answer: Answer, etag: ETag) -> Answer {
    answer::set(&mut answer, ETAG, &etag.to_string());
    answer
}

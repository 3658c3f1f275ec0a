use http::StatusCode;
use http::header::ETAG;
use keyfront_model::{ETag, Key, Status, StoreArn, Value};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{Edit, Service, Written};
use serde::Serialize;

use super::error::STALE;
use super::json::{
    self, DescribeAnswer, GetKeyAnswer, ListItem, ListKeysAnswer, Object, PutKeyRequest,
    UpdateKeysRequest, WriteAnswer,
};
use super::{DataCode, DataPlane, token};
use crate::error::Refusal;
use crate::path;
use crate::plane::Call;

type Outcome = Result<Answer, Refusal<DataCode>>;

/// The most bytes that the model allows a key; the quota is lower.
const MODEL_KEY_BYTES: u64 = 1024;

/// How many keys are on a page of ListKeys, unless the caller says (AWS documentation).
const DEFAULT_PAGE: usize = 10;

/// How many there may be on a page (service model).
const LARGEST_PAGE: usize = 50;

pub(super) async fn describe(service: &Service, call: &Call<'_>) -> Outcome {
    let arn = store_of(call, DataCode::ResourceNotFoundException)?;
    let found = service.describe_contents(&arn).await?;
    let failure_reason = match &found.store.status {
        Status::ImportFailed { reason } => Some(reason.as_str()),
        Status::Provisioning | Status::Ready => None,
    };
    let body = DescribeAnswer {
        item_count: found.contents.items,
        total_size_in_bytes: found.contents.bytes,
        kvs_arn: arn.to_string(),
        created: found.store.created,
        last_modified: found.contents.modified,
        status: found.store.status.as_str(),
        failure_reason,
    };
    Ok(with_etag(json_answer(&body)?, found.contents.etag))
}

pub(super) async fn get(service: &Service, call: &Call<'_>) -> Outcome {
    let arn = store_of(call, DataCode::ResourceNotFoundException)?;
    let key = key_of(call, DataCode::ResourceNotFoundException)?;
    let found = service.get_key(&arn, key.as_str()).await?;
    json_answer(&GetKeyAnswer {
        key: key.as_str(),
        value: found.value.as_str(),
        item_count: found.items,
        total_size_in_bytes: found.bytes,
    })
}

pub(super) async fn list(service: &Service, call: &Call<'_>) -> Outcome {
    let arn = store_of(call, DataCode::ValidationException)?;
    let most = page_size(call)?;
    let after = place(call, &arn)?;
    let page = service.list_keys(&arn, after.as_deref(), most).await?;
    let last = page.entries.last().filter(|_| page.more);
    let item = |(key, value)| ListItem {
        key: Key::as_str(key),
        value: Value::as_str(value),
    };
    json_answer(&ListKeysAnswer {
        items: page
            .entries
            .iter()
            .map(|(key, value)| item((key, value)))
            .collect(),
        next_token: last.map(|(key, _)| token::after(arn.id, key.as_str())),
    })
}

pub(super) async fn put(service: &Service, call: &Call<'_>) -> Outcome {
    let arn = store_of(call, DataCode::ValidationException)?;
    let key = key_of(call, DataCode::ValidationException)?;
    let version = version_of(call)?;
    let body: PutKeyRequest = json::read(&call.body)?;
    let value = Value::new(body.value);
    written(
        service
            .put_key(&call.author(), &arn, version, key, value)
            .await?,
    )
}

pub(super) async fn delete(service: &Service, call: &Call<'_>) -> Outcome {
    let arn = store_of(call, DataCode::ValidationException)?;
    let key = key_of(call, DataCode::ValidationException)?;
    let version = version_of(call)?;
    written(
        service
            .delete_key(&call.author(), &arn, version, key)
            .await?,
    )
}

pub(super) async fn update(service: &Service, call: &Call<'_>) -> Outcome {
    let arn = store_of(call, DataCode::ValidationException)?;
    let version = version_of(call)?;
    let edits = edits(json::read(&call.body)?)?;
    written(
        service
            .update_keys(&call.author(), &arn, version, &edits)
            .await?,
    )
}

/// The store that the path names, if the caller may do this with it. An ARN of another form is
/// refused with a code that the operation's model lists.
fn store_of(call: &Call<'_>, malformed: DataCode) -> Result<StoreArn, Refusal<DataCode>> {
    let mut text = path::decode(call.labels[0]).ok_or(malformed)?;
    let arn: StoreArn = text.parse().map_err(|_| malformed)?;
    // Its id may have been in capitals; what a policy is matched against never is.
    text.make_ascii_lowercase();
    call.authorize::<DataPlane>(&text)?;
    Ok(arn)
}

/// The key that the path names.
fn key_of(call: &Call<'_>, malformed: DataCode) -> Result<Key, Refusal<DataCode>> {
    let key = path::decode(call.labels[1]).and_then(|text| Key::new(text).ok());
    key.filter(|key| key.bytes() <= MODEL_KEY_BYTES)
        .ok_or(malformed.into())
}

fn version_of(call: &Call<'_>) -> Result<ETag, Refusal<DataCode>> {
    let header = call
        .header("if-match")
        .ok_or(DataCode::ValidationException)?;
    // What is no ETag is answered as one that is not current (observed).
    ETag::from_if_match(header).map_err(|_| Refusal::because(DataCode::ValidationException, STALE))
}

fn page_size(call: &Call<'_>) -> Result<usize, Refusal<DataCode>> {
    let Some(text) = path::query_value(call.query(), "MaxResults") else {
        return Ok(DEFAULT_PAGE);
    };
    let size = text
        .parse()
        .ok()
        .filter(|size| (1..=LARGEST_PAGE).contains(size));
    size.ok_or_else(|| {
        Refusal::because(
            DataCode::ValidationException,
            "MaxResults must be from 1 to 50",
        )
    })
}

fn place(call: &Call<'_>, arn: &StoreArn) -> Result<Option<String>, Refusal<DataCode>> {
    let Some(text) = path::query_value(call.query(), "NextToken") else {
        return Ok(None);
    };
    let place = token::read(arn.id, &text);
    let refusal = || Refusal::because(DataCode::ValidationException, "NextToken is not valid");
    place.map(Some).ok_or_else(refusal)
}

fn edits(body: UpdateKeysRequest) -> Result<Vec<Edit>, Refusal<DataCode>> {
    let puts = body.puts.unwrap_or_default().into_iter();
    let puts = puts.map(|Object(put)| (put.key, Some(put.value)));
    let deletes = body.deletes.unwrap_or_default().into_iter();
    let deletes = deletes.map(|Object(delete)| (delete.key, None));
    puts.chain(deletes)
        .map(|(key, value)| {
            let key = Key::new(key)
                .ok()
                .filter(|key| key.bytes() <= MODEL_KEY_BYTES);
            let key = key.ok_or(DataCode::ValidationException)?;
            Ok(Edit {
                key,
                value: value.map(Value::new),
            })
        })
        .collect()
}

fn written(written: Written) -> Outcome {
    let body = WriteAnswer {
        item_count: written.items,
        total_size_in_bytes: written.bytes,
    };
    Ok(with_etag(json_answer(&body)?, written.etag))
}

fn json_answer(body: &impl Serialize) -> Outcome {
    let body = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer can't be written as JSON");
        DataCode::InternalServerException
    })?;
    Ok(answer::with_body(StatusCode::OK, json::CONTENT_TYPE, body))
}

fn with_etag(mut answer: Answer, etag: ETag) -> Answer {
    answer::set(&mut answer, ETAG, &etag.to_string());
    answer
}

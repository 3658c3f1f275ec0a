use http::{Method, StatusCode};
use keyfront_model::{IfMatch, Key, Limits, StoreArn, Value};
use keyfront_server::Answer;
use keyfront_service::{Authorized, KeyRead, Quota, Service, Written};

use super::error::over;
use super::json::{self, GetKeyAnswer, PutKeyRequest};
use super::{DataCode as D, DataPlane, in_json, store};
use crate::call::Call;
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};

/// GetKey.
pub(super) struct GetKey;

/// PutKey.
pub(super) struct PutKey;

/// DeleteKey.
pub(super) struct DeleteKey;

const KEY: &str = "/key-value-stores/{KvsARN}/keys/{Key}";

/// The errors of every write.
pub(super) const WRITE_ERRORS: &[D] = &[
    D::AccessDeniedException,
    D::ConflictException,
    D::InternalServerException,
    D::ResourceNotFoundException,
    D::ServiceQuotaExceededException,
    D::ValidationException,
];

impl Operation for GetKey {
    type Plane = DataPlane;
    type Target = StoreArn;
    type Input = Key;
    type Output = (Key, KeyRead);

    const NAME: &'static str = "GetKey";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = KEY;
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [D] = &[
        D::AccessDeniedException,
        D::ConflictException,
        D::InternalServerException,
        D::ResourceNotFoundException,
    ];
    /// Its model has no ValidationException.
    const UNREADABLE: D = D::ResourceNotFoundException;

    async fn resolve(_: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        store::addressed(call, Self::UNREADABLE)
    }

    async fn decode(call: &Call<'_>, _: &StoreArn) -> Outcome<Self, Key> {
        store::key(call, Self::UNREADABLE)
    }

    async fn call(
        service: &Service,
        _: &Call<'_>,
        store: &Authorized<StoreArn>,
        key: Key,
    ) -> Outcome<Self, (Key, KeyRead)> {
        let found = service.get_key(store, key.as_str()).await?;
        Ok((key, found))
    }

    fn encode(_: &Call<'_>, (key, found): (Key, KeyRead)) -> Outcome<Self, Answer> {
        store::json_answer(&GetKeyAnswer {
            key: key.as_str(),
            value: found.value.as_str(),
            item_count: found.items,
            total_size_in_bytes: found.bytes,
        })
    }
}

impl Operation for PutKey {
    type Plane = DataPlane;
    type Target = StoreArn;
    type Input = (Key, IfMatch, Value);
    type Output = Written;

    const NAME: &'static str = "PutKey";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = KEY;
    const REQUEST_HEADERS: &'static [&'static str] = &["If-Match"];
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETag"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [D] = WRITE_ERRORS;
    const UNREADABLE: D = D::ValidationException;

    fn max_body_bytes(limits: &Limits) -> u64 {
        in_json(limits.value_bytes)
    }

    fn too_large(_: &Limits) -> Refusal<D> {
        over(Quota::ValueBytes)
    }

    async fn resolve(_: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        store::addressed(call, Self::UNREADABLE)
    }

    async fn decode(call: &Call<'_>, _: &StoreArn) -> Outcome<Self, (Key, IfMatch, Value)> {
        let key = store::key(call, Self::UNREADABLE)?;
        let version = store::version(call)?;
        let body = json::read::<PutKeyRequest>(call).await?;
        Ok((key, version, Value::new(body.value)))
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        store: &Authorized<StoreArn>,
        (key, version, value): (Key, IfMatch, Value),
    ) -> Outcome<Self, Written> {
        let author = call.author();
        let put = service.put_key(&author, store, version, key, value);
        Ok(put.await?)
    }

    fn encode(_: &Call<'_>, written: Written) -> Outcome<Self, Answer> {
        store::written(&written)
    }
}

impl Operation for DeleteKey {
    type Plane = DataPlane;
    type Target = StoreArn;
    type Input = (Key, IfMatch);
    type Output = Written;

    const NAME: &'static str = "DeleteKey";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = KEY;
    const REQUEST_HEADERS: &'static [&'static str] = &["If-Match"];
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETag"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [D] = WRITE_ERRORS;
    const UNREADABLE: D = D::ValidationException;

    async fn resolve(_: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        store::addressed(call, Self::UNREADABLE)
    }

    async fn decode(call: &Call<'_>, _: &StoreArn) -> Outcome<Self, (Key, IfMatch)> {
        Ok((store::key(call, Self::UNREADABLE)?, store::version(call)?))
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        store: &Authorized<StoreArn>,
        (key, version): (Key, IfMatch),
    ) -> Outcome<Self, Written> {
        Ok(service
            .delete_key(&call.author(), store, version, key)
            .await?)
    }

    fn encode(_: &Call<'_>, written: Written) -> Outcome<Self, Answer> {
        store::written(&written)
    }
}

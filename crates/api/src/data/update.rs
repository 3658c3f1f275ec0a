use http::{Method, StatusCode};
use keyfront_model::{IfMatch, Limits, StoreArn, Value};
use keyfront_server::Answer;
use keyfront_service::{Authorized, Edit, Quota, Service, Written};

use super::error::{malformed, over};
use super::json::{self, KeyEdit};
use super::keys::WRITE_ERRORS;
use super::{DataCode as D, DataPlane, in_json, store};
use crate::call::Call;
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};

/// UpdateKeys.
pub(super) struct UpdateKeys;

impl Operation for UpdateKeys {
    type Plane = DataPlane;
    type Target = StoreArn;
    type Input = (IfMatch, Vec<Edit>);
    type Output = Written;

    const NAME: &'static str = "UpdateKeys";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/key-value-stores/{KvsARN}/keys";
    const REQUEST_HEADERS: &'static [&'static str] = &["If-Match"];
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETag"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [D] = WRITE_ERRORS;
    const UNREADABLE: D = D::ValidationException;

    fn max_body_bytes(limits: &Limits) -> u64 {
        in_json(limits.update_bytes)
    }

    fn too_large(_: &Limits) -> Refusal<D> {
        over(Quota::UpdateBytes)
    }

    async fn resolve(_: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        store::addressed(call, Self::UNREADABLE)
    }

    async fn decode(call: &Call<'_>, _: &StoreArn) -> Outcome<Self, (IfMatch, Vec<Edit>)> {
        let version = store::version(call)?;
        let edits = json::read_edits(call).await?;
        let edits: Result<_, _> = edits.into_iter().map(edit).collect();
        Ok((version, edits?))
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        store: &Authorized<StoreArn>,
        (version, edits): (IfMatch, Vec<Edit>),
    ) -> Outcome<Self, Written> {
        let author = call.author();
        let updated = service.update_keys(&author, store, version, &edits);
        Ok(updated.await?)
    }

    fn encode(_: &Call<'_>, written: Written) -> Outcome<Self, Answer> {
        store::written(&written)
    }
}

fn edit((key, value): KeyEdit) -> Result<Edit, Refusal<D>> {
    let key = store::checked_key(key).map_err(|why| malformed(D::ValidationException, why))?;
    Ok(Edit {
        key,
        value: value.map(Value::new),
    })
}

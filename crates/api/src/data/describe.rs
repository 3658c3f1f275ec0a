use http::{Method, StatusCode};
use keyfront_model::{Status, StoreArn};
use keyfront_server::Answer;
use keyfront_service::{Authorized, DataDescription, Service};

use super::json::DescribeAnswer;
use super::{DataCode as D, DataPlane, store};
use crate::call::Call;
use crate::operation::{Operation, Outcome, Resolved};

/// DescribeKeyValueStore of the data plane.
pub(super) struct DescribeKeyValueStore;

impl Operation for DescribeKeyValueStore {
    type Plane = DataPlane;
    type Target = StoreArn;
    type Input = ();
    type Output = DataDescription;

    const NAME: &'static str = "DescribeKeyValueStore";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/key-value-stores/{KvsARN}";
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETag"];
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

    async fn decode(_: &Call<'_>, _: &StoreArn) -> Outcome<Self, ()> {
        Ok(())
    }

    async fn call(
        service: &Service,
        _: &Call<'_>,
        store: &Authorized<StoreArn>,
        (): (),
    ) -> Outcome<Self, DataDescription> {
        Ok(service.describe_contents(store).await?)
    }

    fn encode(_: &Call<'_>, found: DataDescription) -> Outcome<Self, Answer> {
        let failure_reason = match &found.store.status {
            Status::ImportFailed { reason } => Some(reason.as_str()),
            Status::Provisioning | Status::Ready => None,
        };
        let body = DescribeAnswer {
            item_count: found.contents.items,
            total_size_in_bytes: found.contents.bytes,
            kvs_arn: found.store.arn().to_string(),
            created: found.store.created,
            last_modified: found.contents.modified,
            status: found.store.status.state().as_str(),
            failure_reason,
        };
        let answer = store::json_answer(&body)?;
        Ok(store::with_etag(answer, found.contents.etag))
    }
}

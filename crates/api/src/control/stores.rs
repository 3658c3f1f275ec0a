use http::{Method, StatusCode};
use keyfront_model::{Comment, IfMatch, Limits, Store};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{Authorized, NamedStore, Service};
use serde::Deserialize;

use super::{ControlCode as C, ControlPlane, store, xml};
use crate::call::Call;
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};

/// DescribeKeyValueStore of the control plane.
pub(super) struct DescribeKeyValueStore;

/// UpdateKeyValueStore.
pub(super) struct UpdateKeyValueStore;

/// DeleteKeyValueStore.
pub(super) struct DeleteKeyValueStore;

const STORE: &str = "/2020-05-31/key-value-store/{Name}";

impl Operation for DescribeKeyValueStore {
    type Plane = ControlPlane;
    type Target = NamedStore;
    type Input = ();
    type Output = Store;

    const NAME: &'static str = "DescribeKeyValueStore";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = STORE;
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETag"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [C] = &[
        C::AccessDenied,
        C::EntityNotFound,
        C::InvalidArgument,
        C::UnsupportedOperation,
    ];
    const UNREADABLE: C = C::InvalidArgument;

    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        store::named(service, call, C::InvalidArgument).await
    }

    async fn decode(_: &Call<'_>, _: &NamedStore) -> Outcome<Self, ()> {
        Ok(())
    }

    async fn call(
        service: &Service,
        _: &Call<'_>,
        store: &Authorized<NamedStore>,
        (): (),
    ) -> Outcome<Self, Store> {
        let described = service.describe_store(store).await;
        described.map_err(|error| store::refusal(error, store))
    }

    fn encode(_: &Call<'_>, store: Store) -> Outcome<Self, Answer> {
        Ok(store::answer(&store))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateBody {
    pub(super) comment: Option<String>,
}

impl Operation for UpdateKeyValueStore {
    type Plane = ControlPlane;
    type Target = NamedStore;
    type Input = (IfMatch, Comment);
    type Output = Store;

    const NAME: &'static str = "UpdateKeyValueStore";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = STORE;
    const REQUEST_HEADERS: &'static [&'static str] = &["If-Match"];
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETag"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [C] = &[
        C::AccessDenied,
        C::EntityNotFound,
        C::InvalidArgument,
        C::InvalidIfMatchVersion,
        C::PreconditionFailed,
        C::UnsupportedOperation,
    ];
    const UNREADABLE: C = C::InvalidArgument;

    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        store::named(service, call, C::InvalidArgument).await
    }

    async fn decode(call: &Call<'_>, _: &NamedStore) -> Outcome<Self, (IfMatch, Comment)> {
        let version = store::version(call)?;
        let body: UpdateBody = xml::read("UpdateKeyValueStoreRequest", "Comment", call).await?;
        let comment = body.comment.ok_or_else(|| xml::missing("Comment"))?;
        Ok((version, store::comment(comment)?))
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        store: &Authorized<NamedStore>,
        (version, comment): (IfMatch, Comment),
    ) -> Outcome<Self, Store> {
        let updated = service
            .update_store(&call.author(), store, version, Some(comment))
            .await;
        updated.map_err(|error| store::refusal(error, store))
    }

    fn encode(_: &Call<'_>, store: Store) -> Outcome<Self, Answer> {
        Ok(store::answer(&store))
    }
}

impl Operation for DeleteKeyValueStore {
    type Plane = ControlPlane;
    type Target = NamedStore;
    type Input = IfMatch;
    type Output = ();

    const NAME: &'static str = "DeleteKeyValueStore";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = STORE;
    const REQUEST_HEADERS: &'static [&'static str] = &["If-Match"];
    const SUCCESS: StatusCode = StatusCode::NO_CONTENT;
    const ERRORS: &'static [C] = &[
        C::AccessDenied,
        C::CannotDeleteEntityWhileInUse,
        C::EntityNotFound,
        C::InvalidIfMatchVersion,
        C::PreconditionFailed,
        C::UnsupportedOperation,
    ];
    /// The model lists no code for a bad body, since a delete has no body.
    const UNREADABLE: C = C::UnsupportedOperation;

    fn too_large(_: &Limits) -> Refusal<C> {
        Refusal::because(Self::UNREADABLE, "A delete has no body.")
    }

    /// Its model has no InvalidArgument, so that an invalid name is answered as one that does not exist.
    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        store::named(service, call, C::EntityNotFound).await
    }

    async fn decode(call: &Call<'_>, _: &NamedStore) -> Outcome<Self, IfMatch> {
        store::version(call)
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        store: &Authorized<NamedStore>,
        version: IfMatch,
    ) -> Outcome<Self, ()> {
        let deleted = service.delete_store(&call.author(), store, version).await;
        deleted.map_err(|error| store::refusal(error, store))
    }

    fn encode(_: &Call<'_>, (): ()) -> Outcome<Self, Answer> {
        Ok(answer::empty(Self::SUCCESS))
    }
}

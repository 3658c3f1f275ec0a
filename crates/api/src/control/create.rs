use http::header::LOCATION;
use http::{Method, StatusCode};
use keyfront_model::{AccountId, Comment, ImportSource, Limits, S3Arn, Store, StoreName, Tags};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{Authorized, NewStore, Service, Unusable};
use serde::Deserialize;

use super::error::invalid;
use super::tags::TagsBody;
use super::{ControlCode as C, ControlPlane, store, xml};
use crate::call::Call;
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};

/// CreateKeyValueStore. Its target, the new store, is in the body.
pub(super) struct CreateKeyValueStore;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateBody {
    name: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) import_source: Option<ImportSourceBody>,
    pub(super) tags: Option<TagsBody>,
}

#[derive(Deserialize)]
pub(super) struct ImportSourceBody {
    #[serde(rename = "SourceType")]
    source_type: Option<String>,
    #[serde(rename = "SourceARN")]
    source_arn: Option<String>,
}

impl Operation for CreateKeyValueStore {
    type Plane = ControlPlane;
    type Target = NewStore;
    type Input = ();
    type Output = Store;

    const NAME: &'static str = "CreateKeyValueStore";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/2020-05-31/key-value-store";
    const RESPONSE_HEADERS: &'static [&'static str] = &["ETag", "Location"];
    const SUCCESS: StatusCode = StatusCode::CREATED;
    const ERRORS: &'static [C] = &[
        C::AccessDenied,
        C::EntityLimitExceeded,
        C::EntityAlreadyExists,
        C::EntitySizeLimitExceeded,
        C::InvalidArgument,
        C::UnsupportedOperation,
    ];
    const UNREADABLE: C = C::InvalidArgument;

    fn too_large(_: &Limits) -> Refusal<C> {
        C::EntitySizeLimitExceeded.into()
    }

    async fn resolve(_: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        let account = call.key.account;
        let parsed = xml::read("CreateKeyValueStoreRequest", "Name", call).await;
        let named = parsed.and_then(|body: CreateBody| Ok((name(&body)?, body)));
        Ok(match named {
            Ok((name, body)) => {
                call.log.new_store(name.as_str());
                new_store(account, name, body)
            }
            Err(refusal) => Resolved::Unusable(Unusable::Stores(store::all(account)), refusal),
        })
    }

    async fn decode(_: &Call<'_>, _: &NewStore) -> Outcome<Self, ()> {
        Ok(())
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        new: &Authorized<NewStore>,
        (): (),
    ) -> Outcome<Self, Store> {
        let store = service.create_store(&call.author(), new).await?;
        call.log.store(store.id);
        Ok(store)
    }

    fn encode(call: &Call<'_>, store: Store) -> Outcome<Self, Answer> {
        let mut answer = store::answer(&store);
        // With the ARN (observed).
        let location = store::location(call, Self::PATH, &store.arn());
        answer::set(&mut answer, LOCATION, &location);
        Ok(answer)
    }
}

pub(super) fn name(body: &CreateBody) -> Result<StoreName, Refusal<C>> {
    let name = body.name.as_ref().ok_or_else(|| xml::missing("Name"))?;
    name.parse().map_err(invalid)
}

/// A new store of that name. If the rest of the request has a fault, the caller's rights to the name and to
/// the object are judged before the fault is reported.
fn new_store(
    account: AccountId,
    name: StoreName,
    body: CreateBody,
) -> Resolved<CreateKeyValueStore> {
    let source = body.import_source.map(import_source).transpose();
    let import = match &source {
        Ok(Some(source)) => Some(source.object.clone()),
        Ok(None) | Err(_) => None,
    };
    match rest(source, body.comment, body.tags) {
        Ok((source, comment, tags)) => Resolved::Target(NewStore {
            account,
            name,
            comment,
            source,
            tags,
        }),
        Err(refusal) => {
            let asked = Unusable::NewStore {
                account,
                name,
                import,
            };
            Resolved::Unusable(asked, refusal)
        }
    }
}

pub(super) type Rest = (Option<ImportSource>, Option<Comment>, Tags);

pub(super) fn rest(
    source: Result<Option<ImportSource>, Refusal<C>>,
    comment: Option<String>,
    tags: Option<TagsBody>,
) -> Result<Rest, Refusal<C>> {
    let tags = tags.map(|tags| tags.checked(invalid)).transpose()?;
    let comment = comment.map(store::comment).transpose()?;
    Ok((source?, comment, tags.unwrap_or_default()))
}

pub(super) fn import_source(body: ImportSourceBody) -> Result<ImportSource, Refusal<C>> {
    let source_type = body.source_type.ok_or_else(|| xml::missing("SourceType"))?;
    let source_arn = body.source_arn.ok_or_else(|| xml::missing("SourceARN"))?;
    if source_type != "S3" {
        let text = "The SourceType of an import must be S3.";
        return Err(Refusal::because(C::InvalidArgument, text));
    }
    let object: S3Arn = source_arn.parse().map_err(invalid)?;
    Ok(ImportSource { object })
}

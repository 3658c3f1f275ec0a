use http::StatusCode;
use http::header::{ETAG, HOST, LOCATION};
use keyfront_access::Action;
use keyfront_model::{Comment, ETag, ImportSource, S3Arn, Store, StoreArn, StoreName, Tags};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{NewStore, Service};
use serde::Deserialize;

use super::tags::TagsBody;
use super::{ControlCode, ControlPlane, xml};
use crate::error::Refusal;
use crate::path;
use crate::plane::Call;

type Outcome = Result<Answer, Refusal<ControlCode>>;

/// How many stores are on a page of ListKeyValueStores, unless the caller says.
const DEFAULT_PAGE: usize = 100;

/// How many there may be on a page, however many the caller wants.
const LARGEST_PAGE: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateRequest {
    name: String,
    comment: Option<String>,
    import_source: Option<ImportSourceBody>,
    tags: Option<TagsBody>,
}

#[derive(Deserialize)]
struct ImportSourceBody {
    #[serde(rename = "SourceType")]
    source_type: String,
    #[serde(rename = "SourceARN")]
    source_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateRequest {
    comment: String,
}

pub(super) async fn create(service: &Service, call: &Call<'_>) -> Outcome {
    call.authorize::<ControlPlane>(&any_store(call))?;
    let new = new_store(xml::read("CreateKeyValueStoreRequest", &call.body)?)?;
    if let Some(source) = &new.source {
        authorize_import(call, &source.object)?;
    }
    let store = service.create_store(&call.author(), new).await?;
    let mut answer = store_answer(StatusCode::CREATED, &store);
    answer::set(&mut answer, LOCATION, &location(call, &store.arn()));
    Ok(answer)
}

pub(super) async fn describe(service: &Service, call: &Call<'_>) -> Outcome {
    let name = addressed(service, call, ControlCode::InvalidArgument).await?;
    let store = service.describe_store(call.key.account, &name).await?;
    Ok(store_answer(StatusCode::OK, &store))
}

pub(super) async fn update(service: &Service, call: &Call<'_>) -> Outcome {
    let name = addressed(service, call, ControlCode::InvalidArgument).await?;
    let version = version_of(call)?;
    let body: UpdateRequest = xml::read("UpdateKeyValueStoreRequest", &call.body)?;
    let comment = Some(comment(body.comment)?);
    let store = service
        .update_store(&call.author(), &name, version, comment)
        .await?;
    Ok(store_answer(StatusCode::OK, &store))
}

pub(super) async fn delete(service: &Service, call: &Call<'_>) -> Outcome {
    let name = addressed(service, call, ControlCode::EntityNotFound).await?;
    let version = version_of(call)?;
    service.delete_store(&call.author(), &name, version).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn list(service: &Service, call: &Call<'_>) -> Outcome {
    call.authorize::<ControlPlane>(&any_store(call))?;
    let query = ListQuery::read(call.query())?;
    let account = call.key.account;
    let most = query.most.min(LARGEST_PAGE);
    let page = service
        .list_stores(account, query.after.as_ref(), query.status, most)
        .await?;
    let last = page.stores.last().filter(|_| page.more);
    let body = xml::document("KeyValueStoreList", |list| {
        if let Some(last) = last {
            list.text("NextMarker", last.name.as_str());
        }
        list.text("MaxItems", &query.most.to_string());
        list.text("Quantity", &page.stores.len().to_string());
        list.child("Items", |items| {
            for store in &page.stores {
                items.child("KeyValueStore", |element| write_store(element, store));
            }
        });
    });
    Ok(answer::with_body(StatusCode::OK, xml::CONTENT_TYPE, body))
}

/// What ListKeyValueStores is asked.
struct ListQuery {
    after: Option<StoreName>,
    status: Option<&'static str>,
    most: usize,
}

impl ListQuery {
    fn read(query: &str) -> Result<Self, Refusal<ControlCode>> {
        let invalid = |text: &'static str| Refusal::because(ControlCode::InvalidArgument, text);
        let after = match path::query_value(query, "Marker").filter(|marker| !marker.is_empty()) {
            Some(marker) => Some(
                marker
                    .parse()
                    .map_err(|_| invalid("The Marker is not valid."))?,
            ),
            None => None,
        };
        let status = match path::query_value(query, "Status").as_deref() {
            Some("PROVISIONING") => Some("PROVISIONING"),
            Some("READY") => Some("READY"),
            Some("IMPORT_FAILED") => Some("IMPORT_FAILED"),
            Some(_) => return Err(invalid("The Status is not valid.")),
            None => None,
        };
        let most = match path::query_value(query, "MaxItems") {
            Some(text) => {
                let most = text.parse::<u32>().ok().filter(|most| *most > 0);
                most.ok_or_else(|| invalid("MaxItems must be a positive number."))? as usize
            }
            None => DEFAULT_PAGE,
        };
        Ok(Self {
            after,
            status,
            most,
        })
    }
}

/// The store that the path names, if the caller may do this with it. Who may not do it with every
/// store gets the same code whether there is one of that name or not; the text names the resource that
/// a policy would have to allow.
async fn addressed(
    service: &Service,
    call: &Call<'_>,
    malformed: ControlCode,
) -> Result<StoreName, Refusal<ControlCode>> {
    let account = call.key.account;
    let name: Option<StoreName> = path::decode(call.labels[0]).and_then(|text| text.parse().ok());
    let found = match &name {
        Some(name) => service.find_store(account, name).await?,
        None => None,
    };
    let resource = match found {
        Some(id) => StoreArn { account, id }.to_string(),
        None => any_store(call),
    };
    call.authorize::<ControlPlane>(&resource)?;
    name.ok_or_else(|| malformed.into())
}

/// What a policy is matched against where there is no store yet, or where all are meant.
fn any_store(call: &Call<'_>) -> String {
    format!("arn:aws:cloudfront::{}:key-value-store/*", call.key.account)
}

/// The caller of an import needs these rights at S3, as at AWS.
fn authorize_import(call: &Call<'_>, object: &S3Arn) -> Result<(), Refusal<ControlCode>> {
    let s3 = |name| Action {
        service: "s3",
        name,
    };
    call.authorize_action::<ControlPlane>(s3("GetObject"), &object.to_string())?;
    call.authorize_action::<ControlPlane>(s3("GetBucketLocation"), &object.bucket_arn())
}

fn new_store(body: CreateRequest) -> Result<NewStore, Refusal<ControlCode>> {
    let name = body.name.parse().map_err(invalid)?;
    let tags = match body.tags {
        Some(tags) => tags.checked().map_err(invalid)?,
        None => Tags::default(),
    };
    Ok(NewStore {
        name,
        comment: body.comment.map(comment).transpose()?,
        source: body.import_source.map(import_source).transpose()?,
        tags,
    })
}

fn import_source(body: ImportSourceBody) -> Result<ImportSource, Refusal<ControlCode>> {
    if body.source_type != "S3" {
        let text = "The SourceType of an import must be S3.";
        return Err(Refusal::because(ControlCode::InvalidArgument, text));
    }
    Ok(ImportSource {
        object: body.source_arn.parse().map_err(invalid)?,
    })
}

fn comment(text: String) -> Result<Comment, Refusal<ControlCode>> {
    Comment::try_from(text).map_err(invalid)
}

pub(super) fn invalid(invalid: keyfront_model::Invalid) -> Refusal<ControlCode> {
    Refusal::because(
        ControlCode::InvalidArgument,
        format!("An argument is invalid: {}.", invalid.0),
    )
}

fn version_of(call: &Call<'_>) -> Result<ETag, Refusal<ControlCode>> {
    let header = call
        .header("if-match")
        .ok_or(ControlCode::InvalidIfMatchVersion)?;
    ETag::from_if_match(header).map_err(|_| ControlCode::InvalidIfMatchVersion.into())
}

fn store_answer(status: StatusCode, store: &Store) -> Answer {
    let body = xml::document("KeyValueStore", |element| write_store(element, store));
    let mut answer = answer::with_body(status, xml::CONTENT_TYPE, body);
    answer::set(&mut answer, ETAG, &store.etag.to_string());
    answer
}

/// A comment that was never given is left out, although the model requires the element: a client
/// could not tell it from an empty one (observed through Terraform's provider).
fn write_store(element: &mut xml::Writer, store: &Store) {
    element.text("Name", store.name.as_str());
    element.text("Id", &store.id.to_string());
    if let Some(comment) = &store.comment {
        element.text("Comment", comment.as_str());
    }
    element.text("ARN", &store.arn().to_string());
    element.text("Status", store.status.as_str());
    element.text("LastModifiedTime", &store.modified.to_string());
}

/// AWS's path with the ARN (observed), on the scheme and host that the client used.
fn location(call: &Call<'_>, arn: &StoreArn) -> String {
    let scheme = if call.peer.secure { "https" } else { "http" };
    let host = call
        .parts
        .headers
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.or(call
        .parts
        .uri
        .authority()
        .map(|authority| authority.as_str()));
    format!(
        "{scheme}://{}/2020-05-31/key-value-store/{arn}",
        host.unwrap_or("localhost")
    )
}

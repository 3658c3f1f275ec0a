//! What the operations on one store share: how it is named, and how it is written.

use std::fmt::Display;

use http::StatusCode;
use http::header::{ETAG, HOST};
use keyfront_model::{AccountId, Comment, IfMatch, Invalid, Store, StoreId, StoreName};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{AllStores, Authorized, ControlError, NamedStore, Service, Unusable};

use super::error::{if_match, invalid};
use super::{ControlCode, ControlPlane, xml};
use crate::call::Call;
use crate::error::{Code, Refusal};
use crate::operation::{Operation, Resolved};
use crate::uri;

/// The store that the path names. The code of the refusal of an invalid name is one that the operation's
/// model lists.
pub(super) async fn named<O>(
    service: &Service,
    call: &Call<'_>,
    malformed: ControlCode,
) -> Result<Resolved<O>, Refusal<ControlCode>>
where
    O: Operation<Plane = ControlPlane, Target = NamedStore>,
{
    let account = call.key.account;
    let text = uri::decode(call.labels[0])
        .ok_or(Invalid("the store's name in the path is not well encoded"));
    match text.and_then(|text| text.parse::<StoreName>()) {
        Ok(name) => {
            let store = service.named_store(account, name).await?;
            if let Some(id) = store.id() {
                call.log.store(id);
            }
            Ok(Resolved::Target(store))
        }
        Err(why) => Ok(Resolved::Unusable(
            Unusable::Stores(AllStores { account }),
            misnamed(malformed, why),
        )),
    }
}

/// The refusal of a word of another form, with a code that the operation's model lists.
pub(super) fn misnamed(code: ControlCode, why: Invalid) -> Refusal<ControlCode> {
    match code.text() {
        Some(text) => because_of(code, text, why.0),
        None => invalid(why),
    }
}

/// A code's own text, with a reason in the place of its full stop.
pub(super) fn because_of(code: ControlCode, text: &str, why: &str) -> Refusal<ControlCode> {
    Refusal::because(code, format!("{}: {why}.", text.trim_end_matches('.')))
}

/// The refusal of an operation on a store that is named by its name. It points out an id in the place of the
/// name.
pub(super) fn refusal(error: ControlError, store: &Authorized<NamedStore>) -> Refusal<ControlCode> {
    let is_id = || store.target().name().as_str().parse::<StoreId>().is_ok();
    match error {
        ControlError::NotFound if is_id() => because_of(
            ControlCode::EntityNotFound,
            ControlCode::EntityNotFound.text().unwrap_or_default(),
            "a store is named by its name here, and this has the form of an id",
        ),
        error => error.into(),
    }
}

/// The version on which a change is conditional.
pub(super) fn version(call: &Call<'_>) -> Result<IfMatch, Refusal<ControlCode>> {
    let header = call.header("if-match");
    let header = header.ok_or_else(|| if_match("there is no If-Match header"))?;
    Ok(IfMatch::parse(header))
}

pub(super) fn comment(text: String) -> Result<Comment, Refusal<ControlCode>> {
    Comment::try_from(text).map_err(invalid)
}

/// `<KeyValueStore>`, with its version in a header.
pub(super) fn answer(store: &Store) -> Answer {
    let body = xml::document("KeyValueStore", |element| write(element, store));
    let mut answer = answer::with_body(StatusCode::OK, xml::CONTENT_TYPE, body);
    answer::set(&mut answer, ETAG, &store.etag.to_string());
    answer
}

/// A comment that was never given is left out, although the model requires the element: otherwise a client
/// could not distinguish it from an empty one (observed through Terraform's provider).
pub(super) fn write(element: &mut xml::Writer, store: &Store) {
    element.text("Name", store.name.as_str());
    element.text("Id", &store.id.to_string());
    if let Some(comment) = &store.comment {
        element.text("Comment", comment.as_str());
    }
    element.text("ARN", &store.arn().to_string());
    element.text("Status", store.status.state().as_str());
    element.text("LastModifiedTime", &store.modified.to_string());
}

/// The URL of a new resource, as a `Location`: AWS's path with a name of the resource in it, on the scheme and
/// host that the client used.
pub(super) fn location(call: &Call<'_>, path: &str, name: &dyn Display) -> String {
    let scheme = if call.peer.secure { "https" } else { "http" };
    let host = call
        .parts
        .headers
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let authority = call.parts.uri.authority();
    let host = host.or(authority.map(|authority| authority.as_str()));
    let host = host.unwrap_or("localhost");
    format!("{scheme}://{host}{path}/{name}")
}

/// All stores of the caller's account.
pub(super) fn all(account: AccountId) -> AllStores {
    AllStores { account }
}

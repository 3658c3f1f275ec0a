use http::StatusCode;
use keyfront_model::{Invalid, StoreArn, TagKey, TagValue, Tags};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{ControlError, Service};
use serde::Deserialize;

use super::{ControlCode, ControlPlane, xml};
use crate::error::Refusal;
use crate::path;
use crate::plane::Call;

type Outcome = Result<Answer, Refusal<ControlCode>>;

/// `<Tags>`, in requests.
#[derive(Deserialize)]
pub(super) struct TagsBody {
    #[serde(rename = "Items")]
    items: Option<TagItems>,
}

#[derive(Deserialize)]
struct TagItems {
    #[serde(rename = "Tag", default)]
    tags: Vec<TagBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagBody {
    key: String,
    value: Option<String>,
}

#[derive(Deserialize)]
struct TagKeysBody {
    #[serde(rename = "Items")]
    items: Option<TagKeyItems>,
}

#[derive(Deserialize)]
struct TagKeyItems {
    #[serde(rename = "Key", default)]
    keys: Vec<String>,
}

impl TagsBody {
    /// The tags, if they obey the rules. A tag without a value has an empty one.
    pub(super) fn checked(self) -> Result<Tags, Invalid> {
        let tags = self.items.map(|items| items.tags).unwrap_or_default();
        let tags = tags.into_iter().map(|tag| {
            let key = TagKey::try_from(tag.key)?;
            Ok((key, TagValue::try_from(tag.value.unwrap_or_default())?))
        });
        Tags::new(tags.collect::<Result<_, _>>()?)
    }
}

pub(super) async fn list(service: &Service, call: &Call<'_>) -> Outcome {
    let arn = resource(call)?;
    let tags = service.list_tags(&arn).await.map_err(refusal)?;
    let body = xml::document("Tags", |element| {
        element.child("Items", |items| {
            for (key, value) in tags.iter() {
                items.child("Tag", |tag| {
                    tag.text("Key", key.as_str());
                    tag.text("Value", value.as_str());
                });
            }
        });
    });
    Ok(answer::with_body(StatusCode::OK, xml::CONTENT_TYPE, body))
}

pub(super) async fn add(service: &Service, call: &Call<'_>) -> Outcome {
    let arn = resource(call)?;
    let body: TagsBody = xml::read("Tags", &call.body)?;
    let tags = body.checked().map_err(invalid)?;
    service
        .add_tags(&call.author(), &arn, &tags)
        .await
        .map_err(refusal)?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn remove(service: &Service, call: &Call<'_>) -> Outcome {
    let arn = resource(call)?;
    let body: TagKeysBody = xml::read("TagKeys", &call.body)?;
    let keys = body.items.map(|items| items.keys).unwrap_or_default();
    let keys: Result<Vec<_>, _> = keys.into_iter().map(TagKey::try_from).collect();
    let keys = keys.map_err(invalid)?;
    service
        .remove_tags(&call.author(), &arn, &keys)
        .await
        .map_err(refusal)?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// The store whose ARN is in the query, if the caller may do this with it. Only stores have tags
/// here: another kind of resource of CloudFront's is none that exists.
fn resource(call: &Call<'_>) -> Result<StoreArn, Refusal<ControlCode>> {
    let text = path::query_value(call.query(), "Resource").unwrap_or_default();
    if !is_resource(&text) {
        let why = "The Resource is not the ARN of a CloudFront resource.";
        return Err(Refusal::because(ControlCode::InvalidArgument, why));
    }
    // A policy is matched against the one spelling that a store's ARN has, however the caller wrote it.
    let arn = text.parse::<StoreArn>();
    let resource = arn.as_ref().map_or(text, StoreArn::to_string);
    call.authorize::<ControlPlane>(&resource)?;
    arn.map_err(|_| ControlCode::NoSuchResource.into())
}

/// Whether a text is of the model's pattern: `arn:aws(-cn)?:cloudfront::[0-9]+:.*`.
fn is_resource(text: &str) -> bool {
    let rest = text
        .strip_prefix("arn:aws:")
        .or_else(|| text.strip_prefix("arn:aws-cn:"));
    let rest = rest.and_then(|rest| rest.strip_prefix("cloudfront::"));
    rest.and_then(|rest| rest.split_once(':'))
        .is_some_and(|(account, _)| {
            !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit())
        })
}

fn invalid(invalid: Invalid) -> Refusal<ControlCode> {
    Refusal::because(
        ControlCode::InvalidTagging,
        format!("The tagging is not valid: {}.", invalid.0),
    )
}

/// The refusal for a store that is addressed by its ARN, as the models of the tagging operations
/// have it.
fn refusal(error: ControlError) -> Refusal<ControlCode> {
    match error {
        ControlError::NotFound => ControlCode::NoSuchResource.into(),
        other => other.into(),
    }
}

use http::{Method, StatusCode};
use keyfront_model::{Invalid, ResourceArn, TagKey, TagValue, Tags};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{Authorized, ControlError, Service, TaggedResource, Unusable};
use serde::Deserialize;

use super::error::invalid_tagging;
use super::{ControlCode as C, ControlPlane, xml};
use crate::call::Call;
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};

/// ListTagsForResource.
pub(super) struct ListTagsForResource;

/// TagResource.
pub(super) struct TagResource;

/// UntagResource.
pub(super) struct UntagResource;

const TAGGING: &str = "/2020-05-31/tagging";
const RESOURCE: &[&str] = &["Resource"];
const ERRORS: &[C] = &[
    C::AccessDenied,
    C::InvalidArgument,
    C::InvalidTagging,
    C::NoSuchResource,
];

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
    key: Option<String>,
    value: Option<String>,
}

/// `<TagKeys>`.
#[derive(Deserialize)]
pub(super) struct TagKeysBody {
    #[serde(rename = "Items")]
    items: Option<TagKeyItems>,
}

#[derive(Deserialize)]
struct TagKeyItems {
    #[serde(rename = "Key", default)]
    keys: Vec<String>,
}

impl TagsBody {
    /// The tags, if they obey the rules; the operations have different codes for those that don't. A tag
    /// without a value has an empty one.
    pub(super) fn checked(self, invalid: fn(Invalid) -> Refusal<C>) -> Result<Tags, Refusal<C>> {
        let tags = self.items.map(|items| items.tags).unwrap_or_default();
        let tags = tags.into_iter().map(|tag| {
            let key = tag.key.ok_or_else(|| xml::missing("Key"))?;
            let value = TagValue::try_from(tag.value.unwrap_or_default());
            let key = TagKey::try_from(key).map_err(invalid)?;
            Ok((key, value.map_err(invalid)?))
        });
        Tags::new(tags.collect::<Result<_, Refusal<C>>>()?).map_err(invalid)
    }
}

impl TagKeysBody {
    /// The keys, if they obey the rules.
    pub(super) fn checked(self) -> Result<Vec<TagKey>, Refusal<C>> {
        let keys = self.items.map(|items| items.keys).unwrap_or_default();
        let keys: Result<_, _> = keys.into_iter().map(TagKey::try_from).collect();
        keys.map_err(invalid_tagging)
    }
}

impl Operation for ListTagsForResource {
    type Plane = ControlPlane;
    type Target = TaggedResource;
    type Input = ();
    type Output = Tags;

    const NAME: &'static str = "ListTagsForResource";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = TAGGING;
    const QUERY: &'static [&'static str] = RESOURCE;
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [C] = ERRORS;
    const UNREADABLE: C = C::InvalidArgument;

    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        resource(service, call).await
    }

    async fn decode(_: &Call<'_>, _: &TaggedResource) -> Outcome<Self, ()> {
        Ok(())
    }

    async fn call(
        service: &Service,
        _: &Call<'_>,
        store: &Authorized<TaggedResource>,
        (): (),
    ) -> Outcome<Self, Tags> {
        service.list_tags(store).await.map_err(refusal)
    }

    fn encode(_: &Call<'_>, tags: Tags) -> Outcome<Self, Answer> {
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
        Ok(answer::with_body(Self::SUCCESS, xml::CONTENT_TYPE, body))
    }
}

impl Operation for TagResource {
    type Plane = ControlPlane;
    type Target = TaggedResource;
    type Input = Tags;
    type Output = ();

    const NAME: &'static str = "TagResource";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = TAGGING;
    const FIXED_QUERY: Option<(&'static str, &'static str)> = Some(("Operation", "Tag"));
    const QUERY: &'static [&'static str] = RESOURCE;
    const SUCCESS: StatusCode = StatusCode::NO_CONTENT;
    const ERRORS: &'static [C] = ERRORS;
    const UNREADABLE: C = C::InvalidArgument;

    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        resource(service, call).await
    }

    async fn decode(call: &Call<'_>, _: &TaggedResource) -> Outcome<Self, Tags> {
        let body: TagsBody = xml::read("Tags", "Items", call).await?;
        body.checked(invalid_tagging)
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        store: &Authorized<TaggedResource>,
        tags: Tags,
    ) -> Outcome<Self, ()> {
        let added = service.add_tags(&call.author(), store, &tags).await;
        added.map_err(refusal)
    }

    fn encode(_: &Call<'_>, (): ()) -> Outcome<Self, Answer> {
        Ok(answer::empty(Self::SUCCESS))
    }
}

impl Operation for UntagResource {
    type Plane = ControlPlane;
    type Target = TaggedResource;
    type Input = Vec<TagKey>;
    type Output = ();

    const NAME: &'static str = "UntagResource";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = TAGGING;
    const FIXED_QUERY: Option<(&'static str, &'static str)> = Some(("Operation", "Untag"));
    const QUERY: &'static [&'static str] = RESOURCE;
    const SUCCESS: StatusCode = StatusCode::NO_CONTENT;
    const ERRORS: &'static [C] = ERRORS;
    const UNREADABLE: C = C::InvalidArgument;

    async fn resolve(service: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        resource(service, call).await
    }

    async fn decode(call: &Call<'_>, _: &TaggedResource) -> Outcome<Self, Vec<TagKey>> {
        let body: TagKeysBody = xml::read("TagKeys", "Items", call).await?;
        body.checked()
    }

    async fn call(
        service: &Service,
        call: &Call<'_>,
        store: &Authorized<TaggedResource>,
        keys: Vec<TagKey>,
    ) -> Outcome<Self, ()> {
        let removed = service.remove_tags(&call.author(), store, &keys).await;
        removed.map_err(refusal)
    }

    fn encode(_: &Call<'_>, (): ()) -> Outcome<Self, Answer> {
        Ok(answer::empty(Self::SUCCESS))
    }
}

/// The store or function whose ARN is in the query. Keyfront has no resource of CloudFront's of another kind.
async fn resource<O>(service: &Service, call: &Call<'_>) -> Result<Resolved<O>, Refusal<C>>
where
    O: Operation<Plane = ControlPlane, Target = TaggedResource>,
{
    let text = call.parameter("Resource").unwrap_or_default();
    if !is_resource(&text) {
        let why = "The Resource is not the ARN of a CloudFront resource, such as \
                   arn:aws:cloudfront::ACCOUNT:key-value-store/ID.";
        return Err(Refusal::because(C::InvalidArgument, why));
    }
    // A policy is matched against the one spelling that a store's ARN has, however the caller wrote it.
    Ok(match text.parse::<ResourceArn>() {
        Ok(arn) => {
            if let ResourceArn::Store(arn) = &arn {
                call.log.store(arn.id);
            }
            Resolved::Target(service.tagged_resource(arn).await?)
        }
        Err(_) => Resolved::Unusable(Unusable::Other(text), C::NoSuchResource.into()),
    })
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

/// The refusal for a resource that is addressed by its ARN, as the models of the tagging operations
/// have it.
fn refusal(error: ControlError) -> Refusal<C> {
    match error {
        ControlError::NotFound => C::NoSuchResource.into(),
        other => other.into(),
    }
}

use http::{Method, StatusCode};
use keyfront_model::{DEFAULT_KEYS_PER_PAGE, Invalid, MAX_KEYS_PER_PAGE, StoreArn, StoreId};
use keyfront_server::Answer;
use keyfront_service::{Authorized, KeyPage, Service};

use super::json::{ListItem, ListKeysAnswer};
use super::{DataCode as D, DataPlane, store, token};
use crate::call::Call;
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};

/// ListKeys.
pub(super) struct ListKeys;

/// Which keys are asked for.
pub(super) struct Query {
    most: usize,
    /// The key after which the page begins.
    after: Option<String>,
}

impl Operation for ListKeys {
    type Plane = DataPlane;
    type Target = StoreArn;
    type Input = Query;
    type Output = (StoreId, KeyPage);

    const NAME: &'static str = "ListKeys";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/key-value-stores/{KvsARN}/keys";
    const QUERY: &'static [&'static str] = &["NextToken", "MaxResults"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [D] = &[
        D::AccessDeniedException,
        D::ConflictException,
        D::InternalServerException,
        D::ResourceNotFoundException,
        D::ValidationException,
    ];
    const UNREADABLE: D = D::ValidationException;

    async fn resolve(_: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        store::addressed(call, Self::UNREADABLE)
    }

    async fn decode(call: &Call<'_>, arn: &StoreArn) -> Outcome<Self, Query> {
        Ok(Query {
            most: page_size(call)?,
            after: place(call, arn)?,
        })
    }

    async fn call(
        service: &Service,
        _: &Call<'_>,
        store: &Authorized<StoreArn>,
        query: Query,
    ) -> Outcome<Self, (StoreId, KeyPage)> {
        let after = query.after.as_deref();
        let page = service.list_keys(store, after, query.most).await?;
        Ok((store.target().id, page))
    }

    fn encode(_: &Call<'_>, (store, page): (StoreId, KeyPage)) -> Outcome<Self, Answer> {
        let last = page.entries.last().filter(|_| page.more);
        let items = page.entries.iter().map(|(key, value)| ListItem {
            key: key.as_str(),
            value: value.as_str(),
        });
        store::json_answer(&ListKeysAnswer {
            items: items.collect(),
            next_token: last.map(|(key, _)| token::after(store, key.as_str())),
        })
    }
}

fn page_size(call: &Call<'_>) -> Result<usize, Refusal<D>> {
    let Some(text) = call.parameter("MaxResults") else {
        return Ok(DEFAULT_KEYS_PER_PAGE);
    };
    let size = text
        .parse()
        .ok()
        .filter(|size| (1..=MAX_KEYS_PER_PAGE).contains(size));
    size.ok_or_else(|| {
        let text = format!("MaxResults must be from 1 to {MAX_KEYS_PER_PAGE}");
        Refusal::because(D::ValidationException, text)
    })
}

fn place(call: &Call<'_>, arn: &StoreArn) -> Result<Option<String>, Refusal<D>> {
    let Some(text) = call.parameter("NextToken") else {
        return Ok(None);
    };
    let place = token::parse(arn.id, &text);
    place.map(Some).map_err(|Invalid(why)| {
        Refusal::because(
            D::ValidationException,
            format!("NextToken is not valid: {why}"),
        )
    })
}

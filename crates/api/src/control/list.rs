use http::{Method, StatusCode};
use keyfront_model::{DEFAULT_STORES_PER_PAGE, Invalid, MAX_STORES_PER_PAGE, State, StoreName};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{AllStores, Authorized, Service, StorePage};

use super::{ControlCode as C, ControlPlane, store, xml};
use crate::call::Call;
use crate::error::Refusal;
use crate::operation::{Operation, Outcome, Resolved};

/// ListKeyValueStores.
pub(super) struct ListKeyValueStores;

/// Which stores are asked for.
pub(super) struct Query {
    after: Option<StoreName>,
    state: Option<State>,
    /// As the caller asked; a page may have fewer.
    max_items: usize,
}

/// The answer repeats how many were asked for.
pub(super) struct Listed {
    page: StorePage,
    max_items: usize,
}

impl Operation for ListKeyValueStores {
    type Plane = ControlPlane;
    type Target = AllStores;
    type Input = Query;
    type Output = Listed;

    const NAME: &'static str = "ListKeyValueStores";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/2020-05-31/key-value-store";
    const QUERY: &'static [&'static str] = &["Marker", "MaxItems", "Status"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [C] = &[C::AccessDenied, C::InvalidArgument, C::UnsupportedOperation];
    const UNREADABLE: C = C::InvalidArgument;

    async fn resolve(_: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        Ok(Resolved::Target(store::all(call.key.account)))
    }

    async fn decode(call: &Call<'_>, _: &AllStores) -> Outcome<Self, Query> {
        let marker = call.parameter("Marker").filter(|text| !text.is_empty());
        let after = marker.map(|text| text.parse()).transpose();
        let state = call.parameter("Status").map(|text| text.parse());
        let state = state.transpose();
        let max_items = call.parameter("MaxItems").map(|text| max_items(&text));
        Ok(Query {
            after: after.map_err(|why| refusal("Marker", why))?,
            state: state.map_err(|why| refusal("Status", why))?,
            max_items: max_items.transpose()?.unwrap_or(DEFAULT_STORES_PER_PAGE),
        })
    }

    async fn call(
        service: &Service,
        _: &Call<'_>,
        stores: &Authorized<AllStores>,
        query: Query,
    ) -> Outcome<Self, Listed> {
        let Query {
            after,
            state,
            max_items,
        } = query;
        let most = max_items.min(MAX_STORES_PER_PAGE);
        let page = service
            .list_stores(stores, after.as_ref(), state, most)
            .await?;
        Ok(Listed { page, max_items })
    }

    fn encode(_: &Call<'_>, Listed { page, max_items }: Listed) -> Outcome<Self, Answer> {
        let last = page.stores.last().filter(|_| page.more);
        let body = xml::document("KeyValueStoreList", |list| {
            if let Some(last) = last {
                list.text("NextMarker", last.name.as_str());
            }
            list.text("MaxItems", &max_items.to_string());
            list.text("Quantity", &page.stores.len().to_string());
            list.child("Items", |items| {
                for store in &page.stores {
                    items.child("KeyValueStore", |element| store::write(element, store));
                }
            });
        });
        Ok(answer::with_body(Self::SUCCESS, xml::CONTENT_TYPE, body))
    }
}

/// The refusal of a parameter of another form.
pub(super) fn refusal(parameter: &str, why: Invalid) -> Refusal<C> {
    let text = format!("The {parameter} is not valid: {}.", why.0);
    Refusal::because(C::InvalidArgument, text)
}

/// How many items a caller asks for.
pub(super) fn max_items(text: &str) -> Result<usize, Refusal<C>> {
    let most = text.parse::<u32>().ok().filter(|most| *most > 0);
    most.map(|most| most as usize)
        .ok_or_else(|| Refusal::because(C::InvalidArgument, "MaxItems must be a positive number."))
}

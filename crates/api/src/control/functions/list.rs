use http::{Method, StatusCode};
use keyfront_model::{
    DEFAULT_FUNCTIONS_PER_PAGE, FunctionName, FunctionStage, Invalid, MAX_FUNCTIONS_PER_PAGE,
};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{AllFunctions, Authorized, FunctionPage, FunctionPlace, Service};

use super::{FUNCTIONS, write};
use crate::call::Call;
use crate::control::list::{max_items, refusal};
use crate::control::{ControlCode as C, ControlPlane, xml};
use crate::operation::{Operation, Outcome, Resolved};

/// ListFunctions.
pub(in crate::control) struct ListFunctions;

/// Which functions are asked for.
pub(in crate::control) struct Query {
    after: Option<FunctionPlace>,
    stage: Option<FunctionStage>,
    /// As the caller asked; a page may have fewer.
    max_items: usize,
}

/// The answer repeats how many were asked for.
pub(in crate::control) struct Listed {
    page: FunctionPage,
    max_items: usize,
}

impl Operation for ListFunctions {
    type Plane = ControlPlane;
    type Target = AllFunctions;
    type Input = Query;
    type Output = Listed;

    const NAME: &'static str = "ListFunctions";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = FUNCTIONS;
    const QUERY: &'static [&'static str] = &["Marker", "MaxItems", "Stage"];
    const SUCCESS: StatusCode = StatusCode::OK;
    const ERRORS: &'static [C] = &[C::InvalidArgument, C::UnsupportedOperation];
    const UNREADABLE: C = C::InvalidArgument;

    async fn resolve(_: &Service, call: &Call<'_>) -> Outcome<Self, Resolved<Self>> {
        Ok(Resolved::Target(AllFunctions {
            account: call.key.account,
        }))
    }

    async fn decode(call: &Call<'_>, _: &AllFunctions) -> Outcome<Self, Query> {
        let after = call.parameter("Marker").filter(|text| !text.is_empty());
        let after = after.map(|text| place(&text)).transpose();
        let stage = call.parameter("Stage").map(|text| text.parse()).transpose();
        let max_items = call.parameter("MaxItems").map(|text| max_items(&text));
        Ok(Query {
            after: after.map_err(|why| refusal("Marker", why))?,
            stage: stage.map_err(|why| refusal("Stage", why))?,
            max_items: max_items.transpose()?.unwrap_or(DEFAULT_FUNCTIONS_PER_PAGE),
        })
    }

    async fn call(
        service: &Service,
        _: &Call<'_>,
        functions: &Authorized<AllFunctions>,
        query: Query,
    ) -> Outcome<Self, Listed> {
        let Query {
            after,
            stage,
            max_items,
        } = query;
        let most = max_items.min(MAX_FUNCTIONS_PER_PAGE);
        let page = service
            .list_functions(functions, after.as_ref(), stage, most)
            .await?;
        Ok(Listed { page, max_items })
    }

    fn encode(_: &Call<'_>, Listed { page, max_items }: Listed) -> Outcome<Self, Answer> {
        let last = page.functions.last().filter(|_| page.more);
        let body = xml::document("FunctionList", |list| {
            if let Some(last) = last {
                list.text(
                    "NextMarker",
                    &marker(&last.function.name, last.function.stage),
                );
            }
            list.text("MaxItems", &max_items.to_string());
            list.text("Quantity", &page.functions.len().to_string());
            list.child("Items", |items| {
                for summary in &page.functions {
                    items.child("FunctionSummary", |element| write(element, summary));
                }
            });
        });
        Ok(answer::with_body(Self::SUCCESS, xml::CONTENT_TYPE, body))
    }
}

/// A place in the list as a marker has it.
fn marker(name: &FunctionName, stage: FunctionStage) -> String {
    format!("{name}/{stage}")
}

/// The place that a marker names. A name alone stands for all stages of the function.
fn place(marker: &str) -> Result<FunctionPlace, Invalid> {
    let (name, stage) = match marker.split_once('/') {
        Some((name, stage)) => (name, stage.parse()?),
        None => (marker, FunctionStage::Live),
    };
    Ok(FunctionPlace {
        name: name.parse()?,
        stage,
    })
}

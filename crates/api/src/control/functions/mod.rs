//! The operations on functions, and what they share: how a function is named, and how it is written.

mod body;
mod change;
mod create;
mod list;
mod read;
mod run;

use http::StatusCode;
use http::header::ETAG;
use keyfront_model::{
    AccountId, FunctionArn, FunctionConfig, FunctionName, FunctionStage, Invalid, any_function_arn,
};
use keyfront_server::answer::{self, Answer};
use keyfront_service::{FunctionSummary, NamedFunction, Service, Unusable};

use super::{ControlCode, ControlPlane, store, xml};
use crate::call::Call;
use crate::error::Refusal;
use crate::operation::{Operation, Resolved};
use crate::uri;

#[cfg(feature = "fuzzing")]
pub(super) use body::{CreateBody, TestBody};
pub(super) use change::{DeleteFunction, PublishFunction, UpdateFunction};
pub(super) use create::CreateFunction;
pub(super) use list::ListFunctions;
pub(super) use read::{DescribeFunction, GetFunction};
pub(super) use run::TestFunction;

const FUNCTIONS: &str = "/2020-05-31/function";

/// The function that the path names. The code of the refusal of an invalid name is one that the operation's
/// model lists.
async fn named<O>(
    service: &Service,
    call: &Call<'_>,
    malformed: ControlCode,
) -> Result<Resolved<O>, Refusal<ControlCode>>
where
    O: Operation<Plane = ControlPlane, Target = NamedFunction>,
{
    let account = call.key.account;
    let text = uri::decode(call.labels[0]).ok_or(Invalid(
        "the function's name in the path is not well encoded",
    ));
    match text.and_then(|text| text.parse::<FunctionName>()) {
        Ok(name) => {
            let function = service.named_function(account, name).await?;
            Ok(Resolved::Target(function))
        }
        Err(why) => Ok(Resolved::Unusable(
            Unusable::Other(any_function_arn(account)),
            store::misnamed(malformed, why),
        )),
    }
}

/// A new function that can't be created. If it is named well it is judged by its name.
fn unusable(account: AccountId, name: Option<FunctionName>) -> Unusable {
    Unusable::Other(match name {
        Some(name) => FunctionArn { account, name }.to_string(),
        None => any_function_arn(account),
    })
}

/// The stage that a parameter names; DEVELOPMENT if there is none (API reference, DescribeFunction). The model
/// of the operations that have it lists no code for one that is no stage but that there is no such function.
fn stage(call: &Call<'_>) -> Result<FunctionStage, Refusal<ControlCode>> {
    let stage = call.parameter("Stage").map(|text| text.parse());
    let stage = stage.unwrap_or(Ok(FunctionStage::Development));
    stage.map_err(|why| store::misnamed(ControlCode::NoSuchFunctionExists, why))
}

/// `<FunctionSummary>`, with its version in a header.
fn answer(summary: &FunctionSummary) -> Answer {
    let mut answer = answer_without_version(summary);
    let etag = summary.function.etag.to_string();
    answer::set(&mut answer, ETAG, &etag);
    answer
}

/// `<FunctionSummary>`.
fn answer_without_version(summary: &FunctionSummary) -> Answer {
    let body = xml::document("FunctionSummary", |element| write(element, summary));
    answer::with_body(StatusCode::OK, xml::CONTENT_TYPE, body)
}

/// The members of a `FunctionSummary`, in the order of AWS's answers.
fn write(element: &mut xml::Writer, summary: &FunctionSummary) {
    let function = &summary.function;
    element.text("Name", function.name.as_str());
    element.text("Status", summary.status.as_str());
    element.child("FunctionConfig", |config| {
        write_config(config, &function.config)
    });
    element.child("FunctionMetadata", |metadata| {
        metadata.text("FunctionARN", &function.arn().to_string());
        metadata.text("Stage", function.stage.as_str());
        metadata.text("CreatedTime", &function.created.to_string());
        metadata.text("LastModifiedTime", &function.modified.to_string());
    });
}

/// The members of a `FunctionConfig`. Without an association there is no list of associations.
pub(super) fn write_config(element: &mut xml::Writer, config: &FunctionConfig) {
    element.text("Comment", config.comment().as_str());
    element.text("Runtime", config.runtime().name());
    if let Some(store) = config.store() {
        element.child("KeyValueStoreAssociations", |associations| {
            associations.text("Quantity", "1");
            associations.child("Items", |items| {
                items.child("KeyValueStoreAssociation", |association| {
                    association.text("KeyValueStoreARN", &store.to_string());
                });
            });
        });
    }
}

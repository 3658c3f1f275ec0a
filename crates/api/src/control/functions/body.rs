//! The bodies of the requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use keyfront_model::{
    FunctionCode, FunctionComment, FunctionConfig, FunctionName, FunctionStage, MODEL_EVENT_BYTES,
    StoreArn, Tags,
};
use serde::Deserialize;

use crate::control::error::invalid;
use crate::control::tags::TagsBody;
use crate::control::{ControlCode as C, xml};
use crate::error::Refusal;

/// `<CreateFunctionRequest>`
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::control) struct CreateBody {
    name: Option<String>,
    function_config: Option<ConfigBody>,
    function_code: Option<String>,
    tags: Option<TagsBody>,
}

/// `<UpdateFunctionRequest>`; `<CreateFunctionRequest>` has the same members.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DefinitionBody {
    function_config: Option<ConfigBody>,
    function_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigBody {
    comment: Option<String>,
    runtime: Option<String>,
    key_value_store_associations: Option<AssociationsBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssociationsBody {
    quantity: Option<String>,
    items: Option<AssociationItems>,
}

#[derive(Deserialize)]
struct AssociationItems {
    #[serde(rename = "KeyValueStoreAssociation", default)]
    associations: Vec<AssociationBody>,
}

#[derive(Deserialize)]
struct AssociationBody {
    #[serde(rename = "KeyValueStoreARN")]
    store: Option<String>,
}

/// `<TestFunctionRequest>`
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::control) struct TestBody {
    stage: Option<String>,
    event_object: Option<String>,
}

/// What CreateFunction and UpdateFunction set.
pub(in crate::control) type Definition = (FunctionConfig, FunctionCode);

impl CreateBody {
    /// The new function's name, and the rest of the body.
    pub(in crate::control) fn name(&self) -> Result<FunctionName, Refusal<C>> {
        let name = self.name.as_ref().ok_or_else(|| xml::missing("Name"))?;
        name.parse().map_err(invalid)
    }

    /// All but the name.
    pub(in crate::control) fn rest(self) -> Result<(Definition, Tags), Refusal<C>> {
        let tags = self.tags.map(|tags| tags.checked(invalid)).transpose()?;
        let definition = DefinitionBody {
            function_config: self.function_config,
            function_code: self.function_code,
        };
        Ok((definition.checked()?, tags.unwrap_or_default()))
    }
}

impl DefinitionBody {
    pub(super) fn checked(self) -> Result<Definition, Refusal<C>> {
        let config = self
            .function_config
            .ok_or_else(|| xml::missing("FunctionConfig"))?;
        let code = self
            .function_code
            .ok_or_else(|| xml::missing("FunctionCode"))?;
        let config = config.checked()?;
        let code = decode("FunctionCode", &code)?;
        Ok((config, FunctionCode::try_from(code).map_err(invalid)?))
    }
}

impl ConfigBody {
    fn checked(self) -> Result<FunctionConfig, Refusal<C>> {
        let comment = self.comment.ok_or_else(|| xml::missing("Comment"))?;
        let runtime = self.runtime.ok_or_else(|| xml::missing("Runtime"))?;
        let comment = FunctionComment::try_from(comment).map_err(invalid)?;
        let runtime = runtime.parse().map_err(invalid)?;
        let store = self.key_value_store_associations;
        let store = store.map(AssociationsBody::checked).transpose()?.flatten();
        FunctionConfig::new(comment, runtime, store).map_err(invalid)
    }
}

impl AssociationsBody {
    /// The one store of the list, if there is one (quota "Key value stores associated with a function").
    fn checked(self) -> Result<Option<StoreArn>, Refusal<C>> {
        let quantity = self.quantity.ok_or_else(|| xml::missing("Quantity"))?;
        let items = self
            .items
            .map(|items| items.associations)
            .unwrap_or_default();
        if quantity.trim().parse() != Ok(items.len()) {
            let text = "The Quantity of KeyValueStoreAssociations is not the number of its Items.";
            return Err(Refusal::because(C::InvalidArgument, text));
        }
        if items.len() > 1 {
            let text = "A function is associated with one key value store at most.";
            return Err(Refusal::because(C::InvalidArgument, text));
        }
        let Some(item) = items.into_iter().next() else {
            return Ok(None);
        };
        let store = item.store.ok_or_else(|| xml::missing("KeyValueStoreARN"))?;
        store.parse().map(Some).map_err(invalid)
    }
}

impl TestBody {
    /// The stage, DEVELOPMENT if none is given, and the event.
    pub(in crate::control) fn checked(self) -> Result<(FunctionStage, Bytes), Refusal<C>> {
        let stage = self.stage.map(|stage| stage.parse().map_err(invalid));
        let stage = stage.transpose()?.unwrap_or(FunctionStage::Development);
        let event = self
            .event_object
            .ok_or_else(|| xml::missing("EventObject"))?;
        let event = decode("EventObject", &event)?;
        if event.len() > MODEL_EVENT_BYTES {
            let text = format!("The EventObject is larger than {MODEL_EVENT_BYTES} bytes.");
            return Err(Refusal::because(C::InvalidArgument, text));
        }
        Ok((stage, event.into()))
    }
}

/// The bytes of an element that holds any. Some writers break lines of base64.
fn decode(element: &str, text: &str) -> Result<Vec<u8>, Refusal<C>> {
    let unbroken: String = text.split_ascii_whitespace().collect();
    BASE64.decode(unbroken).map_err(|_| {
        let text = format!("The {element} is not base64.");
        Refusal::because(C::InvalidArgument, text)
    })
}

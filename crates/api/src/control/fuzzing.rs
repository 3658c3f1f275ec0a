//! The bodies of this plane, read as the operations read them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use keyfront_model::{
    FunctionCode, FunctionConfig, FunctionName, FunctionStage, S3Arn, StoreName, TagKey, Tags,
};

use super::create::{self, CreateBody};
use super::error::invalid_tagging;
use super::stores::UpdateBody;
use super::tags::{TagKeysBody, TagsBody};
use super::{functions, store, xml};

/// What CreateKeyValueStore asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Creation {
    /// The new store's name.
    pub name: StoreName,
    /// Its comment.
    pub comment: Option<String>,
    /// Where its first contents come from.
    pub source: Option<S3Arn>,
    /// Its tags.
    pub tags: Tags,
}

/// The body of CreateKeyValueStore; `None` if it is refused.
pub fn read_creation(body: &[u8]) -> Option<Creation> {
    let body: CreateBody = xml::parse("CreateKeyValueStoreRequest", body).ok()?;
    let name = create::name(&body).ok()?;
    let source = body.import_source.map(create::import_source).transpose();
    let (source, comment, tags) = create::rest(source, body.comment, body.tags).ok()?;
    Some(Creation {
        name,
        comment: comment.map(|comment| comment.as_str().to_owned()),
        source: source.map(|source| source.object),
        tags,
    })
}

/// The body by which CreateKeyValueStore asks for a store.
pub fn write_creation(creation: &Creation) -> String {
    xml::document("CreateKeyValueStoreRequest", |root| {
        root.text("Name", creation.name.as_str());
        if let Some(comment) = &creation.comment {
            root.text("Comment", comment);
        }
        if let Some(source) = &creation.source {
            root.child("ImportSource", |import| {
                import.text("SourceType", "S3");
                import.text("SourceARN", &source.to_string());
            });
        }
        root.child("Tags", |tags| write_items(tags, &creation.tags));
    })
}

/// The body of UpdateKeyValueStore, a comment; `None` if it is refused.
pub fn read_comment(body: &[u8]) -> Option<String> {
    let body: UpdateBody = xml::parse("UpdateKeyValueStoreRequest", body).ok()?;
    let comment = store::comment(body.comment?).ok()?;
    Some(comment.as_str().to_owned())
}

/// The body by which UpdateKeyValueStore sets a comment.
pub fn write_comment(comment: &str) -> String {
    xml::document("UpdateKeyValueStoreRequest", |root| {
        root.text("Comment", comment)
    })
}

/// The body of TagResource; `None` if it is refused.
pub fn read_tags(body: &[u8]) -> Option<Tags> {
    let body: TagsBody = xml::parse("Tags", body).ok()?;
    body.checked(invalid_tagging).ok()
}

/// The body by which TagResource adds tags.
pub fn write_tags(tags: &Tags) -> String {
    xml::document("Tags", |root| write_items(root, tags))
}

fn write_items(root: &mut xml::Writer, tags: &Tags) {
    root.child("Items", |items| {
        for (key, value) in tags.iter() {
            items.child("Tag", |tag| {
                tag.text("Key", key.as_str());
                tag.text("Value", value.as_str());
            });
        }
    });
}

/// The body of UntagResource; `None` if it is refused.
pub fn read_tag_keys(body: &[u8]) -> Option<Vec<TagKey>> {
    let body: TagKeysBody = xml::parse("TagKeys", body).ok()?;
    body.checked().ok()
}

/// The body by which UntagResource removes tags.
pub fn write_tag_keys(keys: &[TagKey]) -> String {
    xml::document("TagKeys", |root| {
        root.child("Items", |items| {
            for key in keys {
                items.text("Key", key.as_str());
            }
        });
    })
}

/// What CreateFunction asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct FunctionCreation {
    /// The new function's name.
    pub name: FunctionName,
    /// Its configuration.
    pub config: FunctionConfig,
    /// Its code.
    pub code: FunctionCode,
    /// Its tags.
    pub tags: Tags,
}

/// The body of CreateFunction; `None` if it is refused.
pub fn read_function_creation(body: &[u8]) -> Option<FunctionCreation> {
    let body: functions::CreateBody = xml::parse("CreateFunctionRequest", body).ok()?;
    let name = body.name().ok()?;
    let ((config, code), tags) = body.rest().ok()?;
    Some(FunctionCreation {
        name,
        config,
        code,
        tags,
    })
}

/// The body by which CreateFunction asks for a function.
pub fn write_function_creation(creation: &FunctionCreation) -> String {
    let config = &creation.config;
    xml::document("CreateFunctionRequest", |root| {
        root.text("Name", creation.name.as_str());
        root.child("FunctionConfig", |element| {
            functions::write_config(element, config)
        });
        root.text("FunctionCode", &BASE64.encode(&creation.code));
        root.child("Tags", |tags| write_items(tags, &creation.tags));
    })
}

/// The body of TestFunction: the stage and the event; `None` if it is refused.
pub fn read_event(body: &[u8]) -> Option<(FunctionStage, Vec<u8>)> {
    let body: functions::TestBody = xml::parse("TestFunctionRequest", body).ok()?;
    let (stage, event) = body.checked().ok()?;
    Some((stage, event.to_vec()))
}

/// The body by which TestFunction gives an event.
pub fn write_event(stage: FunctionStage, event: &[u8]) -> String {
    xml::document("TestFunctionRequest", |root| {
        root.text("EventObject", &BASE64.encode(event));
        root.text("Stage", stage.as_str());
    })
}

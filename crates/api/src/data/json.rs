use std::fmt;
use std::marker::PhantomData;

use keyfront_model::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::DataCode;
use crate::error::Refusal;

/// The type of every body of this plane.
pub(super) const CONTENT_TYPE: &str = "application/json";

/// PutKey's body.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutKeyRequest {
    pub(super) value: String,
}

/// UpdateKeys' body. A list may be missing, null or empty.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateKeysRequest {
    #[serde(default)]
    pub(super) puts: Option<Vec<Object<PutItem>>>,
    #[serde(default)]
    pub(super) deletes: Option<Vec<Object<DeleteItem>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutItem {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteItem {
    pub(super) key: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeAnswer<'a> {
    pub(super) item_count: u64,
    pub(super) total_size_in_bytes: u64,
    #[serde(rename = "KvsARN")]
    pub(super) kvs_arn: String,
    #[serde(serialize_with = "seconds")]
    pub(super) created: Timestamp,
    #[serde(serialize_with = "seconds")]
    pub(super) last_modified: Timestamp,
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure_reason: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetKeyAnswer<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a str,
    pub(super) item_count: u64,
    pub(super) total_size_in_bytes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListKeysAnswer<'a> {
    pub(super) items: Vec<ListItem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListItem<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WriteAnswer {
    pub(super) item_count: u64,
    pub(super) total_size_in_bytes: u64,
}

/// Seconds since 1970 with milliseconds behind the point: `1715179725.381` (observed).
fn seconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.millis() as f64 / 1000.0)
}

/// Reads a body. The refusal says where it is at fault, and repeats nothing of it.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal<DataCode>> {
    // Of members that are passed over, serde takes any bytes.
    let text = std::str::from_utf8(body).map_err(|_| {
        let text = "The request's body is not UTF-8";
        Refusal::because(DataCode::ValidationException, text)
    })?;
    let read = serde_json::from_str::<Object<T>>(text);
    read.map(|Object(value)| value).map_err(|error| {
        let text = format!(
            "The request's body is not the expected JSON: line {}, column {}",
            error.line(),
            error.column()
        );
        Refusal::because(DataCode::ValidationException, text)
    })
}

/// A structure that is written as an object: serde would take a list of its members as well.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Object)
    }
}

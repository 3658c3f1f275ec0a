use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use keyfront_model::{JsonObject, Timestamp};
use keyfront_service::Quota;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::error::Category;

use super::DataCode;
use super::error::over;
use crate::call::Call;
use crate::error::Refusal;
use crate::offload;

/// The type of every body of this plane.
pub(super) const CONTENT_TYPE: &str = "application/json";

/// PutKey's body.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutKeyRequest {
    pub(super) value: String,
}

impl Body for PutKeyRequest {
    const FORM: &'static str = r#"{"Value":"…"}"#;
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutItem {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteItem {
    key: String,
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

/// Seconds since 1970 with milliseconds after the point: `1715179725.381` (observed).
fn seconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.millis() as f64 / 1000.0)
}

/// A type that is parsed from a body.
pub(super) trait Body: DeserializeOwned + Send + 'static {
    /// The expected form, for the text of a refusal.
    const FORM: &'static str;
}

/// Reads the body of a call.
pub(super) async fn read<T: Body>(call: &Call<'_>) -> Result<T, Refusal<DataCode>> {
    let parsed = offload::with_body(call.body(), parse::<T>).await;
    parsed.unwrap_or_else(|_| Err(DataCode::InternalServerException.into()))
}

pub(super) fn parse<T: Body>(body: &[u8]) -> Result<T, Refusal<DataCode>> {
    let read = serde_json::from_str::<JsonObject<T>>(text(body)?);
    read.map(|JsonObject(value)| value)
        .map_err(|error| malformed(&error, T::FORM))
}

fn text(body: &[u8]) -> Result<&str, Refusal<DataCode>> {
    // Of members that are passed over, serde takes any bytes.
    std::str::from_utf8(body).map_err(|_| {
        let text = "The request's body is not UTF-8";
        Refusal::because(DataCode::ValidationException, text)
    })
}

/// The refusal says where a body is at fault and which form is wanted, and repeats nothing of it.
fn malformed(error: &serde_json::Error, form: &str) -> Refusal<DataCode> {
    let why = match error.classify() {
        Category::Data => "a member is missing, given twice or of another type",
        Category::Eof => "it ends too early",
        Category::Syntax | Category::Io => "it is no JSON",
    };
    let text = format!(
        "The request's body is not the expected {form}: {why} (line {}, column {})",
        error.line(),
        error.column()
    );
    Refusal::because(DataCode::ValidationException, text)
}

/// UpdateKeys' body in the order of its puts and deletes: a key, and its value unless it is deleted.
pub(super) type KeyEdit = (String, Option<String>);

const UPDATE_FORM: &str = r#"{"Puts":[{"Key":"…","Value":"…"}],"Deletes":[{"Key":"…"}]}"#;

/// Reads UpdateKeys' body. A list may be missing, null or empty.
pub(super) async fn read_edits(call: &Call<'_>) -> Result<Vec<KeyEdit>, Refusal<DataCode>> {
    let most = call.limits.keys_per_update;
    let parsed = offload::with_body(call.body(), move |body| parse_edits(body, most)).await;
    parsed.unwrap_or_else(|_| Err(DataCode::InternalServerException.into()))
}

/// Edits are counted while they are read: 18 MB may hold hundreds of thousands of them, and all that
/// follow the first one too many are of no use.
pub(super) fn parse_edits(body: &[u8], most: usize) -> Result<Vec<KeyEdit>, Refusal<DataCode>> {
    let left = Cell::new(most);
    let over_quota = Cell::new(false);
    let counter = Counter {
        left: &left,
        over_quota: &over_quota,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text(body)?);
    let read = deserializer
        .deserialize_map(EditsVisitor(counter))
        .and_then(|edits| deserializer.end().map(|()| edits));
    read.map_err(|error| {
        if over_quota.get() {
            over(Quota::KeysPerUpdate)
        } else {
            malformed(&error, UPDATE_FORM)
        }
    })
}

/// Counts the edits of both lists together.
#[derive(Clone, Copy)]
struct Counter<'c> {
    /// How many more edits the request may have.
    left: &'c Cell<usize>,
    over_quota: &'c Cell<bool>,
}

impl Counter<'_> {
    fn take<E: Error>(self) -> Result<(), E> {
        let Some(left) = self.left.get().checked_sub(1) else {
            self.over_quota.set(true);
            return Err(E::custom("too many edits"));
        };
        self.left.set(left);
        Ok(())
    }
}

/// The object with both lists.
struct EditsVisitor<'c>(Counter<'c>);

impl<'de> Visitor<'de> for EditsVisitor<'_> {
    type Value = Vec<KeyEdit>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Vec<KeyEdit>, A::Error> {
        let (mut puts, mut deletes) = (None, None);
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            match &*name {
                "Puts" if puts.is_some() => return Err(A::Error::duplicate_field("Puts")),
                "Deletes" if deletes.is_some() => return Err(A::Error::duplicate_field("Deletes")),
                "Puts" => puts = Some(members.next_value_seed(List::<PutItem>::new(self.0))?),
                "Deletes" => {
                    deletes = Some(members.next_value_seed(List::<DeleteItem>::new(self.0))?);
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        let puts = puts.unwrap_or_default().into_iter();
        let puts = puts.map(|put| (put.key, Some(put.value)));
        let deletes = deletes.unwrap_or_default().into_iter();
        let deletes = deletes.map(|delete| (delete.key, None));
        Ok(puts.chain(deletes).collect())
    }
}

/// One list, of which each item is counted before it is read.
struct List<'c, T> {
    counter: Counter<'c>,
    items: PhantomData<T>,
}

impl<'c, T> List<'c, T> {
    fn new(counter: Counter<'c>) -> Self {
        Self {
            counter,
            items: PhantomData,
        }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for List<'_, T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<'_, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_none<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(JsonObject(item)) = list.next_element_seed(Item::new(self.counter))? {
            items.push(item);
        }
        Ok(items)
    }
}

/// One item of a list.
struct Item<'c, T> {
    counter: Counter<'c>,
    item: PhantomData<T>,
}

impl<'c, T> Item<'c, T> {
    fn new(counter: Counter<'c>) -> Self {
        Self {
            counter,
            item: PhantomData,
        }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Item<'_, T> {
    type Value = JsonObject<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<JsonObject<T>, D::Error> {
        self.counter.take()?;
        JsonObject::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edits(body: &str) -> Result<Vec<KeyEdit>, DataCode> {
        parse_edits(body.as_bytes(), 2).map_err(|refusal| refusal.code)
    }

    #[test]
    fn both_lists_are_counted_together() {
        let put = |key: &str| (key.to_owned(), Some("v".to_owned()));
        let delete = |key: &str| (key.to_owned(), None);
        let one = r#"{"Key":"a","Value":"v"}"#;
        for (body, expected) in [
            ("{}".to_owned(), vec![]),
            (
                r#"{"Puts":null,"Deletes":[],"Other":[1]}"#.to_owned(),
                vec![],
            ),
            (
                format!(r#"{{"Deletes":[{{"Key":"b"}}],"Puts":[{one}]}}"#),
                vec![put("a"), delete("b")],
            ),
        ] {
            assert_eq!(edits(&body), Ok(expected), "{body}");
        }
        let over = Err(DataCode::ServiceQuotaExceededException);
        assert_eq!(edits(&format!(r#"{{"Puts":[{one},{one},{one}]}}"#)), over);
        let both = format!(r#"{{"Puts":[{one},{one}],"Deletes":[{{"Key":"b"}}]}}"#);
        assert_eq!(edits(&both), over);
    }

    /// Nothing is parsed after the first edit that is one too many: it need not even be JSON.
    #[test]
    fn reading_ends_at_the_bound() {
        let one = r#"{"Key":"a","Value":"v"}"#;
        let body = format!(r#"{{"Puts":[{one},{one},&"#);
        assert_eq!(edits(&body), Err(DataCode::ServiceQuotaExceededException));
        let body = format!(r#"{{"Puts":[{one},&"#);
        assert_eq!(edits(&body), Err(DataCode::ValidationException));
    }

    #[test]
    fn what_is_not_of_the_form_is_refused() {
        for body in [
            "",
            "[]",
            "[[],[]]",
            r#"{"Puts":{}}"#,
            r#"{"Puts":[["a","v"]]}"#,
            r#"{"Puts":[{"Key":"a"}]}"#,
            r#"{"Puts":[{"Key":"a","Value":null}]}"#,
            r#"{"Puts":[],"Puts":[]}"#,
            r#"{"Deletes":[],"Deletes":null}"#,
            r#"{"Deletes":["a"]}"#,
            "{} x",
        ] {
            assert_eq!(edits(body), Err(DataCode::ValidationException), "{body}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(body: Vec<u8>) {
            let _ = parse::<PutKeyRequest>(&body);
            let _ = parse_edits(&body, 2);
        }
    }
}

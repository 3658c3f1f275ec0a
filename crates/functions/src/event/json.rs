//! JSON whose members keep their order, and text that JavaScript can write and Rust can't hold.
//!
//! `serde_json::Value` sorts members unless a feature is on that would change the whole workspace.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The members of an object in the order in which they were written.
pub type Members = Vec<(String, Json)>;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, in which no name occurs twice.
    Object(Members),
}

/// Parses a text. A member that is repeated has its last value, at its first place, as in `JSON.parse`.
///
/// # Errors
/// If the text is no JSON, is nested more than 127 deep, or has a number out of range.
pub fn parse(text: &str) -> Result<Json, serde_json::Error> {
    serde_json::from_str(&without_lone_surrogates(text))
}

/// The text with `\ufffd` for each escape of half a surrogate pair. JavaScript's strings may hold such
/// halves, and `JSON.stringify` writes them as escapes; neither njs's strings nor Rust's can hold them.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(backslash) = find(text, at) {
        let high = unit(text, backslash);
        let low = unit(text, backslash + 6);
        at = match (high, low) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => backslash + 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str(text.get(copied..backslash).unwrap_or_default());
                mended.push_str("\\ufffd");
                copied = backslash + 6;
                copied
            }
            _ => backslash + 2,
        };
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(mended)
}

/// Where the next backslash is, at or after a byte.
fn find(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes().get(at..)?;
    Some(at + bytes.iter().position(|byte| *byte == b'\\')?)
}

/// The UTF-16 unit of an escape `\uXXXX` that begins at a byte.
fn unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object: Members = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        while let Some((name, value)) = members.next_entry::<String, Json>()? {
            match places.entry(name) {
                Entry::Occupied(place) => {
                    if let Some(member) = object.get_mut(*place.get()) {
                        member.1 = value;
                    }
                }
                Entry::Vacant(place) => {
                    object.push((place.key().clone(), value));
                    place.insert(object.len() - 1);
                }
            }
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Json {
        Json::String(text.to_owned())
    }

    #[test]
    fn members_keep_their_order_and_the_last_value_wins() {
        let json = parse(r#"{"b":1,"a":[null,true],"b":"x"}"#).unwrap();
        let array = Json::Array(vec![Json::Null, Json::Bool(true)]);
        let members = vec![("b".to_owned(), string("x")), ("a".to_owned(), array)];
        assert_eq!(json, Json::Object(members));
    }

    #[test]
    fn half_a_surrogate_pair_becomes_a_replacement_character() {
        for (text, held) in [
            (r#""\ud800""#, "\u{fffd}"),
            (r#""a\udc00b\ud83d\ude00""#, "a\u{fffd}b😀"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\\ud800""#, "\\ud800"),
            (r#""\ud83d\\ude00""#, "\u{fffd}\\ude00"),
            (r#""é\n""#, "é\n"),
        ] {
            assert_eq!(parse(text).unwrap(), string(held), "{text}");
        }
        for text in [r#""\ud8"#, "\\", "\"\\u+800\"", "", "{", "1e999", "\"\\é\""] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}

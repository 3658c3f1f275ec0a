//! JSON whose members keep their order, and text that JavaScript can write and Rust can't hold.
//!
//! `serde_json::Value` sorts members unless a feature is on that would change the whole workspace.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::mem;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The members of an object in the order in which they were written.
pub type Members<Text = String, Unseen = Infallible> = Vec<(Text, Json<Text, Unseen>)>;

/// A JSON value, whose strings and names are a `Text`. An object in it may be an `Unseen`, where there are such.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<Text = String, Unseen = Infallible> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(Text),
    /// An array.
    Array(Vec<Json<Text, Unseen>>),
    /// An object, in which no name occurs twice.
    Object(Members<Text, Unseen>),
    /// An object that nobody looked into, in a form of its own.
    Unseen(Unseen),
}

/// Parses a text. A member that is repeated has its last value, at its first place, as in `JSON.parse`.
///
/// # Errors
/// If the text is no JSON, is nested more than 127 deep, or has a number out of range.
pub fn parse(text: &str) -> Result<Json, serde_json::Error> {
    read(&without_lone_surrogates(text))
}

/// JSON whose strings are parts of its text, as far as they have no escapes: most of an event's and an
/// output's are looked at once and dropped.
pub(crate) type Borrowed<'a, Unseen = Infallible> = Json<Cow<'a, str>, Unseen>;

/// The members of an object in such JSON.
pub(crate) type BorrowedMembers<'a, Unseen = Infallible> = Members<Cow<'a, str>, Unseen>;

/// Parses a text that has no lone surrogates, as [`parse`] does.
pub(crate) fn read<'a, T: Text<'a>, K>(text: &'a str) -> Result<Json<T, K>, serde_json::Error> {
    let mut json = Json::Null;
    let mut from = serde_json::Deserializer::from_str(text);
    Slot(&mut json).deserialize(&mut from)?;
    from.end()?;
    Ok(json)
}

/// The text with `\ufffd` for each escape of half a surrogate pair. JavaScript's strings may hold such
/// halves, and `JSON.stringify` writes them as escapes; neither njs's strings nor Rust's can hold them.
pub(crate) fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
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

/// Where the next backslash is, at or after a byte. There is none if the byte is not the first of its
/// character: then that character is escaped, which is no JSON.
fn find(text: &str, at: usize) -> Option<usize> {
    Some(at + text.get(at..)?.find('\\')?)
}

/// The UTF-16 unit of an escape `\uXXXX` that begins at a byte.
fn unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}

/// What the strings of a [`Json`] can be: parts of its text, or their own.
pub(super) trait Text<'de>: From<&'de str> + From<String> + Clone + Eq + Hash {}

impl<'de, T: From<&'de str> + From<String> + Clone + Eq + Hash> Text<'de> for T {}

/// Where a value is put once it is parsed. To give it back from call to call, each of which copies it, takes
/// longer.
struct Slot<'a, T, K>(&'a mut Json<T, K>);

impl<'de, T: Text<'de>, K> DeserializeSeed<'de> for Slot<'_, T, K> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, T: Text<'de>, K> Visitor<'de> for Slot<'_, T, K> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        *self.0 = Json::Null;
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        *self.0 = Json::Bool(value);
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        *self.0 = Json::Number(number as f64);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        *self.0 = Json::Number(number as f64);
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        *self.0 = Json::Number(number);
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        *self.0 = Json::String(text.into());
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        *self.0 = Json::String(text.to_owned().into());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut array = Vec::new();
        let mut item = Json::Null;
        while items.next_element_seed(Slot(&mut item))?.is_some() {
            array.push(mem::replace(&mut item, Json::Null));
        }
        *self.0 = Json::Array(array);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut object = Members::new();
        while let Some(Name(name)) = members.next_key()? {
            let (_, value) = object.push_mut((name, Json::Null));
            members.next_value_seed(Slot(value))?;
        }
        *self.0 = Json::Object(merged(object));
        Ok(())
    }
}

/// The name of a member.
struct Name<T>(T);

impl<'de, T: Text<'de>> Deserialize<'de> for Name<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(NameVisitor(PhantomData))
    }
}

struct NameVisitor<T>(PhantomData<T>);

impl<'de, T: Text<'de>> Visitor<'de> for NameVisitor<T> {
    type Value = Name<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<T>, E> {
        Ok(Name(name.into()))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<T>, E> {
        Ok(Name(name.to_owned().into()))
    }
}

/// So many members are rather compared with each other than looked up by their names' hashes.
const FEW: usize = 16;

/// The members with the last value of each name at its first place.
fn merged<T: Clone + Eq + Hash, K>(members: Members<T, K>) -> Members<T, K> {
    if members.len() <= FEW && are_distinct(&members) {
        return members;
    }
    let mut merged = Members::with_capacity(members.len());
    let mut places: HashMap<T, usize> = HashMap::with_capacity(members.len());
    for (name, value) in members {
        match places.entry(name) {
            Entry::Occupied(place) => {
                if let Some(member) = merged.get_mut(*place.get()) {
                    member.1 = value;
                }
            }
            Entry::Vacant(place) => {
                merged.push((place.key().clone(), value));
                place.insert(merged.len() - 1);
            }
        }
    }
    merged
}

fn are_distinct<T: Eq, K>(members: &Members<T, K>) -> bool {
    let is_new = |(at, (name, _)): (usize, &(T, Json<T, K>))| {
        members.iter().take(at).all(|(earlier, _)| earlier != name)
    };
    members.iter().enumerate().all(is_new)
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

//! The form of the file, read in one pass without a tree of it in memory.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use smol_str::SmolStr;

use super::error::shown;
use super::{Collector, ImportError, Place};

/// Why reading ended before the end of the document.
pub(super) enum Fault {
    /// The text ends, at this place.
    Ends(Place),
    /// It can't go on like this, or the collector refused an entry.
    Refused(ImportError),
}

impl From<Fault> for ImportError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Ends(place) => Self::Form {
                place,
                reason: "the file ends before the document does".to_owned(),
            },
            Fault::Refused(error) => error,
        }
    }
}

/// Reads a document and hands each entry to the collector.
pub(super) fn read(text: &str, collector: &mut Collector<'_>) -> Result<(), Fault> {
    let mut refused = None;
    let mut json = serde_json::Deserializer::from_str(text);
    let document = Document(Entries {
        collector,
        refused: &mut refused,
    });
    let result = document.deserialize(&mut json).and_then(|()| json.end());
    match (refused, result) {
        (Some(error), _) => Err(Fault::Refused(error)),
        (None, Err(error)) => Err(fault(text, &error)),
        (None, Ok(())) => Ok(()),
    }
}

fn fault(text: &str, error: &serde_json::Error) -> Fault {
    let offset = match error.classify() {
        Category::Eof => return Fault::Ends(Place::after(text)),
        Category::Data => start_of_value(text, bytes_read(text, error)),
        // serde_json counts the offending byte as read.
        Category::Syntax | Category::Io => bytes_read(text, error).saturating_sub(1),
    };
    let before = text.get(..offset).unwrap_or(text);
    Fault::Refused(ImportError::Form {
        place: Place::after(before),
        reason: reason(error),
    })
}

/// How much of the text serde_json had read; it tells the line, and the bytes read of that.
fn bytes_read(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line() - 1);
    lines.map(str::len).sum::<usize>() + error.column()
}

/// Where the value, name or brace begins that serde_json refused, which it had already read unless
/// it is an object or an array.
fn start_of_value(text: &str, read: usize) -> usize {
    let before = text
        .get(..read)
        .unwrap_or(text)
        .trim_end_matches([' ', '\t', '\r', '\n']);
    match before.bytes().last() {
        None | Some(b':' | b',' | b'[' | b'{') => read,
        Some(b']' | b'}') => before.len() - 1,
        Some(b'"') => start_of_string(before),
        Some(_) => before
            .trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c))
            .len(),
    }
}

/// Where the string begins with whose closing quote this text ends: at the last quote before it
/// that no backslash escapes.
fn start_of_string(text: &str) -> usize {
    let inner = text.strip_suffix('"').unwrap_or(text);
    let escaped = |quote: usize| {
        let before = inner.get(..quote).unwrap_or_default();
        (before.len() - before.trim_end_matches('\\').len()) % 2 == 1
    };
    let mut quotes = inner.rmatch_indices('"').map(|(quote, _)| quote);
    quotes.find(|quote| !escaped(*quote)).unwrap_or_default()
}

/// serde_json's text without its place, and without the value that it repeats when one is of
/// another type than expected. Its other texts hold nothing of the file; ours hold names.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&place).unwrap_or(&text);
    match text.rsplit_once(", expected ") {
        Some((_, expected)) if text.starts_with("invalid type") => format!("expected {expected}"),
        _ => text.to_owned(),
    }
}

/// The whole document: an object with the one member `data`.
struct Document<'a, 'l>(Entries<'a, 'l>);

/// The array of entries.
struct Entries<'a, 'l> {
    collector: &'a mut Collector<'l>,
    refused: &'a mut Option<ImportError>,
}

/// One entry: an object with the members `key` and `value`, in any order.
struct Pair;

/// The name of a member, one of these.
struct Name(&'static [&'static str]);

/// A string, taken as a text of this type.
struct Text<T>(PhantomData<T>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the member \"data\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        const NAMES: Name = Name(&["data"]);
        if map.next_key_seed(NAMES)?.is_none() {
            return Err(missing("data"));
        }
        map.next_value_seed(self.0)?;
        match map.next_key_seed(NAMES)? {
            Some(name) => Err(repeated(name)),
            None => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Entries<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some((key, value)) = seq.next_element_seed(Pair)? {
            if let Err(error) = self.collector.take(key, value) {
                *self.refused = Some(error);
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Pair {
    type Value = (SmolStr, Arc<str>);

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Pair {
    type Value = (SmolStr, Arc<str>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the members \"key\" and \"value\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut key, mut value) = (None, None);
        while let Some(name) = map.next_key_seed(Name(&["key", "value"]))? {
            match name {
                "key" if key.is_none() => key = Some(map.next_value_seed(Text(PhantomData))?),
                "value" if value.is_none() => value = Some(map.next_value_seed(Text(PhantomData))?),
                _ => return Err(repeated(name)),
            }
        }
        let key = key.ok_or_else(|| missing("key"))?;
        let value = value.ok_or_else(|| missing("value"))?;
        Ok((key, value))
    }
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let known = self.0.iter().copied().find(|name| *name == text);
        known.ok_or_else(|| E::custom(format_args!("unknown member {}", shown(text))))
    }
}

impl<'de, T: for<'a> From<&'a str>> DeserializeSeed<'de> for Text<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<T: for<'a> From<&'a str>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    // serde_json lends the string, from the file itself where it has no escapes: this is its one copy.
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(text.into())
    }
}

fn missing<E: serde::de::Error>(name: &str) -> E {
    E::custom(format_args!("the member {name:?} is missing"))
}

fn repeated<E: serde::de::Error>(name: &str) -> E {
    E::custom(format_args!("the member {name:?} occurs twice"))
}

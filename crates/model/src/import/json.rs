//! The form of a file that is right, read in one pass without a tree of it in memory.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use smol_str::SmolStr;

use super::Collector;

/// Parses a document and hands each entry to the collector. The error does not say what is wrong:
/// [`diagnosis`](super::diagnosis) does.
pub(super) fn parse(text: &str, collector: &mut Collector<'_>) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    Document(collector).deserialize(&mut json)?;
    json.end()
}

/// The whole document: an object with the one member `data`.
struct Document<'a, 'l>(&'a mut Collector<'l>);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum DocumentMember {
    Data,
}

/// The array of entries.
struct Entries<'a, 'l>(&'a mut Collector<'l>);

/// One entry: an object with the members `key` and `value`, in any order.
struct Entry {
    key: SmolStr,
    value: Arc<str>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum EntryMember {
    Key,
    Value,
}

/// A string that is copied once, from the file or from where serde_json has resolved its escapes.
/// serde's own `Deserialize` of an `Arc<str>` makes a `String` first.
struct SharedText(Arc<str>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Some(DocumentMember::Data) = members.next_key()? else {
            return Err(A::Error::missing_field("data"));
        };
        members.next_value_seed(Entries(self.0))?;
        match members.next_key()? {
            Some(DocumentMember::Data) => Err(A::Error::duplicate_field("data")),
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
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(Entry { key, value }) = entries.next_element()? {
            self.0.take(key, value).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

// By hand, as the derived one is slower by a tenth, and takes an array of key and value as well.
impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct EntryVisitor;

        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Entry, A::Error> {
                let (mut key, mut value) = (None, None);
                while let Some(member) = members.next_key()? {
                    match member {
                        EntryMember::Key if key.is_none() => key = Some(members.next_value()?),
                        EntryMember::Value if value.is_none() => {
                            let SharedText(text) = members.next_value()?;
                            value = Some(text);
                        }
                        EntryMember::Key => return Err(A::Error::duplicate_field("key")),
                        EntryMember::Value => return Err(A::Error::duplicate_field("value")),
                    }
                }
                let key = key.ok_or_else(|| A::Error::missing_field("key"))?;
                let value = value.ok_or_else(|| A::Error::missing_field("value"))?;
                Ok(Entry { key, value })
            }
        }

        json.deserialize_map(EntryVisitor)
    }
}

impl<'de> Deserialize<'de> for SharedText {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl Visitor<'_> for TextVisitor {
            type Value = SharedText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<SharedText, E> {
                Ok(SharedText(text.into()))
            }
        }

        json.deserialize_str(TextVisitor)
    }
}

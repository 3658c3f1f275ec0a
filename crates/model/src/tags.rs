use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A tag's key: 1 to 128 characters of the tagging character set (service model), not beginning
/// with `aws:`, which AWS keeps for itself (developer guide, "Tag restrictions").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TagKey(String);

/// A tag's value: 0 to 256 characters of the tagging character set (service model).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TagValue(String);

impl TagKey {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TagValue {
    /// The value's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TagKey {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if !(1..=128).contains(&text.chars().count()) {
            return Err(Invalid("a tag's key is 1 to 128 characters"));
        }
        if text
            .get(..4)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
        {
            return Err(Invalid("tag keys that begin with aws: are reserved"));
        }
        check_characters(&text)?;
        Ok(Self(text))
    }
}

impl TryFrom<String> for TagValue {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.chars().count() > 256 {
            return Err(Invalid("a tag's value is at most 256 characters"));
        }
        check_characters(&text)?;
        Ok(Self(text))
    }
}

impl From<TagKey> for String {
    fn from(key: TagKey) -> Self {
        key.0
    }
}

impl From<TagValue> for String {
    fn from(value: TagValue) -> Self {
        value.0
    }
}

/// The model's pattern is `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`. Rust's alphanumeric characters hold `\p{L}` and
/// `\p{N}`, and a few combining vowel signs besides.
fn check_characters(text: &str) -> Result<(), Invalid> {
    let separator = |c: char| c.is_whitespace() && !c.is_control();
    let in_set = |c: char| c.is_alphanumeric() || separator(c) || "_.:/=+-@".contains(c);
    if text.chars().all(in_set) {
        Ok(())
    } else {
        Err(Invalid(
            "a tag holds letters, digits, spaces and _ . : / = + - @",
        ))
    }
}

/// The tags of one resource: at most 50 (developer guide, "Tag restrictions").
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(BTreeMap<TagKey, TagValue>);

impl Tags {
    /// The most that a resource can have.
    pub const MOST: usize = 50;

    /// Takes a list of tags, in which no key may come twice.
    pub fn new(tags: Vec<(TagKey, TagValue)>) -> Result<Self, Invalid> {
        let count = tags.len();
        let tags: BTreeMap<_, _> = tags.into_iter().collect();
        if tags.len() < count {
            return Err(Invalid("a tag's key is given twice"));
        }
        Self(tags).checked()
    }

    /// These tags with others added; one with the same key is replaced.
    pub fn with(&self, added: &Self) -> Result<Self, Invalid> {
        let mut tags = self.0.clone();
        tags.extend(added.0.clone());
        Self(tags).checked()
    }

    /// These tags without those of the given keys; a key that is not there is passed over.
    pub fn without(&self, keys: &[TagKey]) -> Self {
        let mut tags = self.0.clone();
        tags.retain(|key, _| !keys.contains(key));
        Self(tags)
    }

    /// The tags, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&TagKey, &TagValue)> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn checked(self) -> Result<Self, Invalid> {
        if self.0.len() > Self::MOST {
            return Err(Invalid("a resource has at most 50 tags"));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> (TagKey, TagValue) {
        (
            key.to_owned().try_into().unwrap(),
            value.to_owned().try_into().unwrap(),
        )
    }

    #[test]
    fn adding_replaces_and_removing_passes_over() {
        let tags = Tags::new(vec![tag("a", "1"), tag("b", "2")]).unwrap();
        let tags = tags.with(&Tags::new(vec![tag("b", "3")]).unwrap()).unwrap();
        let tags = tags.without(&[
            "a".to_owned().try_into().unwrap(),
            "x".to_owned().try_into().unwrap(),
        ]);
        assert_eq!(tags, Tags::new(vec![tag("b", "3")]).unwrap());
    }

    #[test]
    fn fifty_one_are_too_many_and_a_key_comes_once() {
        let many = |n: usize| (0..n).map(|i| tag(&format!("k{i}"), "")).collect();
        assert!(Tags::new(many(50)).is_ok());
        assert!(Tags::new(many(51)).is_err());
        assert!(Tags::new(vec![tag("a", "1"), tag("a", "2")]).is_err());
    }

    #[test]
    fn the_character_set_is_the_models() {
        for text in ["Größe", "キー", "a b", "x_.:/=+-@9"] {
            assert!(TagKey::try_from(text.to_owned()).is_ok(), "{text}");
        }
        for text in [
            "",
            "a\tb",
            "a\nb",
            "a*b",
            "a<b",
            "aws:x",
            "AWS:x",
            &"k".repeat(129),
        ] {
            assert!(TagKey::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::id;
use crate::name::name;
use crate::{AccountId, ETag, Invalid, S3Arn, StoreArn, Timestamp};

name! {
    /// A store's name: 1 to 64 of letters, digits, `-` and `_`, unique among the stores of its account
    /// (service model).
    StoreName: "a store's name is 1 to 64 of letters, digits, hyphens and underscores"
}

id! {
    /// A store's id: a UUID, in lower case.
    StoreId: "a store's id is a UUID with hyphens"
}

impl StoreId {
    /// Writes the text of the id to the front of a buffer of at least 36 bytes.
    pub(crate) fn write(self, buffer: &mut [u8]) {
        self.0.hyphenated().encode_lower(buffer);
    }
}

/// A store's comment: at most 128 characters, also none (service model). It travels in XML, so it
/// holds no character that XML 1.0 lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Comment(String);

impl Comment {
    /// The comment's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Comment {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.chars().count() > 128 {
            return Err(Invalid("a comment is at most 128 characters"));
        }
        if !text.chars().all(is_xml_character) {
            return Err(Invalid("a comment holds no control characters"));
        }
        Ok(Self(text))
    }
}

/// Whether XML 1.0 has a character: its production `Char`, section 2.2.
pub fn is_xml_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

impl From<Comment> for String {
    fn from(comment: Comment) -> Self {
        comment.0
    }
}

/// Where a store is in its life. It begins [`Provisioning`](Self::Provisioning) and leaves that
/// state once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Status {
    /// Being made, its data perhaps being imported.
    Provisioning,
    /// In use.
    Ready,
    /// Its data could not be imported; it can only be described and deleted.
    ImportFailed {
        /// What was wrong, for a person: the line, the key or the limit at fault.
        reason: String,
    },
}

impl Status {
    /// The state alone.
    pub fn state(&self) -> State {
        match self {
            Self::Provisioning => State::Provisioning,
            Self::Ready => State::Ready,
            Self::ImportFailed { .. } => State::ImportFailed,
        }
    }
}

/// A [`Status`] without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// [`Status::Provisioning`]
    Provisioning,
    /// [`Status::Ready`]
    Ready,
    /// [`Status::ImportFailed`]
    ImportFailed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Provisioning, Self::Ready, Self::ImportFailed];

    /// AWS's word for it. `IMPORT_FAILED` is our decision; AWS documents no such word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Ready => "READY",
            Self::ImportFailed => "IMPORT_FAILED",
        }
    }
}

impl FromStr for State {
    type Err = Invalid;

    fn from_str(word: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(Invalid("a status is PROVISIONING, READY or IMPORT_FAILED"))
    }
}

/// A store as the control plane sees it: everything but its contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// Its id, which never changes.
    pub id: StoreId,
    /// The account that owns it.
    pub account: AccountId,
    /// Its name, which never changes.
    pub name: StoreName,
    /// Its comment; none if none was ever given, which is not the same as an empty one.
    pub comment: Option<Comment>,
    /// Where it is in its life.
    pub status: Status,
    /// The version of this record.
    pub etag: ETag,
    /// When it was created.
    pub created: Timestamp,
    /// When this record last changed.
    pub modified: Timestamp,
}

impl Store {
    /// Its name across accounts.
    pub fn arn(&self) -> StoreArn {
        StoreArn {
            account: self.account,
            id: self.id,
        }
    }
}

/// What is counted of a store's contents; the entries themselves lie beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The store.
    pub store: StoreId,
    /// The version of the whole contents.
    pub etag: ETag,
    /// How many keys there are.
    pub items: u64,
    /// The bytes of all keys and values, with nothing added for either (observed).
    pub bytes: u64,
    /// When the contents last changed.
    pub modified: Timestamp,
}

/// The file from which a new store takes its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSource {
    /// Where the file is.
    pub object: S3Arn,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_the_models_pattern() {
        for text in ["a", "A-b_9", &"n".repeat(64)] {
            assert!(text.parse::<StoreName>().is_ok(), "{text}");
        }
        for text in ["", "a b", "a.b", "é", &"n".repeat(65)] {
            assert!(text.parse::<StoreName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_comment_counts_characters_and_holds_what_xml_can() {
        for text in ["", "é\t\r\n 😀\u{7f}\u{fffd}", &"é".repeat(128)] {
            assert!(Comment::try_from(text.to_owned()).is_ok(), "{text:?}");
        }
        for text in [
            "\0",
            "\u{1}",
            "\u{b}",
            "\u{1f}",
            "\u{fffe}",
            "\u{ffff}",
            &"é".repeat(129),
        ] {
            assert!(Comment::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_id_is_a_uuid_with_hyphens() {
        let id = StoreId::from_random(u128::MAX);
        assert_eq!(id.to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        assert_eq!(StoreId::from_bytes(*id.as_bytes()), id);
        for text in [
            "",
            "ffffffffffff4fffbfffffffffffffff",
            "{ffffffff-ffff-4fff-bfff-ffffffffffff}",
        ] {
            assert!(text.parse::<StoreId>().is_err(), "{text}");
        }
    }
}

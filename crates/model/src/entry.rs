use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::Invalid;

/// A key: exact bytes of UTF-8, at least one. The quota on its length is a setting
/// ([`crate::Limits::key_bytes`]).
///
/// A key of up to 23 bytes, as most are, lies where it is used: it costs no allocation, and is
/// compared without a detour.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct Key(SmolStr);

impl Key {
    /// Takes the text as a key.
    pub fn new(text: impl AsRef<str>) -> Result<Self, Invalid> {
        SmolStr::new(text).try_into()
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its length in bytes of UTF-8, the unit of every quota.
    pub fn bytes(&self) -> u64 {
        self.0.len() as u64
    }
}

/// A value: any UTF-8, also none. The quota on its length is a setting
/// ([`crate::Limits::value_bytes`]).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Value(Arc<str>);

impl Value {
    /// Takes the text as a value.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The value's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its length in bytes of UTF-8, the unit of every quota.
    pub fn bytes(&self) -> u64 {
        self.0.len() as u64
    }
}

impl TryFrom<SmolStr> for Key {
    type Error = Invalid;

    fn try_from(text: SmolStr) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid("a key is at least one byte"));
        }
        Ok(Self(text))
    }
}

impl From<Key> for SmolStr {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

// Keys and values are the users' data: they stay out of logs and panics, where `{:?}` would put them.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} bytes)", self.0.len())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} bytes)", self.0.len())
    }
}

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::id::id;
use crate::name::name;
use crate::store::is_xml_character;
use crate::{AccountId, ETag, FunctionArn, Invalid, StoreArn, Timestamp};

name! {
    /// A function's name: 1 to 64 of letters, digits, `-` and `_`, unique among the functions of its account
    /// (service model).
    FunctionName: "a function's name is 1 to 64 of letters, digits, hyphens and underscores"
}

id! {
    /// A function's id: a UUID, in lower case. It is Keyfront's own, by which a function is told from a later
    /// one of the same name; AWS's API has none.
    FunctionId: "a function's id is a UUID with hyphens"
}

/// The JavaScript runtime of a function (service model, `FunctionRuntime`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionRuntime {
    /// `cloudfront-js-1.0`: no `async`, no stores.
    Js1,
    /// `cloudfront-js-2.0`.
    Js2,
}

impl FunctionRuntime {
    /// The runtime's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Js1 => "cloudfront-js-1.0",
            Self::Js2 => "cloudfront-js-2.0",
        }
    }
}

impl fmt::Display for FunctionRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FunctionRuntime {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        [Self::Js1, Self::Js2]
            .into_iter()
            .find(|runtime| runtime.name() == name)
            .ok_or(Invalid(
                "a runtime is cloudfront-js-1.0 or cloudfront-js-2.0",
            ))
    }
}

/// The stage of a function (service model, `FunctionStage`). Each stage has a configuration, code and an ETag
/// of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionStage {
    /// What is changed and tested. Every function has it.
    Development,
    /// What was published last. A function has it once it was published.
    Live,
}

impl FunctionStage {
    /// Every stage.
    pub const ALL: [Self; 2] = [Self::Development, Self::Live];

    /// The stage's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "DEVELOPMENT",
            Self::Live => "LIVE",
        }
    }
}

impl fmt::Display for FunctionStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FunctionStage {
    type Err = Invalid;

    fn from_str(word: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == word)
            .ok_or(Invalid("a stage is DEVELOPMENT or LIVE"))
    }
}

/// A function's comment, also an empty one. The service model gives no length; ours is 1,024 characters. It
/// travels in XML, so it holds no character that XML 1.0 lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionComment(String);

impl FunctionComment {
    /// The comment's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FunctionComment {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.chars().count() > 1024 {
            return Err(Invalid("a function's comment is at most 1,024 characters"));
        }
        if !text.chars().all(is_xml_character) {
            return Err(Invalid("a comment holds no control characters"));
        }
        Ok(Self(text))
    }
}

/// What a caller sets of a function besides its code (service model, `FunctionConfig`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionConfig {
    comment: FunctionComment,
    runtime: FunctionRuntime,
    store: Option<StoreArn>,
}

impl FunctionConfig {
    /// A configuration. Only a function of `cloudfront-js-2.0` is associated with a store (developer guide,
    /// "Associate a key value store with a function").
    pub fn new(
        comment: FunctionComment,
        runtime: FunctionRuntime,
        store: Option<StoreArn>,
    ) -> Result<Self, Invalid> {
        if store.is_some() && runtime != FunctionRuntime::Js2 {
            return Err(Invalid(
                "a key value store is associated only with a function of the runtime cloudfront-js-2.0",
            ));
        }
        Ok(Self {
            comment,
            runtime,
            store,
        })
    }

    /// The comment.
    pub fn comment(&self) -> &FunctionComment {
        &self.comment
    }

    /// The runtime.
    pub fn runtime(&self) -> FunctionRuntime {
        self.runtime
    }

    /// The store that the function reads.
    pub fn store(&self) -> Option<&StoreArn> {
        self.store.as_ref()
    }
}

/// A function's code: any bytes, at least one (service model). The quota on its length is a setting
/// ([`crate::Limits::function_code_bytes`]).
#[derive(Clone, PartialEq, Eq)]
pub struct FunctionCode(Arc<[u8]>);

impl FunctionCode {
    /// Its length in bytes.
    pub fn bytes(&self) -> u64 {
        self.0.len() as u64
    }
}

impl TryFrom<Vec<u8>> for FunctionCode {
    type Error = Invalid;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Invalid> {
        if bytes.is_empty() {
            return Err(Invalid("a function's code is at least one byte"));
        }
        Ok(Self(bytes.into()))
    }
}

impl AsRef<[u8]> for FunctionCode {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

// Code may hold its owner's secrets: it stays out of logs and panics, where `{:?}` would put it.
impl fmt::Debug for FunctionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FunctionCode({} bytes)", self.0.len())
    }
}

/// One stage of a function, as the control plane sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The function's id, which never changes.
    pub id: FunctionId,
    /// The stage.
    pub stage: FunctionStage,
    /// The account that owns the function.
    pub account: AccountId,
    /// The function's name, which never changes.
    pub name: FunctionName,
    /// The stage's configuration.
    pub config: FunctionConfig,
    /// The stage's code.
    pub code: FunctionCode,
    /// The version of this stage.
    pub etag: ETag,
    /// Of LIVE, the version of DEVELOPMENT of which it is a copy.
    pub published_from: Option<ETag>,
    /// When this stage first was.
    pub created: Timestamp,
    /// When this stage last changed.
    pub modified: Timestamp,
}

impl Function {
    /// The function's name across accounts.
    pub fn arn(&self) -> FunctionArn {
        FunctionArn {
            account: self.account,
            name: self.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_model() {
        for stage in FunctionStage::ALL {
            assert_eq!(stage.to_string().parse(), Ok(stage));
        }
        for runtime in ["cloudfront-js-1.0", "cloudfront-js-2.0"] {
            assert_eq!(runtime.parse::<FunctionRuntime>().unwrap().name(), runtime);
        }
        for word in ["", "live", "LIVE ", "cloudfront-js-3.0"] {
            assert!(word.parse::<FunctionStage>().is_err(), "{word}");
            assert!(word.parse::<FunctionRuntime>().is_err(), "{word}");
        }
    }

    #[test]
    fn a_comment_is_bounded_and_holds_what_xml_can() {
        for text in ["", "é\t\r\n 😀", &"é".repeat(1024)] {
            assert!(
                FunctionComment::try_from(text.to_owned()).is_ok(),
                "{text:?}"
            );
        }
        for text in ["\0", "\u{ffff}", &"é".repeat(1025)] {
            assert!(
                FunctionComment::try_from(text.to_owned()).is_err(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn only_the_newer_runtime_reads_a_store() {
        let store =
            "arn:aws:cloudfront::123456789012:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";
        let config = |runtime, store| {
            let comment = FunctionComment::try_from(String::new()).unwrap();
            FunctionConfig::new(comment, runtime, store)
        };
        let store: StoreArn = store.parse().unwrap();
        assert!(config(FunctionRuntime::Js2, Some(store)).is_ok());
        assert!(config(FunctionRuntime::Js1, None).is_ok());
        assert!(config(FunctionRuntime::Js1, Some(store)).is_err());
    }

    #[test]
    fn code_is_any_bytes_and_is_not_shown() {
        let code = FunctionCode::try_from(vec![0, 0xff, b'a']).unwrap();
        assert_eq!((code.as_ref(), code.bytes()), (&[0, 0xff, b'a'][..], 3));
        assert_eq!(format!("{code:?}"), "FunctionCode(3 bytes)");
        assert!(FunctionCode::try_from(Vec::new()).is_err());
    }
}

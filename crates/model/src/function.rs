use std::fmt;
use std::str::FromStr;

use crate::Invalid;

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

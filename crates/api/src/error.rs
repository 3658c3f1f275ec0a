use std::borrow::Cow;

use http::StatusCode;

/// A code of one plane: what a client is told, and tells apart.
pub(crate) trait Code: Copy + PartialEq + 'static {
    /// The name on the wire.
    fn name(self) -> &'static str;

    /// The status that goes with it (service model; AWS's convention for those of authentication).
    fn status(self) -> StatusCode;

    /// Whether every operation may answer it, so that no model lists it.
    fn is_universal(self) -> bool;

    /// The text where nothing more can be said: the one observed, else the model's wording.
    fn text(self) -> &'static str;
}

/// A request that is refused.
#[derive(Debug, Clone)]
pub(crate) struct Refusal<C> {
    pub(crate) code: C,
    pub(crate) text: Cow<'static, str>,
}

impl<C: Code> Refusal<C> {
    /// Refused with a text of its own.
    pub(crate) fn because(code: C, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

impl<C: Code> From<C> for Refusal<C> {
    fn from(code: C) -> Self {
        Self {
            code,
            text: Cow::Borrowed(code.text()),
        }
    }
}

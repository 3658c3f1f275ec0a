use std::borrow::Cow;

use http::StatusCode;
use keyfront_service::Unavailable;

/// An error code of one plane, by which clients distinguish errors.
pub(crate) trait Code: Copy + PartialEq + Send + Sync + 'static {
    /// Every code of the plane.
    const ALL: &'static [Self];

    /// The code of a failure that is no fault of the client's.
    const INTERNAL: Self;

    /// The code's name on the wire.
    fn name(self) -> &'static str;

    /// The status that goes with it (service model; AWS's convention for those of authentication).
    fn status(self) -> StatusCode;

    /// Whether every operation may answer it, also where its model does not list it.
    fn is_universal(self) -> bool;

    /// The text where nothing more can be said: the one observed, else the model's wording. `None` if
    /// every refusal with this code gives a reason of its own.
    fn text(self) -> Option<&'static str>;
}

/// Declares the error codes of a plane, one a line: its name, its status, whether it is one that a model
/// lists (`modelled`) or that every operation may answer (`universal`), and its text, or `because` if each
/// refusal has its own.
macro_rules! codes {
    (
        $(#[$meta:meta])*
        $vis:vis enum $codes:ident, internal: $internal:ident;
        $($(#[$doc:meta])* $code:ident: $status:ident, $listed:ident, $text:tt;)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $codes {
            $($(#[$doc])* $code,)*
        }

        impl $crate::error::Code for $codes {
            const ALL: &'static [Self] = &[$(Self::$code,)*];

            const INTERNAL: Self = Self::$internal;

            fn name(self) -> &'static str {
                match self {
                    $(Self::$code => stringify!($code),)*
                }
            }

            fn status(self) -> http::StatusCode {
                match self {
                    $(Self::$code => http::StatusCode::$status,)*
                }
            }

            fn is_universal(self) -> bool {
                match self {
                    $(Self::$code => $crate::error::codes!(@universal $listed),)*
                }
            }

            fn text(self) -> Option<&'static str> {
                match self {
                    $(Self::$code => $crate::error::codes!(@text $text),)*
                }
            }
        }
    };
    (@universal modelled) => { false };
    (@universal universal) => { true };
    (@text because) => { None };
    (@text $text:literal) => { Some($text) };
}

pub(crate) use codes;

/// A request that is refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal<C> {
    pub(crate) code: C,
    /// The text of the answer.
    pub(crate) text: Cow<'static, str>,
    /// The reason for the log, where the text is an observed one that says less.
    pub(crate) reason: Option<&'static str>,
}

impl<C: Code> Refusal<C> {
    /// Refused with a text of its own.
    pub(crate) fn because(code: C, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            text: text.into(),
            reason: None,
        }
    }

    /// The same, with a reason for the log.
    pub(crate) fn with_reason(self, reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }
}

impl<C: Code> From<C> for Refusal<C> {
    fn from(code: C) -> Self {
        Self::because(code, code.text().unwrap_or(code.name()))
    }
}

/// The refusal when the service can't do its work now: with the code for a bound if its queue is full, else
/// as the internal failure, whose reason is for the operator alone.
pub(crate) fn unavailable_as<C: Code>(at_a_bound: C, unavailable: &Unavailable) -> Refusal<C> {
    match unavailable {
        Unavailable::Busy => Refusal::because(at_a_bound, BUSY),
        Unavailable::Contended | Unavailable::Failed(_) => {
            tracing::error!(reason = %unavailable, "an operation failed");
            C::INTERNAL.into()
        }
    }
}

/// The text where too many changes wait for the storage engine.
pub(crate) const BUSY: &str =
    "The server has reached its limit of changes that wait to be written. Try again later.";

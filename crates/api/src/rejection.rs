use http::Method;
use keyfront_server::Refused;

use crate::authenticate::Unauthenticated;

/// A request that is refused before, or beside, its operation. Each plane has a code and a text for it:
/// [`crate::plane::Plane::refusal`].
#[derive(Debug)]
pub(crate) enum Rejection<'a> {
    /// No operation has that method and path.
    Unknown {
        /// The method.
        method: &'a Method,
        /// The path as it came.
        path: &'a str,
    },
    /// The sender is unknown.
    Unauthenticated(Unauthenticated),
    /// A query parameter that the operation reads is given more than once.
    RepeatedParameter(&'static str),
    /// The caller may not do what was asked; the text is AWS's.
    Denied(String),
    /// A bound of this server that is not AWS's is reached. The request is worth another try.
    Bound(Refused),
    /// The body did not arrive in the time that a body has. The request is worth another try.
    SlowBody,
}

/// The text for a body that did not arrive in time.
pub(crate) fn slow_body() -> String {
    let seconds = keyfront_server::body::BODY_TIME.as_secs();
    format!("The request's body did not arrive within {seconds} seconds.")
}

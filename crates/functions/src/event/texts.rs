//! The texts of refusals and failures, in one table, each with its source.
//!
//! AWS documents few of them. A row says whether its text was seen at AWS; the rest is proposed here in
//! the same style, and is the first thing to correct when somebody sees the real one.

/// Begins the message of a function that could not run (observed:
/// aws-samples/amazon-cloudfront-functions#19, and the page that viewers get).
pub const EXECUTION_PREFIX: &str = "The CloudFront function associated with the CloudFront distribution is invalid or could not run. ";

/// Begins the message of a function whose output is refused (observed, in a comment of a public
/// function that adds security headers).
pub const VALIDATION_PREFIX: &str = "The CloudFront function returned an invalid value: ";

/// How sure a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// AWS documents it, or what it says.
    Documented,
    /// Somebody saw it at AWS.
    Observed,
    /// AWS's text is not known; this one is proposed.
    Proposed,
}

/// A text, how sure it is, and where it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: &'static str,
    /// How sure the text is.
    pub mark: Mark,
    /// Where the text, or the rule behind a proposed text, is from.
    pub source: &'static str,
}

const fn observed(text: &'static str, source: &'static str) -> Text {
    Text {
        text,
        mark: Mark::Observed,
        source,
    }
}

const fn proposed(text: &'static str, source: &'static str) -> Text {
    Text {
        text,
        mark: Mark::Proposed,
        source,
    }
}

/// CloudFront developer guide, "CloudFront Functions event structure".
const EVENT_STRUCTURE: &str = "functions-event-structure.html";

/// CloudFront developer guide, "Restrictions on all edge functions".
const RESTRICTIONS: &str = "edge-function-restrictions-all.html";

/// A rule that a part of an event or of an output breaks. With the part's name before it, its text is a
/// sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// It is an object.
    Object,
    /// It is a string.
    String,
    /// It is a list of objects.
    Objects,
    /// The event's version.
    Version,
    /// The event's type.
    EventType,
    /// The method, in an event.
    Method,
    /// The names of its members are in lower case.
    LowerCase,
    /// The names of its members are names that HTTP allows.
    HeaderName,
    /// It has a value, or several.
    Value,
    /// It has no character that would end a header.
    HeaderValue,
    /// It begins with a slash.
    Slash,
    /// It is short enough, the query string included.
    UriLength,
    /// It is a query string.
    Query,
    /// It is a status code.
    Status,
    /// It is the name of an encoding.
    Encoding,
    /// It is base64.
    Base64,
    /// A viewer-request function returns a request or a response.
    RequestOrResponse,
    /// A viewer-response function returns a response.
    Response,
    /// A function returns a part of the event.
    NotTheEvent,
    /// What is returned can be written as JSON.
    Json,
}

impl Rule {
    /// The rule's row of the table.
    pub const fn text(self) -> Text {
        match self {
            Self::Object => proposed("must be an object", EVENT_STRUCTURE),
            Self::String => proposed("must be a string", EVENT_STRUCTURE),
            Self::Objects => proposed("must be an array of objects with a value", EVENT_STRUCTURE),
            Self::Version => proposed("must be \"1.0\"", EVENT_STRUCTURE),
            Self::EventType => proposed(
                "must be \"viewer-request\" or \"viewer-response\"",
                EVENT_STRUCTURE,
            ),
            Self::Method => proposed(
                "must be GET, HEAD, OPTIONS, PUT, POST, PATCH or DELETE",
                "RequestAndResponseBehaviorCustomOrigin.html",
            ),
            Self::LowerCase => observed(
                "must have header names in lower case",
                "a public function's comment, of response.headers",
            ),
            Self::HeaderName => proposed("must have valid header names", "RFC 9110, 5.1"),
            Self::Value => proposed(
                "must have a value, or a multiValue that is not empty",
                EVENT_STRUCTURE,
            ),
            Self::HeaderValue => proposed("must not contain control characters", "RFC 9110, 5.5"),
            Self::Slash => proposed("must begin with a forward slash (/)", EVENT_STRUCTURE),
            Self::UriLength => proposed(
                "must be, with the query string, shorter than 8192 characters",
                RESTRICTIONS,
            ),
            Self::Query => proposed(
                "must not contain spaces, control characters or #",
                RESTRICTIONS,
            ),
            Self::Status => proposed("must be an integer from 100 to 599", EVENT_STRUCTURE),
            Self::Encoding => proposed("must be \"text\" or \"base64\"", EVENT_STRUCTURE),
            Self::Base64 => proposed("must be valid base64", EVENT_STRUCTURE),
            Self::RequestOrResponse => proposed(
                "must be a request object or a response object",
                EVENT_STRUCTURE,
            ),
            Self::Response => proposed(
                "must be a response object with a statusCode",
                EVENT_STRUCTURE,
            ),
            Self::NotTheEvent => proposed(
                "must be the request or the response, not the complete event object",
                EVENT_STRUCTURE,
            ),
            Self::Json => proposed("must be a plain object", EVENT_STRUCTURE),
        }
    }
}

/// The whole message when a header was added that functions may not add (observed in two public
/// repositories, without the end of the sentence).
pub const DISALLOWED_HEADER: Text = observed(
    "The CloudFront function tried to add a disallowed header.",
    "two public repositories quote it; its end was not seen",
);

/// The whole message when a read-only header was touched, or the method, at the edge alone.
pub const READ_ONLY_HEADER: Text = observed(
    "The CloudFront function tried to add, delete, or change a read-only header.",
    "aws-samples/amazon-cloudfront-functions#31",
);

/// No global `handler`: what njs says when an undeclared name is called.
pub const NO_HANDLER: Text = proposed(
    "ReferenceError: \"handler\" is not defined",
    "njs's text for an undeclared name",
);

/// The run took more memory than it may.
pub const OUT_OF_MEMORY: Text = proposed(
    "MemoryError: The function exceeded the memory limit",
    "cloudfront-limits.html: 2 MB; njs has MemoryError",
);

/// The run took more time than it may.
pub const OUT_OF_TIME: Text = proposed(
    "Error: The function exceeded the compute utilization limit",
    "test-function.html: compute utilization above 100 is throttled",
);

/// The run nested calls deeper than the stack (njs's text).
pub const STACK_OVERFLOW: Text =
    proposed("RangeError: Maximum call stack size exceeded", "njs's text");

/// Nothing is left to run, and the promise of the handler is pending.
pub const NEVER_SETTLED: Text = proposed(
    "Error: The promise that the handler returned was never settled",
    "not documented",
);

/// The function failed so often that it is not run any more.
pub const THROTTLED: Text = proposed(
    "Error: The function is throttled",
    "viewing-cloudfront-metrics.html has the state and no text",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_that_were_seen_are_exact() {
        let lower = Rule::LowerCase.text();
        assert_eq!(lower.mark, Mark::Observed);
        assert_eq!(
            format!("{VALIDATION_PREFIX}response.headers {}.", lower.text),
            "The CloudFront function returned an invalid value: response.headers must have header names \
             in lower case."
        );
        assert_eq!(DISALLOWED_HEADER.mark, Mark::Observed);
        assert_eq!(READ_ONLY_HEADER.mark, Mark::Observed);
    }
}

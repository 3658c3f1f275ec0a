//! Why a run has no output.

use super::fault::Fault;
use super::texts::{
    DISALLOWED_HEADER, EXECUTION_PREFIX, NEVER_SETTLED, NO_HANDLER, OUT_OF_MEMORY, OUT_OF_TIME,
    READ_ONLY_HEADER, STACK_OVERFLOW, THROTTLED, VALIDATION_PREFIX,
};

/// Why a run has no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub enum Failure {
    /// The program does not compile, or threw: `TypeError: cannot get property "value" of undefined`.
    Execution(String),
    /// What the function returned is refused. The text is the whole message.
    Validation(String),
    /// The program has no global `handler`.
    NoHandler,
    /// The run took more memory than it may.
    OutOfMemory,
    /// The run took more time than it may.
    OutOfTime,
    /// Calls were nested deeper than the stack.
    StackOverflow,
    /// Nothing was left to run, and the handler's promise was pending.
    NeverSettled,
    /// The function failed so often that it is not run any more.
    Throttled,
}

impl Failure {
    pub(super) fn disallowed_header() -> Self {
        Self::Validation(DISALLOWED_HEADER.text.to_owned())
    }

    pub(super) fn read_only_header() -> Self {
        Self::Validation(READ_ONLY_HEADER.text.to_owned())
    }

    /// What TestFunction's `FunctionErrorMessage` says: a refused output has a message of its own,
    /// every other failure one that begins as the page does that viewers get.
    pub fn message(&self) -> String {
        match self {
            Self::Validation(text) => text.clone(),
            other => format!("{EXECUTION_PREFIX}{}", other.cause()),
        }
    }

    /// The message without the prefix that all failures of its kind share.
    pub fn cause(&self) -> &str {
        match self {
            Self::Execution(text) => text,
            Self::Validation(text) => text.strip_prefix(VALIDATION_PREFIX).unwrap_or(text),
            Self::NoHandler => NO_HANDLER.text,
            Self::OutOfMemory => OUT_OF_MEMORY.text,
            Self::OutOfTime => OUT_OF_TIME.text,
            Self::StackOverflow => STACK_OVERFLOW.text,
            Self::NeverSettled => NEVER_SETTLED.text,
            Self::Throttled => THROTTLED.text,
        }
    }

    /// The status that a viewer gets: 502 if the output is refused, else 503 (developer guide, "HTTP
    /// 502 status code", "HTTP 503 status code").
    pub fn status(&self) -> u16 {
        match self {
            Self::Validation(_) => 502,
            _ => 503,
        }
    }

    /// The `x-cache` header that a viewer gets (observed, each).
    pub fn x_cache(&self) -> &'static str {
        match self {
            Self::Validation(_) => "FunctionValidationError from cloudfront",
            Self::OutOfTime | Self::Throttled => "FunctionThrottledError from cloudfront",
            _ => "FunctionExecutionError from cloudfront",
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Validation(format!("{VALIDATION_PREFIX}{fault}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_error_is_prefixed_as_at_aws() {
        let text = "TypeError: cannot get property \"value\" of undefined";
        let failure = Failure::Execution(text.to_owned());
        assert_eq!(
            failure.message(),
            "The CloudFront function associated with the CloudFront distribution is invalid or could not run. \
             TypeError: cannot get property \"value\" of undefined"
        );
        assert_eq!(failure.cause(), text);
        assert_eq!(
            (failure.status(), failure.x_cache()),
            (503, "FunctionExecutionError from cloudfront")
        );
    }

    #[test]
    fn a_refused_output_has_its_own_message() {
        let failure = Failure::read_only_header();
        assert_eq!(
            failure.message(),
            "The CloudFront function tried to add, delete, or change a read-only header."
        );
        assert_eq!(
            (failure.status(), failure.x_cache()),
            (502, "FunctionValidationError from cloudfront")
        );
    }

    #[test]
    fn the_limits_are_execution_errors() {
        for failure in [
            Failure::NoHandler,
            Failure::OutOfMemory,
            Failure::OutOfTime,
            Failure::StackOverflow,
            Failure::NeverSettled,
            Failure::Throttled,
        ] {
            assert!(
                failure.message().starts_with(EXECUTION_PREFIX),
                "{failure:?}"
            );
            assert_eq!(failure.status(), 503);
        }
    }
}

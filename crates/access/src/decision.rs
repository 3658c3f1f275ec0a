use std::net::IpAddr;

use keyfront_model::Timestamp;

use crate::Action;

/// What conditions may ask about a request.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The address that it came from, if that is known.
    pub source_ip: Option<IpAddr>,
    /// Whether it came over TLS.
    pub secure: bool,
    /// When it came.
    pub now: Timestamp,
    /// Its User-Agent header, if it has one that is text.
    pub user_agent: Option<&'a str>,
}

/// What comes of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allowed,
    /// Refuse it.
    Denied(Denial),
}

/// Why something is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// Nothing allows it.
    Implicit,
    /// A policy's statement denies it.
    Explicit,
    /// The resource is another account's.
    OtherAccount,
}

impl Denial {
    /// AWS's message (IAM user guide, "Troubleshoot access denied error messages"). `user` is
    /// [`crate::AccessKey::arn`].
    pub fn message(self, user: &str, action: Action<'_>, resource: &str) -> String {
        let why = match self {
            Self::Implicit => {
                format!("because no identity-based policy allows the {action} action")
            }
            Self::Explicit => "with an explicit deny in an identity-based policy".to_owned(),
            // Only a policy of the resource itself could allow it, and there are none.
            Self::OtherAccount => {
                format!("because no resource-based policy allows the {action} action")
            }
        };
        format!("User: {user} is not authorized to perform: {action} on resource: {resource} {why}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_are_awss() {
        let message = |denial: Denial| {
            denial.message(
                "arn:aws:iam::123456789012:user/alice",
                Action {
                    service: "cloudfront-keyvaluestore",
                    name: "GetKey",
                },
                "arn:aws:cloudfront::123456789012:key-value-store/x",
            )
        };
        assert_eq!(
            message(Denial::Implicit),
            "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: \
             cloudfront-keyvaluestore:GetKey on resource: \
             arn:aws:cloudfront::123456789012:key-value-store/x because no identity-based policy \
             allows the cloudfront-keyvaluestore:GetKey action"
        );
        let explicit = message(Denial::Explicit);
        assert!(explicit.ends_with("store/x with an explicit deny in an identity-based policy"));
    }
}

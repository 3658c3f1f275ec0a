use std::fmt;

use super::Problem;
use super::pattern::{Case, Pattern};

/// The actions that one entry of `Action` or `NotAction` names.
#[derive(Debug)]
pub(crate) enum ActionPattern {
    /// `*`
    Any,
    /// The actions of one service.
    Of { service: Box<str>, name: Pattern },
}

/// An action that is asked for. AWS writes it as `service:Name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action<'a> {
    /// The prefix of the service, as in `cloudfront-keyvaluestore`.
    pub service: &'a str,
    /// The action's name in that service, as in `GetKey`.
    pub name: &'a str,
}

impl fmt::Display for Action<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}

impl<'a> Action<'a> {
    /// Parses `service:Name`.
    #[cfg(test)]
    pub(crate) fn new(text: &'a str) -> Option<Self> {
        let (service, name) = text.split_once(':')?;
        Some(Self { service, name })
    }

    /// Whether it is an action of that service.
    pub(crate) fn is_of(&self, service: &str) -> bool {
        self.service.eq_ignore_ascii_case(service)
    }
}

impl ActionPattern {
    /// Reads `*` or `service:Name`. Wildcards stand in the name; AWS takes none in the service.
    pub(crate) fn new(text: &str) -> Result<Self, Problem> {
        if let "*" | "*:*" = text {
            return Ok(Self::Any);
        }
        let (service, name) = text.split_once(':').ok_or_else(|| malformed(text))?;
        let in_service = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let in_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'?');
        let well_formed = !service.is_empty()
            && service.bytes().all(in_service)
            && !name.is_empty()
            && name.bytes().all(in_name);
        if !well_formed {
            return Err(malformed(text));
        }
        Ok(Self::Of {
            service: service.into(),
            name: Pattern::new(name, Case::Ignored),
        })
    }

    pub(crate) fn matches(&self, action: Action<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Of { service, name } => action.is_of(service) && name.matches(action.name),
        }
    }

    /// Whether it names a service of which actions are asked, and none of those actions. AWS takes
    /// such a policy, and so do we; but it is mostly a slip of the pen.
    pub(crate) fn names_nothing(&self, asked: &[Action<'_>]) -> bool {
        let Self::Of { service, .. } = self else {
            return false;
        };
        asked.iter().any(|action| action.is_of(service))
            && !asked.iter().any(|action| self.matches(*action))
    }
}

fn malformed(text: &str) -> Problem {
    Problem::new(format!(
        "`{text}` is no action: write `*` or service:Name, as in cloudfront-keyvaluestore:Get*"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, action: &str) -> bool {
        let action = Action::new(action).unwrap();
        ActionPattern::new(pattern).unwrap().matches(action)
    }

    #[test]
    fn the_case_of_letters_does_not_matter() {
        for pattern in [
            "*",
            "*:*",
            "cloudfront-keyvaluestore:*",
            "cloudfront-keyvaluestore:Get*",
            "CloudFront-KeyValueStore:getkey",
            "cloudfront-keyvaluestore:?etKe?",
        ] {
            assert!(
                matches(pattern, "cloudfront-keyvaluestore:GetKey"),
                "{pattern}"
            );
        }
    }

    #[test]
    fn services_are_told_apart() {
        assert!(!matches("cloudfront:*", "cloudfront-keyvaluestore:GetKey"));
        assert!(!matches(
            "cloudfront-keyvaluestore:Get",
            "cloudfront-keyvaluestore:GetKey"
        ));
    }

    #[test]
    fn actions_of_another_form_are_refused() {
        for text in [
            "",
            "GetKey",
            ":GetKey",
            "cloudfront:",
            "cloudfront*:GetKey",
            "*:GetKey",
            "cloudfront:Get Key",
            "cloudfront:GetKey ",
            "cloudfront:Get:Key",
            "cloudfront:${aws:username}",
            "cloudfront：GetKey",
        ] {
            assert!(ActionPattern::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_noticed_in_the_services_that_are_asked_about() {
        let asked = ["cloudfront-keyvaluestore:PutKey", "cloudfront:TagResource"];
        let asked = asked.map(|text| Action::new(text).unwrap());
        let names_nothing = |text| ActionPattern::new(text).unwrap().names_nothing(&asked);
        assert!(names_nothing("cloudfront-keyvaluestore:PutKeys"));
        assert!(names_nothing("cloudfront:Puts*"));
        assert!(!names_nothing("cloudfront-keyvaluestore:putkey"));
        assert!(!names_nothing("s3:ListBucket"));
        assert!(!names_nothing("*"));
    }
}

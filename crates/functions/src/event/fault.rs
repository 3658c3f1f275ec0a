//! Where an event or an output breaks a rule, and the walk through JSON that finds it.

use std::fmt;

use super::json::{Json, Members};
use super::texts::Rule;

/// The longest name that a message repeats, in characters.
const SHOWN_CHARACTERS: usize = 60;

/// A part of an event or of an output, and the rule that it breaks. As text it is a sentence without
/// its point: `request.uri must be a string`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    part: String,
    rule: Rule,
}

impl Fault {
    pub(super) fn new(part: &str, rule: Rule) -> Self {
        Self {
            part: part.to_owned(),
            rule,
        }
    }

    /// The rule that is broken.
    pub fn rule(&self) -> Rule {
        self.rule
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.part, self.rule.text().text)
    }
}

/// The name of a member of a part, for messages: what came from outside is escaped and shortened.
pub(super) fn member_of(part: &str, name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && name.len() <= SHOWN_CHARACTERS && name.chars().all(plain) {
        return format!("{part}.{name}");
    }
    let end = name.char_indices().nth(SHOWN_CHARACTERS);
    let shown = name
        .get(..end.map_or(name.len(), |(at, _)| at))
        .unwrap_or_default();
    let dots = if end.is_some() { "…" } else { "" };
    format!("{part}[\"{}{dots}\"]", shown.escape_debug())
}

/// An object on the walk, with its name for messages. Members are taken out; what is left is not known
/// to CloudFront, and dropped.
pub(super) struct Object {
    pub(super) part: String,
    members: Members,
}

impl Object {
    pub(super) fn of(part: String, json: Json) -> Result<Self, Fault> {
        match json {
            Json::Object(members) => Ok(Self { part, members }),
            _ => Err(Fault {
                part,
                rule: Rule::Object,
            }),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.0 == name)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        let at = self.members.iter().position(|member| member.0 == name)?;
        Some(self.members.remove(at).1)
    }

    pub(super) fn part_of(&self, name: &str) -> String {
        member_of(&self.part, name)
    }

    pub(super) fn fault(&self, name: &str, rule: Rule) -> Fault {
        Fault {
            part: self.part_of(name),
            rule,
        }
    }

    pub(super) fn optional_object(&mut self, name: &str) -> Result<Option<Self>, Fault> {
        let part = self.part_of(name);
        self.take(name).map(|json| Self::of(part, json)).transpose()
    }

    pub(super) fn string(&mut self, name: &str) -> Result<String, Fault> {
        self.optional_string(name)?
            .ok_or_else(|| self.fault(name, Rule::String))
    }

    pub(super) fn optional_string(&mut self, name: &str) -> Result<Option<String>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.fault(name, Rule::String)),
        }
    }

    /// The members that are left, in their order.
    pub(super) fn into_members(self) -> Members {
        self.members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_are_escaped_and_shortened() {
        assert_eq!(member_of("request", "uri"), "request.uri");
        assert_eq!(
            member_of("request.headers", "x-a"),
            "request.headers[\"x-a\"]"
        );
        assert_eq!(member_of("a", ""), "a[\"\"]");
        assert_eq!(member_of("a", "\u{1b}[2J\n\""), "a[\"\\u{1b}[2J\\n\\\"\"]");
        let long = member_of("a", &"ä".repeat(100));
        assert_eq!(long, format!("a[\"{}…\"]", "ä".repeat(60)));
    }
}

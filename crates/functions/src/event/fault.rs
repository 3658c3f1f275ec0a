//! Where an event or an output breaks a rule, and the walk through JSON that finds it.

use std::fmt::{self, Display};

use super::fields::Fields;
use super::texts::Rule;
use crate::json::{Borrowed, BorrowedMembers, Json};

/// What a function returned, or a test's event: fields in it may be those that the function was given, untouched.
pub(super) type Returned<'a> = Borrowed<'a, &'a Fields>;

pub(super) type ReturnedMembers<'a> = BorrowedMembers<'a, &'a Fields>;

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
    pub(super) fn new(part: impl Display, rule: Rule) -> Self {
        Self {
            part: part.to_string(),
            rule,
        }
    }

    /// The rule that is broken.
    pub fn rule(&self) -> Rule {
        self.rule
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.part, self.rule.text().text)
    }
}

/// A part's place on the walk: the way to it from the part that has a name of its own. As text it is the
/// part's name for messages, which is only written when a fault is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    Named(&'a str),
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    pub(super) fn member(&'a self, name: &'a str) -> Self {
        Self::Member(self, name)
    }

    pub(super) fn item(&'a self, at: usize) -> Self {
        Self::Item(self, at)
    }
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Member(object, name) => {
                object.fmt(f)?;
                write_member(f, name)
            }
            Self::Item(array, at) => write!(f, "{array}[{at}]"),
        }
    }
}

/// Writes the name of a member after that of its object: what came from outside is escaped and shortened.
fn write_member(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && name.len() <= SHOWN_CHARACTERS && name.chars().all(plain) {
        return write!(f, ".{name}");
    }
    let end = name.char_indices().nth(SHOWN_CHARACTERS);
    let shown = name
        .get(..end.map_or(name.len(), |(at, _)| at))
        .unwrap_or_default();
    let dots = if end.is_some() { "…" } else { "" };
    write!(f, "[\"{}{dots}\"]", shown.escape_debug())
}

/// An object on the walk, with its place for messages. Members are taken out; what is left is not known
/// to CloudFront, and dropped.
pub(super) struct Object<'a> {
    pub(super) place: Place<'a>,
    members: ReturnedMembers<'a>,
}

impl<'a> Object<'a> {
    pub(super) fn of(place: Place<'a>, json: Returned<'a>) -> Result<Self, Fault> {
        let members = match json {
            Json::Object(members) => members,
            Json::Unseen(fields) => fields.members(),
            _ => return Err(Fault::new(place, Rule::Object)),
        };
        Ok(Self { place, members })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.0 == name)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Returned<'a>> {
        let at = self.members.iter().position(|member| member.0 == name)?;
        Some(self.members.remove(at).1)
    }

    pub(super) fn fault(&self, name: &str, rule: Rule) -> Fault {
        Fault::new(self.place.member(name), rule)
    }

    pub(super) fn string(&mut self, name: &str) -> Result<String, Fault> {
        self.optional_string(name)?
            .ok_or_else(|| self.fault(name, Rule::String))
    }

    pub(super) fn optional_string(&mut self, name: &str) -> Result<Option<String>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.into_owned())),
            Some(_) => Err(self.fault(name, Rule::String)),
        }
    }

    /// The members that are left, in their order.
    pub(super) fn into_members(self) -> ReturnedMembers<'a> {
        self.members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_are_escaped_and_shortened() {
        let member = |name: &str| Place::Named("a").member(name).to_string();
        assert_eq!(member("uri"), "a.uri");
        assert_eq!(member("x-a"), "a[\"x-a\"]");
        assert_eq!(member(""), "a[\"\"]");
        assert_eq!(member("\u{1b}[2J\n\""), "a[\"\\u{1b}[2J\\n\\\"\"]");
        let long = member(&"ä".repeat(100));
        assert_eq!(long, format!("a[\"{}…\"]", "ä".repeat(60)));
    }

    #[test]
    fn a_place_is_told_from_the_outermost_part() {
        let request = Place::Named("request");
        let headers = request.member("headers");
        let accept = headers.member("x-a");
        let values = accept.member("multiValue");
        let value = values.item(1);
        assert_eq!(
            value.member("value").to_string(),
            "request.headers[\"x-a\"].multiValue[1].value"
        );
    }
}

//! Patterns of regular expressions.
//!
//! AWS's documentation says "Perl-compatible", and the engine gives a pattern to PCRE as it is. So a pattern is refused
//! in PCRE's words \[E, with PCRE2 10.42\], and some that PCRE accepts mean something else in ECMAScript. What is
//! checked here is what people write and mistype: groups, quantifiers, classes, escapes, references, and that what is
//! looked behind for has a fixed length. Not checked: names of Unicode properties, verbs such as `(*ACCEPT)`,
//! conditions such as `(?(1)…)`, and how large a pattern becomes.

mod class;
mod escape;
mod width;

use std::collections::HashSet;

use self::width::{Branches, Width};

/// How many groups may be inside each other.
const MAX_GROUPS: usize = 250;

/// How long a group's name may be.
const MAX_NAME_LENGTH: usize = 32;

/// The greatest number in a quantifier.
const MAX_REPEAT: u32 = 65_535;

const NAME_EXPECTED: &str = "subpattern name expected";
const NAME_NOT_ENDED: &str = "syntax error in subpattern name (missing terminator?)";
const NO_SUCH_GROUP: &str = "reference to non-existent subpattern";

/// Why PCRE refuses a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// Its words.
    pub(super) reason: String,
    /// The byte at which it stopped.
    pub(super) at: usize,
}

type Checked<T = ()> = Result<T, Failure>;

fn fail<T>(reason: &str, at: usize) -> Checked<T> {
    Err(Failure {
        reason: reason.into(),
        at,
    })
}

/// Checks a pattern. `Ok(true)` if it has what ECMAScript hasn't, or understands otherwise.
pub(super) fn check(pattern: &str) -> Checked<bool> {
    let mut checker = Checker::new(pattern);
    checker.run()?;
    checker.check_references()?;
    match checker.variable_lookbehind {
        Some(at) => fail("lookbehind assertion is not fixed length", at),
        None => Ok(checker.is_perl),
    }
}

/// What a group is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Plain,
    Lookaround,
    Lookbehind,
}

#[derive(Debug)]
struct Open {
    group: Group,
    start: usize,
    branches: Branches,
}

#[derive(Debug)]
struct Checker<'p> {
    pattern: &'p str,
    bytes: &'p [u8],
    pos: usize,
    open: Vec<Open>,
    branches: Branches,
    /// Whether a quantifier can follow.
    repeatable: bool,
    groups: u32,
    names: HashSet<&'p str>,
    /// References by number and by name, with the place that a failure names.
    numbers: Vec<(u32, usize)>,
    named: Vec<(&'p str, usize)>,
    variable_lookbehind: Option<usize>,
    is_perl: bool,
}

impl<'p> Checker<'p> {
    fn new(pattern: &'p str) -> Self {
        Self {
            pattern,
            bytes: pattern.as_bytes(),
            pos: 0,
            open: Vec::new(),
            branches: Branches::default(),
            repeatable: false,
            groups: 0,
            names: HashSet::new(),
            numbers: Vec::new(),
            named: Vec::new(),
            variable_lookbehind: None,
            is_perl: false,
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.pos + ahead).copied()
    }

    fn rest(&self) -> &'p str {
        self.pattern.get(self.pos..).unwrap_or_default()
    }

    fn skip_character(&mut self) {
        self.pos += self.rest().chars().next().map_or(1, char::len_utf8);
    }

    fn run(&mut self) -> Checked {
        while let Some(byte) = self.byte(0) {
            match byte {
                b'(' => self.open_group()?,
                b')' => self.close_group()?,
                b'|' => {
                    self.pos += 1;
                    self.branches.next();
                    self.repeatable = false;
                }
                b'[' => self.class()?,
                b'\\' => self.escape()?,
                b'*' | b'+' | b'?' => self.quantifier(1, Width::Variable)?,
                b'{' => self.braces()?,
                b'^' | b'$' => {
                    self.pos += 1;
                    self.item(Width::Fixed(0), false);
                }
                _ => {
                    self.skip_character();
                    self.item(Width::Fixed(1), true);
                }
            }
        }
        if self.open.is_empty() {
            return Ok(());
        }
        fail("missing closing parenthesis", self.bytes.len())
    }

    fn item(&mut self, width: Width, repeatable: bool) {
        self.branches.push(width);
        self.repeatable = repeatable;
    }

    /// A quantifier of `length` bytes, with the `?` or `+` that may follow it.
    fn quantifier(&mut self, length: usize, times: Width) -> Checked {
        if !self.repeatable {
            return fail(
                "quantifier does not follow a repeatable item",
                self.pos + length - 1,
            );
        }
        self.pos += length;
        self.branches.repeat(times);
        self.repeatable = false;
        match self.byte(0) {
            Some(b'?') => self.pos += 1,
            Some(b'+') => {
                self.pos += 1;
                self.is_perl = true;
            }
            _ => {}
        }
        Ok(())
    }

    /// `{2}`, `{2,}` or `{2,3}`; anything else after a `{` is text.
    fn braces(&mut self) -> Checked {
        let rest = self.rest().get(1..).unwrap_or_default();
        let length = rest
            .bytes()
            .take_while(|&byte| byte.is_ascii_digit() || byte == b',')
            .count();
        let inside = &rest[..length];
        let (least, most) = inside
            .split_once(',')
            .map_or((inside, None), |(least, most)| (least, Some(most)));
        let is_text = least.is_empty() || most.is_some_and(|most| most.contains(','));
        if is_text || !rest[length..].starts_with('}') {
            return self.brace_as_text();
        }
        let number = |text: &str| {
            text.parse()
                .ok()
                .filter(|&number: &u32| number <= MAX_REPEAT)
        };
        let end = self.pos + inside.len() + 1;
        let (Some(least), Some(most)) = (
            number(least),
            most.map_or(Some(None), |most| match most {
                "" => Some(Some(u32::MAX)),
                _ => number(most).map(Some),
            }),
        ) else {
            return fail("number too big in {} quantifier", end);
        };
        if most.is_some_and(|most| most < least) {
            return fail("numbers out of order in {} quantifier", end);
        }
        let times = if most.is_none_or(|most| most == least) {
            Width::Fixed(least)
        } else {
            Width::Variable
        };
        self.quantifier(inside.len() + 2, times)
    }

    fn brace_as_text(&mut self) -> Checked {
        self.pos += 1;
        self.item(Width::Fixed(1), true);
        Ok(())
    }

    fn open_group(&mut self) -> Checked {
        let start = self.pos;
        if self.rest().starts_with("(*") {
            return self.verb();
        }
        if self.open.len() == MAX_GROUPS {
            return fail("parentheses are too deeply nested", self.pos + 1);
        }
        self.pos += 1;
        let Some(group) = self.group_kind()? else {
            return Ok(());
        };
        self.repeatable = false;
        let branches = std::mem::take(&mut self.branches);
        self.open.push(Open {
            group,
            start,
            branches,
        });
        Ok(())
    }

    /// What follows a group's `(`; `None` if it was whole, as a comment is.
    fn group_kind(&mut self) -> Checked<Option<Group>> {
        let kinds = [
            ("?:", Group::Plain),
            ("?=", Group::Lookaround),
            ("?!", Group::Lookaround),
        ];
        let kinds = kinds
            .into_iter()
            .chain([("?<=", Group::Lookbehind), ("?<!", Group::Lookbehind)]);
        for (prefix, group) in kinds {
            if self.rest().starts_with(prefix) {
                self.pos += prefix.len();
                return Ok(Some(group));
            }
        }
        if !self.rest().starts_with('?') {
            self.groups += 1;
            return Ok(Some(Group::Plain));
        }
        for prefix in ["?<", "?P<", "?'"] {
            if self.rest().starts_with(prefix) {
                self.is_perl |= prefix != "?<";
                self.pos += prefix.len();
                self.group_name(if prefix == "?'" { '\'' } else { '>' })?;
                return Ok(Some(Group::Plain));
            }
        }
        self.is_perl = true;
        self.perl_group()
    }

    fn group_name(&mut self, end: char) -> Checked {
        let name = self.name(end)?;
        self.groups += 1;
        if !self.names.insert(name) {
            return fail(
                "two named subpatterns have the same name (PCRE2_DUPNAMES not set)",
                self.pos,
            );
        }
        Ok(())
    }

    /// A name up to `end`.
    fn name(&mut self, end: char) -> Checked<&'p str> {
        let rest = self.rest();
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let name = rest
            .split_once(|character| !is_part(character))
            .map_or(rest, |(name, _)| name);
        if name.starts_with(|digit: char| digit.is_ascii_digit()) {
            return fail("subpattern name must start with a non-digit", self.pos);
        }
        if name.is_empty() {
            return fail(NAME_EXPECTED, self.pos);
        }
        self.pos += name.len();
        if name.chars().count() > MAX_NAME_LENGTH {
            return fail(
                "subpattern name is too long (maximum 32 code units)",
                self.pos,
            );
        }
        if !self.rest().starts_with(end) {
            return fail(NAME_NOT_ENDED, self.pos);
        }
        self.pos += 1;
        Ok(name)
    }

    /// The groups that ECMAScript hasn't.
    fn perl_group(&mut self) -> Checked<Option<Group>> {
        let rest = self.rest();
        if let Some(comment) = rest.strip_prefix("?#") {
            let Some(length) = comment.find(')') else {
                return fail("missing ) following (?# comment", self.bytes.len());
            };
            self.pos += length + 3;
            return Ok(None);
        }
        if rest.starts_with("?>") || rest.starts_with("?|") {
            self.pos += 2;
            return Ok(Some(Group::Plain));
        }
        let options = rest[1..]
            .bytes()
            .take_while(|byte| b"imnsxJ^-".contains(byte))
            .count();
        self.pos += 1 + options;
        match self.byte(0) {
            Some(b':') => {
                self.pos += 1;
                Ok(Some(Group::Plain))
            }
            Some(b')') => {
                self.pos += 1;
                self.repeatable = false;
                Ok(None)
            }
            None => fail("missing closing parenthesis", self.pos),
            Some(b'R' | b'C' | b'(' | b'&' | b'P' | b'+' | b'-' | b'0'..=b'9') => {
                self.unchecked_group()
            }
            Some(_) => fail("unrecognized character after (? or (?-", self.pos),
        }
    }

    /// A recursion, a condition or the like, whose inside isn't checked.
    fn unchecked_group(&mut self) -> Checked<Option<Group>> {
        if self.byte(0) == Some(b'(') {
            return Ok(Some(Group::Plain));
        }
        let Some(length) = self.rest().find(')') else {
            return fail("missing closing parenthesis", self.bytes.len());
        };
        self.pos += length + 1;
        self.item(Width::Variable, true);
        Ok(None)
    }

    fn verb(&mut self) -> Checked {
        if !self
            .byte(2)
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b':')
        {
            self.pos += 1;
            self.repeatable = false;
            return self.quantifier(1, Width::Variable);
        }
        self.is_perl = true;
        let length = self
            .rest()
            .find(')')
            .map_or(self.rest().len(), |length| length + 1);
        self.pos += length;
        self.repeatable = false;
        Ok(())
    }

    fn close_group(&mut self) -> Checked {
        let Some(open) = self.open.pop() else {
            return fail("unmatched closing parenthesis", self.pos);
        };
        self.pos += 1;
        let inside = std::mem::replace(&mut self.branches, open.branches);
        let width = match open.group {
            Group::Plain => inside.of_group(),
            Group::Lookaround => Width::Fixed(0),
            Group::Lookbehind => {
                if !inside.each_is_fixed() {
                    let first = self
                        .variable_lookbehind
                        .map_or(open.start, |at| at.min(open.start));
                    self.variable_lookbehind = Some(first);
                }
                Width::Fixed(0)
            }
        };
        self.item(width, true);
        Ok(())
    }

    fn check_references(&self) -> Checked {
        let number = self
            .numbers
            .iter()
            .find(|(number, _)| *number > self.groups)
            .map(|(_, at)| *at);
        let name = self
            .named
            .iter()
            .find(|(name, _)| !self.names.contains(*name))
            .map(|(_, at)| *at);
        match [number, name].into_iter().flatten().min() {
            Some(at) => fail(NO_SUCH_GROUP, at),
            None => Ok(()),
        }
    }
}

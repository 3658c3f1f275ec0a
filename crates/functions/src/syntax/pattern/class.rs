//! Classes of characters in patterns.

use super::width::Width;
use super::{Checked, Checker, fail};

const NOT_ENDED: &str = "missing terminating ] for character class";
const BAD_RANGE: &str = "invalid range in character class";
const NAMES: [&str; 14] = [
    "alpha", "lower", "upper", "alnum", "ascii", "blank", "cntrl", "digit", "graph", "print",
    "punct", "space", "word", "xdigit",
];

/// One part of a class.
#[derive(Debug, Clone, Copy)]
enum Part {
    One(char),
    Several,
}

impl<'p> Checker<'p> {
    /// A class in its brackets. A `]` at its beginning belongs to it, which ECMAScript has otherwise.
    pub(super) fn class(&mut self) -> Checked {
        if ["[:", "[.", "[="]
            .iter()
            .any(|prefix| self.posix(prefix).is_some())
        {
            return fail(
                "POSIX named classes are supported only within a class",
                self.pos,
            );
        }
        self.pos += 1;
        if self.byte(0) == Some(b'^') {
            self.pos += 1;
        }
        let first = self.pos;
        loop {
            match self.byte(0) {
                None => return fail(NOT_ENDED, self.bytes.len()),
                Some(b']') if self.pos > first => break,
                Some(b']') => self.is_perl = true,
                _ => {}
            }
            let part = self.class_part()?;
            self.class_range(part)?;
        }
        self.pos += 1;
        self.item(Width::Fixed(1), true);
        Ok(())
    }

    /// What may follow a part: a `-` and another.
    fn class_range(&mut self, from: Part) -> Checked {
        if self.byte(0) != Some(b'-') || matches!(self.byte(1), None | Some(b']')) {
            return Ok(());
        }
        let Part::One(from) = from else {
            return fail(BAD_RANGE, self.pos);
        };
        self.pos += 1;
        let to = self.class_part()?;
        match to {
            Part::Several => fail(BAD_RANGE, self.pos),
            Part::One(to) if to < from => {
                let length = self.pattern[..self.pos]
                    .chars()
                    .next_back()
                    .map_or(1, char::len_utf8);
                fail("range out of order in character class", self.pos - length)
            }
            Part::One(_) => Ok(()),
        }
    }

    fn class_part(&mut self) -> Checked<Part> {
        if let Some(name) = self.posix("[:") {
            return self.named_class(name);
        }
        if ["[.", "[="]
            .iter()
            .any(|prefix| self.posix(prefix).is_some())
        {
            return fail("POSIX collating elements are not supported", self.pos);
        }
        let Some(character) = self.rest().chars().next() else {
            return fail(NOT_ENDED, self.bytes.len());
        };
        self.pos += character.len_utf8();
        if character == '\\' {
            self.class_escape()
        } else {
            Ok(Part::One(character))
        }
    }

    /// The inside of `[:…:]` and its like.
    fn posix(&self, prefix: &str) -> Option<&'p str> {
        let rest = self.rest().strip_prefix(prefix)?;
        let length = rest
            .bytes()
            .take_while(|&byte| byte.is_ascii_alphanumeric() || byte == b'^')
            .count();
        let (inside, after) = rest.split_at(length);
        after
            .strip_prefix(&prefix[1..])?
            .starts_with(']')
            .then_some(inside)
    }

    fn named_class(&mut self, name: &str) -> Checked<Part> {
        let length = name.len();
        self.is_perl = true;
        if !NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return fail("unknown POSIX class name", self.pos + 2);
        }
        self.pos += length + 4;
        Ok(Part::Several)
    }

    fn class_escape(&mut self) -> Checked<Part> {
        let at = self.pos;
        let Some(byte) = self.byte(0) else {
            return fail(NOT_ENDED, self.bytes.len());
        };
        match byte {
            b'A' | b'B' | b'C' | b'G' | b'K' | b'R' | b'X' | b'Z' | b'k' | b'z' => {
                return fail("escape sequence is invalid in character class", at);
            }
            b'N' => return fail("\\N is not supported in a class", at + 1),
            b'Q' | b'E' => {
                // What is between them isn't looked at.
                self.pos += 1;
                self.is_perl = true;
                return Ok(Part::Several);
            }
            b'1'..=b'7' => return Ok(Part::One(self.class_octal())),
            _ => {}
        }
        if self.character_escape()? {
            return Ok(Part::Several);
        }
        let text = self.pattern.get(at..self.pos).unwrap_or_default();
        Ok(Part::One(meaning(text)))
    }

    fn class_octal(&mut self) -> char {
        let digits = self
            .rest()
            .bytes()
            .take(3)
            .take_while(|digit| matches!(digit, b'0'..=b'7'))
            .count();
        let code = u32::from_str_radix(&self.rest()[..digits], 8).unwrap_or(0);
        self.pos += digits;
        char::from_u32(code).unwrap_or('\0')
    }
}

/// The character that an escape, without its `\`, is for. Half of a surrogate pair is as good as the last character.
fn meaning(text: &str) -> char {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return '\\';
    };
    let rest = characters.as_str();
    match first {
        'x' | 'u' if !rest.is_empty() => u32::from_str_radix(rest, 16)
            .ok()
            .and_then(char::from_u32)
            .unwrap_or(char::MAX),
        '0' => u32::from_str_radix(text, 8)
            .ok()
            .and_then(char::from_u32)
            .unwrap_or('\0'),
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'f' => '\u{c}',
        'a' => '\u{7}',
        'e' => '\u{1b}',
        'b' => '\u{8}',
        'c' => rest
            .chars()
            .next()
            .map_or('\0', |letter| char::from((letter as u8 ^ 64) & 127)),
        _ => first,
    }
}

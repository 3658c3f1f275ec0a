//! Escapes in patterns.

use super::width::Width;
use super::{Checked, Checker, fail};

const UNKNOWN_ESCAPE: &str = "unrecognized character follows \\";
const UNSUPPORTED_ESCAPE: &str = "PCRE2 does not support \\F, \\L, \\l, \\N{name}, \\U, or \\u";
const BAD_PROPERTY: &str = "malformed \\P or \\p sequence";
const NO_NAME: &str = "\\k is not followed by a braced, angle-bracketed, or quoted name";
const NO_NUMBER: &str =
    "\\g is not followed by a braced, angle-bracketed, or quoted name/number or by a plain number";

impl Checker<'_> {
    /// An escape outside of classes.
    pub(super) fn escape(&mut self) -> Checked {
        self.pos += 1;
        let Some(byte) = self.byte(0) else {
            return fail("\\ at end of pattern", self.pos);
        };
        match byte {
            b'1'..=b'9' => self.reference(),
            b'k' => self.named_reference(),
            b'g' => self.perl_reference(),
            b'b' | b'B' => self.assertion(false),
            b'A' | b'z' | b'Z' | b'G' | b'K' => self.assertion(true),
            b'E' => {
                self.pos += 1;
                self.is_perl = true;
                Ok(())
            }
            b'Q' => self.quoted(),
            b'R' | b'X' => {
                self.pos += 1;
                self.is_perl = true;
                self.item(Width::Variable, true);
                Ok(())
            }
            _ => {
                self.character_escape()?;
                self.item(Width::Fixed(1), true);
                Ok(())
            }
        }
    }

    fn assertion(&mut self, is_perl: bool) -> Checked {
        self.pos += 1;
        self.is_perl |= is_perl;
        self.item(Width::Fixed(0), false);
        Ok(())
    }

    /// An escape for one character, from after its `\` on; `Ok(true)` if it is for several, as `\d` is.
    pub(super) fn character_escape(&mut self) -> Checked<bool> {
        let at = self.pos;
        let Some(byte) = self.byte(0) else {
            return Ok(false);
        };
        self.skip_character();
        match byte {
            b'd' | b'D' | b's' | b'S' | b'w' | b'W' => Ok(true),
            // `\v` is a vertical tab in ECMAScript, and any vertical space here.
            b'h' | b'H' | b'N' | b'v' | b'V' => {
                self.is_perl = true;
                Ok(true)
            }
            b'a' | b'e' | b'C' => {
                self.is_perl = true;
                Ok(false)
            }
            b'x' => {
                self.skip_hexadecimal(2);
                Ok(false)
            }
            b'u' => {
                self.skip_hexadecimal(4);
                Ok(false)
            }
            b'c' => self.control(),
            b'p' | b'P' => self.property().map(|()| true),
            b'o' => self.octal(at),
            b'F' | b'L' | b'l' => fail(UNSUPPORTED_ESCAPE, self.pos),
            b'i' | b'j' | b'm' | b'q' | b'y' | b'I' | b'J' | b'M' | b'O' | b'T' | b'Y' => {
                fail(UNKNOWN_ESCAPE, at)
            }
            b'0' => {
                let octal = self
                    .rest()
                    .bytes()
                    .take(2)
                    .take_while(|digit| matches!(digit, b'0'..=b'7'));
                self.pos += octal.count();
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn skip_hexadecimal(&mut self, count: usize) {
        let digits = self.rest().get(..count).unwrap_or_default();
        if digits.len() == count && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            self.pos += count;
        }
    }

    fn control(&mut self) -> Checked<bool> {
        match self.byte(0) {
            None => fail("\\c at end of pattern", self.pos),
            Some(b' '..=b'~') => {
                self.pos += 1;
                Ok(false)
            }
            Some(_) => fail(
                "\\c must be followed by a printable ASCII character",
                self.pos,
            ),
        }
    }

    /// A Unicode property. Its name is only checked for being there.
    fn property(&mut self) -> Checked {
        self.is_perl = true;
        if self.byte(0) != Some(b'{') {
            return match self.byte(0) {
                Some(byte) if byte.is_ascii_alphabetic() => {
                    self.pos += 1;
                    Ok(())
                }
                _ => fail(BAD_PROPERTY, self.bytes.len().min(self.pos + 1)),
            };
        }
        let Some(length) = self.rest().find('}') else {
            return fail(BAD_PROPERTY, self.bytes.len());
        };
        self.pos += length + 1;
        if length == 1 {
            return fail("unknown property after \\P or \\p", self.pos);
        }
        Ok(())
    }

    fn octal(&mut self, at: usize) -> Checked<bool> {
        self.is_perl = true;
        if self.byte(0) != Some(b'{') {
            let at = if self.rest().is_empty() { at } else { self.pos };
            return fail("missing opening brace after \\o", at);
        }
        match self.rest().find('}') {
            Some(length) => {
                self.pos += length + 1;
                Ok(false)
            }
            None => fail(
                "missing terminating ] for character class",
                self.bytes.len(),
            ),
        }
    }

    /// `\1` and on: a reference if the number has one digit or there are so many groups, else an octal number.
    fn reference(&mut self) -> Checked {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let number = self.rest()[..digits].parse().unwrap_or(u32::MAX);
        let first = self.byte(0);
        if number < 10 || number <= self.groups || matches!(first, Some(b'8' | b'9')) {
            self.pos += digits;
            self.numbers.push((number, self.pos - 1));
            self.item(Width::Variable, true);
            return Ok(());
        }
        let octal = self
            .rest()
            .bytes()
            .take(3)
            .take_while(|digit| matches!(digit, b'0'..=b'7'))
            .count();
        self.pos += octal;
        self.is_perl = true;
        self.item(Width::Fixed(1), true);
        Ok(())
    }

    fn named_reference(&mut self) -> Checked {
        self.pos += 1;
        let end = match self.byte(0) {
            Some(b'<') => '>',
            Some(b'{') => '}',
            Some(b'\'') => '\'',
            _ => return fail(NO_NAME, self.pos),
        };
        self.is_perl |= end != '>';
        self.pos += 1;
        let at = self.pos;
        let name = self.name(end)?;
        self.named.push((name, at));
        self.item(Width::Variable, true);
        Ok(())
    }

    fn perl_reference(&mut self) -> Checked {
        self.pos += 1;
        self.is_perl = true;
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let number = self.rest()[..digits].parse().unwrap_or(u32::MAX);
            self.pos += digits;
            self.numbers.push((number, self.pos - 1));
        } else {
            let end = match self.byte(0) {
                Some(b'{') => '}',
                Some(b'<') => '>',
                Some(b'\'') => '\'',
                _ => return fail(NO_NUMBER, self.pos),
            };
            let Some(length) = self.rest().get(1..).and_then(|rest| rest.find(end)) else {
                return fail(NO_NUMBER, self.pos);
            };
            self.pos += length + 2;
        }
        self.item(Width::Variable, true);
        Ok(())
    }

    /// `\Q` and text up to `\E`.
    fn quoted(&mut self) -> Checked {
        self.is_perl = true;
        self.pos += 1;
        let text = self
            .rest()
            .split_once("\\E")
            .map_or(self.rest(), |(text, _)| text);
        self.pos = (self.pos + text.len() + 2).min(self.bytes.len());
        for _ in text.chars() {
            self.item(Width::Fixed(1), true);
        }
        Ok(())
    }
}

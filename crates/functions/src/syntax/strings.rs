//! The escapes in strings and templates.

use super::refusal::{self, Text};

/// What a `\` in a string stands for.
#[derive(Debug, PartialEq, Eq)]
enum Escape {
    /// A character; `None` if there is none, as for the end of a line, or for half of a surrogate pair.
    Character(Option<char>),
    /// `\0` and another digit, which quickjs refuses.
    ZeroAndDigit,
    /// `\1` to `\7`.
    Octal,
    /// `\8` and `\9`.
    EightOrNine,
    /// `\x` or `\u` without its digits.
    Invalid,
}

/// Checks the escapes of a string, or of a piece of a template. `Ok(true)` if quickjs may refuse one of them.
pub(super) fn check(text: &str, allows_octal: bool) -> Result<bool, Text> {
    let mut differs = false;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('\\') {
        let (escape, length) = escape(after);
        match escape {
            Escape::Invalid => return Err(refusal::invalid_escape(text)),
            Escape::Octal if !allows_octal => return Err(refusal::octal_escape()),
            Escape::EightOrNine if !allows_octal => return Err(refusal::eight_or_nine_escape()),
            Escape::ZeroAndDigit | Escape::Octal | Escape::EightOrNine => differs = true,
            _ => {}
        }
        rest = after.get(length..).unwrap_or_default();
    }
    Ok(differs)
}

/// Whether a string whose escapes are right means `meaning`.
pub(super) fn means(text: &str, meaning: &str) -> bool {
    let mut rest = text;
    let mut decoded = String::new();
    while let Some((before, after)) = rest.split_once('\\') {
        decoded.push_str(before);
        let (escape, length) = escape(after);
        if let Escape::Character(Some(character)) = escape {
            decoded.push(character);
        }
        rest = after.get(length..).unwrap_or_default();
    }
    decoded.push_str(rest);
    decoded == meaning
}

/// The escape after a `\`, and its length.
fn escape(text: &str) -> (Escape, usize) {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return (Escape::Character(None), 0);
    };
    let rest = characters.as_str();
    match first {
        'x' => hexadecimal(rest.get(..2), 3),
        'u' if rest.starts_with('{') => braced(rest),
        'u' => hexadecimal(rest.get(..4), 5),
        '0' if rest.starts_with(|digit: char| digit.is_ascii_digit()) => (Escape::ZeroAndDigit, 1),
        '1'..='7' => (Escape::Octal, 1),
        '8' | '9' => (Escape::EightOrNine, 1),
        '\n' | '\r' => (Escape::Character(None), 1),
        _ => (Escape::Character(Some(first)), first.len_utf8()),
    }
}

fn hexadecimal(digits: Option<&str>, length: usize) -> (Escape, usize) {
    digits.and_then(code).map_or((Escape::Invalid, 1), |code| {
        (Escape::Character(char::from_u32(code)), length)
    })
}

/// `{` and up to six digits.
fn braced(text: &str) -> (Escape, usize) {
    let digits = text
        .get(1..)
        .and_then(|rest| rest.split_once('}'))
        .map(|(digits, _)| digits);
    let code = digits
        .filter(|digits| digits.len() <= 6)
        .and_then(code)
        .filter(|&code| code <= 0x10_ffff);
    match (digits, code) {
        (Some(digits), Some(code)) => (Escape::Character(char::from_u32(code)), digits.len() + 3),
        _ => (Escape::Invalid, 1),
    }
}

/// The number that hexadecimal digits stand for; there has to be one.
fn code(digits: &str) -> Option<u32> {
    let all = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    all.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

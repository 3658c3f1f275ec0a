//! Numbers, as AWS's engine cuts them \[E\].
//!
//! A number ends where it can't go on, and what follows is the next token: `10n` is `10` and then `n`. Octal digits
//! after a `0`, and the digits 2 to 9 and 8 to 9 after `0b` and `0o`, are a token of their own that can stand nowhere.

use super::difference::DifferenceKind;

/// What a number is.
#[derive(Debug)]
pub(super) struct Number {
    /// Its bytes.
    pub(super) length: usize,
    /// Whether it can stand anywhere.
    pub(super) good: bool,
    /// How quickjs reads it.
    pub(super) difference: Option<DifferenceKind>,
}

impl Number {
    fn good(length: usize) -> Self {
        Self {
            length,
            good: true,
            difference: None,
        }
    }

    fn bad(length: usize) -> Self {
        Self {
            length,
            good: false,
            difference: None,
        }
    }
}

/// The number that `text` begins with, which is a digit, or a `.` and a digit. `separators`: whether there may be a
/// `_` between two digits.
pub(super) fn number(text: &[u8], separators: bool) -> Number {
    if let [b'0', second, ..] = text {
        match second {
            b'x' | b'X' => return radix(text, 16, separators),
            b'o' | b'O' => return radix(text, 8, separators),
            b'b' | b'B' => return radix(text, 2, separators),
            b'0'..=b'9' => return Number::bad(2),
            b'_' if separators => return Number::bad(2),
            _ => {}
        }
    }
    let mut length = digits(text, 10, separators);
    if text.get(length) == Some(&b'.') {
        length += 1;
        length += digits(&text[length..], 10, separators);
    }
    Number::good(length + exponent(&text[length..], separators))
}

/// `0x`, `0o` or `0b` with its digits. There may be no digits, but not at the end of the program.
fn radix(text: &[u8], radix: u32, separators: bool) -> Number {
    let length = 2 + digits(&text[2..], radix, separators);
    match text.get(length) {
        Some(digit @ b'0'..=b'9') if radix < 10 && !char::from(*digit).is_digit(radix) => {
            Number::bad(length + 1)
        }
        None if length == 2 => Number::bad(length),
        _ if length == 2 => Number {
            difference: Some(DifferenceKind::NumberWithoutDigits),
            ..Number::good(length)
        },
        _ => Number::good(length),
    }
}

/// How many bytes of digits there are, single `_` between them included.
fn digits(text: &[u8], radix: u32, separators: bool) -> usize {
    let is_digit = |at: usize| {
        text.get(at)
            .is_some_and(|&byte| char::from(byte).is_digit(radix))
    };
    let mut length = 0;
    loop {
        if is_digit(length) {
            length += 1;
        } else if separators
            && length > 0
            && text.get(length) == Some(&b'_')
            && is_digit(length + 1)
        {
            length += 2;
        } else {
            return length;
        }
    }
}

/// An exponent; without digits there is none.
fn exponent(text: &[u8], separators: bool) -> usize {
    let sign = match text {
        [b'e' | b'E', b'+' | b'-', ..] => 2,
        [b'e' | b'E', ..] => 1,
        _ => return 0,
    };
    match digits(&text[sign..], 10, separators) {
        0 => 0,
        length => sign + length,
    }
}

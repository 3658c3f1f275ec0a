//! What is wrong with a file, where, and what to write instead.
//!
//! A file that is right is read by serde_json, which is twice as fast as the lexer here, and which
//! knows no place of a value. A file that it refuses is read again, token by token: the lexer,
//! hifijson, says at each how far it is, and the document has one fixed shape, so that what may come
//! next, and the first fault, are decided here. (struson knows places as well, and takes 30 ms to
//! 140 ms for a file of 5 MB on a machine where serde_json takes 5 ms to 45 ms.)

use std::borrow::Cow;

use hifijson::SliceLexer;
use hifijson::escape;
use hifijson::str::{self, LexAlloc};
use hifijson::token::Lex;

use super::error::shown;
use super::{Collector, ImportError, Place};
use crate::Limits;

/// The form that a file must have, for messages.
pub(super) const FORM: &str = r#"{"data":[{"key":"…","value":"…"}]}"#;

/// The reason for a file that is refused, and in which nothing is found wrong.
pub(super) const UNEXPLAINED: &str = "the file is not of the expected form";

/// The form of one entry, for messages.
const ENTRY: &str = r#"{"key":"…","value":"…"}"#;

/// The fault that stands first in a file that was refused. `text` is the file up to the first byte
/// that is not UTF-8, and `encoding` the fault that this byte is.
pub(super) fn first_fault(
    text: &str,
    encoding: Option<ImportError>,
    limits: &Limits,
) -> ImportError {
    let mut parser = Parser {
        text,
        lexer: SliceLexer::new(text.as_bytes()),
    };
    let mut collector = Collector::new(limits);
    let form = match (parser.document(&mut collector), encoding) {
        (Err(Fault::Ends(_)) | Ok(()), Some(encoding)) => encoding,
        (Err(fault), _) => fault.into(),
        // The two readers disagree; a property test looks for such a file.
        (Ok(()), None) => ImportError::Form {
            place: Place::after(""),
            reason: UNEXPLAINED.to_owned(),
        },
    };
    // All that was collected stands before the place where reading ended, hence also a duplicate.
    collector.finish().err().unwrap_or(form)
}

/// Why reading ended before the end of the document.
enum Fault {
    /// The text ends, at this place.
    Ends(Place),
    /// It can't go on like this, or the collector refused an entry.
    Refused(ImportError),
}

impl From<Fault> for ImportError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Ends(place) => Self::Form {
                place,
                reason: format!("the file ends before the document does; the form is {FORM}"),
            },
            Fault::Refused(error) => error,
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    lexer: SliceLexer<'t>,
}

/// The members of an object, or the elements of an array, of which some were read.
struct Items {
    end: u8,
    is_first: bool,
}

impl Items {
    const OBJECT: Self = Self {
        end: b'}',
        is_first: true,
    };
    const ARRAY: Self = Self {
        end: b']',
        is_first: true,
    };
}

/// The name of a member, and the byte of the file at which it begins.
struct Name<'t> {
    text: Cow<'t, str>,
    start: usize,
}

impl<'t> Parser<'t> {
    /// The whole document: an object with the one member `data`.
    fn document(&mut self, collector: &mut Collector<'_>) -> Result<(), Fault> {
        match self.peek()? {
            b'{' => self.skip(),
            other => return Err(self.refused(not_an_object(other, self.text))),
        }
        let mut members = Items::OBJECT;
        let mut has_data = false;
        while self.next(&mut members)? {
            let name = self.name()?;
            match &*name.text {
                "data" if has_data => return Err(self.repeated(&name)),
                "data" => self.entries(collector)?,
                _ => return Err(self.unknown_at_top(&name, has_data)),
            }
            has_data = true;
        }
        if !has_data {
            return Err(self.missing("data"));
        }
        match self.lexer.ws_peek() {
            None => Ok(()),
            Some(b'{') => Err(self.refused(format!(
                "expected the end of the file: all entries stand in one document, {FORM}"
            ))),
            Some(_) => Err(self.refused("expected the end of the file")),
        }
    }

    fn entries(&mut self, collector: &mut Collector<'_>) -> Result<(), Fault> {
        match self.peek()? {
            b'[' => self.skip(),
            b'{' => {
                return Err(self.refused(format!(
                    "expected a list: write each pair of a map as {ENTRY}, in the form {FORM}"
                )));
            }
            _ => return Err(self.refused(format!("expected a list; the form is {FORM}"))),
        }
        let mut elements = Items::ARRAY;
        while self.next(&mut elements)? {
            let (key, value) = self.entry()?;
            let taken = collector.take(key.into(), value.into());
            taken.map_err(Fault::Refused)?;
        }
        Ok(())
    }

    /// One entry: an object with the members `key` and `value`, in any order.
    fn entry(&mut self) -> Result<(Cow<'t, str>, Cow<'t, str>), Fault> {
        match self.peek()? {
            b'{' => self.skip(),
            _ => return Err(self.refused(format!("expected {ENTRY}; the form is {FORM}"))),
        }
        let (mut key, mut value) = (None, None);
        let mut members = Items::OBJECT;
        while self.next(&mut members)? {
            let name = self.name()?;
            let member = match &*name.text {
                "key" => &mut key,
                "value" => &mut value,
                _ => return Err(self.unknown(&name)),
            };
            if member.is_some() {
                return Err(self.repeated(&name));
            }
            *member = Some(self.text_value()?);
        }
        match (key, value) {
            (Some(key), Some(value)) => Ok((key, value)),
            (None, _) => Err(self.missing("key")),
            (_, None) => Err(self.missing("value")),
        }
    }

    /// Goes on to the next member or element; false, and after the closing bracket, if there is
    /// none.
    fn next(&mut self, items: &mut Items) -> Result<bool, Fault> {
        let found = self.peek()?;
        let is_first = std::mem::take(&mut items.is_first);
        if found == items.end {
            self.skip();
            return Ok(false);
        }
        if is_first {
            return Ok(true);
        }
        if found != b',' {
            let end = char::from(items.end);
            return Err(self.refused(format!("expected `,` or `{end}`")));
        }
        self.skip();
        if self.peek()? == items.end {
            return Err(self.refused("trailing comma"));
        }
        Ok(true)
    }

    /// A member's name and the colon after it.
    fn name(&mut self) -> Result<Name<'t>, Fault> {
        if self.peek()? != b'"' {
            return Err(self.refused("expected the name of a member, in double quotes"));
        }
        let start = self.offset();
        let text = self.string()?;
        if self.peek()? != b':' {
            return Err(self.refused("expected `:`"));
        }
        self.skip();
        Ok(Name { text, start })
    }

    /// The value of `key` or `value`.
    fn text_value(&mut self) -> Result<Cow<'t, str>, Fault> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' | b'[' => Err(self.refused(format!(
                "expected a string: write JSON as text, each of its quotes as \\\"; \
                 the form is {FORM}"
            ))),
            _ => Err(self.refused(format!(
                "expected a string: put it in double quotes; the form is {FORM}"
            ))),
        }
    }

    /// A string, whose opening quote comes next.
    fn string(&mut self) -> Result<Cow<'t, str>, Fault> {
        self.skip();
        self.lexer
            .str_string()
            .map_err(|error| self.string_fault(error))
    }

    fn string_fault(&self, error: str::Error) -> Fault {
        use escape::Error::{Eof, ExpectedLowSurrogate, InvalidChar, InvalidHex, InvalidKind};
        let rest = self.lexer.as_slice();
        match error {
            str::Error::Eof | str::Error::Escape(Eof) => self.ends(),
            str::Error::Escape(ExpectedLowSurrogate) if b"\\u".starts_with(rest) => self.ends(),
            str::Error::Escape(InvalidKind(_) | InvalidHex(_)) => {
                self.refused_at(self.last_escape(), "invalid escape")
            }
            str::Error::Escape(ExpectedLowSurrogate | InvalidChar(_)) => self.refused_at(
                self.last_escape(),
                "a surrogate without the other half of its pair",
            ),
            // The lexer has taken the character, of one byte.
            str::Error::Control => self.refused_at(
                self.offset().saturating_sub(1),
                "a control character in a string: write it as an escape",
            ),
            // The lexer was given text.
            str::Error::Utf8(_) => self.refused("invalid UTF-8"),
        }
    }

    /// The byte at which the escape begins that the lexer refused. It has taken a byte that can't be
    /// in it, which may be a backslash as well.
    fn last_escape(&self) -> usize {
        let taken = self.text.as_bytes().get(..self.offset().saturating_sub(1));
        let backslash = taken.and_then(|taken| taken.iter().rposition(|byte| *byte == b'\\'));
        backslash.unwrap_or_default()
    }

    fn unknown_at_top(&mut self, name: &Name<'_>, has_data: bool) -> Fault {
        let is = |known: &str| name.text.eq_ignore_ascii_case(known);
        if !has_data && (is("key") || is("value")) {
            return self.unknown_because(
                name,
                format!("put all entries, also those on lines of their own, into one list, {FORM}"),
            );
        }
        if !has_data && !is("data") && self.lexer.ws_peek() == Some(b'"') {
            let why = format!("write each pair of a map as {ENTRY}, in the form {FORM}");
            return self.unknown_because(name, why);
        }
        self.unknown(name)
    }

    fn unknown(&self, name: &Name<'_>) -> Fault {
        let is = |known: &&str| name.text.eq_ignore_ascii_case(known);
        match ["data", "key", "value"].iter().find(|known| is(known)) {
            Some(known) if **known != *name.text => self.unknown_because(
                name,
                format!("write {known:?}, in lower case; the form is {FORM}"),
            ),
            _ => self.unknown_because(name, format!("the form is {FORM}")),
        }
    }

    fn unknown_because(&self, name: &Name<'_>, why: String) -> Fault {
        self.refused_at(
            name.start,
            format!("unknown member {}: {why}", shown(&name.text)),
        )
    }

    fn repeated(&self, name: &Name<'_>) -> Fault {
        self.refused_at(
            name.start,
            format!("the member {} occurs twice", shown(&name.text)),
        )
    }

    /// The fault of an object without a member, whose closing brace was read last.
    fn missing(&self, name: &str) -> Fault {
        self.refused_at(
            self.offset().saturating_sub(1),
            format!("the member {name:?} is missing; the form is {FORM}"),
        )
    }

    /// The first byte of the next token.
    fn peek(&mut self) -> Result<u8, Fault> {
        match self.lexer.ws_peek() {
            Some(byte) => Ok(byte),
            None => Err(self.ends()),
        }
    }

    /// Passes over a byte that was peeked at.
    fn skip(&mut self) {
        self.lexer.discarded();
    }

    /// How many bytes were read.
    fn offset(&self) -> usize {
        self.text.len() - self.lexer.as_slice().len()
    }

    fn ends(&self) -> Fault {
        Fault::Ends(Place::after(self.text))
    }

    fn refused(&self, reason: impl Into<String>) -> Fault {
        self.refused_at(self.offset(), reason)
    }

    fn refused_at(&self, offset: usize, reason: impl Into<String>) -> Fault {
        let before = self.text.get(..offset).unwrap_or(self.text);
        Fault::Refused(ImportError::Form {
            place: Place::after(before),
            reason: reason.into(),
        })
    }
}

/// What is wrong with a file that begins with something else than an object.
fn not_an_object(first: u8, text: &str) -> String {
    let first_line = text.trim_start().lines().next().unwrap_or_default();
    if first == b'[' {
        format!("expected an object: put the list into it as its member \"data\", {FORM}")
    } else if first_line.contains([',', ';', '\t']) {
        format!("expected {FORM}: a line of a CSV file becomes one {ENTRY}")
    } else {
        format!("expected {FORM}")
    }
}

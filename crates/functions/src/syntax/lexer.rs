//! From bytes to tokens, as AWS's engine cuts them.
//!
//! A `/` is a punctuator here and a "`" a token by itself: only the parser knows whether a regular expression can
//! stand there, and asks for it ([`Lexer::regexp`]), as it asks for each piece of a template
//! ([`Lexer::template_piece`]).
//!
//! Where the engine isn't like the standard, all \[E\]: names are ASCII and without escapes; only a line feed ends a
//! line (`\r`, U+2028 and U+2029 are spaces); a line feed inside a comment, or after the `\` in a string, ends none.

use super::difference::{Difference, DifferenceKind};
use super::number::number;
use super::token::{Kind, Mark, Token, Word};

/// How a piece of a template ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceEnd {
    /// With `${`.
    Expression,
    /// With the template.
    Template,
    /// With the program.
    Program,
}

/// Cuts a program into tokens.
#[derive(Debug)]
pub(super) struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    pos: usize,
    line: u32,
    separators: bool,
    /// What quickjs reads otherwise.
    pub(super) differences: Vec<Difference>,
}

impl<'s> Lexer<'s> {
    /// A lexer at the beginning of `source`. `separators`: whether `1_000` is a number.
    pub(super) fn new(source: &'s str, separators: bool) -> Self {
        Self {
            source,
            bytes: source.as_bytes(),
            pos: 0,
            line: 1,
            separators,
            differences: Vec::new(),
        }
    }

    /// The program.
    pub(super) fn source(&self) -> &'s str {
        self.source
    }

    fn at(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.pos + ahead).copied()
    }

    fn character(&self) -> Option<char> {
        self.source.get(self.pos..)?.chars().next()
    }

    /// Goes back to just after `token`, which is the last one that was used.
    pub(super) fn rewind(&mut self, token: &Token) {
        self.pos = token.end;
        self.line = token.line;
        while self
            .differences
            .last()
            .is_some_and(|difference| difference.start >= token.end)
        {
            self.differences.pop();
        }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Token {
        let gap = self.skip_gap();
        let start = self.pos;
        let kind = if gap.bad_comment {
            self.bad_comment()
        } else {
            self.scan()
        };
        Token {
            kind,
            start,
            end: self.pos,
            line: self.line,
            newline: gap.newline_line.is_some(),
            newline_line: gap.newline_line.unwrap_or(self.line),
        }
    }

    fn scan(&mut self) -> Kind {
        let Some(byte) = self.at(0) else {
            return Kind::End;
        };
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'$' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'.' if self.at(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            b'"' | b'\'' => self.string(byte),
            b'`' => {
                self.pos += 1;
                Kind::Template
            }
            _ => self.mark(),
        }
    }

    fn word(&mut self) -> Kind {
        let rest = &self.bytes[self.pos..];
        let length = rest.iter().take_while(|&&byte| is_name_byte(byte)).count();
        self.pos += length;
        Word::of(&rest[..length]).map_or(Kind::Name, Kind::Word)
    }

    fn number(&mut self) -> Kind {
        let number = number(&self.bytes[self.pos..], self.separators);
        if let Some(kind) = number.difference {
            self.differ(kind);
        }
        self.pos += number.length;
        if number.good {
            Kind::Number
        } else {
            Kind::BadNumber
        }
    }

    fn mark(&mut self) -> Kind {
        let rest = &self.bytes[self.pos..];
        for length in (1..=rest.len().min(4)).rev() {
            if let Some(mark) = Mark::of(&rest[..length]) {
                if rest.starts_with(b"<!--") {
                    self.differ(DifferenceKind::HtmlComment);
                }
                self.pos += length;
                return Kind::Mark(mark);
            }
        }
        self.pos += self.character().map_or(1, char::len_utf8);
        Kind::Unknown
    }

    /// A string; a `\` takes the character after it along, whatever that is. A string that isn't ended has all up to
    /// and with the end of its line.
    fn string(&mut self, quote: u8) -> Kind {
        self.pos += 1;
        while let Some(byte) = self.at(0) {
            self.pos += 1;
            match byte {
                b'\\' => self.skip_escaped(),
                b'\n' | b'\r' => return Kind::BadString,
                _ if byte == quote => return Kind::String,
                _ => {}
            }
        }
        Kind::BadString
    }

    /// Skips what follows a `\`: one character, or `\r\n`.
    fn skip_escaped(&mut self) {
        if self.bytes[self.pos..].starts_with(b"\r\n") {
            self.pos += 2;
        } else {
            self.pos += self.character().map_or(0, char::len_utf8);
        }
    }

    /// The rest of a regular expression whose `/` is the token `slash`, without its flags: where its pattern ends, if
    /// it does.
    pub(super) fn regexp(&mut self, slash: &Token) -> Option<usize> {
        self.rewind(slash);
        self.pos = slash.start + 1;
        let mut in_class = false;
        while let Some(byte) = self.at(0) {
            match byte {
                b'\n' | b'\r' => return None,
                b'\\' if !matches!(self.at(1), None | Some(b'\n' | b'\r')) => self.pos += 1,
                b'\\' => {
                    self.pos += 1;
                    return None;
                }
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    self.pos += 1;
                    return Some(self.pos - 1);
                }
                _ => {}
            }
            self.pos += 1;
        }
        None
    }

    /// The next character if it is a small letter, as flags of regular expressions are.
    pub(super) fn flag(&mut self) -> Option<u8> {
        let byte = self.at(0).filter(u8::is_ascii_lowercase)?;
        self.pos += 1;
        Some(byte)
    }

    /// The byte at which the lexer stands.
    pub(super) fn position(&self) -> usize {
        self.pos
    }

    /// The line in which the lexer stands.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// A template's text from after `before` (its "`", or the `}` of an expression in it) on.
    pub(super) fn template_piece(&mut self, before: &Token) -> (usize, PieceEnd) {
        self.rewind(before);
        while let Some(byte) = self.at(0) {
            self.pos += 1;
            match byte {
                b'\n' => self.line += 1,
                b'\\' if self.at(0) == Some(b'\n') => {}
                b'\\' if self.at(0).is_some() => self.pos += 1,
                b'`' => return (self.pos - 1, PieceEnd::Template),
                b'$' if self.at(0) == Some(b'{') => {
                    self.pos += 1;
                    return (self.pos - 2, PieceEnd::Expression);
                }
                _ => {}
            }
        }
        (self.pos, PieceEnd::Program)
    }

    /// Skips the rest of a line. The end of the program in a comment counts as a line \[E\].
    fn skip_line(&mut self) {
        while let Some(character) = self.character() {
            let ends_line = match character {
                '\n' => return,
                '\r' => self.at(1) != Some(b'\n'),
                '\u{2028}' | '\u{2029}' => true,
                _ => false,
            };
            if ends_line {
                self.differ(DifferenceKind::LineEnd);
            }
            self.pos += character.len_utf8();
        }
        self.line = self.line.saturating_add(1);
    }

    /// Skips spaces and comments.
    fn skip_gap(&mut self) -> Gap {
        let mut gap = Gap::default();
        let begin = self.pos;
        let mut comment_lines = false;
        loop {
            match self.at(0) {
                Some(b'\n') => {
                    self.line += 1;
                    gap.newline_line.get_or_insert(self.line);
                    self.pos += 1;
                }
                Some(b'\r') => {
                    if self.at(1) != Some(b'\n') {
                        self.differ(DifferenceKind::LineEnd);
                    }
                    self.pos += 1;
                }
                Some(b' ' | b'\t' | 0x0b | 0x0c) => self.pos += 1,
                // A `//` at the very end begins no comment: the engine sees one `/` there [E].
                Some(b'/') if &self.bytes[self.pos..] == b"//" => {
                    self.pos += 1;
                    break;
                }
                Some(b'/') if self.at(1) == Some(b'/') => self.skip_line(),
                Some(b'/') if self.at(1) == Some(b'*') => {
                    let line = self.line;
                    if !self.skip_comment() {
                        gap.bad_comment = true;
                        return gap;
                    }
                    comment_lines |= self.line > line;
                }
                Some(byte) if !byte.is_ascii() && self.skip_wide_space() => {}
                _ => break,
            }
        }
        if comment_lines && gap.newline_line.is_none() && begin > 0 && self.pos < self.bytes.len() {
            self.differ(DifferenceKind::LineEnd);
        }
        gap
    }

    /// Skips a comment, if it ends.
    fn skip_comment(&mut self) -> bool {
        let rest = &self.bytes[self.pos + 2..];
        let Some(length) = rest.windows(2).position(|pair| pair == b"*/") else {
            return false;
        };
        self.count_lines(self.pos + 2 + length);
        self.pos += length + 4;
        true
    }

    fn count_lines(&mut self, end: usize) {
        let newlines = self.bytes[self.pos..end]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count();
        self.line = self
            .line
            .saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
    }

    fn skip_wide_space(&mut self) -> bool {
        let Some(space) = self
            .character()
            .filter(|&character| is_wide_space(character))
        else {
            return false;
        };
        if matches!(space, '\u{2028}' | '\u{2029}') {
            self.differ(DifferenceKind::LineEnd);
        }
        self.pos += space.len_utf8();
        true
    }

    /// A comment without its end; the engine has read up to the end of the program when it sees that \[E\].
    fn bad_comment(&mut self) -> Kind {
        self.count_lines(self.bytes.len());
        self.pos += 2;
        Kind::BadComment
    }

    fn differ(&mut self, kind: DifferenceKind) {
        self.differences.push(Difference {
            kind,
            line: self.line,
            start: self.pos,
        });
    }
}

/// What was skipped before a token.
#[derive(Debug, Default)]
struct Gap {
    newline_line: Option<u32>,
    bad_comment: bool,
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'$' || byte == b'_'
}

/// A space outside of ASCII: Unicode's spaces, and the byte order mark.
fn is_wide_space(character: char) -> bool {
    matches!(
        character,
        '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{202f}'
                | '\u{205f}'
                | '\u{3000}'
                | '\u{feff}'
    )
}

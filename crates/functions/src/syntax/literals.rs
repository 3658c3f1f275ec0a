//! Literals that the lexer can't cut by itself: templates and regular expressions; and the check of strings.

use keyfront_model::FunctionRuntime;

use super::difference::DifferenceKind;
use super::lexer::PieceEnd;
use super::parser::{Fallible, Parser};
use super::pattern;
use super::refusal::{self, Construct};
use super::strings;
use super::token::{Kind, Mark, Token};

impl Parser<'_> {
    /// Checks the escapes of a string that is next. As a call's first argument it can have octal ones \[E\].
    pub(super) fn check_string(&mut self, token: &Token) -> Fallible {
        let is_first_argument = self.first_argument == token.start;
        self.check_escapes(token, token.start + 1, token.end - 1, is_first_argument)
    }

    fn check_escapes(
        &mut self,
        token: &Token,
        start: usize,
        end: usize,
        is_tagged: bool,
    ) -> Fallible {
        match strings::check(self.text(start, end), is_tagged) {
            Ok(differs) => {
                if differs {
                    self.differ(DifferenceKind::OctalEscape, token);
                }
                Ok(())
            }
            Err(text) => self.refuse(token, text, Construct::Other),
        }
    }

    /// A template, with a function's name before it if it is tagged.
    pub(super) fn template(&mut self, is_tagged: bool) -> Fallible {
        let mut before = self.next();
        loop {
            let (end, how) = self.reread().template_piece(&before);
            let piece = self.reread_until_here(Kind::Template, before.end);
            if how == PieceEnd::Program {
                return self.refuse(&before, refusal::unterminated_template(), Construct::Other);
            }
            self.check_escapes(&piece, piece.start, end, is_tagged)?;
            if how == PieceEnd::Template {
                return Ok(());
            }
            self.bracketed(Self::expression)?;
            before = self.peek();
            if !before.is(Mark::CloseBrace) {
                let text = refusal::unterminated_expression_in_template();
                return self.refuse(&before, text, Construct::Other);
            }
            self.next();
        }
    }

    /// A regular expression, which begins with `slash`.
    pub(super) fn regexp(&mut self, slash: &Token) -> Fallible {
        let end = self.reread().regexp(slash);
        let token = self.reread_until_here(Kind::String, slash.start);
        let Some(end) = end else {
            let text = refusal::unterminated_regexp(self.name(&token));
            return self.refuse(slash, text, Construct::RegExp);
        };
        self.regexp_flags(end + 1)?;
        let token = self.reread_until_here(Kind::String, slash.start);
        let text = self.text(slash.start + 1, end);
        match pattern::check(text) {
            Ok(is_perl) => {
                if is_perl {
                    self.differ(DifferenceKind::RegExpSyntax, &token);
                }
                Ok(())
            }
            Err(failure) => {
                let rest = text.get(failure.at..).unwrap_or_default();
                let text = refusal::invalid_pattern(text, &failure.reason, rest);
                self.refuse(&token, text, Construct::RegExp)
            }
        }
    }

    /// A regular expression's flags: \[D\] g, i, m and y, of which the runtime 1.0 hasn't y.
    fn regexp_flags(&mut self, start: usize) -> Fallible {
        let known: &[u8] = if self.runtime == FunctionRuntime::Js1 {
            b"gim"
        } else {
            b"gimy"
        };
        let mut seen = Vec::new();
        while let Some(flag) = self.reread().flag() {
            if !known.contains(&flag) || seen.contains(&flag) {
                let token = self.reread_until_here(Kind::Name, start);
                let text = refusal::invalid_flags(self.name(&token));
                return self.refuse(&token, text, Construct::RegExpFlags);
            }
            seen.push(flag);
        }
        Ok(())
    }
}

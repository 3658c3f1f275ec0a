//! Functions: declarations, expressions, arrow functions, methods; their parameters and bodies.

use super::parser::{Fallible, Parser};
use super::refusal::{self, Construct};
use super::token::{Kind, Mark, Token, Word};

impl Parser<'_> {
    /// `function` and the rest of a declaration.
    pub(super) fn function_declaration(&mut self, is_async: bool) -> Fallible {
        self.next();
        let token = self.expect_name()?;
        let name = self.name(&token);
        if matches!(token.kind, Kind::Word(Word::Eval | Word::Arguments)) {
            let text = refusal::forbidden_declaration(name, "function");
            return self.refuse(&token, text, Construct::Other);
        }
        self.note_name(&token);
        if !self.at(Mark::OpenParen) {
            return self.unexpected();
        }
        if self.scopes.declare_function(name).is_err() {
            return self.refuse(
                &token,
                refusal::already_declared(name),
                Construct::Redeclaration,
            );
        }
        self.method(is_async)
    }

    /// `function` and the rest of an expression.
    pub(super) fn function_expression(&mut self, is_async: bool) -> Fallible {
        self.next();
        let token = self.peek();
        if token.is(Mark::Star) {
            return self.not_supported(&token, Construct::Generator);
        }
        if token.is_name() {
            self.next();
            self.note_name(&token);
        }
        self.method(is_async)
    }

    /// Parameters and body of a function that isn't an arrow function.
    pub(super) fn method(&mut self, is_async: bool) -> Fallible {
        self.function(is_async, false, |parser| {
            parser.parameters()?;
            parser.function_body()
        })
    }

    /// Parameters in their parentheses: how many there are.
    pub(super) fn parameters(&mut self) -> Fallible<usize> {
        self.expect(Mark::OpenParen)?;
        let mut count = 0;
        while !self.at(Mark::CloseParen) {
            count += 1;
            if self.eat(Mark::Ellipsis) {
                self.parameter()?;
                if !self.at(Mark::CloseParen) {
                    let token = self.peek();
                    return self.refuse(&token, refusal::rest_not_last(), Construct::Other);
                }
                break;
            }
            let token = self.peek();
            if token.is(Mark::OpenBracket) || token.is(Mark::OpenBrace) {
                return self.not_supported(&token, Construct::Destructuring);
            }
            self.parameter()?;
            if self.at(Mark::Assign) {
                let token = self.peek();
                return self.unexpected_as(&token, Construct::DefaultParameter);
            }
            if !self.eat(Mark::Comma) {
                break;
            }
        }
        self.expect(Mark::CloseParen)?;
        Ok(count)
    }

    fn parameter(&mut self) -> Fallible {
        let token = self.peek();
        if token.is(Mark::OpenBracket) || token.is(Mark::OpenBrace) {
            return self.unexpected_as(&token, Construct::Destructuring);
        }
        let token = self.expect_name()?;
        self.note_name(&token);
        let name = self.name(&token);
        if self.scopes.declare_parameter(name).is_err() {
            return self.refuse(
                &token,
                refusal::duplicate_parameters(),
                Construct::Redeclaration,
            );
        }
        Ok(())
    }

    /// A function's body in its braces.
    pub(super) fn function_body(&mut self) -> Fallible {
        self.expect(Mark::OpenBrace)?;
        self.statements(false)?;
        self.expect(Mark::CloseBrace)
    }

    /// An arrow function, if the next tokens begin one.
    pub(super) fn arrow_function(&mut self) -> Fallible<bool> {
        let first = self.peek();
        let is_async = first.is_word(Word::Async) && self.is_current() && self.is_async_arrow();
        if !is_async && !self.is_arrow(&first, 0) {
            return Ok(false);
        }
        if is_async {
            self.next();
        }
        self.function(is_async, true, |parser| {
            if parser.at(Mark::OpenParen) {
                parser.parameters()?;
            } else {
                parser.parameter()?;
            }
            parser.expect(Mark::Arrow)?;
            if parser.at(Mark::OpenBrace) {
                parser.context.no_in = false;
                parser.function_body()
            } else {
                parser.assignment().map(drop)
            }
        })?;
        Ok(true)
    }

    /// Whether `async` begins an arrow function.
    fn is_async_arrow(&mut self) -> bool {
        self.peek_in_line(1)
            .is_some_and(|first| self.is_arrow(&first, 1))
    }

    /// Whether the token at `index`, `first`, begins an arrow function. The engine looks for names between commas, a
    /// last one with `...` before it, and the arrow in one line with what is before it; it knows no other parameters
    /// here \[E\].
    fn is_arrow(&mut self, first: &Token, index: usize) -> bool {
        if first.is(Mark::OpenParen) {
            return self
                .parameters_end(index)
                .is_some_and(|end| self.is_arrow_at(end));
        }
        // `async` alone can't be a parameter without parentheses [E].
        let is_name = first.is_name() && !(index == 0 && first.is_word(Word::Async));
        is_name && self.is_arrow_at(index + 1)
    }

    fn is_arrow_at(&mut self, index: usize) -> bool {
        self.peek_in_line(index)
            .is_some_and(|token| token.is(Mark::Arrow))
    }

    /// The index after the parameters whose parenthesis is at `index`, if they are such.
    fn parameters_end(&mut self, index: usize) -> Option<usize> {
        let mut index = index + 1;
        loop {
            let token = self.peek_at(index);
            if token.is(Mark::CloseParen) {
                return Some(index + 1);
            }
            if token.is(Mark::Ellipsis) {
                let is_last = self.peek_at(index + 1).is_name()
                    && self.peek_at(index + 2).is(Mark::CloseParen);
                return is_last.then_some(index + 3);
            }
            if !token.is_name() {
                return None;
            }
            // The engine doesn't mind a comma that is missing here: it will when it reads the parameters [E].
            index += 1;
            if self.peek_at(index).is(Mark::Comma) {
                index += 1;
            }
        }
    }
}

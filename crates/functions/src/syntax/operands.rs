//! Operands: names, literals, brackets, members, calls and `new`.

use std::mem;

use super::expressions::Shape;
use super::parser::{Fallible, Parser};
use super::refusal::{self, Construct};
use super::token::{Kind, Mark, Token, Word};

impl Parser<'_> {
    /// An operand with its members and calls, and the `new`s before it.
    pub(super) fn operand(&mut self) -> Fallible<Shape> {
        let mut news = 0_u32;
        while self.at_word(Word::New) {
            self.next();
            news += 1;
        }
        let mut shape = self.primary()?;
        loop {
            let token = self.peek();
            match token.kind {
                Kind::Mark(Mark::Dot) => {
                    self.next();
                    self.member_name()?;
                    shape = Shape::Member;
                }
                Kind::Mark(Mark::OpenBracket) => {
                    self.next();
                    self.bracketed(Self::expression)?;
                    self.expect(Mark::CloseBracket)?;
                    shape = Shape::Member;
                }
                Kind::Mark(Mark::OpenParen) => {
                    self.call_arguments()?;
                    news = news.saturating_sub(1);
                    shape = Shape::Other;
                }
                Kind::Template => {
                    self.template(true)?;
                    shape = Shape::Other;
                }
                Kind::Mark(Mark::Question) if self.peek_at(1).is(Mark::Dot) => {
                    return self.optional_chain();
                }
                _ => break,
            }
        }
        Ok(if news > 0 { Shape::Other } else { shape })
    }

    fn member_name(&mut self) -> Fallible {
        if !self.peek().is_any_word() {
            return self.unexpected();
        }
        self.next();
        Ok(())
    }

    /// `?.` and a name. The engine has the beginning of it, and so refuses what follows, whatever that is, unless it
    /// is another `?.` [E].
    fn optional_chain(&mut self) -> Fallible<Shape> {
        while self.at(Mark::Question) && self.peek_at(1).is(Mark::Dot) {
            self.next();
            self.next();
            let token = self.peek();
            if !token.is_any_word() {
                return self.unexpected_as(&token, Construct::OptionalChaining);
            }
            self.next();
        }
        let token = self.peek();
        self.unexpected_as(&token, Construct::OptionalChaining)
    }

    /// A call's arguments, in which there may be no `await`.
    fn call_arguments(&mut self) -> Fallible {
        self.next();
        let outside = mem::replace(&mut self.context.in_arguments, true);
        self.bracketed(|parser| {
            parser.first_argument = parser.peek().start;
            while !parser.at(Mark::CloseParen) {
                parser.assignment()?;
                if !parser.eat(Mark::Comma) {
                    break;
                }
            }
            parser.expect(Mark::CloseParen)
        })?;
        self.context.in_arguments = outside;
        Ok(())
    }

    fn primary(&mut self) -> Fallible<Shape> {
        let token = self.peek();
        match token.kind {
            Kind::Name => {
                self.next();
                Ok(Shape::Name)
            }
            Kind::Word(word) => self.primary_word(&token, word),
            Kind::Number => self.literal(),
            Kind::String => {
                self.check_string(&token)?;
                self.literal()
            }
            Kind::BadString => {
                let text = refusal::unterminated_string(self.name(&token));
                self.refuse(&token, text, Construct::Other)
            }
            Kind::Template => {
                self.template(false)?;
                Ok(Shape::Other)
            }
            Kind::Mark(Mark::Slash | Mark::DivAssign) => {
                self.regexp(&token)?;
                Ok(Shape::Other)
            }
            Kind::Mark(Mark::OpenParen) => self.parentheses(),
            Kind::Mark(Mark::OpenBracket) => self.array(),
            Kind::Mark(Mark::OpenBrace) => {
                self.object()?;
                Ok(Shape::Other)
            }
            _ => self.unexpected(),
        }
    }

    fn literal(&mut self) -> Fallible<Shape> {
        self.next();
        Ok(Shape::Other)
    }

    fn primary_word(&mut self, token: &Token, word: Word) -> Fallible<Shape> {
        match word {
            Word::Arguments | Word::Eval => {
                self.next();
                self.check_arguments(token)?;
                Ok(Shape::Restricted(*token))
            }
            Word::Async => self.async_word(token),
            _ if word.is_name() => {
                self.next();
                self.note_name(token);
                Ok(Shape::Name)
            }
            Word::Function => {
                self.function_expression(false)?;
                Ok(Shape::Other)
            }
            Word::This | Word::Null | Word::True | Word::False => self.literal(),
            Word::Class => self.not_supported(token, Construct::Class),
            Word::Super => {
                self.peek_at(1);
                self.not_supported(token, Construct::Class)
            }
            Word::Import => {
                self.peek_at(1);
                self.not_supported(token, Construct::Import)
            }
            Word::Let | Word::Const if !self.is_current() => {
                self.not_supported(token, Construct::LexicalDeclaration)
            }
            _ => self.unexpected(),
        }
    }

    /// `arguments` can only be used inside of functions; arrow functions have none of their own.
    pub(super) fn check_arguments(&mut self, token: &Token) -> Fallible {
        if token.is_word(Word::Arguments) && !self.context.has_arguments {
            self.peek();
            return self.refuse(
                token,
                refusal::arguments_in_global_scope(),
                Construct::Other,
            );
        }
        Ok(())
    }

    fn async_word(&mut self, token: &Token) -> Fallible<Shape> {
        if !self.is_current() {
            return self.not_supported(token, Construct::Async);
        }
        self.next();
        if self
            .peek_in_line(0)
            .is_some_and(|next| next.is_word(Word::Function))
        {
            self.function_expression(true)?;
            return Ok(Shape::Other);
        }
        Ok(Shape::Name)
    }

    fn parentheses(&mut self) -> Fallible<Shape> {
        self.next();
        let shape = self.bracketed(Self::expression)?;
        self.expect(Mark::CloseParen)?;
        Ok(if matches!(shape, Shape::Unary) {
            Shape::Other
        } else {
            shape
        })
    }

    fn array(&mut self) -> Fallible<Shape> {
        self.next();
        self.bracketed(|parser| {
            loop {
                while parser.eat(Mark::Comma) {}
                if parser.at(Mark::CloseBracket) {
                    break;
                }
                parser.assignment()?;
                if !parser.eat(Mark::Comma) {
                    break;
                }
            }
            parser.expect(Mark::CloseBracket)
        })?;
        Ok(Shape::Other)
    }
}

//! Loops.

use super::difference::DifferenceKind;
use super::parser::{Fallible, Parser};
use super::refusal::Construct;
use super::statements::Declaration;
use super::token::{Kind, Mark, Word};

/// How the head of a `for` goes on.
#[derive(Debug, PartialEq, Eq)]
enum Head {
    /// With `in` and an object.
    In,
    /// With a `;` and the condition.
    Semicolon,
}

impl Parser<'_> {
    /// `while`. The code of the condition comes after that of the body.
    pub(super) fn while_statement(&mut self) -> Fallible {
        self.next();
        self.swapped(Self::condition, Self::loop_body)
    }

    /// `do`, whose `;` may always be left out.
    pub(super) fn do_statement(&mut self) -> Fallible {
        self.next();
        self.loop_body()?;
        if !self.at_word(Word::While) {
            return self.unexpected();
        }
        self.next();
        self.condition()?;
        self.eat(Mark::Semicolon);
        Ok(())
    }

    fn loop_body(&mut self) -> Fallible {
        self.context.loops += 1;
        self.body()?;
        self.context.loops -= 1;
        Ok(())
    }

    /// `for`.
    pub(super) fn for_statement(&mut self) -> Fallible {
        self.next();
        let token = self.peek();
        if token.is_word(Word::Await) && self.is_current() {
            return self.not_supported(&token, Construct::ForAwait);
        }
        self.expect(Mark::OpenParen)?;
        self.scoped(|parser| match parser.for_beginning()? {
            Head::In => {
                parser.next();
                parser.bracketed(Self::expression)?;
                parser.expect(Mark::CloseParen)?;
                parser.loop_body()
            }
            Head::Semicolon => parser.for_rest(),
        })
    }

    /// The second and third part of the head, and the body. Code is made of the body first, then of the third, then
    /// of the second part \[E\].
    fn for_rest(&mut self) -> Fallible {
        self.expect(Mark::Semicolon)?;
        self.swapped(Self::for_condition, |parser| {
            parser.expect(Mark::Semicolon)?;
            parser.swapped(Self::for_step, |parser| {
                parser.expect(Mark::CloseParen)?;
                parser.loop_body()
            })
        })
    }

    fn for_condition(&mut self) -> Fallible {
        if !self.at(Mark::Semicolon) {
            self.bracketed(Self::expression)?;
        }
        Ok(())
    }

    fn for_step(&mut self) -> Fallible {
        if !self.at(Mark::CloseParen) {
            self.bracketed(Self::expression)?;
        }
        Ok(())
    }

    fn for_beginning(&mut self) -> Fallible<Head> {
        let token = self.peek();
        match token.kind {
            Kind::Mark(Mark::Semicolon) => return Ok(Head::Semicolon),
            Kind::Word(Word::Var) => return self.for_declarations(Declaration::Var),
            Kind::Word(Word::Let | Word::Const) if !self.is_current() => {
                return self.not_supported(&token, Construct::LexicalDeclaration);
            }
            Kind::Word(Word::Let) => return self.for_declarations(Declaration::Let),
            Kind::Word(Word::Const) => return self.for_declarations(Declaration::Const),
            _ => {}
        }
        if self.for_head()? {
            return Ok(Head::In);
        }
        self.refuse_of()?;
        Ok(Head::Semicolon)
    }

    fn for_declarations(&mut self, declaration: Declaration) -> Fallible<Head> {
        self.next();
        let token = self.peek();
        if token.is(Mark::OpenBracket) || token.is(Mark::OpenBrace) {
            return self.not_supported(&token, Construct::Destructuring);
        }
        if !token.is_name() {
            self.differ(DifferenceKind::ForVarExpression, &token);
            self.bracketed(Self::expression)?;
            return Ok(Head::Semicolon);
        }
        let token = self.name_to_declare()?;
        // To tell `in` and `of` from the rest, the engine looks ahead before it declares the name [E].
        self.peek();
        self.declare(declaration, &token)?;
        self.refuse_of()?;
        if self.at_word(Word::In) {
            return Ok(Head::In);
        }
        self.context.no_in = true;
        self.initializer(declaration, &token)?;
        while self.eat(Mark::Comma) {
            let token = self.peek();
            if token.is(Mark::OpenBracket) || token.is(Mark::OpenBrace) {
                self.next();
                let next = self.peek();
                return self.not_supported(&next, Construct::Destructuring);
            }
            self.declared_name(declaration)?;
            self.initializer(declaration, &token)?;
        }
        self.context.no_in = false;
        self.refuse_of()?;
        Ok(Head::Semicolon)
    }

    fn refuse_of(&mut self) -> Fallible {
        let token = self.peek();
        if token.is_word(Word::Of) {
            return self.not_supported(&token, Construct::ForOf);
        }
        Ok(())
    }
}

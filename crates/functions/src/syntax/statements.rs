//! Statements. Loops are in [`super::loops`], `import` and `export` in [`super::modules`].

use super::difference::DifferenceKind;
use super::parser::{Fallible, Label, Late, Parser, Target};
use super::refusal::{self, Construct};
use super::token::{Kind, Mark, Token, Word};

/// How many labels may be around a statement. The bound is ours, for the time that it takes to find one.
const MAX_LABELS: usize = 200;

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the program's top level.
    Program,
    /// In a function's body or a block.
    Block,
    /// As the body of an `if` or a loop.
    Body,
    /// After a label.
    Label,
}

impl Place {
    fn is_list(self) -> bool {
        matches!(self, Self::Program | Self::Block)
    }
}

/// How names are declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declaration {
    Var,
    Let,
    Const,
}

impl Parser<'_> {
    /// Statements up to a `}` or the end of the program.
    pub(super) fn statements(&mut self, is_program: bool) -> Fallible {
        let place = if is_program {
            Place::Program
        } else {
            Place::Block
        };
        loop {
            let token = self.peek();
            if token.kind == Kind::End || token.is(Mark::CloseBrace) {
                return Ok(());
            }
            self.statement(place)?;
        }
    }

    /// The body of an `if` or a loop.
    pub(super) fn body(&mut self) -> Fallible {
        self.inside(|parser| parser.statement(Place::Body))
    }

    fn statement(&mut self, place: Place) -> Fallible {
        let token = self.peek();
        match token.kind {
            Kind::Mark(Mark::Semicolon) => {
                self.next();
                Ok(())
            }
            Kind::Mark(Mark::OpenBrace) => self.block(),
            Kind::Word(word) => self.word_statement(&token, word, place),
            Kind::Name if self.peek_at(1).is(Mark::Colon) => self.labelled(),
            _ => self.expression_statement(),
        }
    }

    fn word_statement(&mut self, token: &Token, word: Word, place: Place) -> Fallible {
        match word {
            Word::Var => {
                self.next();
                self.declarations(Declaration::Var)?;
                self.semicolon()
            }
            Word::Let | Word::Const => self.lexical_statement(token, word, place),
            Word::Function => self.function_statement(token, place),
            Word::Async => self.async_statement(token, place),
            Word::Class => self.class_statement(token, place),
            Word::Import if place.is_list() => {
                self.import_statement(token, place == Place::Program)
            }
            Word::Export if place.is_list() => self.export_statement(token),
            Word::If => self.if_statement(),
            Word::For => self.for_statement(),
            Word::While => self.while_statement(),
            Word::Do => self.do_statement(),
            Word::Switch => self.switch_statement(),
            Word::Try => self.try_statement(),
            Word::Return => self.return_statement(token),
            Word::Throw => self.throw_statement(),
            Word::Break | Word::Continue => self.jump_statement(word),
            Word::Debugger => self.debugger_statement(),
            Word::With => {
                self.next();
                let next = self.peek();
                self.not_supported(&next, Construct::With)
            }
            _ if word.is_name() && self.peek_at(1).is(Mark::Colon) => self.labelled(),
            _ => self.expression_statement(),
        }
    }

    fn expression_statement(&mut self) -> Fallible {
        self.expression()?;
        self.semicolon()
    }

    /// A block in its braces, with a scope of its own.
    pub(super) fn block(&mut self) -> Fallible {
        self.scoped(Self::block_without_scope)
    }

    fn block_without_scope(&mut self) -> Fallible {
        self.expect(Mark::OpenBrace)?;
        self.statements(false)?;
        self.expect(Mark::CloseBrace)
    }

    fn labelled(&mut self) -> Fallible {
        let first = self.labels.len();
        while self.peek().is_name() && self.peek_at(1).is(Mark::Colon) {
            let token = self.next();
            if !matches!(token.kind, Kind::Word(Word::Eval | Word::Arguments)) {
                self.note_name(&token);
            }
            let name = self.name(&token);
            self.peek();
            // The engine doesn't end a label's scope at a function [E].
            if self.labels.iter().any(|label| label.name == name) {
                return self.refuse(
                    &token,
                    refusal::duplicate_label(name),
                    Construct::Redeclaration,
                );
            }
            if self.labels.len() >= MAX_LABELS {
                return self.refuse(&token, refusal::nested_too_deep(), Construct::Nesting);
            }
            self.next();
            self.labels.push(Label {
                name,
                function: self.context.function,
                target: Target::Other,
            });
        }
        let target = match self.peek().kind {
            Kind::Word(Word::For | Word::While | Word::Do) => Target::Loop,
            Kind::Word(Word::If | Word::Switch) | Kind::Mark(Mark::OpenBrace) => Target::Block,
            _ => Target::Other,
        };
        if let Some(label) = self.labels.get_mut(first) {
            label.target = target;
        }
        self.inside(|parser| parser.statement(Place::Label))?;
        self.labels.truncate(first);
        Ok(())
    }

    fn function_statement(&mut self, token: &Token, place: Place) -> Fallible {
        match place {
            Place::Program | Place::Block => self.function_declaration(false),
            Place::Body => self.refuse(
                token,
                refusal::function_in_single_statement(),
                Construct::Other,
            ),
            Place::Label => {
                self.refuse_without_line(token, refusal::labelled_function(), Construct::Other)
            }
        }
    }

    fn class_statement(&mut self, token: &Token, place: Place) -> Fallible {
        if place.is_list() {
            return self.not_supported(token, Construct::Class);
        }
        self.refuse(
            token,
            refusal::class_in_single_statement(),
            Construct::Class,
        )
    }

    fn async_statement(&mut self, token: &Token, place: Place) -> Fallible {
        if self.peek_at(1).is(Mark::Colon) {
            return self.labelled();
        }
        let declares = self.is_current()
            && self
                .peek_in_line(1)
                .is_some_and(|next| next.is_word(Word::Function));
        if !declares {
            return self.expression_statement();
        }
        if !place.is_list() {
            return self.not_supported(token, Construct::Other);
        }
        self.next();
        self.function_declaration(true)
    }

    /// `let` and `const`, which declare something if a name or the like follows \[E\].
    fn lexical_statement(&mut self, token: &Token, word: Word, place: Place) -> Fallible {
        if !self.is_current() {
            return self.not_supported(token, Construct::LexicalDeclaration);
        }
        let next = self.peek_at(1);
        if !place.is_list() {
            if next.kind != Kind::Name {
                return self.unexpected_token(if next.is_word(word) { &next } else { token });
            }
            let text = refusal::lexical_in_single_statement(self.name(token));
            return self.refuse(token, text, Construct::Other);
        }
        if !(next.is_any_word() || next.is(Mark::OpenBracket) || next.is(Mark::OpenBrace)) {
            return self.unexpected_token(token);
        }
        self.next();
        self.declarations(if word == Word::Let {
            Declaration::Let
        } else {
            Declaration::Const
        })?;
        self.semicolon()
    }

    /// The names after `var`, `let` or `const`, with their values.
    fn declarations(&mut self, declaration: Declaration) -> Fallible {
        loop {
            let token = self.peek();
            if token.is(Mark::OpenBracket) || token.is(Mark::OpenBrace) {
                self.next();
                let next = self.peek();
                return self.not_supported(&next, Construct::Destructuring);
            }
            if declaration != Declaration::Var
                && (token.is_word(Word::Yield) || token.is_word(Word::Await))
            {
                return self.unexpected();
            }
            self.declared_name(declaration)?;
            self.initializer(declaration, &token)?;
            if !self.eat(Mark::Comma) {
                return Ok(());
            }
        }
    }

    /// A name that is declared.
    pub(super) fn declared_name(&mut self, declaration: Declaration) -> Fallible {
        let token = self.name_to_declare()?;
        self.declare(declaration, &token)
    }

    /// A name that can be declared.
    pub(super) fn name_to_declare(&mut self) -> Fallible<Token> {
        let token = self.expect_name()?;
        let name = self.name(&token);
        if matches!(token.kind, Kind::Word(Word::Eval | Word::Arguments)) {
            return self.refuse(
                &token,
                refusal::forbidden_declaration(name, "var"),
                Construct::Other,
            );
        }
        self.note_name(&token);
        Ok(token)
    }

    /// Declares a name.
    pub(super) fn declare(&mut self, declaration: Declaration, token: &Token) -> Fallible {
        let name = self.name(token);
        let declared = match declaration {
            Declaration::Var => self.scopes.declare_var(name).map(|()| false),
            Declaration::Let | Declaration::Const => self.scopes.declare_lexical(name),
        };
        match declared {
            Ok(differs) => {
                if differs {
                    self.differ(DifferenceKind::VarBeforeLet, token);
                }
                Ok(())
            }
            Err(_) => self.refuse(
                token,
                refusal::already_declared(name),
                Construct::Redeclaration,
            ),
        }
    }

    /// The value of a name that is declared. A constant has to have one.
    pub(super) fn initializer(&mut self, declaration: Declaration, name: &Token) -> Fallible {
        if self.eat(Mark::Assign) {
            self.assignment()?;
        } else if declaration == Declaration::Const {
            self.refuse_late(name, refusal::missing_initializer(), None);
        }
        Ok(())
    }

    /// An expression in parentheses, as after `if`.
    pub(super) fn condition(&mut self) -> Fallible {
        self.expect(Mark::OpenParen)?;
        self.bracketed(Self::expression)?;
        self.expect(Mark::CloseParen)
    }

    /// `if`, and its `else if`s, which don't count as nested.
    fn if_statement(&mut self) -> Fallible {
        loop {
            self.next();
            self.condition()?;
            self.body()?;
            if !self.at_word(Word::Else) {
                return Ok(());
            }
            self.next();
            if !self.at_word(Word::If) {
                return self.body();
            }
        }
    }

    fn switch_statement(&mut self) -> Fallible {
        self.next();
        self.condition()?;
        self.expect(Mark::OpenBrace)?;
        self.context.switches += 1;
        let mut of_bodies = None;
        self.scoped(|parser| {
            let mut has_default = false;
            while !parser.at(Mark::CloseBrace) {
                parser.clause(&mut has_default, &mut of_bodies)?;
            }
            parser.expect(Mark::CloseBrace)
        })?;
        self.append_late(of_bodies);
        self.context.switches -= 1;
        Ok(())
    }

    /// A `case` or the `default`. Code is made of all `case`s' values before that of the bodies \[E\].
    fn clause(&mut self, has_default: &mut bool, of_bodies: &mut Late) -> Fallible {
        let token = self.peek();
        match token.kind {
            Kind::Word(Word::Case) => {
                self.next();
                self.expression()?;
            }
            Kind::Word(Word::Default) => {
                if *has_default {
                    return self.refuse(&token, refusal::second_default(), Construct::Other);
                }
                *has_default = true;
                self.next();
            }
            _ => return self.unexpected(),
        }
        self.expect(Mark::Colon)?;
        self.apart(of_bodies, Self::clause_body)
    }

    fn clause_body(&mut self) -> Fallible {
        loop {
            let token = self.peek();
            let ends = matches!(
                token.kind,
                Kind::Word(Word::Case | Word::Default) | Kind::End
            ) || token.is(Mark::CloseBrace);
            if ends {
                return Ok(());
            }
            self.statement(Place::Block)?;
        }
    }

    fn try_statement(&mut self) -> Fallible {
        self.next();
        self.block()?;
        let token = self.peek();
        let has_catch = token.is_word(Word::Catch);
        if has_catch {
            self.next();
            self.catch()?;
        }
        if self.at_word(Word::Finally) {
            self.next();
            return self.block();
        }
        if has_catch {
            return Ok(());
        }
        self.refuse(&token, refusal::try_without_handler(), Construct::Other)
    }

    fn catch(&mut self) -> Fallible {
        let token = self.peek();
        if !token.is(Mark::OpenParen) {
            return self.not_supported(&token, Construct::OptionalCatchBinding);
        }
        self.next();
        let token = self.peek();
        if token.is(Mark::OpenBrace) {
            return self.not_supported(&token, Construct::Destructuring);
        }
        let token = self.expect_name()?;
        self.note_name(&token);
        self.expect(Mark::CloseParen)?;
        self.scoped(|parser| {
            let name = parser.name(&token);
            parser.scopes.declare_error(name);
            parser.block_without_scope()
        })
    }

    fn return_statement(&mut self, token: &Token) -> Fallible {
        self.next();
        let next = self.peek();
        if self.context.function == 0 {
            return self.refuse(
                token,
                refusal::illegal_statement("return"),
                Construct::Other,
            );
        }
        let ends = next.newline || next.kind == Kind::End;
        if !ends && !next.is(Mark::Semicolon) && !next.is(Mark::CloseBrace) {
            self.expression()?;
        }
        self.semicolon()
    }

    /// `debugger`, whose `;` can only be left out at the end of the program \[E\].
    fn debugger_statement(&mut self) -> Fallible {
        self.next();
        if self.peek().kind == Kind::End {
            return Ok(());
        }
        self.expect(Mark::Semicolon)
    }

    fn throw_statement(&mut self) -> Fallible {
        self.next();
        let next = self.peek();
        if next.newline {
            return self.refuse(&next, refusal::newline_after_throw(), Construct::Other);
        }
        self.expression_statement()
    }

    /// `break` and `continue`. Whether there is something to leave is seen late \[E\].
    fn jump_statement(&mut self, word: Word) -> Fallible {
        let token = self.next();
        let line = Some(token.line);
        let continues = word == Word::Continue;
        let is_legal = match self.peek_in_line(0).filter(Token::is_name) {
            Some(label) => self.jump_to_label(&label, continues)?,
            None if continues => self.context.loops > 0,
            None => self.context.loops + self.context.switches > 0,
        };
        if !is_legal {
            let text = refusal::illegal_statement(self.name(&token));
            self.refuse_late(&token, text, line);
        }
        self.semicolon()
    }

    fn jump_to_label(&mut self, token: &Token, continues: bool) -> Fallible<bool> {
        self.next();
        let name = self.name(token);
        let Some(label) = self.labels.iter().rfind(|label| label.name == name) else {
            return self.refuse(token, refusal::undefined_label(name), Construct::Other);
        };
        let is_target = match label.target {
            Target::Loop => true,
            Target::Block => !continues,
            Target::Other => false,
        };
        Ok(label.function == self.context.function && is_target)
    }
}

//! The parser: what its parts share.
//!
//! It goes through a program once and stops at the first token that AWS's engine refuses. It builds no tree.
//!
//! *Lines.* The engine doesn't name the line of the token that it refuses but the one that it has read up to, which
//! may be further on when it has looked ahead. So [`Parser::line`] follows each look ahead, and the parser has to look
//! ahead where the engine does, no less and no more; a `peek` whose answer isn't used stands where the engine has one.
//!
//! *Late refusals.* A few things the engine sees only when the whole program is parsed, as it makes code of it:
//! `break` outside of loops, `const` without a value, functions nested too deep. A refusal of the text comes before
//! these wherever it stands; among themselves they come in the order of the code that is made, in which the condition
//! of a `while` comes after its body ([`Parser::late`]).

use std::collections::VecDeque;
use std::mem;

use keyfront_model::FunctionRuntime;

use super::Import;
use super::construct;
use super::difference::{Difference, DifferenceKind};
use super::lexer::Lexer;
use super::refusal::{self, Construct, Position, Refusal, Text};
use super::scope::Scopes;
use super::token::{Kind, Mark, Token, Word};

/// How many brackets, statements and functions may be inside each other. The engine has no such bound \[E\]; ours
/// keeps this parser, and quickjs after it, from using up their stack.
pub(super) const MAX_DEPTH: u32 = 200;

/// How many functions may be inside each other \[E\].
const MAX_FUNCTION_DEPTH: u32 = 127;

pub(super) type Fallible<T = ()> = Result<T, Box<Refusal>>;

/// The first of some late refusals.
pub(super) type Late = Option<Box<Refusal>>;

/// Where the parser is, as far as it decides what may stand there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context {
    /// How many functions are around it.
    pub(super) function: u32,
    /// Whether the innermost function is async.
    pub(super) is_async: bool,
    /// Whether there is a function around it that isn't an arrow function.
    pub(super) has_arguments: bool,
    /// Whether it is inside of a call's arguments, in the innermost function.
    pub(super) in_arguments: bool,
    /// Whether `in` isn't an operator: in the head of a `for`.
    pub(super) no_in: bool,
    /// How many loops are around it in the innermost function.
    pub(super) loops: u32,
    /// How many `switch`es are around it there.
    pub(super) switches: u32,
}

/// A label around a place.
#[derive(Debug)]
pub(super) struct Label<'s> {
    pub(super) name: &'s str,
    pub(super) function: u32,
    pub(super) target: Target,
}

/// What a label stands before, as far as it decides which jumps there are to it \[E\].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A loop: `break` and `continue`.
    Loop,
    /// A block, an `if` or a `switch`: `break`.
    Block,
    /// Anything else, also another label: none.
    Other,
}

/// A program that is being read.
#[derive(Debug)]
pub(super) struct Parser<'s> {
    pub(super) runtime: FunctionRuntime,
    lexer: Lexer<'s>,
    ahead: VecDeque<Token>,
    /// The byte at which a call's first argument begins.
    pub(super) first_argument: usize,
    /// The token that was used last.
    pub(super) last: Token,
    /// The line up to which the engine has read.
    line: u32,
    depth: u32,
    pub(super) context: Context,
    pub(super) scopes: Scopes<'s>,
    pub(super) labels: Vec<Label<'s>>,
    pub(super) imports: Vec<Import>,
    differences: Vec<Difference>,
    late: Late,
}

impl<'s> Parser<'s> {
    pub(super) fn new(source: &'s str, runtime: FunctionRuntime) -> Self {
        Self {
            runtime,
            lexer: Lexer::new(source, runtime == FunctionRuntime::Js2),
            ahead: VecDeque::new(),
            first_argument: usize::MAX,
            last: Token {
                kind: Kind::End,
                start: 0,
                end: 0,
                line: 1,
                newline: false,
                newline_line: 1,
            },
            line: 1,
            depth: 0,
            context: Context::default(),
            scopes: Scopes::new(),
            labels: Vec::new(),
            imports: Vec::new(),
            differences: Vec::new(),
            late: None,
        }
    }

    /// Reads the program to its end: its imports, and where quickjs differs.
    pub(super) fn program(mut self) -> Fallible<(Vec<Import>, Vec<Difference>)> {
        self.statements(true)?;
        if self.peek().kind != Kind::End {
            return self.unexpected();
        }
        if let Some(late) = self.late {
            return Err(late);
        }
        let mut differences = self.differences;
        differences.append(&mut self.lexer.differences);
        differences.sort_by_key(|difference| difference.start);
        Ok((self.imports, differences))
    }

    /// Whether the program is for a runtime that has `let`, `const` and `async`.
    pub(super) fn is_current(&self) -> bool {
        self.runtime == FunctionRuntime::Js2
    }

    fn look(&mut self, index: usize) -> Token {
        while self.ahead.len() <= index {
            let token = self.lexer.next();
            self.ahead.push_back(token);
        }
        self.ahead[index]
    }

    /// The next token.
    pub(super) fn peek(&mut self) -> Token {
        self.peek_at(0)
    }

    /// The token `index` tokens after the next one.
    pub(super) fn peek_at(&mut self, index: usize) -> Token {
        let token = self.look(index);
        self.line = self.line.max(token.line);
        token
    }

    /// As [`Parser::peek_at`], if there is no new line before the token.
    pub(super) fn peek_in_line(&mut self, index: usize) -> Option<Token> {
        let token = self.look(index);
        if token.newline {
            self.line = self.line.max(token.newline_line);
            return None;
        }
        self.line = self.line.max(token.line);
        Some(token)
    }

    /// Uses the next token.
    pub(super) fn next(&mut self) -> Token {
        let token = self.peek();
        self.ahead.pop_front();
        self.last = token;
        token
    }

    /// Whether the next token is the punctuator.
    pub(super) fn at(&mut self, mark: Mark) -> bool {
        self.peek().is(mark)
    }

    /// Whether the next token is the word.
    pub(super) fn at_word(&mut self, word: Word) -> bool {
        self.peek().is_word(word)
    }

    /// Uses the next token if it is the punctuator.
    pub(super) fn eat(&mut self, mark: Mark) -> bool {
        let there = self.at(mark);
        if there {
            self.next();
        }
        there
    }

    /// Uses the next token, which has to be the punctuator.
    pub(super) fn expect(&mut self, mark: Mark) -> Fallible {
        if self.eat(mark) {
            Ok(())
        } else {
            self.unexpected()
        }
    }

    /// Uses the next token, which has to be able to name a variable.
    pub(super) fn expect_name(&mut self) -> Fallible<Token> {
        if self.peek().is_name() {
            Ok(self.next())
        } else {
            self.unexpected()
        }
    }

    /// The end of a statement: a `;`, or a place where one may be left out.
    pub(super) fn semicolon(&mut self) -> Fallible {
        let token = self.peek();
        if token.is(Mark::Semicolon) {
            self.next();
            return Ok(());
        }
        if token.newline || token.kind == Kind::End || token.is(Mark::CloseBrace) {
            return Ok(());
        }
        self.unexpected()
    }

    /// The text of bytes of the program.
    pub(super) fn text(&self, start: usize, end: usize) -> &'s str {
        self.lexer.source().get(start..end).unwrap_or_default()
    }

    /// A name's text.
    pub(super) fn name(&self, token: &Token) -> &'s str {
        self.text(token.start, token.end)
    }

    /// A token's text in the engine's messages: a string without its quotation marks, and of a letter outside of
    /// ASCII only its first byte, which is none by itself \[E\]. `None` is the end of the program.
    pub(super) fn shown(&self, token: &Token) -> Option<&'s str> {
        match token.kind {
            Kind::End => None,
            Kind::String => Some(self.text(token.start + 1, token.end - 1)),
            Kind::Unknown => {
                Some(self.name(token)).map(|text| if text.is_ascii() { text } else { "\u{fffd}" })
            }
            _ => Some(self.name(token)),
        }
    }

    /// Refuses the next token as unexpected.
    pub(super) fn unexpected<T>(&mut self) -> Fallible<T> {
        let token = self.peek();
        self.unexpected_token(&token)
    }

    /// Refuses `token` as unexpected.
    pub(super) fn unexpected_token<T>(&mut self, token: &Token) -> Fallible<T> {
        let construct = construct::of_unexpected(self.lexer.source(), token);
        self.unexpected_as(token, construct)
    }

    /// Refuses `token` as unexpected, since it is part of `construct`.
    pub(super) fn unexpected_as<T>(&mut self, token: &Token, construct: Construct) -> Fallible<T> {
        let text = refusal::unexpected(self.shown(token));
        self.refuse(token, text, construct)
    }

    /// Refuses `token`, part of `construct`, as not supported.
    pub(super) fn not_supported<T>(&mut self, token: &Token, construct: Construct) -> Fallible<T> {
        let text = refusal::not_supported(self.shown(token));
        self.refuse(token, text, construct)
    }

    /// Refuses the program, because of `token`.
    pub(super) fn refuse<T>(&self, token: &Token, text: Text, construct: Construct) -> Fallible<T> {
        Err(Box::new(self.refusal(
            token,
            text,
            Some(self.line),
            construct,
        )))
    }

    /// Refuses the program, because of `token`, in words that go without a line.
    pub(super) fn refuse_without_line<T>(
        &self,
        token: &Token,
        text: Text,
        construct: Construct,
    ) -> Fallible<T> {
        Err(Box::new(self.refusal(token, text, None, construct)))
    }

    /// Refuses the program once it is parsed, if nothing before it is refused. `line`: the line that is named.
    pub(super) fn refuse_late(&mut self, token: &Token, text: Text, line: Option<u32>) {
        if self.late.is_none() {
            self.late = Some(Box::new(self.refusal(token, text, line, Construct::Other)));
        }
    }

    /// Reads a part of the program whose late refusals don't go among the others, but to `apart`.
    pub(super) fn apart(
        &mut self,
        apart: &mut Late,
        read: impl FnOnce(&mut Self) -> Fallible,
    ) -> Fallible {
        let others = mem::replace(&mut self.late, apart.take());
        read(self)?;
        *apart = mem::replace(&mut self.late, others);
        Ok(())
    }

    /// Takes late refusals that [`Parser::apart`] has set apart to be the next.
    pub(super) fn append_late(&mut self, apart: Late) {
        self.late = self.late.take().or(apart);
    }

    /// Reads two parts of a program whose code is made in the other order.
    pub(super) fn swapped(
        &mut self,
        first: impl FnOnce(&mut Self) -> Fallible,
        second: impl FnOnce(&mut Self) -> Fallible,
    ) -> Fallible {
        let mut of_first = None;
        self.apart(&mut of_first, first)?;
        second(self)?;
        self.append_late(of_first);
        Ok(())
    }

    fn refusal(
        &self,
        token: &Token,
        text: Text,
        line: Option<u32>,
        construct: Construct,
    ) -> Refusal {
        let position = Position {
            line: token.line,
            column: construct::column(self.lexer.source(), token.start),
            range: token.start..token.end,
        };
        Refusal {
            kind: text.kind,
            text: text.text,
            line,
            position,
            construct,
        }
    }

    /// Notes that quickjs differs at `token`.
    pub(super) fn differ(&mut self, kind: DifferenceKind, token: &Token) {
        self.differences.push(Difference {
            kind,
            line: token.line,
            start: token.start,
        });
    }

    /// Notes a name that is declared, or a label, if quickjs refuses it.
    pub(super) fn note_name(&mut self, token: &Token) {
        match token.kind {
            Kind::Word(Word::Eval | Word::Arguments) => {
                self.differ(DifferenceKind::RestrictedName, token)
            }
            Kind::Word(Word::Yield) => self.differ(DifferenceKind::ReservedName, token),
            Kind::Word(Word::Await) if self.context.is_async => {
                self.differ(DifferenceKind::ReservedName, token)
            }
            _ => {}
        }
    }

    /// Reads something that is one level further inside.
    pub(super) fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Fallible<T>) -> Fallible<T> {
        if self.depth == MAX_DEPTH {
            let token = self.last;
            return self.refuse(&token, refusal::nested_too_deep(), Construct::Nesting);
        }
        self.depth += 1;
        let result = read(self)?;
        self.depth -= 1;
        Ok(result)
    }

    /// Reads an expression in brackets, where `in` is an operator again.
    pub(super) fn bracketed<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Fallible<T>,
    ) -> Fallible<T> {
        let no_in = mem::replace(&mut self.context.no_in, false);
        let result = self.inside(read)?;
        self.context.no_in = no_in;
        Ok(result)
    }

    /// Reads a block with a scope of its own.
    pub(super) fn scoped(&mut self, read: impl FnOnce(&mut Self) -> Fallible) -> Fallible {
        self.scopes.enter(false);
        self.inside(read)?;
        self.scopes.leave();
        Ok(())
    }

    /// Reads a function's parameters and body. An arrow function has the `arguments` of what is around it.
    pub(super) fn function(
        &mut self,
        is_async: bool,
        is_arrow: bool,
        read: impl FnOnce(&mut Self) -> Fallible,
    ) -> Fallible {
        let inner = Context {
            function: self.context.function + 1,
            is_async,
            has_arguments: !is_arrow || self.context.has_arguments,
            // The body of an arrow function is a part of the expression around it.
            no_in: is_arrow && self.context.no_in,
            ..Context::default()
        };
        let outer = mem::replace(&mut self.context, inner);
        self.scopes.enter(true);
        self.inside(read)?;
        self.scopes.leave();
        if self.context.function > MAX_FUNCTION_DEPTH {
            let token = self.last;
            self.refuse_late(&token, refusal::functions_too_deep(), None);
        }
        self.context = outer;
        Ok(())
    }

    /// The lexer, to read what follows `token` in another way.
    pub(super) fn reread(&mut self) -> &mut Lexer<'s> {
        self.ahead.clear();
        &mut self.lexer
    }

    /// Goes on after what [`Parser::reread`] was for.
    pub(super) fn reread_until_here(&mut self, kind: Kind, start: usize) -> Token {
        let line = self.lexer.line();
        self.line = self.line.max(line);
        self.last = Token {
            kind,
            start,
            end: self.lexer.position(),
            line,
            newline: false,
            newline_line: line,
        };
        self.last
    }
}

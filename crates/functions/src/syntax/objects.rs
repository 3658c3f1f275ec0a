//! Object literals.

use super::parser::{Fallible, Parser};
use super::refusal::{self, Construct};
use super::strings;
use super::token::{Kind, Mark, Token, Word};

/// What a property's key is.
enum Key {
    /// A word.
    Word(Token),
    /// A string with the text `__proto__`.
    Proto,
    /// Any other string, or a number.
    Text,
    /// An expression in brackets.
    Computed,
}

/// What kind of accessor a property is.
#[derive(Clone, Copy)]
enum Accessor {
    Getter,
    Setter,
}

impl Parser<'_> {
    /// An object literal.
    pub(super) fn object(&mut self) -> Fallible {
        self.next();
        self.bracketed(|parser| {
            let mut has_proto = false;
            while !parser.at(Mark::CloseBrace) {
                parser.property(&mut has_proto)?;
                if !parser.eat(Mark::Comma) {
                    break;
                }
            }
            parser.expect(Mark::CloseBrace)
        })
    }

    fn property(&mut self, has_proto: &mut bool) -> Fallible {
        let token = self.peek();
        if token.is(Mark::Ellipsis) {
            return self.not_supported(&token, Construct::Spread);
        }
        if token.is_word(Word::Async) && self.is_current() && !self.peek_at(1).is(Mark::Colon) {
            return self.async_method(&token);
        }
        if let Some(accessor) = self.accessor_word(&token) {
            self.next();
            return self.accessor(accessor);
        }
        let key = self.key()?;
        self.property_after(&key, has_proto)
    }

    /// `get` and `set`, if another key follows.
    fn accessor_word(&mut self, token: &Token) -> Option<Accessor> {
        let accessor = match self.name(token) {
            "get" if token.kind == Kind::Name => Accessor::Getter,
            "set" if token.kind == Kind::Name => Accessor::Setter,
            _ => return None,
        };
        let next = self.peek_at(1);
        let is_key = next.is_any_word()
            || matches!(next.kind, Kind::String | Kind::Number)
            || next.is(Mark::OpenBracket);
        is_key.then_some(accessor)
    }

    /// A property's key, of which only the first token is known not to be `...`.
    fn key(&mut self) -> Fallible<Key> {
        let token = self.peek();
        match token.kind {
            Kind::Name | Kind::Word(_) => {
                self.next();
                Ok(Key::Word(token))
            }
            Kind::String => {
                self.check_string(&token)?;
                self.next();
                let text = self.text(token.start + 1, token.end - 1);
                Ok(if strings::means(text, "__proto__") {
                    Key::Proto
                } else {
                    Key::Text
                })
            }
            Kind::Number => {
                self.next();
                Ok(Key::Text)
            }
            Kind::Mark(Mark::OpenBracket) => {
                self.next();
                self.inside(Self::assignment)?;
                self.expect(Mark::CloseBracket)?;
                Ok(Key::Computed)
            }
            _ => self.unexpected(),
        }
    }

    fn property_after(&mut self, key: &Key, has_proto: &mut bool) -> Fallible {
        if self.at(Mark::OpenParen) {
            return self.method(false);
        }
        if self.at(Mark::Colon) {
            return self.property_value(key, has_proto);
        }
        match key {
            Key::Word(word)
                if word.is_name() && !word.is_word(Word::Yield) && !word.is_word(Word::Await) =>
            {
                self.shorthand(word)
            }
            _ => self.unexpected(),
        }
    }

    fn property_value(&mut self, key: &Key, has_proto: &mut bool) -> Fallible {
        let token = self.last;
        self.next();
        self.assignment()?;
        let is_proto = match key {
            Key::Word(word) => self.name(word) == "__proto__",
            Key::Proto => true,
            Key::Text | Key::Computed => false,
        };
        if is_proto && *has_proto {
            self.peek();
            return self.refuse(&token, refusal::second_proto(), Construct::Other);
        }
        *has_proto |= is_proto;
        Ok(())
    }

    /// A name that is both key and value.
    fn shorthand(&mut self, word: &Token) -> Fallible {
        self.check_arguments(word)?;
        let token = self.peek();
        match token.kind {
            Kind::Mark(Mark::Comma | Mark::CloseBrace) => Ok(()),
            Kind::Mark(Mark::Assign) => self.not_supported(&token, Construct::Destructuring),
            _ => self.unexpected(),
        }
    }

    /// `async` and a method. The engine wants a word before the parenthesis, or brackets \[E\].
    fn async_method(&mut self, token: &Token) -> Fallible {
        let name = self.peek_at(1);
        if name.is_any_word() {
            if !self.peek_at(2).is(Mark::OpenParen) {
                return self.unexpected_token(&name);
            }
        } else if !name.is(Mark::OpenBracket) {
            let construct = if name.is(Mark::Star) {
                Construct::Generator
            } else {
                Construct::Other
            };
            return self.unexpected_as(token, construct);
        }
        self.next();
        self.key()?;
        self.method(true)
    }

    fn accessor(&mut self, accessor: Accessor) -> Fallible {
        self.key()?;
        self.function(false, false, |parser| {
            let token = parser.peek();
            let count = parser.parameters()?;
            parser.function_body()?;
            parser.peek();
            match accessor {
                Accessor::Getter if count != 0 => {
                    parser.refuse(&token, refusal::getter_with_parameters(), Construct::Other)
                }
                Accessor::Setter if count != 1 => {
                    parser.refuse(&token, refusal::setter_parameters(), Construct::Other)
                }
                _ => Ok(()),
            }
        })
    }
}

//! `import` and `export`.

use keyfront_model::FunctionRuntime;

use super::Import;
use super::parser::{Fallible, Parser};
use super::refusal::{self, Construct};
use super::token::{Kind, Mark, Token, Word};

/// The modules of a runtime \[D\]: cloudfront and buffer came with 2.0.
fn modules(runtime: FunctionRuntime) -> &'static [&'static str] {
    match runtime {
        FunctionRuntime::Js1 => &["crypto", "querystring"],
        FunctionRuntime::Js2 => &["buffer", "cloudfront", "crypto", "querystring"],
    }
}

impl Parser<'_> {
    /// `export`, which is never right \[O\].
    pub(super) fn export_statement(&mut self, token: &Token) -> Fallible {
        self.peek_at(1);
        self.refuse(token, refusal::illegal_export(), Construct::Export)
    }

    /// `import name from 'module'`, at top level.
    pub(super) fn import_statement(&mut self, token: &Token, is_top_level: bool) -> Fallible {
        let name = self.peek_at(1);
        if !is_top_level {
            return self.refuse(token, refusal::illegal_import(), Construct::Import);
        }
        self.next();
        if name.is(Mark::OpenParen) {
            // In njs 0.7.9 alone this is the text below [E].
            return self.unexpected_as(&name, Construct::Import);
        }
        if name.kind != Kind::Name {
            return self.refuse(token, refusal::non_default_import(), Construct::Import);
        }
        self.next();
        let local = self.name(&name);
        if self.scopes.declare_lexical(local).is_err() {
            return self.refuse(
                &name,
                refusal::already_declared(local),
                Construct::Redeclaration,
            );
        }
        if !self.at_word(Word::From) {
            let next = self.peek();
            return self.unexpected_as(&next, Construct::Import);
        }
        self.next();
        let module = self.module_name()?;
        let end = self.last.end;
        self.semicolon()?;
        let end = if self.last.is(Mark::Semicolon) {
            self.last.end
        } else {
            end
        };
        self.imports.push(Import {
            local: local.into(),
            module,
            range: token.start..end,
        });
        Ok(())
    }

    /// A module's name, a string without escapes.
    fn module_name(&mut self) -> Fallible<String> {
        let token = self.peek();
        let name = self.shown(&token).unwrap_or_default();
        if token.kind != Kind::String || name.contains('\\') {
            return self.unexpected();
        }
        self.next();
        if !modules(self.runtime).contains(&name) {
            return self.refuse(
                &token,
                refusal::unknown_module(name),
                Construct::UnknownModule,
            );
        }
        Ok(name.into())
    }
}

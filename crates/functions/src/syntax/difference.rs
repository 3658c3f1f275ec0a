//! What AWS's engine accepts and quickjs, in a classic strict script, refuses or reads otherwise.

/// One construct that AWS's engine accepts and quickjs refuses or understands otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// What it is.
    pub kind: DifferenceKind,
    /// Its line, from 1.
    pub line: u32,
    /// The byte at which it begins.
    pub start: usize,
}

/// The kinds of [`Difference`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// `<!--`: operators here, the beginning of a comment in quickjs.
    HtmlComment,
    /// A `\r` alone, U+2028, U+2029 or a comment of several lines: spaces here, the end of a line in quickjs. That
    /// may end a statement, or a comment.
    LineEnd,
    /// `0x`, `0o` or `0b` without digits is 0 here; quickjs refuses it.
    NumberWithoutDigits,
    /// `\0` and further digits in a string; quickjs refuses it.
    OctalEscape,
    /// `yield` as a name, or `await` as one in an async function; quickjs refuses it.
    ReservedName,
    /// `eval` or `arguments` as the name of a parameter, an error or a function expression; quickjs refuses it.
    RestrictedName,
    /// `var x` and then `let x` or `const x` in one block; quickjs refuses it.
    VarBeforeLet,
    /// `for (var 1;;)`: an expression after `var`, `let` or `const`; quickjs refuses it.
    ForVarExpression,
    /// A regular expression in Perl's syntax that ECMAScript's hasn't, or has with another meaning: `\p{…}` without
    /// the flag `u`, possessive quantifiers, atomic groups, `(?i)`, `(?#…)`, `(?P<…>…)`, `[[:alpha:]]`, `[]…]`, `\A`,
    /// `\z` and their like.
    RegExpSyntax,
}

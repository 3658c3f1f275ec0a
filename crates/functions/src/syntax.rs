//! The recogniser: what AWS's engine refuses in a program's text, and how it says so.
//!
//! AWS's engine is derived from njs and refuses much of today's JavaScript as it parses a program: in one pass, at the
//! first token that it doesn't like, with texts such as `Token "of" not supported in this version`. The engine that
//! runs programs here accepts far more. So [`check`] decides first, token by token as AWS's engine does, and gives its
//! error.
//!
//! It isn't a parser for anything else: it builds no tree, and what it accepts can still fail at run time.
//!
//! njs 0.7.9 accepts a few programs that are broken all the same and can't be run here. They are refused: an operand
//! that is missing after `return`, or in the first operand of a `for`'s head; more of a line after `break a`; and
//! `await` in arguments in a block, which AWS's documentation excludes and with which njs crashes. The comparison in
//! `tests/njs` has each class of differences with its reason.
//!
//! | file | what it is |
//! |---|---|
//! | `refusal` | the table of the engine's texts, with their sources |
//! | `token`, `lexer`, `number`, `strings` | from bytes to tokens |
//! | `parser` | what the parts of the parser share: looking ahead, refusing, nesting |
//! | `statements`, `loops`, `modules` | statements |
//! | `functions`, `expressions`, `operands`, `objects`, `literals` | functions and expressions |
//! | `pattern` | patterns of regular expressions |
//! | `scope` | which declarations exclude each other |
//! | `difference` | what quickjs refuses or reads otherwise |

mod construct;
mod difference;
mod expressions;
mod functions;
mod lexer;
mod literals;
mod loops;
mod modules;
mod number;
mod objects;
mod operands;
mod parser;
mod pattern;
mod refusal;
mod scope;
mod statements;
mod strings;
mod token;

#[cfg(test)]
mod tests;

use std::ops::Range;

use keyfront_model::FunctionRuntime;

pub use self::difference::{Difference, DifferenceKind};
pub use self::refusal::{Construct, ErrorKind, Position, Refusal};

/// What the engine has to know of a program that is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// Its imports, in order.
    pub imports: Vec<Import>,
    /// What quickjs, in a classic strict script, refuses or reads otherwise, in order.
    ///
    /// Not among these, and different all the same: what happens to functions that are declared in blocks, and
    /// whatever the engines do otherwise at run time.
    pub differences: Vec<Difference>,
}

/// `import local from 'module'`.
///
/// To run the program as a classic script, a caller writes something else over [`Import::range`], with as many lines
/// and an end of the same column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The name that the module gets.
    pub local: String,
    /// The module's name, one of those that the runtime has.
    pub module: String,
    /// The statement's bytes, with its `;` if it has one.
    pub range: Range<usize>,
}

/// Decides whether AWS's engine would accept a program's text.
///
/// It takes time in proportion to the program's length and never fails otherwise. Brackets, statements and functions
/// can be inside each other up to a bound, which AWS's engine hasn't.
///
/// # Errors
///
/// The engine's refusal, the first that it comes to.
pub fn check(source: &str, runtime: FunctionRuntime) -> Result<Parsed, Refusal> {
    let (imports, differences) = parser::Parser::new(source, runtime)
        .program()
        .map_err(|refusal| *refusal)?;
    Ok(Parsed {
        imports,
        differences,
    })
}

//! Refusals: what AWS's engine says of a program that it doesn't accept.
//!
//! The functions below are the table of the engine's texts. Marks: \[D\] AWS's documentation, \[O\] seen by
//! somebody at AWS, \[E\] tried with njs 0.7.9, whose texts are the same, as far as they were tried, in all versions
//! up to 0.8.4.

use std::fmt;
use std::ops::Range;

/// The class of a refusal, as the engine names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// `SyntaxError`.
    Syntax,
    /// `ReferenceError`, for what can't be assigned to.
    Reference,
    /// `RangeError`, for what is nested too deep.
    Range,
}

impl ErrorKind {
    /// The engine's name of the class.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "SyntaxError",
            Self::Reference => "ReferenceError",
            Self::Range => "RangeError",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a token stands in a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column, in characters, from 1.
    pub column: u32,
    /// The token's bytes; none at the end of the program.
    pub range: Range<usize>,
}

/// What is refused, for somebody who gives advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Construct {
    /// `...` before an element, an argument or in an object.
    Spread,
    /// `[a]` or `{a}` in the place of a name.
    Destructuring,
    /// A parameter with a default.
    DefaultParameter,
    /// `a?.b`.
    OptionalChaining,
    /// `??=`, `||=` and `&&=`.
    LogicalAssignment,
    /// `for (… of …)`.
    ForOf,
    /// `for await (…)`.
    ForAwait,
    /// `catch {`.
    OptionalCatchBinding,
    /// `class` and `super`.
    Class,
    /// `function*` and its like.
    Generator,
    /// `10n`.
    BigInt,
    /// `export`.
    Export,
    /// An `import` that isn't `import name from 'module'`, or not at top level.
    Import,
    /// An import of a module that there isn't.
    UnknownModule,
    /// `await` inside the arguments of a call.
    AwaitInArguments,
    /// `await` outside of async functions.
    AwaitOutsideAsync,
    /// `let` and `const` in the runtime 1.0.
    LexicalDeclaration,
    /// `async` and `await` in the runtime 1.0.
    Async,
    /// `with`.
    With,
    /// `new.target`.
    NewTarget,
    /// A regular expression's flags.
    RegExpFlags,
    /// A regular expression.
    RegExp,
    /// A name that is declared twice.
    Redeclaration,
    /// Something that can't be assigned to.
    AssignmentTarget,
    /// Functions or brackets that are nested too deep.
    Nesting,
    /// Anything else: most often a mistake in writing.
    Other,
}

/// Why AWS's engine refuses a program.
///
/// Its [`Display`](fmt::Display) is the engine's: `SyntaxError: Token "of" not supported in this version in 22`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The error's class.
    pub kind: ErrorKind,
    /// The error's text, without ` in ` and the line.
    pub text: String,
    /// The line that the engine names, from 1: the one that it had read up to, at times one after the token's own. A
    /// few texts have none.
    pub line: Option<u32>,
    /// Where the refused token stands.
    pub position: Position,
    /// What is refused.
    pub construct: Construct,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.text)?;
        self.line.map_or(Ok(()), |line| write!(f, " in {line}"))
    }
}

impl std::error::Error for Refusal {}

/// An entry of the table: a class and a text.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) kind: ErrorKind,
    pub(super) text: String,
}

fn syntax(text: impl Into<String>) -> Text {
    Text {
        kind: ErrorKind::Syntax,
        text: text.into(),
    }
}

fn reference(text: impl Into<String>) -> Text {
    Text {
        kind: ErrorKind::Reference,
        text: text.into(),
    }
}

/// A token that can't stand where it stands \[O: `=>`; E\]. `None` is the end of the program.
pub(super) fn unexpected(token: Option<&str>) -> Text {
    token.map_or_else(
        || syntax("Unexpected end of input"),
        |token| syntax(format!("Unexpected token \"{token}\"")),
    )
}

/// A token whose meaning the engine knows and hasn't \[O: `of`, `{`, `const`; E\].
pub(super) fn not_supported(token: Option<&str>) -> Text {
    token.map_or_else(
        || syntax("Not supported in this version"),
        |token| syntax(format!("Token \"{token}\" not supported in this version")),
    )
}

/// `export` at top level or in a block \[O\].
pub(super) fn illegal_export() -> Text {
    syntax("Illegal export statement")
}

/// `import` in a block or a function \[E\].
pub(super) fn illegal_import() -> Text {
    syntax("Illegal import statement")
}

/// `import` of anything but a name that isn't a word with a meaning of its own \[E\].
pub(super) fn non_default_import() -> Text {
    syntax("Non-default import is not supported")
}

/// \[E\]
pub(super) fn unknown_module(name: &str) -> Text {
    syntax(format!("Cannot find module \"{name}\""))
}

/// \[D: await is for async functions; text E\]
pub(super) fn await_outside_async() -> Text {
    syntax("await is only valid in async functions")
}

/// \[D: no await in arguments; text O\]
pub(super) fn await_in_arguments() -> Text {
    syntax("await in arguments not supported")
}

/// \[E\]
pub(super) fn already_declared(name: &str) -> Text {
    syntax(format!("\"{name}\" has already been declared"))
}

/// \[E\]
pub(super) fn duplicate_parameters() -> Text {
    syntax("Duplicate parameter names")
}

/// \[E\]
pub(super) fn rest_not_last() -> Text {
    syntax("Rest parameter must be last formal parameter")
}

/// `let` or `const` as the body of an `if`, a loop or a label \[E\].
pub(super) fn lexical_in_single_statement(word: &str) -> Text {
    syntax(format!(
        "{word} declaration cannot appear in a single-statement context"
    ))
}

/// \[E\]; has no line.
pub(super) fn missing_initializer() -> Text {
    syntax("missing initializer in const declaration")
}

/// A function as the body of an `if` or a loop \[E\].
pub(super) fn function_in_single_statement() -> Text {
    syntax("Functions can only be declared at top level or inside a block")
}

/// A function after a label \[E\]; has no line.
pub(super) fn labelled_function() -> Text {
    syntax("In strict mode code, functions can only be declared at top level or inside a block.")
}

/// A class as the body of an `if`, a loop or a label \[E\].
pub(super) fn class_in_single_statement() -> Text {
    syntax("Class can only be declared at top level or inside a block")
}

/// `break`, `continue` or `return` where there is nothing to leave \[E\].
pub(super) fn illegal_statement(word: &str) -> Text {
    syntax(format!("Illegal {word} statement"))
}

/// \[E\]
pub(super) fn undefined_label(name: &str) -> Text {
    syntax(format!("Undefined label \"{name}\""))
}

/// \[E\]
pub(super) fn duplicate_label(name: &str) -> Text {
    syntax(format!("Label \"{name}\" has already been declared"))
}

/// \[E\]
pub(super) fn newline_after_throw() -> Text {
    syntax("Illegal newline after throw")
}

/// \[E\]
pub(super) fn try_without_handler() -> Text {
    syntax("Missing catch or finally after try")
}

/// \[E\]
pub(super) fn second_default() -> Text {
    syntax("More than one default clause in switch statement")
}

/// `eval` and `arguments` as names of variables and functions \[E\]. `what`: `var` or `function`.
pub(super) fn forbidden_declaration(name: &str, what: &str) -> Text {
    syntax(format!(
        "Identifier \"{name}\" is forbidden in {what} declaration"
    ))
}

/// `eval = 1` \[E\].
pub(super) fn forbidden_assignment(name: &str) -> Text {
    syntax(format!(
        "Identifier \"{name}\" is forbidden as left-hand in assignment"
    ))
}

/// `arguments` outside of functions \[E\].
pub(super) fn arguments_in_global_scope() -> Text {
    syntax("\"arguments\" object in global scope")
}

/// `f() = 1`, also `[a] = b` and `({a} = b)` \[E\]. `place`: `assignment`, `prefix operation`, `postfix operation`.
pub(super) fn invalid_target(place: &str) -> Text {
    reference(format!("Invalid left-hand side in {place}"))
}

/// `for (f() in o)` \[E\].
pub(super) fn invalid_for_in_target(token: &str) -> Text {
    reference(format!(
        "Invalid left-hand side \"{token}\" in for-in statement"
    ))
}

/// An `in` after more than a name or a member, in the head of a loop \[E\].
pub(super) fn invalid_loop_head() -> Text {
    syntax("Invalid left-hand side in for-loop")
}

/// \[E\]
pub(super) fn delete_of_name() -> Text {
    syntax("Delete of an unqualified identifier")
}

/// `-a ** b` \[E\].
pub(super) fn unparenthesized_power() -> Text {
    syntax("Either left-hand side or entire exponentiation must be parenthesized")
}

/// \[E\]
pub(super) fn getter_with_parameters() -> Text {
    syntax("Getter must not have any formal parameters")
}

/// \[E\]
pub(super) fn setter_parameters() -> Text {
    syntax("Setter must have exactly one formal parameter")
}

/// \[E\]
pub(super) fn second_proto() -> Text {
    syntax("Duplicate __proto__ fields are not allowed in object literals")
}

/// \[E\]; `text` has its quotation mark at the beginning.
pub(super) fn unterminated_string(text: &str) -> Text {
    syntax(format!("Unterminated string \"{text}\""))
}

/// \[E\]
pub(super) fn unterminated_template() -> Text {
    syntax("Unterminated template literal")
}

/// \[E\]
pub(super) fn unterminated_expression_in_template() -> Text {
    syntax("Missing \"}\" in template expression")
}

/// `\x` or `\u` without its digits; `text` is the whole string, or piece of a template \[E\].
pub(super) fn invalid_escape(text: &str) -> Text {
    syntax(format!("Invalid Unicode code point \"{text}\""))
}

/// \[E\]
pub(super) fn octal_escape() -> Text {
    syntax(
        "Octal escape sequences can't be used in untagged template literals or in strict mode code",
    )
}

/// \[E\]
pub(super) fn eight_or_nine_escape() -> Text {
    syntax(
        "The escapes \\8 and \\9 can't be used in untagged template literals or in strict mode code",
    )
}

/// \[E\]
pub(super) fn unterminated_regexp(text: &str) -> Text {
    syntax(format!("Unterminated RegExp \"{text}\""))
}

/// \[D: flags g, i, m, y; text E\]. `flags`: up to the one that there isn't, or that is there twice.
pub(super) fn invalid_flags(flags: &str) -> Text {
    syntax(format!("Invalid RegExp flags \"{flags}\""))
}

/// What PCRE says of a pattern; `rest` is the pattern from where it stopped \[E\].
pub(super) fn invalid_pattern(pattern: &str, reason: &str, rest: &str) -> Text {
    syntax(format!(
        "pcre_compile2(\"{pattern}\") failed: {reason} at \"{rest}\""
    ))
}

/// More than 127 functions inside each other \[E\]; has no line.
pub(super) fn functions_too_deep() -> Text {
    Text {
        kind: ErrorKind::Range,
        text: "Maximum function nesting depth exceeded".into(),
    }
}

/// More brackets inside each other than we follow. The text is ours: the engine has no such bound.
pub(super) fn nested_too_deep() -> Text {
    Text {
        kind: ErrorKind::Range,
        text: "Maximum nesting depth exceeded".into(),
    }
}

//! Tokens, and the table of words and punctuators.
//!
//! AWS's engine knows three kinds of words: names, words that are reserved everywhere, and words that have a
//! meaning of their own in some places and are names in the others (`of`, `await`, `arguments`). Which word is of
//! which kind was tried with njs, word by word in every place where a word can stand \[E\].

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end of the program.
    End,
    /// A name without a meaning of its own.
    Name,
    /// A number.
    Number,
    /// Digits that can't be a number, such as `010` or `0b2`.
    BadNumber,
    /// A whole string.
    String,
    /// A string without its end.
    BadString,
    /// The "`" that begins a template.
    Template,
    /// The beginning of a comment without its end.
    BadComment,
    /// A character that begins no token, such as `#` or any letter outside of ASCII.
    Unknown,
    /// A punctuator.
    Mark(Mark),
    /// A word with a meaning of its own.
    Word(Word),
}

macro_rules! table {
    ($(#[$about:meta])* $name:ident { $($item:ident $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($item,)* }

        impl $name {
            /// The one of these that `text` is, whole.
            pub(super) fn of(text: &[u8]) -> Option<Self> {
                $(if text == $text.as_bytes() { return Some(Self::$item); })*
                None
            }
        }
    };
}

table! {
    /// The punctuators. `?.`, `??=`, `||=` and `&&=` aren't among them: the engine reads them as two tokens \[E\],
    /// hence where it complains.
    Mark {
        OpenParen "(", CloseParen ")", OpenBracket "[", CloseBracket "]", OpenBrace "{", CloseBrace "}",
        Semicolon ";", Comma ",", Dot ".", Ellipsis "...", Question "?", Colon ":", Arrow "=>",
        Assign "=", AddAssign "+=", SubAssign "-=", MulAssign "*=", DivAssign "/=", RemAssign "%=", PowAssign "**=",
        ShlAssign "<<=", ShrAssign ">>=", UshrAssign ">>>=", AndAssign "&=", OrAssign "|=", XorAssign "^=",
        Equal "==", StrictEqual "===", NotEqual "!=", StrictNotEqual "!==",
        Less "<", Greater ">", LessEqual "<=", GreaterEqual ">=",
        Shl "<<", Shr ">>", Ushr ">>>", Plus "+", Minus "-", Star "*", Slash "/", Percent "%", Power "**",
        Increment "++", Decrement "--", And "&", Or "|", Xor "^", Tilde "~", Not "!",
        LogicalAnd "&&", LogicalOr "||", Coalesce "??",
    }
}

table! {
    /// The words with a meaning of their own. Those from `Arguments` on are names, too, in the places for names.
    Word {
        Break "break", Case "case", Catch "catch", Class "class", Const "const", Continue "continue",
        Debugger "debugger", Default "default", Delete "delete", Do "do", Else "else", Enum "enum",
        Export "export", Extends "extends", False "false", Finally "finally", For "for", Function "function",
        If "if", Implements "implements", Import "import", In "in", Instanceof "instanceof",
        Interface "interface", Let "let", New "new", Null "null", Package "package", Private "private",
        Protected "protected", Public "public", Return "return", Static "static", Super "super",
        Switch "switch", This "this", Throw "throw", True "true", Try "try", Typeof "typeof", Var "var",
        Void "void", While "while", With "with",
        Arguments "arguments", Async "async", Await "await", Eval "eval", From "from", Meta "meta", Of "of",
        Target "target", Undefined "undefined", Yield "yield",
    }
}

impl Word {
    /// Whether the word is a name in the places for names.
    pub(super) fn is_name(self) -> bool {
        matches!(
            self,
            Self::Arguments
                | Self::Async
                | Self::Await
                | Self::Eval
                | Self::From
                | Self::Meta
                | Self::Of
                | Self::Target
                | Self::Undefined
                | Self::Yield
        )
    }
}

impl Mark {
    /// Whether this is `=` or one of `+=` and its like.
    pub(super) fn assigns(self) -> bool {
        matches!(
            self,
            Self::Assign
                | Self::AddAssign
                | Self::SubAssign
                | Self::MulAssign
                | Self::DivAssign
                | Self::RemAssign
                | Self::PowAssign
                | Self::ShlAssign
                | Self::ShrAssign
                | Self::UshrAssign
                | Self::AndAssign
                | Self::OrAssign
                | Self::XorAssign
        )
    }

    /// Whether this stands between two operands; `**` is apart, since it minds what is to its left.
    pub(super) fn joins(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::StrictEqual
                | Self::NotEqual
                | Self::StrictNotEqual
                | Self::Less
                | Self::Greater
                | Self::LessEqual
                | Self::GreaterEqual
                | Self::Shl
                | Self::Shr
                | Self::Ushr
                | Self::Plus
                | Self::Minus
                | Self::Star
                | Self::Slash
                | Self::Percent
                | Self::And
                | Self::Or
                | Self::Xor
                | Self::LogicalAnd
                | Self::LogicalOr
                | Self::Coalesce
        )
    }
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// The byte at which it begins.
    pub(super) start: usize,
    /// The byte after it.
    pub(super) end: usize,
    /// Its line, from 1.
    pub(super) line: u32,
    /// Whether a new line began since the token before it. A line that begins inside a comment doesn't count \[E\].
    pub(super) newline: bool,
    /// The line after the first such newline: where the engine stands when it has looked no further.
    pub(super) newline_line: u32,
}

impl Token {
    /// Whether this is the punctuator.
    pub(super) fn is(&self, mark: Mark) -> bool {
        self.kind == Kind::Mark(mark)
    }

    /// Whether this is the word.
    pub(super) fn is_word(&self, word: Word) -> bool {
        self.kind == Kind::Word(word)
    }

    /// Whether this can name a variable, a parameter or a label.
    pub(super) fn is_name(&self) -> bool {
        match self.kind {
            Kind::Name => true,
            Kind::Word(word) => word.is_name(),
            _ => false,
        }
    }

    /// Whether this can name a property: any word can.
    pub(super) fn is_any_word(&self) -> bool {
        matches!(self.kind, Kind::Name | Kind::Word(_))
    }
}

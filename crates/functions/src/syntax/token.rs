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
                match text {
                    $($text => Some(Self::$item),)*
                    _ => None,
                }
            }
        }
    };
}

table! {
    /// The punctuators. `?.`, `??=`, `||=` and `&&=` aren't among them: the engine reads them as two tokens \[E\],
    /// hence where it complains.
    Mark {
        OpenParen b"(", CloseParen b")", OpenBracket b"[", CloseBracket b"]", OpenBrace b"{", CloseBrace b"}",
        Semicolon b";", Comma b",", Dot b".", Ellipsis b"...", Question b"?", Colon b":", Arrow b"=>",
        Assign b"=", AddAssign b"+=", SubAssign b"-=", MulAssign b"*=", DivAssign b"/=", RemAssign b"%=", PowAssign b"**=",
        ShlAssign b"<<=", ShrAssign b">>=", UshrAssign b">>>=", AndAssign b"&=", OrAssign b"|=", XorAssign b"^=",
        Equal b"==", StrictEqual b"===", NotEqual b"!=", StrictNotEqual b"!==",
        Less b"<", Greater b">", LessEqual b"<=", GreaterEqual b">=",
        Shl b"<<", Shr b">>", Ushr b">>>", Plus b"+", Minus b"-", Star b"*", Slash b"/", Percent b"%", Power b"**",
        Increment b"++", Decrement b"--", And b"&", Or b"|", Xor b"^", Tilde b"~", Not b"!",
        LogicalAnd b"&&", LogicalOr b"||", Coalesce b"??",
    }
}

table! {
    /// The words with a meaning of their own. Those from `Arguments` on are names, too, in the places for names.
    Word {
        Break b"break", Case b"case", Catch b"catch", Class b"class", Const b"const", Continue b"continue",
        Debugger b"debugger", Default b"default", Delete b"delete", Do b"do", Else b"else", Enum b"enum",
        Export b"export", Extends b"extends", False b"false", Finally b"finally", For b"for", Function b"function",
        If b"if", Implements b"implements", Import b"import", In b"in", Instanceof b"instanceof",
        Interface b"interface", Let b"let", New b"new", Null b"null", Package b"package", Private b"private",
        Protected b"protected", Public b"public", Return b"return", Static b"static", Super b"super",
        Switch b"switch", This b"this", Throw b"throw", True b"true", Try b"try", Typeof b"typeof", Var b"var",
        Void b"void", While b"while", With b"with",
        Arguments b"arguments", Async b"async", Await b"await", Eval b"eval", From b"from", Meta b"meta", Of b"of",
        Target b"target", Undefined b"undefined", Yield b"yield",
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

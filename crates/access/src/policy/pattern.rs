use super::variables::Part;

/// A text with wildcards: `*` stands for any characters or none, `?` for one character.
///
/// It is cut at its stars when it is made. A match then takes the first piece from the front, the
/// last from the back, and each piece between at the first place where it is found; a star never
/// has to be tried again, so the time is at most the length of the text times that of the pattern.
#[derive(Debug, PartialEq)]
pub(crate) struct Pattern {
    pieces: Box<[Piece]>,
    case: Case,
}

/// Whether letters differ from their capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Matters,
    /// For ASCII; the names of actions are nothing else.
    Ignored,
}

/// What stands between two stars.
type Piece = Box<[Atom]>;

#[derive(Debug, PartialEq)]
enum Atom {
    Text(Box<str>),
    AnyOne,
}

impl Pattern {
    /// A pattern in which every `*` and `?` is a wildcard.
    pub(crate) fn new(text: &str, case: Case) -> Self {
        Self::of_parts(&[Part::Written(text.to_owned())], case)
    }

    /// A pattern in which only what was written in the policy holds wildcards, and nothing that a
    /// variable was replaced by.
    pub(crate) fn of_parts(parts: &[Part], case: Case) -> Self {
        let mut pieces = Pieces::default();
        for part in parts {
            match part {
                Part::Literal(text) => pieces.text.push_str(text),
                Part::Written(text) => text.chars().for_each(|c| pieces.push(c)),
            }
        }
        Self {
            pieces: pieces.finish(),
            case,
        }
    }

    /// Whether the whole text is as the pattern says.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let [first, between @ .., last] = &*self.pieces else {
            return self
                .pieces
                .iter()
                .all(|only| self.strip_front(only, text) == Some(""));
        };
        let Some(rest) = self.strip_front(first, text) else {
            return false;
        };
        let Some(mut rest) = self.strip_back(last, rest) else {
            return false;
        };
        for piece in between {
            match self.find(piece, rest) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        true
    }

    /// The text after the last wildcard, which every match ends with.
    pub(crate) fn text_at_the_end(&self) -> &str {
        match self.pieces.last().and_then(|piece| piece.last()) {
            Some(Atom::Text(text)) => text,
            Some(Atom::AnyOne) | None => "",
        }
    }

    /// What follows the piece, if the text begins with it.
    fn strip_front<'t>(&self, piece: &[Atom], text: &'t str) -> Option<&'t str> {
        piece.iter().try_fold(text, |text, atom| match atom {
            Atom::Text(own) => {
                let (front, rest) = text.split_at_checked(own.len())?;
                self.same(own, front).then_some(rest)
            }
            Atom::AnyOne => {
                let mut chars = text.chars();
                chars.next()?;
                Some(chars.as_str())
            }
        })
    }

    /// What precedes the piece, if the text ends with it.
    fn strip_back<'t>(&self, piece: &[Atom], text: &'t str) -> Option<&'t str> {
        piece.iter().rev().try_fold(text, |text, atom| match atom {
            Atom::Text(own) => {
                let middle = text.len().checked_sub(own.len())?;
                let (rest, back) = text.split_at_checked(middle)?;
                self.same(own, back).then_some(rest)
            }
            Atom::AnyOne => {
                let mut chars = text.chars();
                chars.next_back()?;
                Some(chars.as_str())
            }
        })
    }

    /// What follows the first place in the text where the piece is.
    fn find<'t>(&self, piece: &[Atom], text: &'t str) -> Option<&'t str> {
        let mut chars = text.chars();
        loop {
            let found = self.strip_front(piece, chars.as_str());
            if found.is_some() {
                return found;
            }
            chars.next()?;
        }
    }

    fn same(&self, one: &str, other: &str) -> bool {
        match self.case {
            Case::Matters => one == other,
            Case::Ignored => one.eq_ignore_ascii_case(other),
        }
    }
}

/// The pieces of a pattern that is being read.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    atoms: Vec<Atom>,
    text: String,
}

impl Pieces {
    fn push(&mut self, c: char) {
        match c {
            '*' => self.end_piece(),
            '?' => {
                self.end_text();
                self.atoms.push(Atom::AnyOne);
            }
            c => self.text.push(c),
        }
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.atoms.push(Atom::Text(text.into()));
        }
    }

    fn end_piece(&mut self) {
        self.end_text();
        self.done.push(std::mem::take(&mut self.atoms).into());
    }

    fn finish(mut self) -> Box<[Piece]> {
        self.end_piece();
        self.done.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern, Case::Matters).matches(text)
    }

    #[test]
    fn stars_stand_for_anything_and_question_marks_for_one_character() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("**", "x"),
            ("a*c", "abbc"),
            ("a*b*c", "abbbc"),
            ("*ab", "aab"),
            ("key-value-store/*", "key-value-store/*"),
            ("a/*/z", "a/b/c/z"),
            ("?", "ß"),
            ("*?", "日本"),
            ("?*é", "xé"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "x"),
            ("a*a", "a"),
            ("?", ""),
            ("?", "ab"),
            ("a*bc*c", "abc"),
            ("A", "a"),
            ("*b", "a"),
            ("ab", "abc"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn case_is_ignored_on_demand() {
        let pattern = Pattern::new("Get*Key?", Case::Ignored);
        assert!(pattern.matches("gETanyKEYs"));
        assert!(!pattern.matches("PutKeys"));
    }

    #[test]
    fn what_a_variable_was_replaced_by_holds_no_wildcards() {
        let parts = [
            Part::Literal("a*".to_owned()),
            Part::Written("/*".to_owned()),
        ];
        let pattern = Pattern::of_parts(&parts, Case::Matters);
        assert!(pattern.matches("a*/x"));
        assert!(!pattern.matches("ab/x"));
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "a*".repeat(200) + "b";
        assert!(!matches(&pattern, &"a".repeat(2_000)));
    }

    /// The definition itself, by recursion.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                by_definition(rest, text)
                    || matches!(text, [_, after @ ..] if by_definition(pattern, after))
            }
            (['?', rest @ ..], [_, after @ ..]) => by_definition(rest, after),
            ([c, rest @ ..], [d, after @ ..]) => c == d && by_definition(rest, after),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?é]{0,8}", text in "[abé]{0,10}") {
            let pattern_chars: Vec<char> = pattern.chars().collect();
            let text_chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(
                matches(&pattern, &text),
                by_definition(&pattern_chars, &text_chars)
            );
        }
    }
}

//! Places in a function's source.

use keyfront_functions::syntax::{Construct, Refusal};

use super::style::{Ink, Style};

/// A place in a source: line and column from 1, a column being a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    line: usize,
    /// `None` if only the line is known.
    column: Option<usize>,
    /// How many characters the marker spans, at least one.
    width: usize,
}

impl Place {
    /// The place of what is refused. The engine notices `?.` at the token after the whole chain; it is
    /// the `?.` that is shown.
    pub(super) fn of_refusal(refusal: &Refusal, source: &str) -> Option<Self> {
        let mut range = refusal.position.range.clone();
        if refusal.construct == Construct::OptionalChaining
            && let Some(at) = source.get(..range.start).and_then(|text| text.rfind("?."))
        {
            range = at..at + 2;
        }
        let before = source.get(..range.start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let token = source.get(range)?.lines().next().unwrap_or_default();
        Some(Self {
            line: before.matches('\n').count() + 1,
            column: Some(before.get(line_start..)?.chars().count() + 1),
            width: token.chars().count(),
        })
    }

    /// The place of an error of a run. The marker spans the word that stands there.
    pub(super) fn at((line, column): (u32, u32), source: &str) -> Option<Self> {
        let (line, column) = (usize::try_from(line).ok()?, usize::try_from(column).ok()?);
        let text = source.lines().nth(line.checked_sub(1)?)?;
        let rest = text.chars().skip(column.checked_sub(1)?);
        let is_word = |c: &char| c.is_alphanumeric() || *c == '_' || *c == '$';
        Some(Self {
            line,
            column: Some(column),
            width: rest.take_while(is_word).count(),
        })
    }

    /// A whole line.
    pub(super) fn of_line(line: usize) -> Self {
        Self {
            line,
            column: None,
            width: 0,
        }
    }

    /// The place as editors take it: `handler.js:3:15`.
    pub(super) fn of_file(&self, file: &str) -> String {
        match self.column {
            Some(column) => format!("{file}:{}:{column}", self.line),
            None => format!("{file}:{}", self.line),
        }
    }

    /// The source's line, and below it a marker at the column.
    pub(super) fn excerpt(&self, source: &str, style: Style) -> String {
        let line = source.lines().nth(self.line - 1).unwrap_or_default();
        let number = self.line.to_string();
        let margin = |text: &str| style.paint(Ink::Faint, &format!("  {text:>0$} |", number.len()));
        let shown: String = line.chars().map(harmless).collect();
        let mut out = format!("{} {shown}", margin(&number));
        if let Some(column) = self.column {
            let marker = style.paint(Ink::Bad, &"^".repeat(self.width.max(1)));
            out.push_str(&format!(
                "\n{} {}{marker}",
                margin(""),
                " ".repeat(column - 1)
            ));
        }
        out
    }
}

/// The character, or a blank for one that a terminal could act on: a tab is one column wide here.
fn harmless(c: char) -> char {
    let quotes = "\"'\\".contains(c);
    if quotes || c.escape_debug().len() == 1 {
        c
    } else {
        ' '
    }
}

#[cfg(test)]
mod tests {
    use keyfront_functions::syntax;
    use keyfront_model::FunctionRuntime;

    use super::*;

    fn refused(source: &str) -> Place {
        let refusal = syntax::check(source, FunctionRuntime::Js2).unwrap_err();
        Place::of_refusal(&refusal, source).unwrap()
    }

    #[test]
    fn what_is_refused_is_found() {
        for (source, place) in [
            ("var meta = {};\n\tvar all = { ...meta, b: 2 };", "f:2:14"),
            ("/*é*/ for (const k of 'of') {}", "f:1:20"),
            ("var host = headers.host?.value.length;\n", "f:1:24"),
            ("try { x() } catch { }", "f:1:19"),
        ] {
            assert_eq!(refused(source).of_file("f"), place, "{source}");
        }
    }

    #[test]
    fn an_error_of_a_run_spans_a_word() {
        let source = "var a = headers.host.value;";
        for (column, width) in [(22, 5), (9, 7), (27, 0), (99, 0)] {
            let place = Place::at((1, column), source).unwrap();
            assert_eq!((place.line, place.width), (1, width), "{column}");
        }
        assert_eq!(Place::at((2, 1), source), None);
        assert_eq!(Place::at((0, 1), source), None);
        assert_eq!(Place::at((1, 0), source), None);
    }

    #[test]
    fn the_line_is_shown_with_a_marker() {
        let source = "var meta = {};\nvar a = 1;\n\tvar all = { ...meta, b: '\u{1b}' };\n";
        assert_eq!(
            refused(source).excerpt(source, Style::PLAIN),
            "  3 |  var all = { ...meta, b: ' ' };\n    |              ^^^"
        );
        assert_eq!(
            Place::of_line(2).excerpt(source, Style::PLAIN),
            "  2 | var a = 1;"
        );
    }
}

//! Colours, for a terminal alone.

use std::io::IsTerminal;

use crate::environment::Environment;

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// The name of a member.
    Name,
    /// A string.
    Text,
    /// Another value: a number, `true`, `null`.
    Value,
    /// What went wrong.
    Bad,
    /// What went well.
    Good,
    /// What helps.
    Hint,
    /// What matters less.
    Faint,
}

/// Whether text gets colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    colours: bool,
}

impl Style {
    /// Text alone.
    pub(super) const PLAIN: Self = Self { colours: false };

    /// Colours if the stream is a terminal that knows them and `NO_COLOR` is not set (no-color.org).
    pub(super) fn of(stream: &impl IsTerminal, environment: &Environment) -> Self {
        let is_dumb = environment.text("TERM").is_some_and(|term| term == "dumb");
        let unwanted = environment.get("NO_COLOR").is_some();
        Self {
            colours: stream.is_terminal() && !is_dumb && !unwanted,
        }
    }

    /// The text in this colour.
    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        if !self.colours {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Name => "34",
            Ink::Text => "32",
            Ink::Value => "36",
            Ink::Bad => "31;1",
            Ink::Good => "32;1",
            Ink::Hint => "33",
            Ink::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

#[cfg(test)]
impl Style {
    pub(super) const COLOURS: Self = Self { colours: true };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_no_colours() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(Style::of(&file, &Environment::default()), Style::PLAIN);
        assert_eq!(Style::PLAIN.paint(Ink::Bad, "x"), "x");
        assert_eq!(
            Style::COLOURS.paint(Ink::Bad, "x"),
            "\u{1b}[31;1mx\u{1b}[0m"
        );
    }
}

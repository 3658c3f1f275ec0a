//! Text that comes from elsewhere, made fit for a terminal.

/// The longest text of another program that is repeated, in bytes.
pub(crate) const MAX_FOREIGN_BYTES: usize = 256;

/// The text on one line, as a person may see it: everything that a terminal could act on, or that
/// would hide or reorder the rest (control characters, line breaks, escape sequences, bidirectional
/// marks), is written as `\n` or `\u{…}`. Blanks that follow each other become one, so that no text
/// can pad itself to the start of the terminal's next line.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' if out.ends_with(' ') => {}
            '\'' | '"' | '\\' => out.push(c),
            _ => out.extend(c.escape_debug()),
        }
    }
    out
}

/// The same, cut at [`MAX_FOREIGN_BYTES`] of the original.
pub(crate) fn excerpt(text: &str) -> String {
    let text = text.trim();
    let end = text.floor_char_boundary(MAX_FOREIGN_BYTES);
    let (kept, rest) = text.split_at(end);
    let dots = if rest.is_empty() { "" } else { "…" };
    printable(kept) + dots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_finds_nothing_to_act_on() {
        for (text, written) in [
            (
                "it's \"fine\" \\o/ — ja, überall",
                "it's \"fine\" \\o/ — ja, überall",
            ),
            ("a\nok       b", "a\\nok b"),
            ("\u{1b}[2Jgone\r", "\\u{1b}[2Jgone\\r"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            (
                "a\u{202e}b\u{2028}c\u{200b}",
                "a\\u{202e}b\\u{2028}c\\u{200b}",
            ),
        ] {
            assert_eq!(printable(text), written);
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(excerpt(" short\n"), "short");
        let long = "ä".repeat(300);
        assert_eq!(excerpt(&long), "ä".repeat(128) + "…");
    }
}

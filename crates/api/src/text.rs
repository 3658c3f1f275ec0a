use std::borrow::Cow;

/// How many bytes of a text that comes from a caller go into a log line or an answer.
const MAX_FOREIGN_TEXT_BYTES: usize = 256;

/// A text that comes from a caller, as it may go into a log line or an answer: a longer one is cut, and
/// its length is added. Otherwise a caller could write a log line of any length with each request.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_FOREIGN_TEXT_BYTES {
        return Cow::Borrowed(text);
    }
    let (start, _) = text.split_at(text.floor_char_boundary(MAX_FOREIGN_TEXT_BYTES));
    Cow::Owned(format!("{start}… ({} bytes)", text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_fits_is_left_as_it_is() {
        for text in ["", "/a", &"x".repeat(256)] {
            assert_eq!(cut(text), text);
        }
        assert_eq!(
            cut(&"x".repeat(257)),
            format!("{}… (257 bytes)", "x".repeat(256))
        );
        assert_eq!(
            cut(&"ü".repeat(200)),
            format!("{}… (400 bytes)", "ü".repeat(128))
        );
    }

    proptest! {
        #[test]
        fn nothing_longer_than_the_bound_and_the_mark_comes_out(text in "\\PC{0,400}") {
            let found = cut(&text);
            prop_assert!(found.len() <= MAX_FOREIGN_TEXT_BYTES + 32);
            let start = found.split('…').next().unwrap_or_default();
            prop_assert!(text.contains('…') || text.starts_with(start));
        }
    }
}

//! What a run wrote with `console.log`.

/// How much of a run's logs is kept, in bytes (developer guide, "Quotas on CloudFront Functions": logs
/// are truncated).
pub const MAX_LOG_BYTES: usize = 10 * 1024;

/// The lines of one run, of which the first 10 KB are kept. A line counts its bytes of UTF-8 and one
/// for its end; the line that does not fit is cut at a character, and the rest is dropped. How AWS
/// truncates is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Logs {
    lines: Vec<String>,
    bytes: usize,
}

impl Logs {
    /// Adds a line, or as much of it as there is room for.
    pub fn push(&mut self, line: &str) {
        let room = MAX_LOG_BYTES.saturating_sub(self.bytes);
        if room == 0 {
            return;
        }
        let kept = line
            .get(..line.floor_char_boundary(room - 1))
            .unwrap_or_default();
        self.lines.push(kept.to_owned());
        self.bytes = if kept.len() < line.len() {
            MAX_LOG_BYTES
        } else {
            self.bytes + kept.len() + 1
        };
    }

    /// The lines, in their order.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The lines, taken out.
    pub fn into_lines(self) -> Vec<String> {
        self.lines
    }

    /// Whether there is no room for another line.
    pub fn is_full(&self) -> bool {
        self.bytes >= MAX_LOG_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ten_kilobytes_are_kept() {
        let mut logs = Logs::default();
        logs.push("");
        logs.push("first");
        assert!(!logs.is_full());
        logs.push(&"ä".repeat(10_000));
        assert!(logs.is_full());
        logs.push("dropped");
        let lengths: Vec<usize> = logs.lines().iter().map(String::len).collect();
        assert_eq!(lengths, [0, 5, 10_232]);
    }

    #[test]
    fn empty_lines_are_bounded_too() {
        let mut logs = Logs::default();
        for _ in 0..20_000 {
            logs.push("");
        }
        assert_eq!(logs.into_lines().len(), MAX_LOG_BYTES);
    }

    #[test]
    fn a_line_that_fits_exactly_is_whole() {
        let mut logs = Logs::default();
        logs.push(&"x".repeat(MAX_LOG_BYTES - 1));
        assert_eq!(
            logs.lines().first().map(String::len),
            Some(MAX_LOG_BYTES - 1)
        );
        assert!(logs.is_full());
    }
}

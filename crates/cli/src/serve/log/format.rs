//! The form of a log line. Each line goes through [`escape`], so that text which comes from outside can
//! neither end a line nor reach a terminal as a control sequence.

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes `text` with every character escaped that controls a terminal or the direction of text, or
/// that ends a line: C0, DEL and C1, the bidirectional controls of Unicode (its property
/// `Bidi_Control`), and the line and paragraph separators. The form is JSON's, `\u001b`, so that a JSON
/// text stays one and means the same.
pub(crate) fn escape(text: &str, out: &mut impl Write) -> fmt::Result {
    // As a rule there is nothing to escape.
    if has_only(text, |byte| matches!(byte, b' '..=b'~')) {
        return out.write_str(text);
    }
    for piece in text.split_inclusive(is_control) {
        let end = piece.chars().next_back().filter(|c| is_control(*c));
        let Some(control) = end else {
            out.write_str(piece)?;
            continue;
        };
        out.write_str(piece.strip_suffix(control).unwrap_or_default())?;
        write!(out, "\\u{:04x}", u32::from(control))?;
    }
    Ok(())
}

fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Whether a text has only bytes of a kind. It doesn't stop at the first other byte, so that the compiler can compare
/// many bytes at a time: somebody waits for the change that most lines are about.
fn has_only(text: &str, is_of_kind: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & is_of_kind(byte))
}

/// A line for people: `TIME LEVEL TARGET: MESSAGE NAME=VALUE …`. A value that is not a plain word is
/// written as a JSON string, so that no value can be mistaken for another field.
pub(super) struct TextLine;

impl<S, N> FormatEvent<S, N> for TextLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut fields = TextFields {
            others: String::with_capacity(FIELDS_BYTES),
            ..TextFields::default()
        };
        event.record(&mut fields);
        SystemTime.format_time(&mut writer)?;
        write_level(&mut writer, metadata.level())?;
        let target = fields.target.as_deref().unwrap_or(metadata.target());
        for text in [target, ": ", &fields.message, &fields.others] {
            escape(text, &mut writer)?;
        }
        writer.write_char('\n')
    }
}

fn write_level(writer: &mut Writer<'_>, level: &Level) -> fmt::Result {
    if !writer.has_ansi_escapes() {
        return write!(writer, " {level:>5} ");
    }
    let colour = match *level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    };
    write!(writer, " \u{1b}[{colour}m{level:>5}\u{1b}[0m ")
}

/// Room for the fields of most lines.
const FIELDS_BYTES: usize = 512;

/// The fields of an event as text.
#[derive(Default)]
struct TextFields {
    message: String,
    /// Every other field, each with a blank before it.
    others: String,
    /// The target of a record that came by the crate `log`.
    target: Option<String>,
    /// Where a value is formatted before it is added.
    scratch: String,
}

impl TextFields {
    fn add(&mut self, name: &str, value: &str) {
        if name == "message" {
            self.message.push_str(value);
        } else if name == "log.target" {
            self.target = Some(value.to_owned());
        } else if !name.starts_with("log.") {
            self.others.push(' ');
            self.others.push_str(name);
            self.others.push('=');
            push_quoted(value, &mut self.others);
        }
    }
}

impl Visit for TextFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        // Only a value's own `Debug` can fail; what it has written by then is added.
        let _ = write!(text, "{value:?}");
        self.add(field.name(), &text);
        self.scratch = text;
    }
}

/// Adds a plain word as it is, everything else as a JSON string.
fn push_quoted(value: &str, out: &mut String) {
    let plain_byte = |byte| matches!(byte, b'!'..=b'~') && byte != b'"' && byte != b'\\';
    let plain = |c: char| !c.is_whitespace() && !is_control(c) && c != '"' && c != '\\';
    if !value.is_empty() && (has_only(value, plain_byte) || value.chars().all(plain)) {
        out.push_str(value);
    } else {
        out.push_str(&serde_json::Value::from(value).to_string());
    }
}

/// Another form of a line, with what it holds of text escaped.
pub(super) struct Escaped<F>(pub(super) F);

impl<S, N, F> FormatEvent<S, N> for Escaped<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        escape(line.strip_suffix('\n').unwrap_or(&line), &mut writer)?;
        writer.write_char('\n')
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;
    use tracing_subscriber::fmt;

    use super::*;

    /// What is written, for a test to look at.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What a caller may have sent.
    #[derive(Debug, Clone)]
    struct Sent {
        first: String,
        second: String,
        message: String,
    }

    fn log(sent: &Sent) {
        let Sent {
            first,
            second,
            message,
        } = sent;
        let error = io::Error::other(second.clone());
        tracing::warn!(first, %error, count = 7, missing = None::<u8>, "{message}");
    }

    fn text_line(sent: &Sent, ansi: bool) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = fmt()
            .with_ansi(ansi)
            .event_format(TextLine)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || log(sent));
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn json_line(sent: &Sent) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = fmt()
            .json()
            .flatten_event(true)
            .map_event_format(Escaped)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || log(sent));
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// The fields behind the message of a text line, as a reader takes them apart.
    fn fields(mut rest: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        while !rest.is_empty() {
            let (name, value) = rest.strip_prefix(' ').unwrap().split_once('=').unwrap();
            let (value, end) = match value.starts_with('"') {
                true => {
                    let mut values =
                        serde_json::Deserializer::from_str(value).into_iter::<String>();
                    let text = values.next().unwrap().unwrap();
                    (text, values.byte_offset())
                }
                false => {
                    let end = value.find(' ').unwrap_or(value.len());
                    (value[..end].to_owned(), end)
                }
            };
            found.push((name.to_owned(), value));
            rest = &rest[rest.len() - (rest.split_once('=').unwrap().1.len() - end)..];
        }
        found
    }

    /// One line without a control character.
    fn assert_one_line(line: &str) -> &str {
        let line = line.strip_suffix('\n').unwrap();
        assert!(!line.contains(is_control), "{line:?}");
        line
    }

    fn texts() -> impl Strategy<Value = String> {
        let nasty =
            "[\u{0}-\u{20}\u{7f}-\u{9f}\u{61c}\u{200e}\u{2028}-\u{202e}\u{2066}\"\\\\=a-c]{0,12}";
        prop_oneof![any::<String>(), nasty, Just("a\" b=\"c".to_owned())]
    }

    fn sent() -> impl Strategy<Value = Sent> {
        (texts(), texts(), texts()).prop_map(|(first, second, message)| Sent {
            first,
            second,
            message,
        })
    }

    #[test]
    fn a_line_reads_well() {
        let line = text_line(
            &Sent {
                first: "alice".to_owned(),
                second: "no such\nfile".to_owned(),
                message: "it \u{1b}[2J failed".to_owned(),
            },
            false,
        );
        let (_, line) = line.split_once(' ').unwrap();
        assert_eq!(
            line,
            format!(
                " WARN {}: it \\u001b[2J failed first=alice error=\"no such\\nfile\" count=7\n",
                module_path!()
            )
        );
    }

    #[test]
    fn only_the_level_is_coloured() {
        let sent = Sent {
            first: "\u{1b}[31m".to_owned(),
            second: String::new(),
            message: String::new(),
        };
        assert_eq!(text_line(&sent, true).matches('\u{1b}').count(), 2);
    }

    proptest! {
        #[test]
        fn no_text_forges_a_line_a_field_or_an_escape_sequence(sent in sent()) {
            let line = text_line(&sent, false);
            let line = assert_one_line(&line);
            let mut message = String::new();
            escape(&sent.message, &mut message).unwrap();
            let start = format!("  WARN {}: {message}", module_path!());
            let (_, rest) = line.split_at(line.find(' ').unwrap());
            let found = fields(rest.strip_prefix(&start).unwrap());
            let expected = [("first", sent.first), ("error", sent.second), ("count", "7".to_owned())];
            prop_assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
        }

        #[test]
        fn json_stays_json_and_means_the_same(sent in sent()) {
            let line = json_line(&sent);
            let read: serde_json::Value = serde_json::from_str(assert_one_line(&line)).unwrap();
            prop_assert_eq!(&read["first"], &serde_json::json!(sent.first));
            prop_assert_eq!(&read["error"], &serde_json::json!(sent.second));
            prop_assert_eq!(&read["message"], &serde_json::json!(sent.message));
            prop_assert_eq!(&read["count"], &serde_json::json!(7));
        }
    }
}

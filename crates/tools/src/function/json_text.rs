//! JSON as people read it: short objects on one line, and nothing that a terminal could act on.

use keyfront_functions::json::Json;

use super::style::{Ink, Style};

/// The width that lines keep to if they can, in characters.
const WIDTH: usize = 96;

/// The JSON on lines of its own, each value in its colour.
pub(super) fn render(json: &Json, style: Style) -> String {
    let mut out = String::new();
    write(json, style, 0, 0, &mut out);
    out
}

/// The JSON on one line.
pub(super) fn one_line(json: &Json) -> String {
    let mut out = String::new();
    write_inline(json, Style::PLAIN, &mut out);
    out
}

/// Writes a value that begins at a column, in lines that are indented by `depth`.
fn write(json: &Json, style: Style, depth: usize, column: usize, out: &mut String) {
    let fits = column + one_line(json).chars().count() <= WIDTH && is_flat(json);
    match json {
        Json::Array(items) if !fits => {
            let items = items.iter().map(|item| (None, item));
            write_block(['[', ']'], items, style, depth, out);
        }
        Json::Object(members) if !fits => {
            let members = members
                .iter()
                .map(|(name, item)| (Some(name.as_str()), item));
            write_block(['{', '}'], members, style, depth, out);
        }
        _ => write_inline(json, style, out),
    }
}

/// Whether a value is short in kind: at most an object of scalars, as a header is.
fn is_flat(json: &Json) -> bool {
    let is_scalar = |json: &Json| !matches!(json, Json::Array(_) | Json::Object(_));
    match json {
        Json::Array(items) => items.iter().all(|item| is_scalar(item) || is_flat(item)),
        Json::Object(members) => members.iter().all(|(_, item)| is_scalar(item)),
        _ => true,
    }
}

fn write_block<'a>(
    [open, close]: [char; 2],
    items: impl Iterator<Item = (Option<&'a str>, &'a Json)>,
    style: Style,
    depth: usize,
    out: &mut String,
) {
    out.push(open);
    let indent = "  ".repeat(depth + 1);
    for (at, (name, item)) in items.enumerate() {
        out.push_str(if at > 0 { ",\n" } else { "\n" });
        out.push_str(&indent);
        let mut column = indent.len();
        if let Some(name) = name {
            let name = quoted(name);
            column += name.chars().count() + 2;
            out.push_str(&style.paint(Ink::Name, &name));
            out.push_str(": ");
        }
        write(item, style, depth + 1, column, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(close);
}

fn write_inline(json: &Json, style: Style, out: &mut String) {
    let separate = |at: usize, out: &mut String| {
        if at > 0 {
            out.push_str(", ");
        }
    };
    match json {
        Json::Null => out.push_str(&style.paint(Ink::Value, "null")),
        Json::Bool(value) => out.push_str(&style.paint(Ink::Value, &value.to_string())),
        Json::Number(number) => out.push_str(&style.paint(Ink::Value, &number.to_string())),
        Json::String(text) => out.push_str(&style.paint(Ink::Text, &quoted(text))),
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                separate(at, out);
                write_inline(item, style, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (at, (name, item)) in members.iter().enumerate() {
                separate(at, out);
                out.push_str(&style.paint(Ink::Name, &quoted(name)));
                out.push_str(": ");
                write_inline(item, style, out);
            }
            out.push('}');
        }
        Json::Unseen(never) => match *never {},
    }
}

/// A string as JSON has it. Characters that can't be seen, or that would move or hide others, are
/// escapes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\'' => out.push('\''),
            _ if c.escape_debug().len() == 1 => out.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use keyfront_functions::json;

    use super::*;

    fn rendered(text: &str, style: Style) -> String {
        render(&json::parse(text).unwrap(), style)
    }

    #[test]
    fn headers_stand_on_a_line_each() {
        let text = r#"{"response":{"headers":{"location":{"value":"/x"},"a":{"value":"1","multiValue":[{"value":"1"},{"value":"2"}]}},"cookies":{},"statusCode":302}}"#;
        let expected = r#"{
  "response": {
    "headers": {
      "location": {"value": "/x"},
      "a": {
        "value": "1",
        "multiValue": [{"value": "1"}, {"value": "2"}]
      }
    },
    "cookies": {},
    "statusCode": 302
  }
}"#;
        assert_eq!(rendered(text, Style::PLAIN), expected);
        let long = format!(r#"{{"a":{{"value":"{}"}}}}"#, "x".repeat(100));
        assert_eq!(rendered(&long, Style::PLAIN).lines().count(), 5);
    }

    #[test]
    fn what_is_printed_is_json_and_harmless() {
        let text = r#"{"a\u001b[2J":["\u202e\ud83d\ude00\"\\\n'é",null,true,-1.5,1e21]}"#;
        let printed = rendered(text, Style::PLAIN);
        assert_eq!(json::parse(&printed).unwrap(), json::parse(text).unwrap());
        assert!(
            printed.chars().all(|c| c == '\n' || !c.is_control()),
            "{printed}"
        );
        assert!(printed.contains("\\u202e😀\\\"\\\\\\n'é"), "{printed}");
        let coloured = rendered(text, Style::COLOURS);
        assert!(coloured.contains("\u{1b}[36mnull\u{1b}[0m"), "{coloured:?}");
    }
}

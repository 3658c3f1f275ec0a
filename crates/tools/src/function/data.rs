//! The entries that a function finds in its store when it is tested without a server.

use anyhow::{Context, anyhow};
use keyfront_functions::json::{self, Json};
use keyfront_model::import::ImportDocument;
use keyfront_model::{Key, Limits, Value};

/// The entries of a file: an import document, `{"data":[{"key":"…","value":"…"}]}`, or an object of
/// strings, `{"key":"value"}`. The quotas of a store apply to both.
///
/// # Errors
/// If the file is neither, with the place; or if a quota is exceeded.
pub(super) fn parse(file: &[u8]) -> anyhow::Result<Vec<(Key, Value)>> {
    let limits = Limits::default();
    let document = match flat(file)? {
        Some(members) => ImportDocument::parse(&as_import(members)?, &limits),
        None => ImportDocument::parse(file, &limits),
    };
    Ok(document?.into_entries())
}

/// The members of an object of strings; `None` if the file is something else. An object with a list
/// `data` is an import document.
fn flat(file: &[u8]) -> anyhow::Result<Option<Vec<(String, String)>>> {
    let Ok(text) = std::str::from_utf8(file) else {
        return Ok(None);
    };
    let Ok(Json::Object(members)) = json::parse(text) else {
        return Ok(None);
    };
    if let [(name, Json::Array(_))] = members.as_slice()
        && name.eq_ignore_ascii_case("data")
    {
        return Ok(None);
    }
    members
        .into_iter()
        .map(string_member)
        .collect::<Result<_, _>>()
        .map(Some)
}

fn string_member((name, value): (String, Json)) -> anyhow::Result<(String, String)> {
    match value {
        Json::String(value) => Ok((name, value)),
        _ => Err(anyhow!(
            "the value of {name:?} is no string: write JSON as text, each of its quotes as \\\""
        )),
    }
}

/// The same entries as an import document.
fn as_import(members: Vec<(String, String)>) -> anyhow::Result<Vec<u8>> {
    let entry = |(key, value)| serde_json::json!({"key": key, "value": value});
    let entries: Vec<_> = members.into_iter().map(entry).collect();
    serde_json::to_vec(&serde_json::json!({ "data": entries }))
        .context("writing an import document")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(file: &str) -> Result<Vec<(String, String)>, String> {
        let entries = parse(file.as_bytes()).map_err(|error| error.to_string())?;
        let text =
            |(key, value): (Key, Value)| (key.as_str().to_owned(), value.as_str().to_owned());
        Ok(entries.into_iter().map(text).collect())
    }

    #[test]
    fn both_forms_are_read() {
        let expected = Ok(vec![
            ("/a".to_owned(), "1".to_owned()),
            ("data".to_owned(), "x".to_owned()),
        ]);
        for file in [
            r#"{"data":[{"key":"data","value":"x"},{"key":"/a","value":"1"}]}"#,
            r#"{"data":"x","/a":"1"}"#,
        ] {
            assert_eq!(entries(file), expected, "{file}");
        }
        for file in ["{}", r#"{"data":[]}"#] {
            assert_eq!(entries(file), Ok(Vec::new()), "{file}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for (file, reason) in [
            ("", "line 1, column 1: "),
            (r#"{"a":1}"#, "the value of \"a\" is no string: "),
            (r#"{"data":[{"key":"a"}]}"#, "line 1, column 20: "),
            (r#"{"":"x"}"#, "entry 1: the key is empty"),
            (
                r#"[{"key":"a","value":"1"}]"#,
                "line 1, column 1: expected an object",
            ),
        ] {
            let refused = entries(file).unwrap_err();
            assert!(refused.starts_with(reason), "{file}: {refused}");
        }
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(1025));
        assert!(entries(&long).unwrap_err().contains("1025 bytes"));
    }
}

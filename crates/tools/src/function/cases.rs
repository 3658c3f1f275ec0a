//! Cases: folders with an event and the output that a function should return for it.
//!
//! ```text
//! cases/
//!   redirects/
//!     event.json
//!     expected.json   {"response": …}, {"request": …} or {"error": "…"}
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use keyfront_functions::json::{self, Json};

use super::difference::{Difference, differences};

/// The file with the event.
const EVENT: &str = "event.json";

/// The file with the expected output.
const EXPECTED: &str = "expected.json";

/// An event, and the output that is expected for it.
#[derive(Debug)]
pub(super) struct Case {
    /// The name of its folder.
    pub(super) name: String,
    /// The file with the event.
    pub(super) event: PathBuf,
    /// The file with the expected output.
    pub(super) expected: PathBuf,
}

/// What became of a case.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The output is the expected one.
    Passed,
    /// The output is another one.
    Differs(Vec<Difference>),
}

/// The cases in a folder, by name: its subfolders with an event, or the folder itself.
///
/// # Errors
/// If it can't be read, or there is no case in it.
pub(super) fn find(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    let mut folders = Vec::new();
    for entry in entries {
        folders.push(
            entry
                .with_context(|| format!("{} can't be read", folder.display()))?
                .path(),
        );
    }
    folders.sort();
    folders.insert(0, folder.to_owned());
    let cases: Vec<Case> = folders.iter().filter_map(|folder| case(folder)).collect();
    if cases.is_empty() {
        bail!(
            "no case in {}: a case is a folder with {EVENT} and {EXPECTED}",
            folder.display()
        );
    }
    Ok(cases)
}

fn case(folder: &Path) -> Option<Case> {
    let event = folder.join(EVENT);
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    event.is_file().then(|| Case {
        name: name.to_string_lossy().into_owned(),
        expected: folder.join(EXPECTED),
        event,
    })
}

impl Case {
    /// The expected output.
    ///
    /// # Errors
    /// If the file is missing, or is not of the form above.
    pub(super) fn expected(&self) -> anyhow::Result<Json> {
        let path = self.expected.display();
        let text =
            fs::read_to_string(&self.expected).with_context(|| format!("{path} can't be read"))?;
        let json = json::parse(&text).with_context(|| format!("{path} is no JSON"))?;
        match &json {
            Json::Object(members) => match members.as_slice() {
                [(name, _)] if ["request", "response", "error"].contains(&name.as_str()) => {
                    Ok(json)
                }
                _ => bail!(
                    "{path}: expected {{\"request\": …}}, {{\"response\": …}} or {{\"error\": \"…\"}}"
                ),
            },
            _ => bail!("{path}: expected an object"),
        }
    }
}

/// Whether a run is as expected. `returned` is the output, or the message of the failure, of which the
/// prefix that all messages share may be left out.
pub(super) fn judge(expected: &Json, returned: Result<&Json, &str>) -> Verdict {
    let error;
    let returned = match returned {
        Ok(output) => output,
        Err(message) => {
            error = Json::Object(vec![(
                "error".to_owned(),
                Json::String(shortened(expected, message)),
            )]);
            &error
        }
    };
    let differences = differences(expected, returned);
    if differences.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Differs(differences)
    }
}

/// The message as the expected one has it: whole, or without its prefix.
fn shortened(expected: &Json, message: &str) -> String {
    let text = match expected {
        Json::Object(members) => members.first().map(|(_, text)| text),
        _ => None,
    };
    match text {
        Some(Json::String(text)) if message.ends_with(&format!(" {text}")) => text.clone(),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn cases_are_found_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert!(
            find(folder)
                .unwrap_err()
                .to_string()
                .contains("a case is a folder with event.json")
        );
        for name in ["b", "a"] {
            write(&folder.join(name).join(EVENT), "{}");
        }
        write(&folder.join("c").join(EXPECTED), "{}");
        let names: Vec<String> = find(folder)
            .unwrap()
            .into_iter()
            .map(|case| case.name)
            .collect();
        assert_eq!(names, ["a", "b"]);
        let alone = find(&folder.join("a")).unwrap();
        assert_eq!(alone.len(), 1);
        assert!(find(&folder.join("nowhere")).is_err());
    }

    #[test]
    fn an_expected_output_has_one_of_three_forms() {
        let folder = tempfile::tempdir().unwrap();
        let case = Case {
            name: String::new(),
            event: folder.path().join(EVENT),
            expected: folder.path().join(EXPECTED),
        };
        assert!(case.expected().is_err());
        for (text, fine) in [
            (r#"{"request":{}}"#, true),
            (r#"{"response":{}}"#, true),
            (r#"{"error":"x"}"#, true),
            ("{}", false),
            ("[]", false),
            ("{", false),
            (r#"{"uri":"/"}"#, false),
        ] {
            write(&case.expected, text);
            assert_eq!(case.expected().is_ok(), fine, "{text}");
        }
    }

    #[test]
    fn an_error_may_be_expected_without_its_prefix() {
        let expected = json::parse(r#"{"error":"Error: boom"}"#).unwrap();
        assert_eq!(judge(&expected, Err("Error: boom")), Verdict::Passed);
        assert_eq!(
            judge(&expected, Err("The function could not run. Error: boom")),
            Verdict::Passed
        );
        assert_ne!(
            judge(&expected, Err("The function could not run. Error: boo")),
            Verdict::Passed
        );
        let output = json::parse(r#"{"request":{"uri":"/"}}"#).unwrap();
        assert_ne!(judge(&expected, Ok(&output)), Verdict::Passed);
        assert_eq!(judge(&output, Ok(&output)), Verdict::Passed);
        assert_ne!(judge(&output, Err("x")), Verdict::Passed);
    }
}

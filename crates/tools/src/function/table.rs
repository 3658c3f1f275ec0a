//! The table of cases: what passed, and how the rest differs.

use super::cases::{Case, Verdict, judge};
use super::difference::Difference;
use super::style::{Ink, Style};
use super::{Subject, read};
use crate::text::printable;

/// Runs all cases, and returns the table and whether all passed. A case that can't be run, since a file
/// is missing or is no event, did not pass.
pub(super) fn run(
    cases: &[Case],
    subject: &mut Subject,
    style: Style,
) -> anyhow::Result<(String, bool)> {
    let mut text = subject.notes(style);
    let mut passed = 0;
    for case in cases {
        let verdict = verdict(case, subject);
        passed += usize::from(matches!(verdict, Ok(Verdict::Passed)));
        text.push_str(&rows(&case.name, &verdict, style));
    }
    let failed = cases.len() - passed;
    let summary = format!("{} cases: {passed} passed, {failed} failed", cases.len());
    let ink = if failed == 0 { Ink::Good } else { Ink::Bad };
    text.push_str(&style.paint(ink, &summary));
    text.push('\n');
    Ok((text, failed == 0))
}

fn verdict(case: &Case, subject: &mut Subject) -> anyhow::Result<Verdict> {
    let expected = case.expected()?;
    let outcome = subject.test(&read(&case.event)?)?;
    let returned = outcome.result.as_ref().map_err(String::as_str);
    Ok(judge(&expected, returned))
}

/// The lines of a case.
fn rows(name: &str, verdict: &anyhow::Result<Verdict>, style: Style) -> String {
    let name = printable(name);
    let failed = || format!("{}  {name}\n", style.paint(Ink::Bad, "FAIL"));
    match verdict {
        Ok(Verdict::Passed) => format!("{}  {name}\n", style.paint(Ink::Good, "pass")),
        Ok(Verdict::Differs(differences)) => {
            let differences: Vec<String> =
                differences.iter().map(|found| row(found, style)).collect();
            failed() + &differences.concat()
        }
        Err(error) => format!("{}      {}\n", failed(), printable(&format!("{error:#}"))),
    }
}

fn row(found: &Difference, style: Style) -> String {
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
    format!(
        "      {}\n        expected {}\n        returned {}\n",
        style.paint(Ink::Name, &printable(&found.place)),
        style.paint(Ink::Good, &shown(&found.expected)),
        style.paint(Ink::Bad, &shown(&found.returned)),
    )
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_case_is_a_line_and_its_differences() {
        let difference = Difference {
            place: "request.uri".to_owned(),
            expected: Some("\"/a\"".to_owned()),
            returned: None,
        };
        for (verdict, lines) in [
            (Ok(Verdict::Passed), "pass  a\\n\n"),
            (
                Ok(Verdict::Differs(vec![difference])),
                "FAIL  a\\n\n      request.uri\n        expected \"/a\"\n        returned nothing\n",
            ),
            (Err(anyhow!("x\ny")), "FAIL  a\\n\n      x\\ny\n"),
        ] {
            assert_eq!(rows("a\n", &verdict, Style::PLAIN), lines);
        }
    }
}

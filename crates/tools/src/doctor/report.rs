//! What the checks found, for people and for programs.

use serde::Serialize;

use crate::text::printable;

/// The outcome of one check. Its texts are fit for a terminal: see [`printable`].
#[derive(Serialize, Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) grade: Grade,
    pub(super) text: String,
    /// What helps, a line for each client or way.
    pub(super) fixes: Vec<String>,
}

/// How much a finding matters.
#[derive(Serialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Grade {
    /// It is as it should be.
    Ok,
    /// Good to know; it stops neither the AWS CLI nor boto3.
    Note,
    /// It stops the AWS CLI or boto3.
    Problem,
}

impl Finding {
    pub(super) fn ok(text: impl AsRef<str>) -> Self {
        Self::new(Grade::Ok, text)
    }

    pub(super) fn note(text: impl AsRef<str>) -> Self {
        Self::new(Grade::Note, text)
    }

    pub(super) fn problem(text: impl AsRef<str>) -> Self {
        Self::new(Grade::Problem, text)
    }

    fn new(grade: Grade, text: impl AsRef<str>) -> Self {
        Self {
            grade,
            text: printable(text.as_ref()),
            fixes: Vec::new(),
        }
    }

    /// The same as a note, if it is a problem of a client that is neither the AWS CLI nor boto3.
    pub(super) fn at_most_a_note(mut self) -> Self {
        if self.grade == Grade::Problem {
            self.grade = Grade::Note;
        }
        self
    }

    /// Adds what helps.
    pub(super) fn fix(mut self, text: impl AsRef<str>) -> Self {
        self.fixes.push(printable(text.as_ref()));
        self
    }
}

/// All findings, in the order of the checks.
#[derive(Serialize, Debug)]
pub(super) struct Report {
    /// Whether the AWS CLI and boto3 could work.
    pub(super) ok: bool,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        let ok = findings
            .iter()
            .all(|finding| finding.grade != Grade::Problem);
        Self { ok, findings }
    }

    /// The report for people: a line for each finding, and below it what helps.
    pub(super) fn text(&self) -> String {
        let mut lines = Vec::new();
        for finding in &self.findings {
            lines.push(format!("{:<9}{}", finding.grade.word(), finding.text));
            lines.extend(finding.fixes.iter().map(|fix| format!("{:9}- {fix}", "")));
        }
        lines.push(String::new());
        lines.push(self.summary());
        lines.join("\n") + "\n"
    }

    fn summary(&self) -> String {
        let problems = self
            .findings
            .iter()
            .filter(|finding| finding.grade == Grade::Problem);
        match problems.count() {
            0 => "With the variables that keyfront env prints, nothing stops the AWS CLI or boto3."
                .to_owned(),
            1 => "One problem.".to_owned(),
            count => format!("{count} problems."),
        }
    }
}

impl Grade {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_well() {
        let report = Report::new(vec![
            Finding::ok("it answers"),
            Finding::note("a name is missing")
                .fix("Go: this")
                .fix("Java: that"),
            Finding::problem("no dependency").fix("install it"),
        ]);
        assert!(!report.ok);
        assert_eq!(
            report.text(),
            "ok       it answers\n\
             note     a name is missing\n         - Go: this\n         - Java: that\n\
             problem  no dependency\n         - install it\n\
             \nOne problem.\n"
        );
    }

    #[test]
    fn a_note_is_no_problem() {
        assert!(Report::new(vec![Finding::note("x")]).ok);
        assert!(Report::new(vec![Finding::problem("x").at_most_a_note()]).ok);
        assert_eq!(Finding::ok("x").at_most_a_note(), Finding::ok("x"));
    }

    #[test]
    fn no_text_makes_a_line_of_its_own() {
        let forged = "x\nok       all is well\r\u{1b}[1A\u{1b}[2K";
        let report = Report::new(vec![Finding::problem(forged).fix(forged)]);
        assert_eq!(
            report.text(),
            "problem  x\\nok all is well\\r\\u{1b}[1A\\u{1b}[2K\n         \
             - x\\nok all is well\\r\\u{1b}[1A\\u{1b}[2K\n\nOne problem.\n"
        );
    }
}

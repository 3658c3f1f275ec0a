//! Where the recogniser and njs 0.7.9 differ, and why.

use crate::engine::Verdict;

/// A program on which the two differ.
pub(crate) struct Case<'a> {
    /// Its text.
    pub(crate) program: &'a str,
    /// The byte at which ours refuses it.
    pub(crate) refused_at: Option<usize>,
    /// Our verdict.
    pub(crate) ours: &'a Verdict,
    /// njs's.
    pub(crate) theirs: &'a Verdict,
}

impl Case<'_> {
    fn ours_says(&self, text: &str) -> bool {
        self.ours
            .refusal
            .as_ref()
            .is_some_and(|refusal| refusal.contains(text))
    }

    /// The program from the last `word` before the refused token up to that.
    fn since(&self, word: &str) -> Option<&str> {
        let before = self.program.get(..self.refused_at?)?;
        before.rfind(word).map(|start| &before[start..])
    }
}

/// A class of differences.
pub(crate) struct Exception {
    /// What it is about.
    pub(crate) name: &'static str,
    /// Why ours is as it is.
    pub(crate) reason: &'static str,
    /// Whether a case belongs to it.
    pub(crate) applies: fn(&Case<'_>) -> bool,
}

/// All of them.
pub(crate) const EXCEPTIONS: &[Exception] = &[
    Exception {
        name: "import(...)",
        reason: "njs 0.7.9 alone calls it a non-default import; the versions from 0.7.10 on, which AWS's is, say what \
                 ours says",
        applies: |case| {
            case.ours_says("Unexpected token \"(\"")
                && case
                    .theirs
                    .refusal
                    .as_ref()
                    .is_some_and(|text| text.contains("Non-default import"))
        },
    },
    Exception {
        name: "await in arguments",
        reason: "AWS's documentation excludes it everywhere. njs doesn't see it in blocks, nor after another call with \
                 arguments inside the same arguments, and crashes as it runs such a function",
        applies: |case| case.ours_says("await in arguments not supported"),
    },
    Exception {
        name: "broken expression after return",
        reason: "where an operand is missing after return, njs forgets the expression and goes on as if the statement \
                 had ended (`return a +; }` is accepted). Such a program can't be run here, so it is refused at once",
        applies: |case| {
            case.ours_says("Unexpected")
                && case
                    .since("return")
                    .is_some_and(|since| !since.contains(";\n"))
        },
    },
    Exception {
        name: "more after the label of a break or a continue",
        reason: "njs wants no end of the statement there: `break a b` is accepted. Such a program can't be run here",
        applies: |case| {
            let since = ["break", "continue"]
                .iter()
                .filter_map(|word| case.since(word))
                .next_back();
            case.ours_says("Unexpected")
                && since.is_some_and(|since| since.split_whitespace().count() == 2)
        },
    },
    Exception {
        name: "broken call in the head of a for",
        reason: "where an argument is missing in the first operand after `for (`, njs goes on after it, as above",
        applies: |case| {
            case.ours_says("Unexpected")
                && case.since("for").is_some_and(|head| !head.contains('{'))
        },
    },
];

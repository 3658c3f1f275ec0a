use serde::Deserialize;
use serde_json::Value;

use super::Action;
use super::action::ActionPattern;
use super::document::OneOrMore;
use super::statement::Selection;

/// What decides whether a statement could concern a request: its actions. All else is ignored.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Outline {
    sid: Option<Value>,
    action: Option<Value>,
    not_action: Option<Value>,
}

/// A statement that concerns no request.
#[derive(Debug)]
pub(crate) struct Skipped {
    pub(crate) sid: Option<String>,
    /// Why, for the log.
    pub(crate) reason: String,
}

/// How many actions of a skipped statement the log shows.
const SHOWN_ACTIONS: usize = 3;

impl Outline {
    /// The statement as one to skip, if it is certain that it covers none of the actions that are
    /// ever asked. It is not certain of one whose actions can't be read.
    pub(super) fn skipped(self, asked: &[Action<'_>]) -> Option<Skipped> {
        let texts = |value: &Option<Value>| match value {
            Some(value) => OneOrMore::<String>::deserialize(value).map(Some),
            None => Ok(None),
        };
        let (action, not_action) = (texts(&self.action).ok()?, texts(&self.not_action).ok()?);
        let actions = Selection::new("Action", &action, &not_action, |text| {
            ActionPattern::new(text)
        });
        let actions = actions.ok()?;
        let covers = |action: &Action<'_>| actions.holds(|pattern| pattern.matches(*action));
        if asked.iter().any(covers) {
            return None;
        }
        Some(Skipped {
            sid: self.sid.and_then(|sid| sid.as_str().map(str::to_owned)),
            reason: match action {
                Some(OneOrMore(actions)) => format!("Keyfront never asks for {}", list(&actions)),
                None => "Keyfront asks for no action that its NotAction leaves".to_owned(),
            },
        })
    }
}

fn list(actions: &[String]) -> String {
    let shown: Vec<_> = actions
        .iter()
        .take(SHOWN_ACTIONS)
        .map(|action| format!("`{action}`"))
        .collect();
    match actions.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

//! What came of a test, and how it is shown.

use keyfront_functions::event::texts::EXECUTION_PREFIX;
use keyfront_functions::json::{self, Json};

use super::advice::{self, Advice, FORGOTTEN_AWAIT, unawaited_line};
use super::json_text::render;
use super::place::Place;
use super::style::{Ink, Style};
use crate::text::printable;

/// What came of a test of a function.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What the function returned, or the message of the failure.
    pub(super) result: Result<Json, String>,
    /// Where the failure stands in the source, if that is known.
    pub(super) place: Option<Place>,
    /// What to write instead, if what failed is not in the language.
    pub(super) advice: Option<Advice>,
    /// What was logged.
    pub(super) logs: Vec<String>,
    /// How much of what it may compute the function took, in percent.
    pub(super) utilization: String,
    /// The keys that were read, each with whether the store has it; `None` if that is not known, as of
    /// a deployed function.
    pub(super) reads: Option<Vec<(String, bool)>>,
}

/// The code that was tested.
pub(super) struct Source<'a> {
    /// Its file, or its function's name.
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

/// Above this utilization CloudFront may throttle a function (developer guide, "Test functions": 71 to
/// 100).
const THROTTLED_ABOVE: u8 = 70;

/// What a promise looks like when it is used as a text.
const PROMISE: &str = "[object Promise]";

impl Outcome {
    /// The text of an outcome, several lines.
    pub(super) fn text(&self, source: &Source<'_>, style: Style) -> String {
        let mut lines = match &self.result {
            Ok(output) => vec![render(output, style)],
            Err(message) => self.failure(message, source, style),
        };
        lines.extend(self.promise(source, style));
        lines.extend(
            self.logs
                .iter()
                .map(|line| heading("log", style) + &printable(line)),
        );
        lines.extend(self.reads.iter().flatten().map(|(key, hit)| {
            let found = match hit {
                true => style.paint(Ink::Good, "hit"),
                false => style.paint(Ink::Bad, "miss"),
            };
            format!("{}{} {found}", heading("key", style), printable(key))
        }));
        // A program that is refused was not run.
        if self.advice.is_none() {
            lines.push(heading("compute", style) + &self.compute(style));
        }
        lines.join("\n") + "\n"
    }

    fn compute(&self, style: Style) -> String {
        let share = format!("{} of 100", printable(&self.utilization));
        match self.utilization.parse::<u8>() {
            Ok(utilization) if utilization > THROTTLED_ABOVE => style.paint(
                Ink::Bad,
                &format!("{share}: CloudFront may throttle the function"),
            ),
            _ => share,
        }
    }

    fn failure(&self, message: &str, source: &Source<'_>, style: Style) -> Vec<String> {
        let cause = message.strip_prefix(EXECUTION_PREFIX).unwrap_or(message);
        let mut lines = vec![style.paint(Ink::Bad, &printable(cause))];
        if let Some(place) = self.place {
            lines.extend(pointed(place, source, style));
        }
        let advice = self.advice.or_else(|| advice::of_error(cause));
        lines.extend(advice.map(|advice| hint(advice, style)));
        lines
    }

    /// A promise that was used as a text, in what was returned or in what could not be parsed.
    fn promise(&self, source: &Source<'_>, style: Style) -> Vec<String> {
        let is_there = match &self.result {
            Ok(output) => json_has(output, PROMISE),
            // `JSON.parse` of a promise: its text begins as an array does.
            Err(message) => message.ends_with("SyntaxError: Unexpected token at position 1"),
        };
        let Some(line) = unawaited_line(source.text).filter(|_| is_there) else {
            return Vec::new();
        };
        let mut lines = pointed(Place::of_line(line), source, style);
        lines.push(hint(FORGOTTEN_AWAIT, style));
        lines
    }
}

fn heading(text: &str, style: Style) -> String {
    style.paint(Ink::Faint, &format!("{text:<9}"))
}

fn pointed(place: Place, source: &Source<'_>, style: Style) -> Vec<String> {
    vec![
        place.of_file(&printable(source.name)),
        place.excerpt(source.text, style),
    ]
}

fn hint(advice: Advice, style: Style) -> String {
    let Advice { construct, instead } = advice;
    style.paint(Ink::Hint, &format!("instead of {construct}: {instead}"))
}

fn json_has(json: &Json, text: &str) -> bool {
    match json {
        Json::String(own) => own.contains(text),
        Json::Array(items) => items.iter().any(|item| json_has(item, text)),
        Json::Object(members) => members.iter().any(|(_, item)| json_has(item, text)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
        Json::Unseen(never) => match *never {},
    }
}

/// The output of a test as JSON; what is no JSON stays a text.
pub(super) fn parse_output(text: &str) -> Json {
    json::parse(text).unwrap_or_else(|_| Json::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use keyfront_functions::syntax;
    use keyfront_model::FunctionRuntime;

    use super::*;

    fn outcome(result: Result<&str, &str>) -> Outcome {
        Outcome {
            result: result.map(parse_output).map_err(str::to_owned),
            place: None,
            advice: None,
            logs: Vec::new(),
            utilization: "17".to_owned(),
            reads: None,
        }
    }

    fn shown(outcome: &Outcome, text: &str) -> String {
        outcome.text(
            &Source {
                name: "handler.js",
                text,
            },
            Style::PLAIN,
        )
    }

    #[test]
    fn an_output_is_shown_with_logs_keys_and_compute() {
        let outcome = Outcome {
            logs: vec!["a\u{1b}[2J".to_owned()],
            reads: Some(vec![("home".to_owned(), true), ("about".to_owned(), false)]),
            ..outcome(Ok(r#"{"request":{"uri":"/"}}"#))
        };
        assert_eq!(
            shown(&outcome, ""),
            "{\n  \"request\": {\"uri\": \"/\"}\n}\nlog      a\\u{1b}[2J\nkey      home hit\nkey      about miss\n\
             compute  17 of 100\n"
        );
        let busy = Outcome {
            utilization: "85".to_owned(),
            ..outcome
        };
        assert!(
            shown(&busy, "")
                .ends_with("compute  85 of 100: CloudFront may throttle the function\n")
        );
    }

    #[test]
    fn a_failure_points_into_the_source() {
        let source = "var meta = {};\nvar all = { ...meta, b: 2 };";
        let refusal = syntax::check(source, FunctionRuntime::Js2).unwrap_err();
        let message = format!("{EXECUTION_PREFIX}{refusal}");
        let refused = Outcome {
            place: Place::of_refusal(&refusal, source),
            advice: advice::of_construct(refusal.construct),
            ..outcome(Err(&message))
        };
        assert_eq!(
            shown(&refused, source),
            "SyntaxError: Token \"...\" not supported in this version in 2\nhandler.js:2:13\n  \
             2 | var all = { ...meta, b: 2 };\n    |             ^^^\n\
             instead of spread: Object.assign({}, defaults, {b: 2}) for objects, first.concat(second) for \
             arrays, f.apply(null, list) for calls\n"
        );
        let message =
            format!("{EXECUTION_PREFIX}TypeError: cannot get property \"value\" of undefined");
        let source = "var a = headers.host.value";
        let failed = Outcome {
            place: Place::at((1, 22), source),
            ..outcome(Err(&message))
        };
        let text = shown(&failed, source);
        let marked = "handler.js:1:22\n  1 | var a = headers.host.value\n    |                      ^^^^^\n\
                      instead of a header, parameter or cookie that is not in the request: ";
        assert!(text.contains(marked), "{text}");
    }

    #[test]
    fn a_forgotten_await_is_pointed_at() {
        let source = "const kvs = cf.kvs();\nvar page = kvs.get('page');";
        let text = shown(
            &outcome(Ok(r#"{"request":{"uri":"/[object Promise]"}}"#)),
            source,
        );
        assert!(
            text.contains("handler.js:2\n  2 | var page = kvs.get('page');\ninstead of a promise"),
            "{text}"
        );
        let text = shown(&outcome(Ok(r#"{"request":{"uri":"/"}}"#)), source);
        assert!(!text.contains("instead"), "{text}");
        let message = format!("{EXECUTION_PREFIX}SyntaxError: Unexpected token at position 1");
        assert!(shown(&outcome(Err(&message)), source).contains("instead of a promise"));
    }
}

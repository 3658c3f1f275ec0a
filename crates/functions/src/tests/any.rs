//! Any source and any event: what is run or refused, and neither panics nor goes on.

use std::fs;
use std::path::Path;

use keyfront_model::FunctionRuntime;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::input;
use crate::event::{Event, Failure};
use crate::{Input, Isolation, Program, Run, Runtime, Settings};

/// The programs of `tests/programs`.
fn programs() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect()
}

/// A program with some of its pieces taken out, repeated, or replaced by pieces of it.
fn mutated() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<Index>(), any::<Index>(), 0..3), 0..8);
    (select(programs()), edits).prop_map(|(program, edits)| {
        let mut pieces: Vec<String> = program
            .split_inclusive(|c: char| !c.is_alphanumeric())
            .map(str::to_owned)
            .collect();
        for (at, from, kind) in edits {
            let (at, from) = (at.index(pieces.len()), from.index(pieces.len()));
            let piece = pieces[from].clone();
            match kind {
                0 => drop(std::mem::take(&mut pieces[at])),
                1 => pieces[at] = piece,
                _ => pieces.insert(at, piece),
            }
        }
        pieces.concat()
    })
}

fn source() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => mutated().prop_map(String::into_bytes),
        1 => any::<String>().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i32>().prop_map(|n| n.to_string()),
        "[a-z/ %\u{e9}]{0,8}".prop_map(|text| format!("{text:?}")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = select(vec!["value", "multiValue", "uri", "headers", "host", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec((name, inner), 0..4).prop_map(|all| {
                let members: Vec<_> = all.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// Headers, parameters or cookies.
fn fields() -> impl Strategy<Value = String> {
    let value = "[a-z/%=]{0,8}".prop_map(|text| format!(r#""value":"{text}""#));
    let values = prop::collection::vec(value.clone(), 0..3).prop_map(|all| {
        all.iter()
            .map(|value| format!("{{{value}}}"))
            .collect::<Vec<_>>()
    });
    let field = (value, prop::option::of(values)).prop_map(|(value, values)| match values {
        Some(values) => format!(r#"{{{value},"multiValue":[{}]}}"#, values.join(",")),
        None => format!("{{{value}}}"),
    });
    let names = ["host", "x", "accept", "to-json"];
    prop::collection::vec(field, 0..names.len()).prop_map(move |all| {
        let members = names.iter().zip(all);
        let members: Vec<_> = members
            .map(|(name, field)| format!("\"{name}\":{field}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

fn event() -> impl Strategy<Value = Vec<u8>> {
    let response =
        fields().prop_map(|headers| format!(r#"{{"statusCode":200,"headers":{headers}}}"#));
    let parts = (
        prop_oneof![json(), fields()],
        prop_oneof![json(), fields()],
        prop_oneof![json(), response],
        select(vec!["viewer-request", "viewer-response"]),
    );
    parts.prop_map(|(headers, querystring, response, kind)| {
        format!(
            r#"{{"context":{{"eventType":"{kind}"}},"request":{{"method":"GET","uri":"/x","headers":{headers},"querystring":{querystring}}},"response":{response}}}"#
        )
        .into_bytes()
    })
}

fn run(program: &std::sync::Arc<Program>, input: &Input, isolation: Isolation) -> Run {
    let mut runtime = Runtime::new(Settings {
        isolation,
        ..Settings::default()
    });
    let run = runtime.run(program, input).unwrap();
    let result = match run.result {
        // Which of its bounds a run comes to first depends on the machine.
        Err(Failure::OutOfTime | Failure::OutOfMemory) => Err(Failure::OutOfTime),
        other => other,
    };
    Run {
        result,
        time: std::time::Duration::ZERO,
        ..run
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_source_and_any_event_end(source in source(), event in event(), old in any::<bool>()) {
        let runtime = if old { FunctionRuntime::Js1 } else { FunctionRuntime::Js2 };
        let program = Program::new(runtime, &source);
        let input = match Event::from_test(&event) {
            Ok(event) => Input { event, ..input("/") },
            Err(_) => input("/"),
        };
        let image = run(&program, &input, Isolation::Image);
        let fresh = run(&program, &input, Isolation::Fresh);
        prop_assert_eq!(image, fresh);
    }

    /// What a function finds in an event, and what becomes of what it gives back, whether it looked into it or not.
    #[test]
    fn any_event_is_what_its_json_is(event in event()) {
        let Ok(event) = Event::from_test(&event) else { return Ok(()) };
        let input = Input { event, ..input("/") };
        let of = |source: &str| {
            let program = Program::new(FunctionRuntime::Js2, source.as_bytes());
            run(&program, &input, Isolation::Image)
        };
        let part = match input.event.response() {
            Some(_) => "event.response",
            None => "event.request",
        };
        let copied = of(&format!(
            "function handler(event) {{ event = JSON.parse(JSON.stringify(event)); console.log(JSON.stringify(event)); console.log(event); return {part}; }}"
        ));
        let looked_into = of(&format!(
            "function handler(event) {{ console.log(JSON.stringify(event)); console.log(event); return {part}; }}"
        ));
        let untouched = of(&format!("function handler(event) {{ return {part}; }}"));
        prop_assert_eq!(&copied.logs[0], &input.event.to_json());
        prop_assert_eq!(&looked_into, &copied);
        prop_assert_eq!(&untouched.result, &copied.result);
    }
}

//! Programs in the style of AWS's samples, each with an event for which it does its work.

use std::fs;
use std::path::Path;

use keyfront_functions::event::{Event, Request, Response};
use keyfront_functions::{Input, Runtime, Settings};

use super::ours::program;
use crate::table::median;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/tests/programs");

/// The store that a program names. It stands for the one that there is.
const STORE: &str = "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111";

/// What the samples find in their store.
pub(super) const ENTRIES: [(&str, &str); 5] = [
    ("/old", "/new"),
    ("allowed_ips", "192.0.2.1 192.0.2.2"),
    ("jwt.secret", "s3cret"),
    ("maintenance", "on"),
    ("weights", r#"{"a": 0.5, "b": 0.5}"#),
];

/// A program, and in what its event differs from the common one.
struct Sample {
    name: &'static str,
    /// Whether the event is that of a response.
    of_response: bool,
    /// The path and the query.
    target: &'static str,
    /// A header of the request: one more, or in the place of another.
    header: Option<(&'static str, &'static str)>,
    /// What stands in its output once its work is done.
    done: &'static str,
}

const fn on_request(name: &'static str, target: &'static str, done: &'static str) -> Sample {
    Sample {
        name,
        of_response: false,
        target,
        header: None,
        done,
    }
}

const fn on_response(name: &'static str, done: &'static str) -> Sample {
    Sample {
        of_response: true,
        ..on_request(name, "/start.html", done)
    }
}

impl Sample {
    const fn with(self, name: &'static str, value: &'static str) -> Self {
        Self {
            header: Some((name, value)),
            ..self
        }
    }
}

/// The token and the signature are made with the keys of their programs, and hold at the time of the common input.
const SAMPLES: [Sample; 16] = [
    on_request(
        "ab_test",
        "/start.html",
        r#""X-Experiment-Name":{"value":""#,
    ),
    on_request("basic_auth", "/start.html", r#""uri":"/start.html""#)
        .with("authorization", "Basic dXNlcjpwYXNzd29yZA=="),
    on_response("cookies", r#""session":{"value":"8c2f0b1e6d9a4f7e"}"#)
        .with("cookie", "sid=8c2f0b1e6d9a4f7e; lang=en"),
    on_response(
        "cors",
        r#""access-control-allow-origin":{"value":"https://a.example.com"}"#,
    )
    .with("origin", "https://a.example.com"),
    on_request("device", "/", r#""uri":"/m/""#).with(
        "user-agent",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    ),
    on_request("index_document", "/docs/", r#""uri":"/docs/index.html""#),
    on_request(
        "jwt",
        "/start.html?test=1&jwt=eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3NjcyMjU2NjB9.gj7EAdbbJ6upOL6LuYVoT8hzMLFmfcvtG4AuUYT3gqg",
        r#""querystring":{"test":{"value":"1"}}"#,
    ),
    on_request("language", "/start.html", r#""x-language":{"value":"de"}"#)
        .with("accept-language", "nl,de-AT;q=0.9,en;q=0.7"),
    on_request("maintenance", "/start.html", r#""statusCode":503"#),
    on_request(
        "normalize_query",
        "/start.html?utm=x&q=%20Shoes&page=2&page=3",
        r#""q":{"value":"shoes"}"#,
    ),
    on_request(
        "origin_by_path",
        "/api/start",
        r#""x-routed-by":{"value":"prefix /api/"}"#,
    ),
    on_request("redirect_by_country", "/start.html", r#""statusCode":302"#)
        .with("cloudfront-viewer-country", "DE"),
    on_request(
        "redirects_from_store",
        "/OLD/?a=1%202&flag",
        r#""/new?a=1%202&flag""#,
    ),
    on_response(
        "security_headers",
        r#""x-content-type-options":{"value":"nosniff"}"#,
    ),
    on_request(
        "signed_url",
        "/video/1.mp4?key=k1&expires=1767229200&signature=34b77a8e81483b5ddeea8985904f3024cbe58bdeca02b7d303b559fa3b675db1",
        r#""x-query":{"value":"a=1&b=2&b=3"}"#,
    ),
    on_request(
        "true_client_ip",
        "/start.html",
        r#""true-client-ip":{"value":"192.0.2.44"}"#,
    ),
];

/// How much of what they may compute the samples take: each one's name and figure, the least first, and whether it answers.
pub(super) fn figures(common: &Input) -> String {
    let programs = fs::read_dir(FOLDER).unwrap().count();
    assert_eq!(programs, SAMPLES.len(), "each program has its event");
    let mut runtime = Runtime::new(Settings::default());
    let mut figures = SAMPLES.map(|sample| sample.figure(&mut runtime, common));
    figures.sort();
    let figures = figures.map(|(figure, name)| format!("{figure} {name}"));
    figures.join(", ")
}

impl Sample {
    fn figure(&self, runtime: &mut Runtime, common: &Input) -> (u8, String) {
        let source = fs::read_to_string(Path::new(FOLDER).join(self.name).with_extension("js"));
        let store = common.store.as_ref().unwrap().id().to_string();
        let program = program(&source.unwrap().replace(STORE, &store));
        let input = Input {
            event: self.event(&common.event),
            ..common.clone()
        };
        let tests = [(); 5].map(|()| {
            let (run, figure) = runtime.test(&program, &input).unwrap();
            let output = run
                .result
                .unwrap_or_else(|failure| panic!("{}: {failure}", self.name));
            let json = output.to_test_json();
            assert!(json.contains(self.done), "{}: {json}", self.name);
            (figure, output.is_generated(&input.event))
        });
        let [(_, answers), ..] = tests;
        let answers = if answers { " (answers)" } else { "" };
        let figure = median(&tests.map(|(figure, _)| figure));
        (figure, format!("{}{answers}", self.name))
    }

    fn event(&self, common: &Event) -> Event {
        let request = self.request(&common.request);
        let (context, viewer) = (common.context.clone(), common.viewer.clone().unwrap());
        if !self.of_response {
            return Event::viewer_request(context, viewer, request);
        }
        let headers = [
            ("content-type", &b"text/html; charset=utf-8"[..]),
            ("content-length", b"10240"),
            ("server", b"nginx"),
        ];
        let response = Response::from_wire(200, Some("OK"), headers);
        Event::viewer_response(context, viewer, request, response)
    }

    fn request(&self, common: &Request) -> Request {
        let is_own = |name: &str| self.header.is_some_and(|(own, _)| own == name);
        let fields = common.headers.pairs();
        let headers: Vec<_> = fields
            .map(|(name, field)| (name, field.value.as_str()))
            .filter(|(name, _)| !is_own(name))
            .chain(self.header)
            .map(|(name, value)| (name, value.as_bytes()))
            .collect();
        let mut request = Request::from_wire("GET", self.target.as_bytes(), headers);
        if !is_own("cookie") {
            request.cookies.clone_from(&common.cookies);
        }
        request
    }
}

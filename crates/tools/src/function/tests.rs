//! Whole tests of functions in files.

use std::path::Path;

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: FunctionOptions,
}

/// A folder with a function, an event and more files.
struct Desk(tempfile::TempDir);

const EVENT: &str =
    r#"{"context":{"eventType":"viewer-request"},"request":{"method":"GET","uri":"/old"}}"#;

impl Desk {
    fn new(code: &str) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.write("handler.js", code);
        desk.write("event.json", EVENT);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What is shown for these options, in which a name that ends with `.js` or `.json` is a file of
    /// the desk's.
    fn test(&self, options: &str) -> anyhow::Result<(String, bool)> {
        let words =
            options
                .split(' ')
                .map(|word| match word.ends_with(".js") || word.contains('/') {
                    true => self.path(word.trim_matches('/')).display().to_string(),
                    false => word.to_owned(),
                });
        let line = Line::parse_from(
            ["function".to_owned(), "test".to_owned()]
                .into_iter()
                .chain(words),
        );
        let FunctionCommand::Test(options) = &line.options.command;
        let (text, passed) = test(options, Style::PLAIN)?;
        Ok((
            text.replace(&format!("{}/", self.0.path().display()), ""),
            passed,
        ))
    }
}

const REDIRECTS: &str = "import cf from 'cloudfront';
const kvs = cf.kvs('7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11');
async function handler(event) {
    const request = event.request;
    try {
        const target = await kvs.get(request.uri);
        console.log('to ' + target);
        return { statusCode: 301, headers: { location: { value: target } } };
    } catch (error) {
        return request;
    }
}";

#[test]
fn a_function_reads_the_entries_of_a_file() {
    let desk = Desk::new(REDIRECTS);
    desk.write("flat.json", r#"{"/old":"/new"}"#);
    desk.write("import.json", r#"{"data":[{"key":"/a","value":"/b"}]}"#);
    let (text, passed) = desk
        .test("handler.js --event /event.json --kvs /flat.json")
        .unwrap();
    assert!(passed, "{text}");
    let (output, rest) = text.split_once("log ").unwrap();
    assert_eq!(
        output,
        "{\n  \"response\": {\n    \"headers\": {\n      \"location\": {\"value\": \"/new\"}\n    },\n    \
         \"cookies\": {},\n    \"statusCode\": 301\n  }\n}\n"
    );
    assert!(
        rest.contains("     to /new\nkey      /old hit\ncompute  "),
        "{text}"
    );
    let (text, passed) = desk
        .test("handler.js --event /event.json --kvs /import.json")
        .unwrap();
    assert!(passed && text.contains("key      /old miss\n"), "{text}");
    let (text, passed) = desk.test("handler.js --event /event.json").unwrap();
    assert!(!passed && text.contains("KVSNamespaceNotFound"), "{text}");
    assert!(
        text.contains("instead of a function without a store: "),
        "{text}"
    );
}

#[test]
fn a_program_that_is_refused_is_pointed_into() {
    let desk = Desk::new(
        "function handler(event) {\n    var host = event.request.headers.host?.value;\n    return event.request;\n}\n",
    );
    let (text, passed) = desk.test("handler.js --event /event.json").unwrap();
    assert!(!passed);
    let shown = "SyntaxError: Unexpected token \";\" in 2\nhandler.js:2:42\n  \
                 2 |     var host = event.request.headers.host?.value;\n    \
                 |                                          ^^\ninstead of optional chaining: ";
    assert!(text.starts_with(shown), "{text}");
}

#[test]
fn an_error_of_a_run_is_pointed_at() {
    let desk = Desk::new(
        "function handler(event) {\n    var host = event.request.headers.host.value;\n    return event.request;\n}\n",
    );
    let (text, passed) = desk.test("handler.js --event /event.json").unwrap();
    assert!(!passed);
    let shown = "TypeError: cannot get property \"value\" of undefined\nhandler.js:2:";
    assert!(text.starts_with(shown), "{text}");
    assert!(
        text.contains("instead of a header, parameter or cookie"),
        "{text}"
    );
}

#[test]
fn an_await_that_was_forgotten_is_pointed_at() {
    let code = REDIRECTS
        .replace("await ", "")
        .replace("statusCode: 301", "statusCode: 302");
    let desk = Desk::new(&code);
    desk.write("flat.json", r#"{"/old":"/new"}"#);
    let code = code.replace("value: target", "value: `${target}`");
    desk.write("handler.js", &code);
    let (text, passed) = desk
        .test("handler.js --event /event.json --kvs /flat.json")
        .unwrap();
    assert!(passed, "{text}");
    assert!(text.contains("\"[object Promise]\""), "{text}");
    assert!(
        text.contains("handler.js:6\n  6 |         const target = kvs.get(request.uri);\n"),
        "{text}"
    );
    assert!(
        text.contains("instead of a promise that was not awaited"),
        "{text}"
    );
}

#[test]
fn cases_are_a_table() {
    let desk = Desk::new(
        "function handler(event) { if (event.request.uri === '/boom') { throw new Error('boom'); } return event.request; }",
    );
    for (case, uri, expected) in [
        (
            "a-passes",
            "/a",
            r#"{"request":{"uri":"/a","method":"GET"}}"#,
        ),
        (
            "b-differs",
            "/b",
            r#"{"request":{"uri":"/c","method":"GET"}}"#,
        ),
        ("c-throws", "/boom", r#"{"error":"Error: boom"}"#),
        ("d-is-wrong", "b", r#"{"request":{}}"#),
    ] {
        desk.write(
            &format!("cases/{case}/event.json"),
            &EVENT.replace("/old", uri),
        );
        desk.write(&format!("cases/{case}/expected.json"), expected);
    }
    let (text, passed) = desk.test("handler.js --cases /cases").unwrap();
    assert!(!passed);
    assert_eq!(
        text,
        "pass  a-passes\nFAIL  b-differs\n      request.uri\n        expected \"/c\"\n        returned \"/b\"\n\
         pass  c-throws\nFAIL  d-is-wrong\n      The event object is not valid: request.uri must begin with a \
         forward slash (/).\n4 cases: 2 passed, 2 failed\n"
    );
    let (text, passed) = desk.test("handler.js --cases /cases/a-passes").unwrap();
    assert!(passed, "{text}");
}

#[test]
fn what_can_not_be_read_is_named() {
    let desk = Desk::new("function handler(event) { return event.request; }");
    desk.write("flat.json", "[]");
    for (options, reason) in [
        ("none.js --event /event.json", "none.js can't be read: "),
        ("handler.js --event /none.json", "none.json can't be read: "),
        (
            "handler.js --event /handler.js",
            "handler.js: The event object is not valid JSON: ",
        ),
        (
            "handler.js --event /event.json --kvs /flat.json",
            "flat.json: line 1, column 1: ",
        ),
        ("handler.js --cases /none", "none can't be read: "),
    ] {
        let error = format!("{:#}", desk.test(options).unwrap_err());
        assert!(error.contains(reason), "{options}: {error}");
    }
    let long = format!(
        "// {}\nfunction handler(event) {{ return event.request; }}",
        "x".repeat(MAX_CODE_BYTES)
    );
    desk.write("handler.js", &long);
    let (text, passed) = desk.test("handler.js --event /event.json").unwrap();
    assert!(
        passed && text.starts_with("the code has 10293 bytes, and CloudFront takes 10240\n"),
        "{text}"
    );
}

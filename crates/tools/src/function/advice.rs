//! What to write instead of what CloudFront's engine lacks.

use keyfront_functions::syntax::Construct;

/// What was written, and what works instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Advice {
    /// What was written, in words.
    pub(super) construct: &'static str,
    /// What to write instead.
    pub(super) instead: &'static str,
}

const fn advice(construct: &'static str, instead: &'static str) -> Option<Advice> {
    Some(Advice { construct, instead })
}

/// What to write instead of a construct that the engine refuses; `None` if there is nothing to say, as
/// of a slip of the pen.
pub(super) fn of_construct(construct: Construct) -> Option<Advice> {
    match construct {
        Construct::Spread => advice(
            "spread",
            "Object.assign({}, defaults, {b: 2}) for objects, first.concat(second) for arrays, f.apply(null, list) for \
             calls",
        ),
        Construct::Destructuring => advice(
            "destructuring",
            "const request = event.request; const first = pair[0]; also for parameters: pair => { const key = pair[0]; … }",
        ),
        Construct::DefaultParameter => advice(
            "a default parameter",
            "function f(a) { if (a === undefined) { a = 1; } … }",
        ),
        Construct::OptionalChaining => advice(
            "optional chaining",
            "headers.host && headers.host.value; a default with ?? works",
        ),
        Construct::LogicalAssignment => advice("??=, ||= or &&=", "a = a ?? b"),
        Construct::ForOf => advice(
            "for … of",
            "list.forEach(item => { … }), or for (let i = 0; i < list.length; i++) { … }",
        ),
        Construct::ForAwait => advice(
            "for await",
            "for (let i = 0; i < list.length; i++) { const item = await list[i]; … }",
        ),
        Construct::OptionalCatchBinding => {
            advice("catch without a variable", "catch (error) { … }")
        }
        Construct::Class => advice("a class", "functions, and objects that they make"),
        Construct::Generator => advice("a generator", "a function that returns an array"),
        Construct::BigInt => advice("a BigInt", "a number, exact up to 9007199254740991"),
        Construct::Export => advice(
            "export",
            "nothing: CloudFront calls the global function handler, and a bundler can leave export out",
        ),
        Construct::Import => advice(
            "such an import",
            "the default import, outside of any function: import cf from 'cloudfront';",
        ),
        Construct::UnknownModule => advice(
            "a module that CloudFront does not have",
            "cloudfront, crypto, querystring or buffer; a bundler puts the code of others into the file",
        ),
        Construct::AwaitInArguments => advice(
            "await in the arguments of a call",
            "a variable first: const text = await kvs.get(key); const value = JSON.parse(text);",
        ),
        Construct::AwaitOutsideAsync => advice(
            "await outside of an async function",
            "async function handler(event) { … }, and async before a closure that awaits",
        ),
        Construct::LexicalDeclaration => advice(
            "let or const in runtime 1.0",
            "var, or choose the runtime cloudfront-js-2.0",
        ),
        Construct::Async => advice(
            "async in runtime 1.0",
            "a plain function, or choose the runtime cloudfront-js-2.0",
        ),
        Construct::With => advice("with", "a variable: const headers = event.request.headers;"),
        Construct::NewTarget => advice(
            "new.target",
            "a parameter that says how the function is called",
        ),
        Construct::RegExpFlags => advice(
            "such a flag",
            "the flags g, i, m and y; [\\s\\S] for a dot that matches line ends",
        ),
        _ => None,
    }
}

/// A row of the table of errors: how the message begins and ends.
struct Row {
    begins: &'static str,
    ends: &'static str,
    construct: &'static str,
    instead: &'static str,
}

const fn row(
    begins: &'static str,
    ends: &'static str,
    construct: &'static str,
    instead: &'static str,
) -> Row {
    Row {
        begins,
        ends,
        construct,
        instead,
    }
}

/// Errors of a run that have the same cause each time. The first row that matches counts.
const ERRORS: &[Row] = &[
    row(
        "ReferenceError: \"URL",
        "",
        "URL or URLSearchParams",
        "event.request.uri and event.request.querystring, or the module querystring",
    ),
    row(
        "ReferenceError: \"Map\"",
        "",
        "Map",
        "an object: const seen = {}; seen[key] = value;",
    ),
    row(
        "ReferenceError: \"Set\"",
        "",
        "Set",
        "an object: const seen = {}; seen[key] = true;",
    ),
    row(
        "ReferenceError: \"set",
        "",
        "a timer",
        "nothing: a function has no time that passes, and Date stands still in it",
    ),
    row(
        "ReferenceError: \"fetch\"",
        "",
        "a request over the network",
        "a key value store: await cf.kvs().get(key)",
    ),
    row(
        "ReferenceError: \"process\"",
        "",
        "environment variables",
        "a constant, or a key value store",
    ),
    row(
        "ReferenceError: \"handler\"",
        "",
        "a program without a global handler",
        "function handler(event) { … } outside of any other function",
    ),
    row(
        "TypeError: (intermediate value)[\"error\"]",
        "is not a function",
        "console.error",
        "console.log, the one method that console has",
    ),
    row(
        "TypeError: cannot get property \"value\" of undefined",
        "",
        "a header, parameter or cookie that is not in the request",
        "a check first: const host = headers.host && headers.host.value;",
    ),
    row(
        "Error: KeyNotFound",
        "",
        "a key that is not in the store",
        "try { value = await kvs.get(key); } catch (error) { … }",
    ),
    row(
        "",
        "KVSNamespaceNotFound",
        "a function without a store",
        "a store: --kvs FILE or --store NAME; cf.kvs() without an id opens it",
    ),
];

/// What to write instead of what an error of a run is about; `None` if the table has nothing. The
/// message is without the prefix that all share.
pub(super) fn of_error(message: &str) -> Option<Advice> {
    let matches = |row: &&Row| message.starts_with(row.begins) && message.ends_with(row.ends);
    let row = ERRORS.iter().find(matches)?;
    advice(row.construct, row.instead)
}

/// A promise where a text is expected, which no message names.
pub(super) const FORGOTTEN_AWAIT: Advice = Advice {
    construct: "a promise that was not awaited, and is used as a text",
    instead: "const page = await kvs.get(key); in an async function",
};

/// The first line on which a promise of the store is not awaited, in a source where some text holds
/// one. It is a guess: the names that `cf.kvs()` is bound to are looked for, and their methods.
pub(super) fn unawaited_line(source: &str) -> Option<usize> {
    let stores: Vec<&str> = source.lines().filter_map(bound_to_store).collect();
    let reads = |line: &str| {
        let of = |store: &str| {
            METHODS
                .iter()
                .any(|method| is_unawaited(line, &format!("{store}.{method}(")))
        };
        stores.iter().any(|store| of(store)) || of("cf.kvs()")
    };
    source.lines().position(reads).map(|at| at + 1)
}

/// The methods of a store, which all return promises.
const METHODS: [&str; 4] = ["get", "exists", "meta", "count"];

/// The name that a line binds `cf.kvs()` to.
fn bound_to_store(line: &str) -> Option<&str> {
    let (before, _) = line.split_once(".kvs(")?;
    let (name, _) = before.rsplit_once('=')?;
    let name = name.trim_end().rsplit([' ', '\t', ';', ',']).next()?;
    (!name.is_empty()).then_some(name)
}

/// Whether a call stands in a line without `await` before it and without `.then` behind it.
fn is_unawaited(line: &str, call: &str) -> bool {
    line.match_indices(call).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default();
        let is_name = before.ends_with(|c: char| c.is_alphanumeric() || "_$.".contains(c));
        let is_handled = before.trim_end().ends_with("await") || line.contains(".then(");
        !is_name && !is_handled
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_run_have_advice() {
        for (message, construct) in [
            (
                "TypeError: (intermediate value)[\"error\"] is not a function",
                Some("console.error"),
            ),
            (
                "ReferenceError: \"URL\" is not defined",
                Some("URL or URLSearchParams"),
            ),
            ("Error: KeyNotFound", Some("a key that is not in the store")),
            (
                "TypeError: (intermediate value)[\"foo\"] is not a function",
                None,
            ),
            ("Error: boom", None),
        ] {
            let advice = of_error(message).map(|advice| advice.construct);
            assert_eq!(advice, construct, "{message}");
        }
    }

    #[test]
    fn a_forgotten_await_is_found() {
        for (source, line) in [
            (
                "const kvs = cf.kvs();\nasync function handler(e) {\nvar page = kvs.get('page');",
                Some(3),
            ),
            ("const s=cf.kvs('x');\nJSON.parse(s.get('a'))", Some(2)),
            ("var u = `/${cf.kvs().get('a')}`", Some(1)),
            (
                "const kvs = cf.kvs();\nvar page = await kvs.get('page');",
                None,
            ),
            ("const kvs = cf.kvs();\nkvs.get('a').then(f);", None),
            ("const kvs = cf.kvs();\nmykvs.get('a');", None),
            ("var page = kvs.get('page');", None),
        ] {
            assert_eq!(unawaited_line(source), line, "{source}");
        }
    }
}

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn parse(file: impl AsRef<[u8]>) -> Result<ImportDocument, ImportError> {
    ImportDocument::parse(file.as_ref(), &Limits::default())
}

/// The message for a file that must be refused.
fn refusal(file: impl AsRef<[u8]>) -> String {
    parse(file).unwrap_err().to_string()
}

fn pairs(document: &ImportDocument) -> Vec<(&str, &str)> {
    let entries = document.entries().iter();
    entries.map(|(k, v)| (k.as_str(), v.as_str())).collect()
}

/// A file of these entries, in this order.
fn file<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let entry = |(key, value)| serde_json::json!({"key": key, "value": value});
    let data: Vec<_> = entries.into_iter().map(entry).collect();
    serde_json::json!({ "data": data }).to_string()
}

#[test]
fn entries_are_sorted_by_the_bytes_of_the_key() {
    let document = parse(file([("b", "1"), ("é", ""), ("a/b", "22"), ("Z", "x")])).unwrap();
    let expected = vec![("Z", "x"), ("a/b", "22"), ("b", "1"), ("é", "")];
    assert_eq!(pairs(&document), expected);
    assert_eq!(document.bytes(), 1 + 3 + 1 + 2 + 4);
}

#[test]
fn members_may_stand_in_any_order_and_with_any_space() {
    let document =
        parse("\n{ \"data\"\t:\r\n[ {\"value\":\"v\" , \"key\":\"k\"} ]\n}\n\n").unwrap();
    assert_eq!(pairs(&document), vec![("k", "v")]);
}

#[test]
fn no_entries_at_all_is_fine() {
    let document = parse(r#"{"data":[]}"#).unwrap();
    assert_eq!((document.entries().len(), document.bytes()), (0, 0));
}

#[test]
fn escapes_are_resolved() {
    let document = parse(r#"{"data":[{"key":"\u00e9\ud83d\ude00","value":"\"\\\/\n\u0000"}]}"#);
    assert_eq!(pairs(&document.unwrap()), vec![("é😀", "\"\\/\n\0")]);
}

#[test]
fn faults_of_the_form_name_line_and_column() {
    for (file, place, reason) in [
        (
            "",
            (1, 1),
            "the file ends before the document does; the form is FORM",
        ),
        (
            "\n\n",
            (3, 1),
            "the file ends before the document does; the form is FORM",
        ),
        (
            r#"{"data":["#,
            (1, 10),
            "the file ends before the document does; the form is FORM",
        ),
        (
            r#"{"data":[{"key":"\ud83d"#,
            (1, 24),
            "the file ends before the document does; the form is FORM",
        ),
        (
            "{ }",
            (1, 3),
            "the member \"data\" is missing; the form is FORM",
        ),
        (
            r#"{"dat" : []}"#,
            (1, 2),
            "unknown member \"dat\": the form is FORM",
        ),
        (
            r#"{"data":[],"data":[]}"#,
            (1, 12),
            "the member \"data\" occurs twice",
        ),
        (
            r#"{"data":[],"more":1}"#,
            (1, 12),
            "unknown member \"more\": the form is FORM",
        ),
        (
            r#"{"data":[],"key":"k"}"#,
            (1, 12),
            "unknown member \"key\": the form is FORM",
        ),
        (
            r#"{"data":"a"}"#,
            (1, 9),
            "expected a list; the form is FORM",
        ),
        (r#"{"data":[]} x"#, (1, 13), "expected the end of the file"),
        (
            "{\"data\":[\n[]]}",
            (2, 1),
            "expected ENTRY; the form is FORM",
        ),
        (
            r#"{data:[]}"#,
            (1, 2),
            "expected the name of a member, in double quotes",
        ),
        (r#"{"data"[]}"#, (1, 8), "expected `:`"),
        (
            r#"{"data":[{"key":"k","value":"v"} {}]}"#,
            (1, 34),
            "expected `,` or `]`",
        ),
        (
            r#"{"data":[{"key":"k","value":"v"},]}"#,
            (1, 34),
            "trailing comma",
        ),
        (
            "{\"data\":[\n  {\"key\":\"é\",\"value\":x}]}",
            (2, 22),
            "expected a string: put it in double quotes; the form is FORM",
        ),
        (
            "{\"data\":[\r\n  {\"key\":'k'}]}",
            (2, 10),
            "expected a string: put it in double quotes; the form is FORM",
        ),
    ] {
        assert_eq!(refusal(file), message(place, reason), "{file}");
    }
}

/// The whole message, with the forms for their names.
fn message((line, column): (usize, usize), reason: &str) -> String {
    let reason = reason
        .replace("FORM", r#"{"data":[{"key":"…","value":"…"}]}"#)
        .replace("ENTRY", r#"{"key":"…","value":"…"}"#);
    format!("line {line}, column {column}: {reason}")
}

#[test]
fn files_of_other_forms_are_told_what_to_become() {
    for (file, place, reason) in [
        (
            "{\n  \"/old\": \"/new\"\n}",
            (2, 3),
            "unknown member \"/old\": write each pair of a map as ENTRY, in the form FORM",
        ),
        (
            r#"{"data": {"/old":"/new"}}"#,
            (1, 10),
            "expected a list: write each pair of a map as ENTRY, in the form FORM",
        ),
        (
            r#"{"data":[{"/old":"/new"}]}"#,
            (1, 11),
            "unknown member \"/old\": the form is FORM",
        ),
        (
            r#"{"data":[{"Key":"/old","Value":"/new"}]}"#,
            (1, 11),
            "unknown member \"Key\": write \"key\", in lower case; the form is FORM",
        ),
        (
            r#"{"data":[{"key":"/old","VALUE":"/new"}]}"#,
            (1, 24),
            "unknown member \"VALUE\": write \"value\", in lower case; the form is FORM",
        ),
        (
            r#"{"Data":[]}"#,
            (1, 2),
            "unknown member \"Data\": write \"data\", in lower case; the form is FORM",
        ),
        (
            "{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\",\"value\":\"2\"}",
            (1, 2),
            "unknown member \"key\": put all entries, also those on lines of their own, into one \
             list, FORM",
        ),
        (
            r#"{"data":[]}{"data":[]}"#,
            (1, 12),
            "expected the end of the file: all entries stand in one document, FORM",
        ),
        (
            r#"[{"key":"a","value":"1"}]"#,
            (1, 1),
            "expected an object: put the list into it as its member \"data\", FORM",
        ),
        (
            r#"{"data":[{"key":"a","value":{"b":1}}]}"#,
            (1, 29),
            "expected a string: write JSON as text, each of its quotes as \\\"; the form is FORM",
        ),
        (
            r#"{"data":[{"key":"a","value":7}]}"#,
            (1, 29),
            "expected a string: put it in double quotes; the form is FORM",
        ),
        (
            "key,value\n/old,/new\n",
            (1, 1),
            "expected FORM: a line of a CSV file becomes one ENTRY",
        ),
        (
            "\"/old\";\"/new\"",
            (1, 1),
            "expected FORM: a line of a CSV file becomes one ENTRY",
        ),
        ("\n/old: /new", (2, 1), "expected FORM"),
    ] {
        assert_eq!(refusal(file), message(place, reason), "{file}");
    }
    let marked = refusal(b"\xEF\xBB\xBF{\"data\":[]}");
    assert_eq!(
        message((1, 1), &marked),
        message(
            (1, 1),
            "the file begins with a byte-order mark: save it as UTF-8 without one, in the form FORM"
        ),
    );
}

#[test]
fn faults_of_an_entry_name_line_and_column() {
    const MISSING_KEY: &str = "the member \"key\" is missing; the form is FORM";
    const MISSING_VALUE: &str = "the member \"value\" is missing; the form is FORM";
    const LONE_SURROGATE: &str = "a surrogate without the other half of its pair";
    for (entry, column, reason) in [
        (r#"{}"#, 2, MISSING_KEY),
        (r#"{"value":"v"}"#, 13, MISSING_KEY),
        (r#"{"key":"k" }"#, 12, MISSING_VALUE),
        (
            r#"{"key":"k","key":"l"}"#,
            12,
            "the member \"key\" occurs twice",
        ),
        (
            r#"{"key":"k","value":"v","\u0074ag":1}"#,
            24,
            "unknown member \"tag\": the form is FORM",
        ),
        (r#"{"key":"k","value":"v",}"#, 24, "trailing comma"),
        (r#"{"key":"k" "value":"v"}"#, 12, "expected `,` or `}`"),
        (r#"{"key":"k","value":"\x"}"#, 21, "invalid escape"),
        (r#"{"key":"k","value":"\n\é"}"#, 23, "invalid escape"),
        (r#"{"key":"k","value":"\u00\""}"#, 21, "invalid escape"),
        (r#"{"key":"k","value":"\ud800"}"#, 21, LONE_SURROGATE),
        (r#"{"key":"k","value":"\udc00"}"#, 21, LONE_SURROGATE),
        (
            "{\"key\":\"k\",\"value\":\"a\nb\"}",
            22,
            "a control character in a string: write it as an escape",
        ),
    ] {
        let file = format!("{{\"data\":[\n{entry}]}}");
        assert_eq!(refusal(file), message((2, column), reason), "{entry}");
    }
}

#[test]
fn no_value_is_repeated() {
    for value in [
        "12",
        "-1.5e3",
        "true",
        "false",
        "null",
        "[\"secret\"]",
        "{\"secret\":1}",
    ] {
        let refused = refusal(format!(r#"{{"data":[{{"key":"k","value": {value} }}]}}"#));
        assert!(
            refused.starts_with("line 1, column 30: expected a string: "),
            "{refused}"
        );
        assert!(!refused.contains("secret"), "{refused}");
    }
    for file in [
        r#""se\"cret""#,
        r#"{"data":"secret"}"#,
        r#"{"data":["secret"]}"#,
        r#"{"data":[{"key":"k","value":"secret\x"}]}"#,
    ] {
        assert!(!refusal(file).contains("cret"), "{file}");
    }
}

#[test]
fn a_long_or_unprintable_name_is_shortened_and_escaped() {
    let refused = refusal(format!(r#"{{"\u001b{}":1}}"#, "é".repeat(100)));
    let shown = format!("\"\\u{{1b}}{}\"…", "é".repeat(59));
    assert_eq!(
        refused,
        message((1, 2), &format!("unknown member {shown}: the form is FORM"))
    );
}

#[test]
fn a_byte_order_mark_is_named() {
    for mark in [&b"\xEF\xBB\xBF"[..], b"\xFF\xFE", b"\xFE\xFF"] {
        let file = [mark, br#"{"data":[]}"#].concat();
        assert_eq!(parse(file), Err(ImportError::ByteOrderMark));
    }
}

#[test]
fn the_first_byte_that_is_not_utf8_is_named() {
    for (file, line, column) in [
        (&b"\xC0"[..], 1, 1),
        (b"{\"data\":[]}\xFF", 1, 12),
        (
            b"{\"data\":[\n{\"key\":\"\xC3\xA9\xE9\",\"value\":\"\xFF\"}]}",
            2,
            10,
        ),
        (b"{\"data\":[{\"key\":\"a\xED\xA0\x80\"}]}", 1, 19),
        (b"{\"data\":[{\"key\":\"a\xF0\x9F", 1, 19),
    ] {
        let place = Place { line, column };
        assert_eq!(
            parse(file),
            Err(ImportError::Encoding { place }),
            "{file:?}"
        );
    }
}

#[test]
fn the_fault_that_stands_first_is_told() {
    let form = |file: &[u8]| matches!(parse(file), Err(ImportError::Form { .. }));
    let duplicate = |file: &[u8]| matches!(parse(file), Err(ImportError::Duplicate { .. }));
    assert!(form(b"{\"data\":[1, \"\xFF\"]}"));
    let twice = file([("b", ""), ("a", ""), ("b", "")]);
    let open = twice.strip_suffix("]}").unwrap();
    assert!(duplicate(open.as_bytes()));
    assert!(duplicate(format!("{open},1]}}").as_bytes()));
    assert!(duplicate(&[open.as_bytes(), b",\xFF"].concat()));
}

#[test]
fn a_key_that_occurs_twice_is_refused_with_both_entries() {
    let message = refusal(file([
        ("c", "1"),
        ("b", "2"),
        ("a", "3"),
        ("b", "4"),
        ("c", "5"),
    ]));
    assert_eq!(message, "entry 4: the key \"b\" is already in entry 2");
    let message = refusal(file([("a", "1"), ("a", "1"), ("a", "1")]));
    assert_eq!(message, "entry 2: the key \"a\" is already in entry 1");
}

#[test]
fn quotas_count_bytes_and_are_reached_exactly() {
    let key = "é".repeat(256);
    let value = "é".repeat(512);
    assert_eq!(
        parse(file([(key.as_str(), value.as_str())]))
            .unwrap()
            .bytes(),
        1536
    );

    let shown = format!("\"{}\"…", "é".repeat(60));
    let message = refusal(file([("a", ""), (&format!("{key}x"), "")]));
    assert_eq!(
        message,
        format!("entry 2: the key {shown} is 513 bytes long, the limit is 512")
    );
    let message = refusal(file([("k", format!("{value}x").as_str())]));
    assert_eq!(
        message,
        "entry 1: the value of \"k\" is 1025 bytes long, the limit is 1024"
    );
    assert_eq!(refusal(file([("", "v")])), "entry 1: the key is empty");
}

#[test]
fn the_sizes_of_store_and_file_are_limited() {
    let limits = Limits {
        store_bytes: 6,
        import_bytes: 100,
        ..Limits::default()
    };
    let parse = |file: String| ImportDocument::parse(file.as_bytes(), &limits);
    assert_eq!(parse(file([("b", "11"), ("a", "22")])).unwrap().bytes(), 6);
    let message = parse(file([("b", "11"), ("a", "222")]))
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "entry 2: with \"a\" the store is larger than 6 bytes"
    );

    let exact = format!("{:100}", r#"{"data":[]}"#);
    assert!(parse(exact.clone()).is_ok());
    assert_eq!(
        parse(exact + " "),
        Err(ImportError::FileSize { limit: 100 })
    );
}

/// JSON that is near a document, so that faults lie deep in it.
fn nearly_a_document() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"key\"",
        "\"value\"",
        "\"data\"",
        "\"é\\\"\"",
        "\"\\\\\"",
        "\"\\u00e9\"",
        "{\"key\":\"a\",\"value\":\"\"}",
        "{\"value\":\"\",\"key\":\"b\"}",
        "1",
        "-2.5",
        "null",
        "true",
        " ",
        "\n",
        "x",
        "\"",
    ]);
    let tail = prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat());
    let heads = prop::sample::select(vec![
        "",
        "{\"data\":[",
        "{\"data\":[{\"key\":\"é\",\n\"value\":",
    ]);
    let ends = prop::sample::select(vec!["", "]}", "\"v\"}]}"]);
    let made = (heads, tail, ends).prop_map(|(head, tail, end)| format!("{head}{tail}{end}"));
    prop_oneof![made, edited_document()]
}

/// A document in which a few characters were removed, put in or exchanged.
fn edited_document() -> impl Strategy<Value = String> {
    let edit = (
        any::<prop::sample::Index>(),
        0..2usize,
        prop::sample::select(vec![
            "", ",", "\"", "\\", "{", "[", "]", "\\u0020", "\\ud800", "\t", "e",
        ]),
    );
    let entries = prop::collection::vec(("[a-c\\\\é]{1,2}", "[ -~\u{7f}😀]{0,6}"), 0..4);
    (entries, prop::collection::vec(edit, 0..3)).prop_map(|(entries, edits)| {
        let entries = entries.iter().map(|(key, value)| (&**key, &**value));
        let mut chars: Vec<char> = file(entries).chars().collect();
        for (at, removed, put) in edits {
            let at = at.index(chars.len());
            let end = (at + removed).min(chars.len());
            chars.splice(at..end, put.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(file in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(file);
    }

    #[test]
    fn a_document_is_what_serde_json_takes_for_one(file in nearly_a_document()) {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Oracle { data: Vec<OracleEntry> }
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct OracleEntry { key: String, value: String }

        // serde's derive also takes an array for an object; we do not.
        let oracle = serde_json::from_str::<Oracle>(&file);
        match parse(&file) {
            Ok(document) => {
                let oracle = oracle.unwrap().data;
                let expected: BTreeMap<_, _> = oracle.into_iter().map(|e| (e.key, e.value)).collect();
                let expected: Vec<_> = expected.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                prop_assert_eq!(pairs(&document), expected);
            }
            Err(ImportError::Form { reason, .. }) => {
                prop_assert_ne!(reason, diagnosis::UNEXPLAINED);
                let dense = file.replace([' ', '\n'], "");
                let object = dense.starts_with('{') && !dense.contains("[[");
                prop_assert!(oracle.is_err() || !object, "{}", file);
            }
            Err(_) => {}
        }
    }

    /// The reader of right files and the one that explains wrong ones know the same form.
    #[test]
    fn both_readers_agree(file in nearly_a_document()) {
        let limits = Limits::default();
        let is_document = json::parse(&file, &mut Collector::new(&limits)).is_ok();
        let fault = diagnosis::first_fault(&file, None, &limits);
        let found_nothing = matches!(
            &fault,
            ImportError::Form { reason, .. } if reason == diagnosis::UNEXPLAINED
        );
        // A duplicate goes before a later fault of the form.
        let is_duplicate = matches!(fault, ImportError::Duplicate { .. });
        prop_assert!(is_duplicate || is_document == found_nothing, "{}", file);
    }

    #[test]
    fn a_place_lies_in_the_file_or_just_behind_it(file in nearly_a_document()) {
        if let Err(ImportError::Form { place, .. }) = parse(&file) {
            let line = file.split('\n').nth(place.line - 1).unwrap();
            prop_assert!((1..=line.chars().count() + 1).contains(&place.column), "{:?}", place);
        }
    }

    #[test]
    fn what_is_written_is_read(entries in prop::collection::hash_map("(?s).{1,20}", "(?s).*", 0..20)) {
        let document = parse(file(entries.iter().map(|(k, v)| (k.as_str(), v.as_str())))).unwrap();
        let sorted: BTreeMap<&str, &str> = entries.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        prop_assert_eq!(pairs(&document), sorted.into_iter().collect::<Vec<_>>());
        let bytes: usize = entries.iter().map(|(k, v)| k.len() + v.len()).sum();
        prop_assert_eq!(document.bytes(), bytes as u64);
    }

    /// A fault put at a known place into a good file is found there.
    #[test]
    fn the_place_of_a_fault_is_right(
        before in prop::collection::vec(("[a-zé😀\\\\\"]{1,8}", "[ -~\té]{0,8}"), 0..5),
        gaps in prop::collection::vec("[ \n\t]{0,3}", 6),
        (fault, back) in prop::sample::select(vec![
            ("x", 0), ("1", 0), ("\"v\"", 0), ("[]", 0), ("{}", 1), ("{\"kez\" :1}", 1),
            ("{\"key\":7.5}", 7), ("{\"key\"\t\n1}", 8), ("{\"key\":\"a\tb\"}", 9),
        ]),
    ) {
        let mut text = String::from("{\"data\":[");
        for ((key, value), gap) in before.iter().zip(&gaps) {
            let pair = serde_json::json!({"value": value, "key": key});
            text.push_str(&format!("{gap}{pair}{gap},"));
        }
        text.push_str(gaps.last().unwrap());
        let good = format!("{text}{}", fault.get(..back).unwrap_or_default());
        let file = format!("{text}{fault}]}}");
        let lines: Vec<&str> = good.split('\n').collect();
        let expected = Place { line: lines.len(), column: lines.last().unwrap().chars().count() + 1 };
        match parse(&file) {
            Err(ImportError::Form { place, .. }) => prop_assert_eq!(place, expected, "{}", file),
            Err(ImportError::Duplicate { .. }) => {}
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

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
    for (file, message) in [
        (
            "",
            "line 1, column 1: the file ends before the document does",
        ),
        (
            "\n\n",
            "line 3, column 1: the file ends before the document does",
        ),
        (
            r#"{"data":["#,
            "line 1, column 10: the file ends before the document does",
        ),
        (
            "[1]",
            "line 1, column 1: expected an object with the member \"data\"",
        ),
        ("{ }", "line 1, column 3: the member \"data\" is missing"),
        (
            r#"{"dat" : []}"#,
            "line 1, column 2: unknown member \"dat\"",
        ),
        (
            r#"{"data":[],"data":[]}"#,
            "line 1, column 12: the member \"data\" occurs twice",
        ),
        (
            r#"{"data":[],"more":1}"#,
            "line 1, column 12: unknown member \"more\"",
        ),
        (
            r#"{"data": {"a":"b"}}"#,
            "line 1, column 10: expected an array of entries",
        ),
        (r#"{"data":[]} x"#, "line 1, column 13: trailing characters"),
        (
            r#"{"data":[]}{"data":[]}"#,
            "line 1, column 12: trailing characters",
        ),
        (
            "{\"data\":[\n[]]}",
            "line 2, column 1: expected an object with the members \"key\" and \"value\"",
        ),
        (
            "{\"data\":[\n  {\"key\":\"é\",\"value\":x}]}",
            "line 2, column 22: expected value",
        ),
        (
            "{\"data\":[\r\n  {\"key\":'k'}]}",
            "line 2, column 10: expected value",
        ),
    ] {
        assert_eq!(refusal(file), message, "{file}");
    }
}

#[test]
fn faults_of_an_entry_name_line_and_column() {
    const MISSING_KEY: &str = "the member \"key\" is missing";
    const MISSING_VALUE: &str = "the member \"value\" is missing";
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
            "unknown member \"tag\"",
        ),
        (r#"{"key":"k","value":"v",}"#, 24, "trailing comma"),
        (r#"{"key":"k" "value":"v"}"#, 12, "expected `,` or `}`"),
        (r#"{"key":"k","value":"\x"}"#, 22, "invalid escape"),
        (
            r#"{"key":"k","value":"\ud800"}"#,
            27,
            "unexpected end of hex escape",
        ),
        (
            r#"{"key":"k","value":"\udc00"}"#,
            26,
            "lone leading surrogate in hex escape",
        ),
        (
            "{\"key\":\"k\",\"value\":\"a\nb\"}",
            22,
            "control character (\\u0000-\\u001F) found while parsing a string",
        ),
    ] {
        let expected = format!("line 2, column {column}: {reason}");
        assert_eq!(refusal(format!("{{\"data\":[\n{entry}]}}")), expected);
    }
}

#[test]
fn a_value_of_another_type_is_named_by_its_place_alone() {
    for value in [
        "12",
        "-1.5e3",
        "true",
        "false",
        "null",
        "[\"secret\"]",
        "{\"secret\":1}",
    ] {
        let message = refusal(format!(r#"{{"data":[{{"key":"k","value": {value} }}]}}"#));
        assert_eq!(message, "line 1, column 30: expected a string", "{value}");
    }
    for file in [
        r#""se\"cret""#,
        r#"{"data":"secret"}"#,
        r#"{"data":["secret"]}"#,
    ] {
        assert!(!refusal(file).contains("cret"), "{file}");
    }
    assert!(refusal(r#"{"data":["a\\\"b, expected c"]}"#).starts_with("line 1, column 10: "));
}

#[test]
fn a_long_or_unprintable_name_is_shortened_and_escaped() {
    let message = refusal(format!(r#"{{"\u001b{}":1}}"#, "é".repeat(100)));
    let shown = format!("\"\\u{{1b}}{}\"…", "é".repeat(59));
    assert_eq!(message, format!("line 1, column 2: unknown member {shown}"));
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
    (heads, tail).prop_map(|(head, tail)| format!("{head}{tail}"))
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
            Err(ImportError::Form { .. }) => {
                let dense = file.replace([' ', '\n'], "");
                let object = dense.starts_with('{') && !dense.contains("[[");
                prop_assert!(oracle.is_err() || !object, "{}", file);
            }
            Err(_) => {}
        }
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

//! Any event and any output.

use proptest::prelude::*;

use super::*;
use crate::json::{self, Json};

/// Any JSON, with the names that events and outputs know in it.
fn any_json() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "version",
        "context",
        "eventType",
        "viewer",
        "ip",
        "request",
        "response",
        "method",
        "uri",
        "querystring",
        "headers",
        "cookies",
        "statusCode",
        "statusDescription",
        "body",
        "encoding",
        "data",
        "value",
        "multiValue",
        "attributes",
        "host",
        "x-cache",
        "X",
    ]);
    let leaf = prop::sample::select(vec![
        "null",
        "true",
        "-1",
        "200",
        "302.5",
        "\"\"",
        "\"/\"",
        "\"GET\"",
        "\"1.0\"",
        "\"viewer-request\"",
        "\"viewer-response\"",
        "\"base64\"",
        "\"a b#\"",
        "\"\\ud800\"",
        "\"é\"",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let members = prop::collection::vec((names.clone(), inner.clone()), 0..6);
        let object = members.prop_map(|members| {
            let members: Vec<_> = members
                .iter()
                .map(|(name, json)| format!("\"{name}\":{json}"))
                .collect();
            format!("{{{}}}", members.join(","))
        });
        let array =
            prop::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(",")));
        prop_oneof![4 => object, 1 => array]
    })
}

/// Fields of any names and values that fields of this kind may have.
fn any_fields(name: &'static str) -> impl Strategy<Value = String> {
    prop::collection::btree_map(name, ("[!$-~é]{0,5}", prop::option::of("[a-z]{0,3}")), 0..4)
        .prop_map(|fields| {
            let fields = fields.iter().map(|(name, (value, more))| {
                let value = serde_json::Value::from(value.as_str());
                let more = more.as_ref().map(|more| {
                    format!(r#","multiValue":[{{"value":{value}}},{{"value":"{more}"}}]"#)
                });
                format!(
                    r#""{name}":{{"value":{value}{}}}"#,
                    more.unwrap_or_default()
                )
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        })
}

/// Fields with what a header, a cookie or a parameter may have on the wire, and more.
fn any_collected_fields() -> impl Strategy<Value = Fields> {
    let name = prop::sample::select(vec![
        "host", "a", "X", "via", "a b", "é", "", "1", "x-edge-a",
    ]);
    let value = ("[a-c =#é\\n]{0,3}", prop::option::of("[a-c\\n]{0,2}"));
    prop::collection::vec((name, value), 0..4).prop_map(|pairs| {
        let pairs = pairs.into_iter();
        Fields::collect(
            pairs.map(|(name, (value, attributes))| {
                (name.to_owned(), FieldValue { value, attributes })
            }),
        )
    })
}

proptest! {
    #[test]
    fn any_bytes_and_any_json_are_an_event_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        json in any_json(),
    ) {
        let _ = Event::from_test(&bytes);
        if let Ok(event) = Event::from_test(json.as_bytes()) {
            prop_assert_eq!(Event::from_test(event.to_json().as_bytes()).unwrap(), event);
        }
    }

    #[test]
    fn any_json_is_an_output_or_refused(text in ".{0,40}", json in any_json(), is_response: bool) {
        let event = event(if is_response { RESPONSE } else { REQUEST });
        let _ = Output::from_json(Some(&text), &event);
        match Output::from_json(Some(&json), &event) {
            Ok(output) => {
                let _ = output.check_read_only(&event);
                let printed = output.to_test_json();
                prop_assert!(json::parse(&printed).is_ok(), "{}", printed);
            }
            Err(failure) => {
                prop_assert_eq!(failure.status(), 502);
                prop_assert!(failure.message().starts_with("The CloudFront function "));
            }
        }
    }

    /// What a function that changes nothing returns is what it was given.
    #[test]
    fn an_unchanged_request_comes_back_whole(
        headers in any_fields("[a-z]{1,3}"),
        cookies in any_fields("[A-Za-z]{1,3}"),
        querystring in any_fields("[A-Za-zé]{1,3}"),
    ) {
        let members = format!(r#""headers":{headers},"cookies":{cookies},"querystring":{querystring}"#);
        let event = event(&with_request(&members));
        let returned = last_member(&event, "request");
        let output = Output::from_json(Some(&returned), &event).unwrap();
        prop_assert_eq!(output.check_read_only(&event), Ok(()));
        let Output::Request(request) = output else { panic!("a response") };
        prop_assert_eq!(request.apply(&event.request).raw_query, event.request.raw_query.clone());
        prop_assert_eq!(request.headers, event.request.headers);
        prop_assert_eq!(request.cookies, event.request.cookies);
    }

    /// Whether a function has looked into fields makes no difference to what is said of them.
    #[test]
    fn fields_that_nobody_looked_into_are_judged_as_others_are(
        fields in any_collected_fields(),
        place in prop::sample::select(vec!["headers", "cookies", "querystring", "statusDescription", "method", "body"]),
        is_response: bool,
        is_made: bool,
    ) {
        let event = event(if is_response { RESPONSE } else { REQUEST });
        let members = if is_response || is_made {
            [("statusCode", Json::Number(200.0))]
        } else {
            [("uri", Json::String("/".into()))]
        };
        let untouched = members.into_iter().chain([(place, Json::Unseen(&fields))]);
        let untouched = untouched.map(|(name, json)| (name.into(), json)).collect();
        let json = serde_json::to_string(&fields).unwrap();
        let looked_into = if is_response || is_made {
            format!(r#"{{"statusCode":200,"{place}":{json}}}"#)
        } else {
            format!(r#"{{"uri":"/","{place}":{json}}}"#)
        };
        prop_assert_eq!(
            Output::of(Json::Object(untouched), &event),
            Output::from_json(Some(&looked_into), &event)
        );
    }

    #[test]
    fn a_query_string_survives_being_parsed_and_built(raw in "[a-c=&%+é]{0,20}") {
        let parsed = query::parse(&raw);
        prop_assert_eq!(query::parse(&query::build(&parsed)), parsed.clone());
        prop_assert_eq!(query::parse(&query::rebuild(&parsed, &raw)), parsed);
    }

    #[test]
    fn cookies_survive_being_parsed_and_built(header in "[a-c=; ]{0,20}") {
        let cookies = cookies::parse_cookie([header.as_str()]);
        let built = cookies::build_cookie(&cookies);
        prop_assert_eq!(cookies::parse_cookie(built.as_deref()), cookies);
        let set = cookies::parse_set_cookie([header.as_str()]);
        let built = cookies::build_set_cookie(&set);
        prop_assert_eq!(cookies::parse_set_cookie(built.iter().map(String::as_str)), set);
    }
}

//! What is on the wire, before and after a function.

use super::*;

/// The request that goes on after a function returned this of `GET /search` with the query.
fn passed_on(raw_query: Option<&str>, returned: &str) -> Request {
    let query = raw_query.map(|raw| format!("?{raw}")).unwrap_or_default();
    let target = format!("/search{query}");
    let before = Request::from_wire("GET", target.as_bytes(), [("Host", &b"a"[..])]);
    let event = Event::viewer_request(Context::default(), Viewer { ip: None }, before);
    match Output::from_json(Some(returned), &event).unwrap() {
        Output::Request(request) => request.apply(&event.request),
        Output::Response(_) => panic!("a response"),
    }
}

#[test]
fn a_query_that_was_not_changed_passes_byte_for_byte() {
    const RAW: &str = "q=%E5%AE%B6&x=a%20b&&flag&x=c+d";
    let before = serde_json::to_string(&query::parse(RAW)).unwrap();
    for (raw, querystring, after) in [
        (Some(RAW), before.as_str(), Some(RAW)),
        (
            Some(RAW),
            r#"{"flag":{"value":""},"q":{"value":"1"}}"#,
            Some("flag&q=1"),
        ),
        (Some(RAW), "{}", None),
        (Some(RAW), r#""a=1""#, Some("a=1")),
        (Some(RAW), r#""""#, None),
        (Some(""), "{}", Some("")),
        (None, "{}", None),
        (None, r#"{"a":{"value":""}}"#, Some("a=")),
        (
            Some("x=1&x=2"),
            r#"{"x":{"value":"9","multiValue":[{"value":"1"},{"value":"2"}]}}"#,
            Some("x=9&x=2"),
        ),
    ] {
        let request = passed_on(
            raw,
            &format!(r#"{{"uri":"/","querystring":{querystring}}}"#),
        );
        assert_eq!(request.raw_query.as_deref(), after, "{querystring}");
    }
}

#[test]
fn two_cookies_of_the_origin_reach_the_viewer() {
    let headers = [
        ("Content-Type", &b"text/html"[..]),
        ("Set-Cookie", b"a=1; Path=/; HttpOnly"),
        ("Set-Cookie", b"b=2"),
    ];
    let response = Response::from_wire(200, Some("OK"), headers);
    let request = Request::from_wire("GET", b"/", [("cookie", &b"c=3"[..])]);
    let event = Event::viewer_response(Context::default(), Viewer { ip: None }, request, response);
    assert!(event.to_json().ends_with(
        r#""cookies":{"c":{"value":"3"}}},"response":{"statusCode":200,"statusDescription":"OK","headers":{"content-type":{"value":"text/html"}},"cookies":{"a":{"attributes":"Path=/; HttpOnly","value":"1"},"b":{"value":"2"}}}}"#
    ), "{}", event.to_json());
    let returned = last_member(&event, "response");
    let Output::Response(output) = Output::from_json(Some(&returned), &event).unwrap() else {
        panic!("a request")
    };
    let after = output.apply(event.response());
    assert_eq!(Some(&after), event.response());
    assert_eq!(
        cookies::build_set_cookie(&after.cookies),
        ["a=1; Path=/; HttpOnly", "b=2"]
    );
}

#[test]
fn a_body_is_decoded() {
    for (body, bytes) in [
        (r#""é""#, "é".as_bytes()),
        (r#"{"data":"aGk="}"#, b"aGk="),
        (r#"{"encoding":"base64","data":"aGk="}"#, b"hi"),
        (r#""""#, b""),
    ] {
        let returned = format!(r#"{{"statusCode":200,"body":{body}}}"#);
        let Ok(Output::Response(output)) = Output::from_json(Some(&returned), &event(REQUEST))
        else {
            panic!("{body}")
        };
        assert_eq!(output.body.unwrap().bytes(), bytes);
    }
}

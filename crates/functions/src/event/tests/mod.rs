//! Events and outputs against the tables of what CloudFront accepts, refuses and prints.

mod edge;
mod outputs;
mod properties;

use super::*;

const REQUEST: &str = r#"{"version":"1.0","context":{"eventType":"viewer-request"},"viewer":{"ip":"198.51.100.11"},"request":{"method":"GET","uri":"/index.html","querystring":{"test":{"value":"true"},"arg":{"value":"val1","multivalue":[{"value":"val1"},{"value":"val2"}]}},"headers":{"host":{"value":"www.example.com"},"accept":{"value":"text/html"}},"cookies":{"id":{"value":"CookeIdValue"},"loggedIn":{"value":"false"}}}}"#;

const RESPONSE: &str = r#"{"context":{"eventType":"viewer-response"},"request":{"method":"GET","uri":"/"},"response":{"statusCode":200,"statusDescription":"OK","headers":{"server":{"value":"CustomOriginServer"},"via":{"value":"1.1 a"}},"cookies":{"id":{"value":"a3fWa","attributes":"Secure"}}}}"#;

fn event(text: &str) -> Event {
    Event::from_test(text.as_bytes()).unwrap()
}

/// The JSON of the last member of an event, which the function returns as it is.
fn last_member(event: &Event, name: &str) -> String {
    let json = event.to_json();
    let (_, rest) = json.split_once(&format!("\"{name}\":")).unwrap();
    rest.strip_suffix('}').unwrap().to_owned()
}

fn refused_event(text: &str) -> String {
    Event::from_test(text.as_bytes()).unwrap_err().to_string()
}

/// The event with a request that has these members besides a method and a URI.
fn with_request(members: &str) -> String {
    let members = if members.is_empty() {
        String::new()
    } else {
        format!(",{members}")
    };
    format!(
        r#"{{"context":{{"eventType":"viewer-request"}},"request":{{"method":"GET","uri":"/a"{members}}}}}"#
    )
}

fn printed(returned: &str, event: &Event) -> Result<String, String> {
    Output::from_json(Some(returned), event)
        .map(|output| output.to_test_json())
        .map_err(|failure| failure.message())
}

fn refusal(rest: &str) -> Result<String, String> {
    Err(format!(
        "The CloudFront function returned an invalid value: {rest}."
    ))
}

#[test]
fn an_event_is_what_the_function_gets() {
    for (text, json) in [
        (
            REQUEST,
            r#"{"version":"1.0","context":{"eventType":"viewer-request"},"viewer":{"ip":"198.51.100.11"},"request":{"method":"GET","uri":"/index.html","querystring":{"test":{"value":"true"},"arg":{"value":"val1"}},"headers":{"host":{"value":"www.example.com"},"accept":{"value":"text/html"}},"cookies":{"id":{"value":"CookeIdValue"},"loggedIn":{"value":"false"}}}}"#,
        ),
        (
            &with_request(""),
            r#"{"version":"1.0","context":{"eventType":"viewer-request"},"request":{"method":"GET","uri":"/a","querystring":{},"headers":{},"cookies":{}}}"#,
        ),
        (
            r#"{"context":{"requestId":"r","eventType":"viewer-response","distributionId":"E1","distributionDomainName":"d1.cloudfront.net"},"viewer":{},"request":{"method":"HEAD","uri":"/"},"response":{"statusCode":301,"body":"x"}}"#,
            r#"{"version":"1.0","context":{"distributionDomainName":"d1.cloudfront.net","distributionId":"E1","eventType":"viewer-response","requestId":"r"},"viewer":{},"request":{"method":"HEAD","uri":"/","querystring":{},"headers":{},"cookies":{}},"response":{"statusCode":301,"headers":{},"cookies":{}}}"#,
        ),
    ] {
        assert_eq!(event(text).to_json(), json, "{text}");
        assert_eq!(event(&event(text).to_json()), event(text));
    }
}

#[test]
fn the_event_of_the_developer_guide_is_whole() {
    let text = r#"{"version":"1.0","context":{"distributionDomainName":"d111111abcdef8.cloudfront.net","distributionId":"EDFDVBD6EXAMPLE","eventType":"viewer-response","requestId":"EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE=="},"viewer":{"ip":"198.51.100.11"},"request":{"method":"GET","uri":"/media/index.mpd","querystring":{"ID":{"value":"42"},"NoValue":{"value":""},"querymv":{"value":"val1","multiValue":[{"value":"val1"},{"value":"val2,val3"}]}},"headers":{"host":{"value":"video.example.com"}},"cookies":{"Cookie1":{"value":"value1"}}},"response":{"statusCode":200,"statusDescription":"OK","headers":{"content-length":{"value":"701"}},"cookies":{"Cookie1":{"attributes":"Secure; Path=/","value":"val1","multiValue":[{"attributes":"Secure; Path=/","value":"val1"},{"attributes":"Path=/cat","value":"val2"}]}}}}"#;
    let event = event(text);
    assert_eq!(event.to_json(), text);
    assert_eq!(
        event.raw_query(),
        Some("ID=42&NoValue=&querymv=val1&querymv=val2,val3")
    );
}

#[test]
fn what_is_no_event_is_refused_with_the_place() {
    for (text, reason) in [
        ("[]", "event must be an object"),
        ("{}", "context must be an object"),
        (r#"{"version":"2.0"}"#, "version must be \"1.0\""),
        (
            r#"{"context":{}}"#,
            "context.eventType must be \"viewer-request\" or \"viewer-response\"",
        ),
        (
            r#"{"context":{"eventType":"origin-request"}}"#,
            "context.eventType must be \"viewer-request\" or \"viewer-response\"",
        ),
        (
            r#"{"context":{"eventType":"viewer-request"}}"#,
            "request must be an object",
        ),
        (
            r#"{"context":{"eventType":"viewer-request"},"viewer":{"ip":1},"request":{}}"#,
            "viewer.ip must be a string",
        ),
        (
            r#"{"context":{"eventType":"viewer-response"},"request":{"method":"GET","uri":"/"}}"#,
            "response must be an object",
        ),
        (
            r#"{"context":{"eventType":"viewer-response"},"request":{"method":"GET","uri":"/"},"response":{"statusCode":"200"}}"#,
            "response.statusCode must be an integer from 100 to 599",
        ),
        (
            r#"{"context":{"eventType":"viewer-request"},"request":{"method":"get","uri":"/"}}"#,
            "request.method must be GET, HEAD, OPTIONS, PUT, POST, PATCH or DELETE",
        ),
        (
            r#"{"context":{"eventType":"viewer-request"},"request":{"method":"GET","uri":"a"}}"#,
            "request.uri must begin with a forward slash (/)",
        ),
        (
            &with_request(r#""headers":{"Host":{"value":"a"}}"#),
            "request.headers must have header names in lower case",
        ),
        (
            &with_request(r#""cookies":null"#),
            "request.cookies must be an object",
        ),
        (
            &with_request(r#""querystring":"a=b""#),
            "request.querystring must be an object",
        ),
    ] {
        assert_eq!(
            refused_event(text),
            format!("The event object is not valid: {reason}."),
            "{text}"
        );
    }
    assert!(refused_event("{").starts_with("The event object is not valid JSON: EOF "));
    let long = with_request(&format!(r#""a":"{}""#, "x".repeat(MAX_EVENT_BYTES)));
    assert_eq!(
        refused_event(&long),
        "The event object is longer than 40960 bytes."
    );
    let latin1 = Event::from_test(b"\"\xE9\"").unwrap_err().to_string();
    assert_eq!(latin1, "The event object is not valid UTF-8.");
}

#[test]
fn uri_and_query_stay_below_8192_characters() {
    let refused = "request.uri must be, with the query string, shorter than 8192 characters";
    for (uri, query, fits) in [
        (8190, 0, true),
        (8191, 0, false),
        (4000, 4186, true),
        (4000, 4187, false),
    ] {
        // The slash, and for the query `?a=`.
        let uri = format!("/{}", "é".repeat(uri));
        let query = match query {
            0 => String::new(),
            length => format!(
                r#","querystring":{{"a":{{"value":"{}"}}}}"#,
                "é".repeat(length + 1)
            ),
        };
        let request = format!(r#"{{"method":"GET","uri":"{uri}"{query}}}"#);
        let returned = printed(&request, &event(REQUEST));
        assert_eq!(returned.is_ok(), fits, "{}", uri.len());
        if !fits {
            assert_eq!(returned, refusal(refused));
        }
        let text = format!(r#"{{"context":{{"eventType":"viewer-request"}},"request":{request}}}"#);
        assert_eq!(Event::from_test(text.as_bytes()).is_ok(), fits);
    }
}

//! What functions return.

use super::*;

#[test]
fn outputs_are_printed_as_test_function_does() {
    for (input, returned, output) in [
        (
            REQUEST,
            r#"{"method":"GET","uri":"/index.html","querystring":{"test":{"value":"true"},"arg":{"value":"val1"}},"headers":{"host":{"value":"www.example.com"},"accept":{"value":"text/html","multivalue":[]}}}"#,
            r#"{"request":{"headers":{"host":{"value":"www.example.com"},"accept":{"value":"text/html"}},"method":"GET","querystring":{"test":{"value":"true"},"arg":{"value":"val1"}},"uri":"/index.html","cookies":{}}}"#,
        ),
        (
            REQUEST,
            r#"{"uri":"/a b?c","querystring":"b=2&a=1","debug":[1]}"#,
            r#"{"request":{"headers":{},"method":"GET","querystring":"b=2&a=1","uri":"/a b?c","cookies":{}}}"#,
        ),
        (
            REQUEST,
            r#"{"statusCode":302,"statusDescription":"Found","headers":{"location":{"value":"https://www.example.com/de/index.html"}}}"#,
            r#"{"response":{"headers":{"location":{"value":"https://www.example.com/de/index.html"}},"statusDescription":"Found","cookies":{},"statusCode":302}}"#,
        ),
        // Row 45 of the table of programs.
        (
            REQUEST,
            r#"{"statusCode":302,"headers":{"location":{"value":"/x"}}}"#,
            r#"{"response":{"headers":{"location":{"value":"/x"}},"cookies":{},"statusCode":302}}"#,
        ),
        (
            REQUEST,
            r#"{"statusCode":200}"#,
            r#"{"response":{"headers":{},"cookies":{},"statusCode":200}}"#,
        ),
        (
            RESPONSE,
            r#"{"statusCode":200.0,"cookies":{"a":{"value":"1","attributes":"Path=/; HttpOnly"},"b":{"value":"2"}},"body":"é"}"#,
            r#"{"response":{"headers":{},"cookies":{"a":{"attributes":"Path=/; HttpOnly","value":"1"},"b":{"value":"2"}},"statusCode":200,"body":"é"}}"#,
        ),
        (
            REQUEST,
            r#"{"statusCode":200,"body":{"data":"aGk=","encoding":"base64","x":1}}"#,
            r#"{"response":{"headers":{},"cookies":{},"statusCode":200,"body":{"encoding":"base64","data":"aGk="}}}"#,
        ),
    ] {
        assert_eq!(
            printed(returned, &event(input)),
            Ok(output.to_owned()),
            "{returned}"
        );
    }
}

#[test]
fn invalid_outputs_are_refused_with_the_place() {
    const REQUEST_OR_RESPONSE: &str =
        "the returned value must be a request object or a response object";
    for (input, returned, reason) in [
        (REQUEST, "null", REQUEST_OR_RESPONSE),
        (REQUEST, "5", REQUEST_OR_RESPONSE),
        (REQUEST, "\"/x\"", REQUEST_OR_RESPONSE),
        (REQUEST, "[]", REQUEST_OR_RESPONSE),
        (REQUEST, "{}", REQUEST_OR_RESPONSE),
        (
            REQUEST,
            REQUEST,
            "the returned value must be the request or the response, not the complete event object",
        ),
        (
            RESPONSE,
            RESPONSE,
            "the returned value must be the request or the response, not the complete event object",
        ),
        (
            RESPONSE,
            r#"{"method":"GET","uri":"/"}"#,
            "the returned value must be a response object with a statusCode",
        ),
        (
            REQUEST,
            r#"{"method":"GET"}"#,
            "request.uri must be a string",
        ),
        (
            REQUEST,
            r#"{"uri":"a"}"#,
            "request.uri must begin with a forward slash (/)",
        ),
        (
            REQUEST,
            r#"{"uri":""}"#,
            "request.uri must begin with a forward slash (/)",
        ),
        (
            REQUEST,
            r#"{"uri":"/\n"}"#,
            "request.uri must not contain control characters",
        ),
        (
            REQUEST,
            r#"{"uri":"/","method":1}"#,
            "request.method must be a string",
        ),
        (
            REQUEST,
            r#"{"uri":"/","querystring":"a b"}"#,
            "request.querystring must not contain spaces, control characters or #",
        ),
        (
            REQUEST,
            r#"{"uri":"/","querystring":{"a":{"value":"1#"}}}"#,
            "request.querystring.a.value must not contain spaces, control characters or #",
        ),
        (
            REQUEST,
            r#"{"uri":"/","querystring":5}"#,
            "request.querystring must be an object",
        ),
        (
            REQUEST,
            r#"{"uri":"/","headers":{"X-A":{"value":"1"}}}"#,
            "request.headers must have header names in lower case",
        ),
        (
            REQUEST,
            r#"{"uri":"/","headers":{"x-a":"1"}}"#,
            "request.headers[\"x-a\"] must be an object",
        ),
        (
            REQUEST,
            r#"{"statusCode":"302"}"#,
            "response.statusCode must be an integer from 100 to 599",
        ),
        (
            REQUEST,
            r#"{"statusCode":302.5}"#,
            "response.statusCode must be an integer from 100 to 599",
        ),
        (
            REQUEST,
            r#"{"statusCode":99}"#,
            "response.statusCode must be an integer from 100 to 599",
        ),
        (
            REQUEST,
            r#"{"statusCode":600}"#,
            "response.statusCode must be an integer from 100 to 599",
        ),
        (
            REQUEST,
            r#"{"statusCode":null}"#,
            "response.statusCode must be an integer from 100 to 599",
        ),
        (
            REQUEST,
            r#"{"statusCode":200,"statusDescription":1}"#,
            "response.statusDescription must be a string",
        ),
        (
            REQUEST,
            r#"{"statusCode":200,"headers":[]}"#,
            "response.headers must be an object",
        ),
        (
            REQUEST,
            r#"{"statusCode":200,"body":1}"#,
            "response.body must be an object",
        ),
        (
            REQUEST,
            r#"{"statusCode":200,"body":{}}"#,
            "response.body.data must be a string",
        ),
        (
            REQUEST,
            r#"{"statusCode":200,"body":{"encoding":"gzip","data":""}}"#,
            "response.body.encoding must be \"text\" or \"base64\"",
        ),
        (
            REQUEST,
            r#"{"statusCode":200,"body":{"encoding":"base64","data":"aGk"}}"#,
            "response.body.data must be valid base64",
        ),
        // Row 37 of the table of programs.
        (
            RESPONSE,
            r#"{"statusCode":200,"headers":{"X-Up":{"value":"1"}}}"#,
            "response.headers must have header names in lower case",
        ),
    ] {
        assert_eq!(
            printed(returned, &event(input)),
            refusal(reason),
            "{returned}"
        );
    }
    for (input, reason) in [
        (REQUEST, REQUEST_OR_RESPONSE),
        (
            RESPONSE,
            "the returned value must be a response object with a statusCode",
        ),
    ] {
        let undefined = Output::from_json(None, &event(input)).map_err(|failure| failure.message());
        assert_eq!(
            undefined.map(|output| output.to_test_json()),
            refusal(reason)
        );
    }
}

#[test]
fn disallowed_headers_may_not_be_added() {
    // Row 38 of the table of programs.
    let refused = Err("The CloudFront function tried to add a disallowed header.".to_owned());
    let added = r#"{"uri":"/","headers":{"x-forwarded-proto":{"value":"https"}}}"#;
    assert_eq!(printed(added, &event(REQUEST)), refused);
    let had = event(&with_request(
        r#""headers":{"x-forwarded-proto":{"value":"https"}}"#,
    ));
    assert!(printed(added, &had).is_ok());
    assert_eq!(printed(&added.replace("https", "http"), &had), refused);
    assert!(printed(r#"{"uri":"/"}"#, &had).is_ok());
    let generated = r#"{"statusCode":200,"headers":{"x-forwarded-proto":{"value":"https"}}}"#;
    assert_eq!(printed(generated, &had), refused);
    let edge = r#"{"statusCode":200,"headers":{"x-edge-a":{"value":""}}}"#;
    assert_eq!(printed(edge, &event(RESPONSE)), refused);
}

#[test]
fn read_only_headers_are_refused_at_the_edge_alone() {
    let refused = Err(Failure::read_only_header());
    for (input, returned, fine) in [
        (
            REQUEST,
            r#"{"uri":"/b","headers":{"host":{"value":"www.example.com"}}}"#,
            true,
        ),
        // Row 39 of the table of programs.
        (
            REQUEST,
            r#"{"uri":"/","headers":{"host":{"value":"b"}}}"#,
            false,
        ),
        (REQUEST, r#"{"uri":"/","headers":{}}"#, false),
        (
            REQUEST,
            r#"{"uri":"/","headers":{"host":{"value":"www.example.com"},"via":{"value":"x"}}}"#,
            false,
        ),
        (
            REQUEST,
            r#"{"uri":"/","method":"POST","headers":{"host":{"value":"www.example.com"}}}"#,
            false,
        ),
        (
            REQUEST,
            r#"{"statusCode":200,"headers":{"content-length":{"value":"0"}}}"#,
            true,
        ),
        (
            REQUEST,
            r#"{"statusCode":200,"headers":{"via":{"value":"x"}}}"#,
            false,
        ),
        (
            RESPONSE,
            r#"{"statusCode":200,"headers":{"via":{"value":"1.1 a"}}}"#,
            true,
        ),
        (RESPONSE, r#"{"statusCode":200,"headers":{}}"#, false),
        (
            RESPONSE,
            r#"{"statusCode":200,"headers":{"via":{"value":"1.1 a"},"warning":{"value":""}}}"#,
            false,
        ),
    ] {
        let event = event(input);
        let output = Output::from_json(Some(returned), &event).unwrap();
        let expected = if fine { Ok(()) } else { refused.clone() };
        assert_eq!(output.check_read_only(&event), expected, "{returned}");
    }
}

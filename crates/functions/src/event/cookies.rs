//! The cookies of requests (`Cookie`) and of responses (`Set-Cookie`).

use super::fields::{FieldValue, Fields};

/// The cookies of a request's `Cookie` headers. Names keep their case; a cookie without `=` is a name
/// without a value; names that are repeated are one field.
pub fn parse_cookie<'a>(headers: impl IntoIterator<Item = &'a str>) -> Fields {
    let cookies = headers.into_iter().flat_map(|header| header.split(';'));
    Fields::collect(cookies.filter_map(|cookie| {
        let (name, value) = name_and_value(cookie)?;
        Some((name.to_owned(), FieldValue::new(value)))
    }))
}

/// The value of the `Cookie` header with these cookies; `None` if there are none.
pub fn build_cookie(cookies: &Fields) -> Option<String> {
    let pairs = cookies.pairs();
    let written: Vec<_> = pairs
        .map(|(name, cookie)| format!("{name}={}", cookie.value))
        .collect();
    (!written.is_empty()).then(|| written.join("; "))
}

/// The cookies of a response's `Set-Cookie` headers, each with its attributes as they were written
/// (developer guide, "Cookie attributes"; observed: KensioSoftware/yulin#762).
pub fn parse_set_cookie<'a>(headers: impl IntoIterator<Item = &'a str>) -> Fields {
    Fields::collect(headers.into_iter().filter_map(|header| {
        let (cookie, attributes) = header.split_once(';').unwrap_or((header, ""));
        let (name, value) = name_and_value(cookie)?;
        let attributes = attributes.trim();
        let value = FieldValue {
            attributes: (!attributes.is_empty()).then(|| attributes.to_owned()),
            value: value.to_owned(),
        };
        Some((name.to_owned(), value))
    }))
}

/// The values of the `Set-Cookie` headers with these cookies.
pub fn build_set_cookie(cookies: &Fields) -> Vec<String> {
    let written = |(name, cookie): (&str, &FieldValue)| match cookie.attributes.as_deref() {
        None | Some("") => format!("{name}={}", cookie.value),
        Some(attributes) => format!("{name}={}; {attributes}", cookie.value),
    };
    cookies.pairs().map(written).collect()
}

/// The two halves of a cookie, unless it is empty.
fn name_and_value(cookie: &str) -> Option<(&str, &str)> {
    let cookie = cookie.trim();
    let (name, value) = cookie.split_once('=').unwrap_or((cookie, ""));
    (!cookie.is_empty()).then(|| (name.trim(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(fields: &Fields) -> String {
        serde_json::to_string(fields).unwrap()
    }

    #[test]
    fn the_cookies_of_a_request_are_found_and_written() {
        for (header, seen, written) in [
            ("", "{}", None),
            (" ; ", "{}", None),
            (
                "a=1; b=2",
                r#"{"a":{"value":"1"},"b":{"value":"2"}}"#,
                Some("a=1; b=2"),
            ),
            (
                "ID=a=b;flag",
                r#"{"ID":{"value":"a=b"},"flag":{"value":""}}"#,
                Some("ID=a=b; flag="),
            ),
            (
                "a=1; b=2; a=3",
                r#"{"a":{"value":"1","multiValue":[{"value":"1"},{"value":"3"}]},"b":{"value":"2"}}"#,
                Some("a=1; a=3; b=2"),
            ),
        ] {
            let cookies = parse_cookie([header]);
            assert_eq!(json(&cookies), seen, "{header}");
            assert_eq!(build_cookie(&cookies).as_deref(), written, "{header}");
        }
        assert_eq!(
            json(&parse_cookie(["a=1", "a=1"])),
            json(&parse_cookie(["a=1; a=1"]))
        );
    }

    #[test]
    fn the_cookies_of_a_response_have_attributes() {
        let headers = ["a=1; Path=/; HttpOnly", "b=2"];
        let cookies = parse_set_cookie(headers);
        assert_eq!(
            json(&cookies),
            r#"{"a":{"attributes":"Path=/; HttpOnly","value":"1"},"b":{"value":"2"}}"#
        );
        assert_eq!(build_set_cookie(&cookies), headers);
        let twice = ["c=val1; Secure", "c=val2; Path=/cat"];
        let cookies = parse_set_cookie(twice);
        assert_eq!(
            json(&cookies),
            r#"{"c":{"attributes":"Secure","value":"val1","multiValue":[{"attributes":"Secure","value":"val1"},{"attributes":"Path=/cat","value":"val2"}]}}"#
        );
        assert_eq!(build_set_cookie(&cookies), twice);
        assert!(parse_set_cookie([""]).is_empty());
    }
}

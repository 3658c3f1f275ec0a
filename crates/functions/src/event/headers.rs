//! Names of headers: which a function may not add, which it may not touch, and how they look on the
//! wire.

use std::borrow::Cow;

use super::fields::{FieldValue, Fields};

/// What functions don't see and may not add (developer guide, "Restrictions on all edge functions",
/// "Disallowed headers").
const DISALLOWED: [&str; 25] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "upgrade",
    "x-accel-buffering",
    "x-accel-charset",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-amzn-auth",
    "x-amzn-cf-billing",
    "x-amzn-cf-id",
    "x-amzn-cf-xff",
    "x-amzn-errortype",
    "x-amzn-fle-profile",
    "x-amzn-header-count",
    "x-amzn-header-order",
    "x-amzn-lambda-integration-tag",
    "x-amzn-requestid",
    "x-cache",
    "x-forwarded-proto",
    "x-real-ip",
];

/// How other names begin that functions don't see and may not add.
const DISALLOWED_STARTS: [&str; 2] = ["x-amz-cf-", "x-edge-"];

/// What a viewer-request function may not add, change or delete ("Read-only headers").
pub(super) const READ_ONLY_IN_REQUESTS: [&str; 5] = [
    "cdn-loop",
    "content-length",
    "host",
    "transfer-encoding",
    "via",
];

/// What a function may not add to a response, change or delete in one ("Read-only headers"; the entries
/// for Lambda@Edge alone are left out).
pub(super) const READ_ONLY_IN_RESPONSES: [&str; 2] = ["warning", "via"];

/// Whether functions don't see this header and may not add it. The name is in lower case.
pub fn is_disallowed(name: &str) -> bool {
    DISALLOWED.contains(&name)
        || DISALLOWED_STARTS
            .iter()
            .any(|start| name.starts_with(start))
}

/// Whether HTTP allows the name (RFC 9110, 5.1: a token).
pub(super) fn is_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(token)
}

/// Whether a value stays within its header (RFC 9110, 5.5).
pub(super) fn is_value(value: &str) -> bool {
    let breaks = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    // Counted to the end, since that is done many bytes at a time.
    value.bytes().filter(breaks).count() == 0
}

/// The name as CloudFront writes it: the first letter of each word is a capital (developer guide,
/// "CloudFront Functions event structure"): `x-a-b` becomes `X-A-B`.
pub fn capitalized(name: &str) -> String {
    let mut at_start = true;
    let capital = |c: char| {
        let written = if at_start { c.to_ascii_uppercase() } else { c };
        at_start = c == '-';
        written
    };
    name.chars().map(capital).collect()
}

/// Bytes as functions see them: UTF-8, and what is no UTF-8 as ISO-8859-1 (developer guide, "Encoding
/// of query string and headers").
pub fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
    }
}

/// The headers as functions see them, from names and values in the order of the wire: names in lower
/// case, repeated ones together, a list with commas left alone; without those that are hidden and
/// without `Cookie` and `Set-Cookie`, which are cookies.
pub fn from_wire<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Fields {
    let shown = headers.into_iter().filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let hidden = is_disallowed(&name) || name == "cookie" || name == "set-cookie";
        (!hidden).then(|| (name, FieldValue::new(text_of(value))))
    });
    Fields::collect(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disallowed_headers_are_those_of_the_guide() {
        for name in [
            "connection",
            "x-forwarded-proto",
            "x-amz-cf-id",
            "x-edge-location",
            "x-cache",
        ] {
            assert!(is_disallowed(name), "{name}");
        }
        for name in [
            "x-forwarded-host",
            "x-forwarded-for",
            "x-amz-meta",
            "x-caches",
            "host",
            "",
        ] {
            assert!(!is_disallowed(name), "{name}");
        }
    }

    #[test]
    fn names_on_the_wire_have_capitals() {
        for (name, written) in [
            ("example-header-name", "Example-Header-Name"),
            ("x-a-b", "X-A-B"),
            ("te", "Te"),
            ("-a--b", "-A--B"),
            ("", ""),
        ] {
            assert_eq!(capitalized(name), written);
        }
    }

    #[test]
    fn functions_see_lower_case_and_no_hidden_headers() {
        let seen = from_wire([
            ("Accept", &b"application/json"[..]),
            ("Host", b"a.example"),
            ("ACCEPT", b"text/html, text/plain"),
            ("Cookie", b"a=1"),
            ("X-Forwarded-Proto", b"https"),
            ("X-Name", b"M\xFCller"),
        ]);
        assert_eq!(
            serde_json::to_string(&seen).unwrap(),
            r#"{"accept":{"value":"application/json","multiValue":[{"value":"application/json"},{"value":"text/html, text/plain"}]},"host":{"value":"a.example"},"x-name":{"value":"Müller"}}"#
        );
    }
}

//! Query strings, which are nowhere decoded: a function sees what the viewer sent.

use std::collections::HashSet;

use super::fields::{FieldValue, Fields};

/// The parameters of a raw query, without its `?`. Names keep their case, values stay encoded, `a`
/// looks like `a=`, and repeated names are one field (observed: KensioSoftware/yulin#1024). What stands
/// between two `&` and is empty is no parameter.
pub fn parse(raw: &str) -> Fields {
    let parameters = raw.split('&').filter(|part| !part.is_empty());
    Fields::collect(parameters.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (name.to_owned(), FieldValue::new(value))
    }))
}

/// A raw query with these parameters in their order, the values of one name together. An empty value is
/// written `a=`.
pub fn build(parameters: &Fields) -> String {
    join(parameters, &HashSet::new())
}

/// The same after a function changed the parameters of `raw`: what the viewer wrote without `=` stays
/// without.
pub fn rebuild(parameters: &Fields, raw: &str) -> String {
    let bare = raw
        .split('&')
        .filter(|part| !part.is_empty() && !part.contains('='));
    join(parameters, &bare.collect())
}

/// What most queries are shorter than, in bytes.
const ROOM: usize = 128;

fn join(parameters: &Fields, bare: &HashSet<&str>) -> String {
    let mut raw = String::with_capacity(ROOM);
    for (name, FieldValue { value, .. }) in parameters.pairs() {
        if !raw.is_empty() {
            raw.push('&');
        }
        raw.push_str(name);
        if !(value.is_empty() && bare.contains(name)) {
            raw.push('=');
            raw.push_str(value);
        }
    }
    raw
}

/// Whether a query, or a part of one, has neither spaces nor control characters nor `#` (developer
/// guide, "Restrictions on all edge functions", "URI and query string").
pub(super) fn is_valid(text: &str) -> bool {
    !text.chars().any(|c| c == ' ' || c == '#' || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(fields: &Fields) -> String {
        serde_json::to_string(fields).unwrap()
    }

    #[test]
    fn a_function_sees_values_as_they_were_sent() {
        for (raw, seen) in [
            ("", "{}"),
            ("a", r#"{"a":{"value":""}}"#),
            ("a=", r#"{"a":{"value":""}}"#),
            ("=x", r#"{"":{"value":"x"}}"#),
            ("a=b=c&A=d", r#"{"a":{"value":"b=c"},"A":{"value":"d"}}"#),
            ("&a=1&&", r#"{"a":{"value":"1"}}"#),
            (
                "q=%E5%AE%B6&x=a%20b&x=c+d&flag",
                r#"{"q":{"value":"%E5%AE%B6"},"x":{"value":"a%20b","multiValue":[{"value":"a%20b"},{"value":"c+d"}]},"flag":{"value":""}}"#,
            ),
        ] {
            assert_eq!(json(&parse(raw)), seen, "{raw}");
        }
    }

    #[test]
    fn a_query_is_built_in_the_order_of_its_names() {
        for (raw, built, rebuilt) in [
            ("", "", ""),
            ("a&b=1", "a=&b=1", "a&b=1"),
            ("a=&b=1&a=2", "a=&a=2&b=1", "a=&a=2&b=1"),
            (
                "utm_source=a%20b&x=1&x=2%2C3&gclid",
                "utm_source=a%20b&x=1&x=2%2C3&gclid=",
                "utm_source=a%20b&x=1&x=2%2C3&gclid",
            ),
        ] {
            assert_eq!(build(&parse(raw)), built, "{raw}");
            assert_eq!(rebuild(&parse(raw), raw), rebuilt, "{raw}");
        }
    }
}

//! How an output differs from the expected one.

use keyfront_functions::json::{Json, Members};

use super::json_text::one_line;

/// A place in which two values differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// The place: `response.headers.location.value`.
    pub(super) place: String,
    /// What stands in the expected output; `None` if there is nothing.
    pub(super) expected: Option<String>,
    /// What the function returned; `None` if there is nothing.
    pub(super) returned: Option<String>,
}

/// All places in which they differ, in the order of the expected output. The order of members does not
/// count, and what is empty may be left out, since TestFunction adds an empty `cookies`.
pub(super) fn differences(expected: &Json, returned: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), Some(expected), Some(returned), &mut found);
    found
}

fn compare(
    place: String,
    expected: Option<&Json>,
    returned: Option<&Json>,
    found: &mut Vec<Difference>,
) {
    match (expected, returned) {
        (Some(Json::Object(expected)), Some(Json::Object(returned))) => {
            compare_members(&place, expected, returned, found);
        }
        (Some(Json::Array(expected)), Some(Json::Array(returned))) => {
            for at in 0..expected.len().max(returned.len()) {
                compare(
                    format!("{place}[{at}]"),
                    expected.get(at),
                    returned.get(at),
                    found,
                );
            }
        }
        (None, Some(Json::Object(members))) | (Some(Json::Object(members)), None)
            if members.is_empty() => {}
        (expected, returned) if expected == returned => {}
        (expected, returned) => found.push(Difference {
            place,
            expected: expected.map(one_line),
            returned: returned.map(one_line),
        }),
    }
}

fn compare_members(
    place: &str,
    expected: &Members,
    returned: &Members,
    found: &mut Vec<Difference>,
) {
    let is_more = |(name, _): &&(String, Json)| member(expected, name).is_none();
    let more = returned.iter().filter(is_more);
    for (name, _) in expected.iter().chain(more) {
        let place = match place {
            "" => name.clone(),
            place => format!("{place}.{name}"),
        };
        compare(place, member(expected, name), member(returned, name), found);
    }
}

fn member<'a>(members: &'a Members, wanted: &str) -> Option<&'a Json> {
    let found = members.iter().find(|(name, _)| name == wanted);
    found.map(|(_, json)| json)
}

#[cfg(test)]
mod tests {
    use keyfront_functions::json;

    use super::*;

    fn found(expected: &str, returned: &str) -> Vec<String> {
        let parse = |text| json::parse(text).unwrap();
        let text = |text: Option<String>| text.unwrap_or_else(|| "nothing".to_owned());
        differences(&parse(expected), &parse(returned))
            .into_iter()
            .map(|found| {
                format!(
                    "{}: {} -> {}",
                    found.place,
                    text(found.expected),
                    text(found.returned)
                )
            })
            .collect()
    }

    #[test]
    fn order_and_what_is_empty_do_not_count() {
        for (expected, returned) in [
            (r#"{"a":1,"b":[{"c":"x"}]}"#, r#"{"b":[{"c":"x"}],"a":1}"#),
            (r#"{"a":1}"#, r#"{"a":1,"cookies":{}}"#),
            (r#"{"a":1,"cookies":{}}"#, r#"{"a":1}"#),
        ] {
            assert_eq!(found(expected, returned), [""; 0]);
        }
    }

    #[test]
    fn each_place_that_differs_is_named() {
        let expected = r#"{"request":{"uri":"/a","headers":{"x":{"value":"1"},"z":{"value":"3"}},"list":[1,2]}}"#;
        let returned = r#"{"request":{"headers":{"y":{"value":"2"},"x":{"value":"9"}},"uri":["/a"],"list":[1]}}"#;
        assert_eq!(
            found(expected, returned),
            [
                "request.uri: \"/a\" -> [\"/a\"]",
                "request.headers.x.value: \"1\" -> \"9\"",
                "request.headers.z: {\"value\": \"3\"} -> nothing",
                "request.headers.y: nothing -> {\"value\": \"2\"}",
                "request.list[1]: 2 -> nothing",
            ]
        );
    }
}

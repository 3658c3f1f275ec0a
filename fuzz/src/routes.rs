use http::{Method, Uri};
use keyfront_api::fuzzing;
use percent_encoding::percent_decode_str;

/// A method, a blank, and a path with its query, as they stand in a request's first line.
pub fn route(input: &[u8]) {
    let Some((method, target)) = std::str::from_utf8(input)
        .ok()
        .and_then(|text| text.split_once(' '))
    else {
        return;
    };
    let (Ok(method), Ok(uri)) = (method.parse::<Method>(), target.parse::<Uri>()) else {
        return;
    };
    let query = uri.query().unwrap_or_default();
    let path = uri.path();
    for (template, labels) in fuzzing::route(&method, path, query).into_iter().flatten() {
        let rebuilt = fill(template, labels);
        assert!(
            rebuilt == path || format!("{rebuilt}/") == path,
            "{path} is taken for {rebuilt}"
        );
        for label in labels {
            assert!(!label.contains('/'));
            check_decoding(label);
        }
    }
    check_query(query);
}

/// A path made of its template and labels.
fn fill(template: &str, labels: [&str; 2]) -> String {
    let mut labels = labels.into_iter();
    let mut parts = template.split('{');
    let mut path = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        path += labels.next().unwrap_or_default();
        path += part.split_once('}').map_or("", |(_, literal)| literal);
    }
    path
}

/// What is well encoded is decoded as a library decodes it, and all else is refused.
fn check_decoding(raw: &str) {
    let well_encoded = raw.split('%').skip(1).all(|part| {
        let digits = part.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let decoded = percent_decode_str(raw).decode_utf8().ok();
    let expected = decoded
        .filter(|_| well_encoded)
        .map(|text| text.into_owned());
    assert_eq!(fuzzing::decode_label(raw), expected);
}

fn check_query(query: &str) {
    let pairs = fuzzing::query_pairs(query);
    let parts: Vec<_> = query.split('&').filter(|part| !part.is_empty()).collect();
    assert_eq!(pairs.len(), parts.len());
    for ((name, value), part) in pairs.into_iter().zip(parts) {
        if !part.contains(['%', '+']) {
            let raw = part.split_once('=').unwrap_or((part, ""));
            assert_eq!((name.as_str(), value.as_str()), raw);
        }
    }
}

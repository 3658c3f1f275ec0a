use percent_encoding::percent_decode_str;

/// The segments of a raw path, still encoded: it is split before it is decoded, once, so that a key
/// may hold a slash.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

/// Decodes one segment, or one part of a query, once. None if it is no UTF-8 or not well encoded.
pub(crate) fn decode(raw: &str) -> Option<String> {
    if !is_well_encoded(raw.as_bytes()) {
        return None;
    }
    // It never grows: decoding makes a text shorter.
    let mut decoded = Vec::with_capacity(raw.len());
    decoded.extend(percent_decode_str(raw));
    String::from_utf8(decoded).ok()
}

fn is_well_encoded(raw: &[u8]) -> bool {
    let hex = |at: usize| raw.get(at).is_some_and(u8::is_ascii_hexdigit);
    let percent = raw.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    percent
        .map(|(at, _)| at)
        .all(|at| hex(at + 1) && hex(at + 2))
}

/// The parameters of a query, decoded, in their order. What is not well encoded stays as it is, so that
/// who reads it finds no form that it knows: a parameter that is there must not count as missing. A
/// plus is a blank, as it is when the query's signature is checked.
pub(crate) fn query_pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let text = |raw: &str| decode(&raw.replace('+', "%20")).unwrap_or_else(|| raw.to_owned());
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(move |part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (text(name), text(value))
    })
}

/// The one value of a parameter; none if it is missing.
pub(crate) fn query_value(query: &str, name: &str) -> Option<String> {
    query_pairs(query)
        .find(|(found, _)| found == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_segment_is_decoded_once() {
        let decoded = |raw| decode(raw);
        assert_eq!(decoded("a%2Fb").as_deref(), Some("a/b"));
        assert_eq!(decoded("%252F").as_deref(), Some("%2F"));
        assert_eq!(decoded("pl+us%20").as_deref(), Some("pl+us "));
        assert_eq!(decoded("%F0%9F%98%80").as_deref(), Some("😀"));
        for raw in ["%", "%2", "%zz", "a%2", "%ff", "%F0%9F"] {
            assert_eq!(decoded(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_path_is_split_before_it_is_decoded() {
        let found: Vec<_> = segments("/key-value-stores/a%2Fb/keys/.").collect();
        assert_eq!(found, ["key-value-stores", "a%2Fb", "keys", "."]);
    }

    #[test]
    fn a_query_is_taken_apart() {
        let query = "Marker=m%2F%2B%20%3D%26&MaxItems=5&&Status";
        assert_eq!(query_value(query, "Marker").as_deref(), Some("m/+ =&"));
        assert_eq!(query_value(query, "Status").as_deref(), Some(""));
        assert_eq!(query_value("a=b+c%2B", "a").as_deref(), Some("b c+"));
        assert_eq!(query_value(query, "Other"), None);
        assert_eq!(query_value("a=%FF", "a").as_deref(), Some("%FF"));
    }

    proptest! {
        #[test]
        fn nothing_panics(raw: String) {
            let _ = decode(&raw);
            let _ = query_pairs(&raw).count();
            let _ = segments(&raw).count();
        }
    }
}

use keyfront_signature::query_parameters;

/// Decodes one segment of a path, once; `None` if it is not well encoded or not UTF-8.
///
/// It is written here because `percent-encoding` leaves a bad escape as it is: a key `%zz` would then be
/// stored for a client that meant another one.
pub(crate) fn decode(raw: &str) -> Option<String> {
    let mut pieces = raw.as_bytes().split(|byte| *byte == b'%');
    let mut decoded = Vec::with_capacity(raw.len());
    decoded.extend_from_slice(pieces.next()?);
    for piece in pieces {
        let ([high, low], plain) = piece.split_first_chunk()?;
        decoded.push(hex(*high)? << 4 | hex(*low)?);
        decoded.extend_from_slice(plain);
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16)?.try_into().ok()
}

/// The parameters of a query, decoded, in their order. Bytes that are not UTF-8 are replaced by U+FFFD,
/// which no valid value has: a parameter that is given must not count as missing.
pub(crate) fn query_pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    query_parameters(query).map(move |(name, value)| (text(&name), text(&value)))
}

/// The one value of a parameter; `None` if it is missing.
pub(crate) fn query_value(query: &str, name: &str) -> Option<String> {
    query_pairs(query)
        .find(|(found, _)| found == name)
        .map(|(_, value)| value)
}

/// The first of these parameters that is given more than once. The signed form of a query is sorted, so
/// that a signature does not cover the order of the values.
pub(crate) fn repeated<'n>(query: &str, names: &[&'n str]) -> Option<&'n str> {
    let is_repeated = |name: &str| {
        let mut found = query_pairs(query).filter(|(found, _)| found == name);
        found.nth(1).is_some()
    };
    names.iter().copied().find(|name| is_repeated(name))
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
    fn a_query_is_taken_apart() {
        let query = "Marker=m%2F%2B%20%3D%26&MaxItems=5&&Status";
        assert_eq!(query_value(query, "Marker").as_deref(), Some("m/+ =&"));
        assert_eq!(query_value(query, "Status").as_deref(), Some(""));
        assert_eq!(query_value("a=b+c%2B", "a").as_deref(), Some("b c+"));
        assert_eq!(query_value(query, "Other"), None);
        assert_eq!(repeated("a=1&b=2&b=1", &["a", "b"]), Some("b"));
        assert_eq!(repeated("a=1&c&c", &["a", "b"]), None);
        assert_eq!(query_value("a=%FFb", "a").as_deref(), Some("\u{fffd}b"));
        assert_eq!(query_value("a=%41%zz", "a").as_deref(), Some("A%zz"));
    }

    proptest! {
        #[test]
        fn nothing_panics(raw: String) {
            let _ = decode(&raw);
            let _ = query_pairs(&raw).count();
        }

        #[test]
        fn what_was_encoded_is_decoded(text: String) {
            let all = percent_encoding::NON_ALPHANUMERIC;
            let raw = percent_encoding::utf8_percent_encode(&text, all).to_string();
            prop_assert_eq!(decode(&raw), Some(text.clone()));
            prop_assert_eq!(decode(&raw.to_ascii_lowercase()), Some(text.to_ascii_lowercase()));
        }
    }
}

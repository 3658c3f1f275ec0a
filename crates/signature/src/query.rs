use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// Unreserved characters stay (RFC 3986, section 2.3).
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The one parameter that is not signed.
pub(crate) const SIGNATURE: &str = "X-Amz-Signature";

/// The parameters of a query, decoded, in their order. One without `=` has an empty value, and what is not
/// well percent-encoded is left as it is.
///
/// The same function serves the check of a signature, so that two queries that are signed alike mean the
/// same to a caller who reads them with it.
pub fn query_parameters(query: &str) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .map(|(name, value)| (decode(name), decode(value)))
}

/// A plus sign is a blank, as in an HTML form and as the SDKs for Rust and Go understand it when they
/// sign. The SDKs themselves send `%20`.
fn decode(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        let blanks = text.replace('+', " ");
        return Cow::Owned(percent_decode(blanks.as_bytes()).collect());
    }
    percent_decode(text.as_bytes()).into()
}

/// Appends the query in the form that is signed: each name and value decoded and encoded again, and
/// the parameters sorted by encoded name, then encoded value.
pub(crate) fn write_canonical(query: &str, out: &mut Vec<u8>) {
    let mut encoded = Vec::with_capacity(query.len());
    let mut parameters: Vec<(Range<usize>, Range<usize>)> = query_parameters(query)
        .filter(|(name, _)| **name != *SIGNATURE.as_bytes())
        .map(|(name, value)| (encode(&name, &mut encoded), encode(&value, &mut encoded)))
        .collect();
    let text = |range: &Range<usize>| &encoded[range.clone()];
    parameters.sort_unstable_by(|(a, x), (b, y)| (text(a), text(x)).cmp(&(text(b), text(y))));
    for (index, (name, value)) in parameters.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(text(name));
        out.push(b'=');
        out.extend_from_slice(text(value));
    }
}

fn encode(bytes: &[u8], out: &mut Vec<u8>) -> Range<usize> {
    let start = out.len();
    for piece in percent_encode(bytes, &ENCODED) {
        out.extend_from_slice(piece.as_bytes());
    }
    start..out.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn canonical(query: &str, expected: &str) {
        let mut out = Vec::new();
        write_canonical(query, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{query}");
    }

    #[test]
    fn is_decoded_and_encoded_again() {
        canonical("", "");
        canonical("&", "");
        canonical("a", "a=");
        canonical("a=b=c", "a=b%3Dc");
        canonical("ሴ=bar", "%E1%88%B4=bar");
        canonical("a=%2f%7e%41", "a=%2F~A");
        canonical("a=b+c%20d%2Be", "a=b%20c%20d%2Be");
        canonical("a=%FF&b=%zz&c=%", "a=%FF&b=%25zz&c=%25");
    }

    #[test]
    fn is_sorted_by_encoded_name_then_value() {
        canonical(
            "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
            "%E1%88%B4=Value1&Param=Value2&Param-3=Value3",
        );
        canonical("a=2&a=1&B=0&a=", "B=0&a=&a=1&a=2");
    }

    #[test]
    fn the_signature_is_left_out_however_it_is_spelt() {
        canonical(
            "a=1&X-Amz-Signature=ff&x-amz-signature=0",
            "a=1&x-amz-signature=0",
        );
        canonical("X%2DAmz-Signature=ff", "");
    }
}

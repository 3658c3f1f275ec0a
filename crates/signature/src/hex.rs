//! Lower-case hexadecimal, the form of every hash and signature here.

use base16ct::lower;

/// Appends the bytes' digits.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + 2 * bytes.len(), 0);
    #[expect(
        clippy::expect_used,
        reason = "it fails only for a buffer that is too small"
    )]
    lower::encode(bytes, &mut out[start..]).expect("two digits for each byte");
}

/// Decodes the digits into the front of `out`; `None` if they aren't lower-case pairs that fit.
pub(crate) fn decode<'a>(digits: &str, out: &'a mut [u8]) -> Option<&'a [u8]> {
    lower::decode(digits, out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_round_trip() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut digits = b"before".to_vec();
        encode(&bytes, &mut digits);
        let digits = String::from_utf8(digits).unwrap();
        let digits = digits.strip_prefix("before").unwrap();
        assert_eq!(decode(digits, &mut [0; 300]).unwrap(), bytes);
    }

    #[test]
    fn refuses_what_is_not_lower_case_pairs_that_fit() {
        for digits in ["a", "AB", "0g", "0x", "é", "010203"] {
            assert_eq!(decode(digits, &mut [0; 2]), None, "{digits}");
        }
    }
}

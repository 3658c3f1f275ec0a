//! Bytes as text, and back: the encodings of the modules `buffer` and `crypto`.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT.with_encode_padding(false));

/// Base64 with padding, or base64url without.
pub(crate) fn to_base64(bytes: &[u8], url: bool) -> String {
    if url {
        URL.encode(bytes)
    } else {
        STANDARD.encode(bytes)
    }
}

/// The bytes of base64 in either alphabet, up to the first character of neither; a digit that is left over is passed
/// over (tried with njs 0.7.9).
pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    let mut digits: Vec<u8> = text
        .bytes()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        .collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    // What is left has only digits, in a number that makes whole bytes.
    STANDARD.decode(digits).unwrap_or_default()
}

/// Lower-case hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// The bytes of hexadecimal digits, up to the first pair that is none (tried with njs 0.7.9).
pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map_while(|pair| {
            let mut byte = [0];
            base16ct::mixed::decode(pair, &mut byte).ok()?;
            Some(byte[0])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_far_as_it_is_base64() {
        assert_eq!(to_base64(&[0xFB, 0xFF, 0xFE, 1], false), "+//+AQ==");
        assert_eq!(to_base64(&[0xFB, 0xFF, 0xFE, 1], true), "-__-AQ");
        for (text, bytes) in [
            ("+//+AQ==", &[0xFB, 0xFF, 0xFE, 1][..]),
            ("-__-AQ", &[0xFB, 0xFF, 0xFE, 1]),
            ("aGk=", b"hi"),
            ("aGk", b"hi"),
            ("aGl", b"hi"),
            ("aGk*aGk", b"hi"),
            ("a", b""),
            ("", b""),
            ("é", b""),
        ] {
            assert_eq!(from_base64(text), bytes, "{text}");
        }
    }

    #[test]
    fn hexadecimal_is_read_as_far_as_it_is_hexadecimal() {
        assert_eq!(to_hex(&[0, 0xAB]), "00ab");
        for (text, bytes) in [
            ("00aB", &[0, 0xAB][..]),
            ("616", b"a"),
            ("zz", b""),
            ("61zz62", b"a"),
        ] {
            assert_eq!(from_hex(text), bytes, "{text}");
        }
    }
}

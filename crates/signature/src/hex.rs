//! Lower-case hexadecimal, the form of every hash and signature here.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends the bytes' digits.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// Reads the digits into the front of `out`. None if they aren't lower-case pairs that fit.
pub(crate) fn decode<'a>(digits: &str, out: &'a mut [u8]) -> Option<&'a [u8]> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let out = out.get_mut(..pairs.len())?;
    for (byte, [high, low]) in out.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(out)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_round_trip() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut digits = Vec::new();
        encode(&bytes, &mut digits);
        let mut back = [0; 256];
        let digits = String::from_utf8(digits).unwrap();
        assert_eq!(decode(&digits, &mut back).unwrap(), bytes);
    }

    #[test]
    fn refuses_what_is_not_lower_case_pairs_that_fit() {
        for digits in ["a", "AB", "0g", "0x", "é", "010203"] {
            assert_eq!(decode(digits, &mut [0; 2]), None, "{digits}");
        }
    }
}

//! Requests as they are on the wire, in the files below `vectors`.

#![allow(dead_code, reason = "each test takes what it needs")]

use http::HeaderValue;
use http::request::Parts;
use keyfront_signature::{Claim, DotSegments, Expected, Failure, Payload, SigningKeys};

/// The access key of AWS's examples.
pub(crate) const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
/// Its secret.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A recorded request.
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) request: Parts,
    pub(crate) body: Vec<u8>,
}

/// Reads a file of requests: each follows a line `=== name`, its lines end with LF, and its body
/// follows an empty line.
pub(crate) fn recorded(file: &[u8]) -> Vec<Recorded> {
    let text: String = file.iter().copied().map(char::from).collect();
    let (_, requests) = text.split_once("\n=== ").unwrap();
    requests.split("\n=== ").map(read).collect()
}

// Bytes are characters up to U+00FF here, since a recorded body or path need not be UTF-8.
fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

fn read(text: &str) -> Recorded {
    let (name, text) = text.split_once('\n').unwrap();
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let mut request = http::Request::builder()
        .method(words.next().unwrap())
        .uri(bytes(words.next().unwrap()));
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        request = request.header(name, HeaderValue::from_bytes(&bytes(value.trim())).unwrap());
    }
    Recorded {
        name: name.to_owned(),
        request: request.body(()).unwrap().into_parts().0,
        body: bytes(body.trim_end_matches('\n')),
    }
}

/// Checks a request by the access key of the examples.
pub(crate) fn verify(
    request: &Parts,
    body: &[u8],
    now: &str,
    service: &str,
    dot_segments: DotSegments,
) -> Result<(), Failure> {
    let claim = Claim::from_request(request)?.expect("the request is signed");
    let keys = SigningKeys::new(ACCESS_KEY_ID, SECRET);
    let expected = Expected {
        service,
        dot_segments,
    };
    let checked = claim.check(request, now.parse().unwrap(), &expected)?;
    checked.verify(request, &Payload::of(body), &keys)
}

//! A request as an input writes it: a line with the method and the target, a line for each header, an empty
//! line, and the body.

use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

/// The request that is written so, if it can be one.
pub(crate) fn parse(input: &[u8]) -> Option<(Parts, &[u8])> {
    let mut rest = input;
    let line = take_line(&mut rest)?;
    let (method, target) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = method.parse::<Method>().ok()?;
    parts.uri = target.parse::<Uri>().ok()?;
    while let Some(line) = take_line(&mut rest).filter(|line| !line.is_empty()) {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        parts.headers.append(name, value);
    }
    Some((parts, rest))
}

fn take_line<'i>(rest: &mut &'i [u8]) -> Option<&'i [u8]> {
    if rest.is_empty() {
        return None;
    }
    let end = rest.iter().position(|byte| *byte == b'\n');
    let (line, after) = match end {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (*rest, &[][..]),
    };
    *rest = after;
    Some(line)
}

/// The request's bytes on an HTTP/1.1 connection.
pub(crate) fn to_http1(parts: &Parts, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", parts.method, parts.uri).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

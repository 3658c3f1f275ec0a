//! The canonical request and the string to sign ("Create a signed AWS API request", steps 1 to 3).

use http::header::{HOST, HeaderValue};
use http::request::Parts;

use crate::credential::{Algorithm, Scope};
use crate::payload::sha256;
use crate::signed_headers::SignedHeaders;
use crate::{AmzDate, Failure, Payload, hex, path, query};

/// What is signed of a request, but for the spelling of its path.
pub(crate) struct Subject<'a> {
    pub(crate) request: &'a Parts,
    pub(crate) signed_headers: &'a SignedHeaders,
    pub(crate) payload: &'a Payload,
    pub(crate) algorithm: Algorithm,
    pub(crate) signed: AmzDate,
    pub(crate) scope: &'a Scope,
}

impl Subject<'_> {
    /// Writes the string to sign into the buffer, which is cleared first.
    pub(crate) fn string_to_sign(&self, path: &str, buffer: &mut Vec<u8>) -> Result<(), Failure> {
        buffer.clear();
        self.write_request(path, buffer)?;
        let hash = sha256(buffer);
        buffer.clear();
        line(self.algorithm.name(), buffer);
        line(self.signed.text(), buffer);
        line(self.scope.as_str(), buffer);
        hex::encode(&hash, buffer);
        Ok(())
    }

    fn write_request(&self, path: &str, out: &mut Vec<u8>) -> Result<(), Failure> {
        line(self.request.method.as_str(), out);
        path::write_canonical(path, out);
        out.push(b'\n');
        if let Some(query) = self.request.uri.query() {
            query::write_canonical(query, out);
        }
        out.push(b'\n');
        for name in self.signed_headers.iter() {
            self.write_header(name, out)?;
        }
        out.push(b'\n');
        line(self.signed_headers.as_str(), out);
        self.payload.write_hex(out);
        Ok(())
    }

    fn write_header(&self, name: &str, out: &mut Vec<u8>) -> Result<(), Failure> {
        out.extend_from_slice(name.as_bytes());
        let mut separator = b':';
        for value in self.request.headers.get_all(name) {
            out.push(separator);
            write_value(value, out);
            separator = b',';
        }
        if separator == b':' {
            let host = self.authority().filter(|_| name == HOST.as_str());
            let host = host.ok_or_else(|| Failure::HeaderAbsent(name.to_owned()))?;
            out.push(separator);
            out.extend_from_slice(host.as_bytes());
        }
        out.push(b'\n');
        Ok(())
    }

    /// HTTP/2 has no `Host` header; clients sign `:authority` in its place.
    fn authority(&self) -> Option<&str> {
        self.request
            .uri
            .authority()
            .map(|authority| authority.as_str())
    }
}

fn line(text: impl AsRef<[u8]>, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_ref());
    out.push(b'\n');
}

/// Appends a header's value without blanks at its ends, and with one where several follow each
/// other.
fn write_value(value: &HeaderValue, out: &mut Vec<u8>) {
    let value = value.as_bytes().trim_ascii();
    let mut previous = 0;
    out.extend(value.iter().copied().filter(|&byte| {
        let repeated = byte == b' ' && previous == b' ';
        previous = byte;
        !repeated
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(request: http::request::Builder, signed_headers: &str) -> Result<String, Failure> {
        let (request, ()) = request.body(()).unwrap().into_parts();
        let algorithm = Algorithm::Hmac;
        let signed = AmzDate::from_basic("20150830T123600Z").unwrap();
        let subject = Subject {
            request: &request,
            signed_headers: &SignedHeaders::parse(signed_headers).unwrap(),
            payload: &Payload::of(b""),
            algorithm,
            signed,
            scope: &Scope::new(algorithm, signed, "us-east-1", "service"),
        };
        let mut out = Vec::new();
        subject.write_request(request.uri.path(), &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    fn get(uri: &str) -> http::request::Builder {
        http::Request::get(uri)
    }

    #[test]
    fn has_six_parts() {
        let request = get("/a%2Fb?y=2&x=1").header("Host", "kvs.example");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(
            written(request, "host").unwrap(),
            format!("GET\n/a%252Fb\nx=1&y=2\nhost:kvs.example\n\nhost\n{empty}")
        );
    }

    #[test]
    fn values_are_trimmed_and_joined() {
        let request = get("/")
            .header("host", "kvs.example")
            .header("x-b", " \"a   b\"  c ")
            .header("X-B", "")
            .header("x-b", HeaderValue::from_bytes(b"\xff  \xfe").unwrap());
        let text = written(request, "host;x-b").unwrap();
        assert!(
            text.contains("\nx-b:\"a b\" c,,\u{fffd} \u{fffd}\n"),
            "{text}"
        );
    }

    #[test]
    fn the_host_is_the_header_or_else_the_authority() {
        let host = |text: String| text.lines().nth(3).unwrap().to_owned();
        let absolute = "http://kvs.example:8080/a";
        assert_eq!(
            host(written(get(absolute), "host").unwrap()),
            "host:kvs.example:8080"
        );
        let request = get(absolute).header("host", "other");
        assert_eq!(host(written(request, "host").unwrap()), "host:other");
    }

    #[test]
    fn a_signed_header_must_be_there() {
        let absent = |name: &str| Err(Failure::HeaderAbsent(name.to_owned()));
        assert_eq!(written(get("/"), "host"), absent("host"));
        let request = get("http://kvs.example/");
        assert_eq!(written(request, "host;if-match"), absent("if-match"));
    }
}

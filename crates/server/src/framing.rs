//! Requests whose framing two readers could take differently. A proxy in front might see one request
//! where this server sees two, so they are refused.
//!
//! hyper reads the headers, and this module sees what hyper leaves of them. It refuses a Transfer-Encoding
//! that does not end in `chunked`, lengths that differ, and folded lines. Three things can't be seen after it
//! has parsed a request: a bare LF at the end of a line, equal Content-Lengths, and a Content-Length beside
//! Transfer-Encoding (`docs/differences.md`).

use http::Request;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

/// The reason why a request's framing is refused, if it is.
pub(crate) fn fault<B>(request: &Request<B>) -> Option<&'static str> {
    let headers = request.headers();
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    if let Some(coding) = codings.next()
        && (codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
    {
        return Some("Transfer-Encoding may be \"chunked\" only");
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    if let Some(length) = lengths.next()
        && (lengths.next().is_some() || !length.as_bytes().iter().all(u8::is_ascii_digit))
    {
        return Some("Content-Length must be one number");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        fault(&request.body(()).unwrap()).is_some()
    }

    #[test]
    fn only_one_coding_and_one_length_are_taken() {
        for good in [
            &[][..],
            &[("transfer-encoding", "chunked")],
            &[("transfer-encoding", "Chunked")],
            &[("content-length", "12")],
        ] {
            assert!(!is_refused(good), "{good:?}");
        }
        for bad in [
            &[("transfer-encoding", "gzip, chunked")][..],
            &[("transfer-encoding", "chunked, chunked")],
            &[
                ("transfer-encoding", "chunked"),
                ("transfer-encoding", "chunked"),
            ],
            &[
                ("transfer-encoding", "gzip"),
                ("transfer-encoding", "chunked"),
            ],
            &[("transfer-encoding", "")],
            &[("content-length", "1"), ("content-length", "1")],
            &[("content-length", "1, 1")],
            &[("content-length", "+1")],
        ] {
            assert!(is_refused(bad), "{bad:?}");
        }
    }
}

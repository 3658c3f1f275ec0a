use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Body;

/// An answer, whole: none is streamed.
pub(crate) type Answer = Response<Full<Bytes>>;

/// An answer with a body.
pub(crate) fn with_body(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

/// The answer to HEAD: the length of the body stays, the body does not. Over HTTP/2 nobody else takes
/// it away, and a client would see a broken protocol.
pub(crate) fn without_body(mut answer: Answer) -> Answer {
    let length = answer.body().size_hint().lower();
    answer
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
    *answer.body_mut() = Full::default();
    answer
}

/// Sets a header whose value is made of ETags, ARNs and host names, none of which holds a byte that
/// a header can't. Were there one, the header would be left out.
pub(crate) fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// Has the connection closed behind the answer, since the request's body was not read to its end.
pub(crate) fn close_behind(answer: &mut Answer) {
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
}

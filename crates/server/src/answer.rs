//! Answers: whole, from one buffer, or streamed.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
};
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Frame, SizeHint};
use tokio_util::sync::CancellationToken;

use crate::idle::InFlightGuard;
use crate::limits::Refused;
use crate::untaken::UntakenGuard;

/// An answer to a request.
pub type Answer = Response<AnswerBody>;

/// An error of any kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How long a stream has to end by itself when the server stops.
pub const STREAM_STOP_TIME: Duration = Duration::from_millis(250);

/// The body of an answer. Whole bytes are sent with the headers from one buffer. A stream ends when its source
/// does, and when the server stops.
pub struct AnswerBody {
    content: Content,
    /// Says that the request is in flight until the body is dropped.
    guard: Option<InFlightGuard>,
    /// Of whole bytes over HTTP/2: says that the client has yet to take them.
    untaken: Option<UntakenGuard>,
}

/// How much of whole bytes is handed over at a time over HTTP/2. hyper takes a piece when the client's
/// window has room for a byte of it, and holds the rest: so much can a client have held for each stream
/// beyond the deadline.
const PIECE_BYTES: usize = 4096;

enum Content {
    /// Bytes that are yet to be sent; none if they have been.
    Whole(Bytes),
    Stream(Box<Stream>),
}

struct Stream {
    body: UnsyncBoxBody<Bytes, BoxError>,
    /// Completes when the stream must have ended, since the server stops.
    cut: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// A stream was cut off because the server stops.
#[derive(Debug, thiserror::Error)]
#[error("the stream was cut off: the server stops")]
pub struct Stopped;

impl AnswerBody {
    /// A body that is there whole.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self {
            content: Content::Whole(bytes.into()),
            guard: None,
            untaken: None,
        }
    }

    /// A body that is made while it is sent. It is asked for the next piece when the client has room for
    /// it. If it fails, or has not ended [`STREAM_STOP_TIME`] after the server was told to stop, the
    /// client sees a broken answer, which can't be taken for a whole one.
    pub fn stream<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let body = body.map_err(Into::into).boxed_unsync();
        Self {
            content: Content::Stream(Box::new(Stream { body, cut: None })),
            guard: None,
            untaken: None,
        }
    }

    /// Counts the request as in flight for as long as the body is there, and has a stream end when the
    /// server stops.
    pub(crate) fn attach(&mut self, mut guard: InFlightGuard, stop: &CancellationToken) {
        if let Content::Stream(stream) = &mut self.content {
            guard.mark_stream();
            let stop = stop.clone();
            stream.cut = Some(Box::pin(async move {
                stop.cancelled().await;
                tokio::time::sleep(STREAM_STOP_TIME).await;
            }));
        }
        self.guard = Some(guard);
    }

    /// Has whole bytes handed over piece by piece, each of which is noted as progress. A stream may well have
    /// nothing to say for any time.
    pub(crate) fn watch(&mut self, begin: impl FnOnce() -> UntakenGuard) {
        if let Content::Whole(bytes) = &self.content
            && !bytes.is_empty()
        {
            self.untaken = Some(begin());
        }
    }
}

impl Default for AnswerBody {
    fn default() -> Self {
        Self::whole(Bytes::new())
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let body = &mut *self;
        match &mut body.content {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) if bytes.len() > PIECE_BYTES && body.untaken.is_some() => {
                body.untaken.iter().for_each(UntakenGuard::progress);
                Poll::Ready(Some(Ok(Frame::data(bytes.split_to(PIECE_BYTES)))))
            }
            Content::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Content::Stream(stream) => {
                if let Poll::Ready(frame) = Pin::new(&mut stream.body).poll_frame(context) {
                    return Poll::Ready(frame);
                }
                let Some(cut) = &mut stream.cut else {
                    return Poll::Pending;
                };
                ready!(cut.as_mut().poll(context));
                stream.cut = None;
                Poll::Ready(Some(Err(Stopped.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Stream(stream) => stream.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Stream(stream) => stream.body.size_hint(),
        }
    }
}

/// An answer with a body that is there whole.
pub fn with_body(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(AnswerBody::whole(body));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(AnswerBody::default());
    *answer.status_mut() = status;
    answer
}

/// The answer to HEAD: the length of a whole body stays, the body does not. Over HTTP/2 hyper doesn't
/// take it away, and a client would see a broken protocol.
pub(crate) fn without_body(mut answer: Answer) -> Answer {
    let length = answer.body().size_hint().exact();
    if let Some(length) = length.filter(|_| !answer.headers().contains_key(CONTENT_LENGTH)) {
        answer
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *answer.body_mut() = AnswerBody::default();
    answer
}

/// Sets a header whose value is made of ETags, ARNs and host names, all of whose bytes a header can hold.
/// A value with another byte would leave the header out.
pub fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// Has an HTTP/1.1 connection closed after the answer, because the request's body was not read to its
/// end.
pub fn close_after(answer: &mut Answer) {
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
}

/// Says when a request that a bound refused is worth another try.
pub fn retry_later(answer: &mut Answer) {
    answer
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(Refused::RETRY_AFTER_SECONDS));
}

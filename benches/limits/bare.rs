//! A server that does nothing but answer, or nothing but check the signature and answer.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use keyfront_signature::{Claim, Expected, Payload, SigningKeys};
use tokio::net::TcpListener;

use crate::client::{ACCESS_KEY, DATA};

/// As long as Keyfront's answer in this benchmark.
pub(crate) const ANSWER: &str = r#"{"Key":"/old/path/000007","Value":"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv","ItemCount":100,"TotalSizeInBytes":11600}"#;

/// Serves until it is killed. With the kind `check`, a request whose signature is wrong ends it.
pub(crate) fn serve(kind: &str) {
    let keys = (kind == "check").then(|| SigningKeys::new(ACCESS_KEY, ACCESS_KEY));
    let keys = Arc::new(keys);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let keys = keys.clone();
            let service = service_fn(move |request| {
                let answer = answer(request, keys.as_ref().as_ref());
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
}

fn answer(request: Request<Incoming>, keys: Option<&SigningKeys>) -> Response<Full<Bytes>> {
    if let Some(keys) = keys {
        check(request, keys);
    }
    let mut answer = Response::new(Full::new(Bytes::from_static(ANSWER.as_bytes())));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        HeaderName::from_static("x-amzn-requestid"),
        HeaderValue::from_static("00000000-0000-0000-0000-000000000000"),
    );
    answer
}

fn check(request: Request<Incoming>, keys: &SigningKeys) {
    let (parts, _) = request.into_parts();
    let claim = Claim::from_request(&parts).unwrap().unwrap();
    let now = jiff::Timestamp::now();
    let expected = Expected::service(DATA);
    claim
        .verify(&parts, &Payload::of(b""), keys, now, &expected)
        .unwrap();
}

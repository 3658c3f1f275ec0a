//! A server that does nothing but answer, or that checks the signature before, or that appends to a
//! file and syncs it as well.

use std::convert::Infallible;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use keyfront_signature::{Claim, Expected, Payload, SigningKeys};
use tokio::net::TcpListener;

use crate::client::{ACCESS_KEY, DATA};

/// As long as Keyfront's answer in this benchmark.
pub(crate) const ANSWER: &str = r#"{"Key":"/old/path/000007","Value":"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv","ItemCount":100,"TotalSizeInBytes":11600}"#;

/// What it does before it answers.
#[derive(Default)]
struct Work {
    /// Checks the signature. A wrong one ends the server.
    keys: Option<SigningKeys>,
    /// Appends to it, and syncs.
    file: Option<File>,
}

/// Serves until it is killed. The kind is `answer`, `check`, or the path of the file to append to.
pub(crate) fn serve(kind: &str) {
    let work = match kind {
        "answer" => Work::default(),
        "check" => Work {
            keys: Some(SigningKeys::new(ACCESS_KEY, ACCESS_KEY)),
            file: None,
        },
        path => Work {
            keys: Some(SigningKeys::new(ACCESS_KEY, ACCESS_KEY)),
            file: Some(File::create(path).unwrap()),
        },
    };
    let work = Arc::new(work);
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
            let work = work.clone();
            let service = service_fn(move |request| {
                let work = work.clone();
                async move { Ok::<_, Infallible>(answer(request, &work).await) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
}

async fn answer(request: Request<Incoming>, work: &Work) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    if let Some(keys) = &work.keys {
        check(&parts, &body, keys);
    }
    if let Some(file) = &work.file {
        append(file);
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

/// Reads and verifies the signature of a request, which must be good.
pub(crate) fn check(request: &Parts, body: &[u8], keys: &SigningKeys) {
    let claim = Claim::from_request(request).unwrap().unwrap();
    let (payload, now) = (Payload::of(body), jiff::Timestamp::now());
    let expected = Expected::service(DATA);
    let checked = claim.check(request, now, &expected).unwrap();
    checked.verify(request, &payload, keys).unwrap();
}

/// Has a few bytes more of a file on the disk.
pub(crate) fn append(mut file: &File) {
    file.write_all(&[b'v'; 256]).unwrap();
    file.sync_data().unwrap();
}

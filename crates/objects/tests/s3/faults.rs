use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use keyfront_objects::S3Source;
use keyfront_service::ports::ObjectSource;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::*;

/// A server that writes what it is told and closes the connection.
pub(crate) struct Bare {
    pub(crate) address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

/// What a bare server writes, given the number of the request, from 0, and its head.
type Answers = dyn Fn(usize, &str) -> Vec<u8> + Send + Sync;

pub(crate) async fn serve(
    answers: impl Fn(usize, &str) -> Vec<u8> + Send + Sync + 'static,
) -> Bare {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    tasks.spawn(accept(listener, Arc::new(answers), asked.clone()));
    Bare {
        address,
        asked,
        _tasks: tasks,
    }
}

async fn accept(listener: TcpListener, answers: Arc<Answers>, asked: Arc<AtomicUsize>) {
    while let Ok((mut socket, _)) = listener.accept().await {
        let head = read_head(&mut socket).await;
        let answer = answers(asked.fetch_add(1, Ordering::SeqCst), &head);
        let _ = socket.write_all(&answer).await;
    }
}

async fn read_head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// An answer of which the head announces all of the body.
pub(crate) fn answer(status: &str, body: &str) -> Vec<u8> {
    announced(status, body.len(), body)
}

/// An answer whose head announces this length.
fn announced(status: &str, length: usize, body: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nETag: \"v1\"\r\n\
         Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT\r\nConnection: close\r\n"
    );
    format!("{head}\r\n{body}").into_bytes()
}

fn source_of(server: &Bare) -> S3Source {
    source(options(server.address))
}

#[tokio::test]
async fn a_body_that_is_always_cut_off_is_a_failure() {
    let server = serve(|number, _| match number {
        0 => announced("200 OK", 1000, "begin"),
        _ => announced(
            "206 Partial Content\r\nContent-Range: bytes 5-999/1000",
            995,
            "",
        ),
    })
    .await;
    let outcome = soon(read(&source_of(&server), "example", "a")).await;
    assert_eq!(failure(outcome), "the connection to S3 broke off");
}

#[tokio::test]
async fn a_body_that_is_cut_off_once_is_resumed() {
    let server = serve(|number, head| match number {
        0 => announced("200 OK", 10, "01234"),
        _ if head.to_lowercase().contains("range: bytes=5-9") => {
            let status = "206 Partial Content\r\nContent-Range: bytes 5-9/10";
            announced(status, 5, "56789")
        }
        _ => Vec::new(),
    })
    .await;
    let content = soon(read(&source_of(&server), "example", "a")).await;
    assert_eq!(content.unwrap(), b"0123456789");
}

#[tokio::test]
async fn a_server_that_fails_is_asked_again_for_a_while() {
    let flaky = serve(|number, _| match number {
        0 => Vec::new(),
        1 => answer("503 Slow Down", ""),
        _ => answer("200 OK", "content"),
    })
    .await;
    let content = soon(read(&source_of(&flaky), "example", "a")).await;
    assert_eq!(content.unwrap(), b"content");

    for status in [
        "500 Internal Server Error",
        "503 Slow Down",
        "429 Too Many Requests",
    ] {
        let server = serve(move |_, _| answer(status, "<Error><Code>X</Code></Error>")).await;
        failure(soon(read(&source_of(&server), "example", "a")).await);
        assert_eq!(server.asked.load(Ordering::SeqCst), 3, "{status}");
    }
}

#[tokio::test]
async fn a_refusal_is_final_and_names_s3_s_code() {
    let error = |code: &str| format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code></Error>");
    for (status, body, told) in [
        (
            "400 Bad Request",
            error("ExpiredToken"),
            "credentials (ExpiredToken)",
        ),
        (
            "400 Bad Request",
            error("AuthorizationHeaderMalformed"),
            "in another region",
        ),
        (
            "403 Forbidden",
            error("InvalidObjectState"),
            "S3 answered 403 Forbidden InvalidObjectState",
        ),
        ("403 Forbidden", String::new(), "do not allow to read it"),
        ("404 Not Found", "<html>".to_owned(), "does not exist"),
        (
            "301 Moved Permanently",
            error("PermanentRedirect"),
            "in another region",
        ),
        (
            "405 Method Not Allowed",
            error("<b>x</b> y"),
            "S3 answered 405 Method Not Allowed",
        ),
        ("404 Not Found", "x".repeat(1 << 20), "does not exist"),
    ] {
        let server = serve(move |_, _| answer(status, &body)).await;
        let reason = refusal(soon(read(&source_of(&server), "example", "a")).await);
        assert!(reason.contains(told), "{status}: {reason}");
        assert_eq!(server.asked.load(Ordering::SeqCst), 1, "{status}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = serve(|_, _| answer("200 OK", "stolen")).await;
    let location = format!(
        "307 Temporary Redirect\r\nLocation: http://{}/x",
        elsewhere.address
    );
    let server = serve(move |_, _| answer(&location, "")).await;
    refusal(soon(read(&source_of(&server), "example", "a")).await);
    assert_eq!(elsewhere.asked.load(Ordering::SeqCst), 0);
}

/// Time does not pass while the test waits for it: the clock jumps to the next moment at which
/// something is due.
#[tokio::test(start_paused = true)]
async fn a_silent_server_is_a_failure() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let source = source(options(listener.local_addr().unwrap()));
    failure(read(&source, "example", "a").await);
}

#[tokio::test]
async fn an_object_is_fetched_only_as_far_as_it_is_read() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let source = source(options(listener.local_addr().unwrap()));
    let endless = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_head(&mut socket).await;
        let mut written = 0;
        let mut piece = announced("200 OK", 1 << 40, "");
        while socket.write_all(&piece).await.is_ok() {
            written += piece.len();
            piece = vec![b'x'; 64 * 1024];
        }
        written
    });
    let object = "arn:aws:s3:::example/endless".parse().unwrap();
    let mut body = soon(source.open(&object)).await.unwrap();
    let mut read = 0;
    while read < 6 << 20 {
        read += soon(body.try_next()).await.unwrap().unwrap().len();
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(body);
    // What is not read waits in the sockets' buffers and nowhere else.
    let written = soon(endless).await.unwrap();
    assert!(
        written < read + (32 << 20),
        "{written} written, {read} read"
    );
}

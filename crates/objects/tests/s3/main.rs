//! The S3 source against a server that speaks S3 and checks signatures, and, for the faults that such
//! a server does not have, against bare sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod faults;
mod server;

use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use keyfront_objects::{S3Options, S3OptionsError, S3Source};
use keyfront_service::ports::{ObjectError, ObjectSource};
use server::{ID, SECRET, Server};

/// Options for a server at this address, with its credentials.
fn options(address: std::net::SocketAddr) -> S3Options {
    S3Options {
        endpoint: Some(format!("http://{address}")),
        access_key_id: Some(ID.to_owned()),
        secret_access_key: Some(SECRET.to_owned()),
        ..S3Options::default()
    }
}

fn source(options: S3Options) -> S3Source {
    S3Source::new(options, |_| None).unwrap()
}

async fn read(source: &S3Source, bucket: &str, key: &str) -> Result<Vec<u8>, ObjectError> {
    let object = format!("arn:aws:s3:::{bucket}/{key}").parse().unwrap();
    let pieces: Vec<Bytes> = source.open(&object).await?.try_collect().await?;
    Ok(pieces.concat())
}

/// The text of an outcome that no later attempt would change.
fn refusal(outcome: Result<Vec<u8>, ObjectError>) -> String {
    match outcome {
        Err(ObjectError::Refused(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

/// The text of an outcome that is worth another attempt.
fn failure(outcome: Result<Vec<u8>, ObjectError>) -> String {
    match outcome {
        Err(ObjectError::Unavailable(reason)) => reason,
        other => panic!("not failed: {other:?}"),
    }
}

#[tokio::test]
async fn an_object_is_read_whole() {
    let server = Server::start().await;
    let content: Vec<u8> = (0..6_000_000_u32).map(|i| (i % 251) as u8).collect();
    server.put("deep/er/large.json", &content);
    server.put("empty", b"");
    let source = source(options(server.address));
    assert!(
        read(&source, "example", "deep/er/large.json")
            .await
            .unwrap()
            == content
    );
    assert_eq!(read(&source, "example", "empty").await.unwrap(), b"");
}

#[tokio::test]
async fn names_are_taken_as_they_are() {
    let server = Server::start().await;
    let source = source(options(server.address));
    for name in [
        "ä 日本 😀.json",
        "a%20b%2Fc",
        "100%",
        "a b",
        "a+b",
        "#x",
        "?x=y&z",
        "*",
        "[a]{b}^|<>",
        "~a",
        "a\\b",
        "'\"`",
        "...",
        "$&,:;=@!()",
        " ",
    ] {
        server.put(name, name.as_bytes());
        let content = read(&source, "example", name).await;
        assert_eq!(content, Ok(name.as_bytes().to_vec()), "{name}");
    }
}

#[tokio::test]
async fn keys_that_are_no_path_are_refused() {
    let server = Server::start().await;
    server.put("a", b"a");
    let source = source(options(server.address));
    for key in ["/a", "a/", "./a", "x/../a", "x//a", "..", ".", "a\n"] {
        let reason = refusal(read(&source, "example", key).await);
        assert!(reason.contains("can't be asked for"), "{key:?}: {reason}");
    }
}

#[tokio::test]
async fn what_is_absent_is_named() {
    let server = Server::start().await;
    let source = source(options(server.address));
    let reason = refusal(read(&source, "example", "no.json").await);
    assert_eq!(
        reason,
        "the object \"no.json\" of the bucket \"example\" does not exist"
    );
    let reason = refusal(read(&source, "absent", "no.json").await);
    assert_eq!(reason, "the bucket \"absent\" does not exist");
    let reason = refusal(read(&source, server::FORBIDDEN, "no.json").await);
    assert!(reason.contains("do not allow to read it"), "{reason}");
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let server = Server::start().await;
    server.put("a", b"a");
    let wrong_secret = S3Options {
        secret_access_key: Some("another".to_owned()),
        ..options(server.address)
    };
    let reason = refusal(read(&source(wrong_secret), "example", "a").await);
    assert!(reason.ends_with("does not accept Keyfront's credentials (SignatureDoesNotMatch)"));
    let wrong_id = S3Options {
        access_key_id: Some("AKIANOBODY".to_owned()),
        ..options(server.address)
    };
    let reason = refusal(read(&source(wrong_id), "example", "a").await);
    assert!(
        reason.contains("does not accept Keyfront's credentials"),
        "{reason}"
    );
}

#[tokio::test]
async fn credentials_and_region_come_from_the_environment_but_no_endpoint() {
    let server = Server::start().await;
    server.put("a", b"a");
    let environment = |name: &str| {
        let value = match name {
            "AWS_ACCESS_KEY_ID" => ID,
            "AWS_SECRET_ACCESS_KEY" => SECRET,
            "AWS_REGION" => "eu-central-1",
            "AWS_SESSION_TOKEN" => "",
            name if name.contains("ENDPOINT") => "http://127.0.0.1:1",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let endpoint = S3Options {
        endpoint: Some(format!("http://{}/", server.address)),
        ..S3Options::default()
    };
    let source = S3Source::new(endpoint.clone(), environment).unwrap();
    assert_eq!(read(&source, "example", "a").await.unwrap(), b"a");

    let half = |name: &str| (name == "AWS_ACCESS_KEY_ID").then(|| ID.to_owned());
    let refused = S3Source::new(endpoint.clone(), half).unwrap_err();
    assert!(matches!(refused, S3OptionsError::Credentials));
    let id_alone = S3Options {
        access_key_id: Some(ID.to_owned()),
        ..endpoint.clone()
    };
    let token_alone = S3Options {
        session_token: Some("token".to_owned()),
        ..endpoint
    };
    for given in [id_alone, token_alone] {
        let refused = S3Source::new(given, environment).unwrap_err();
        assert!(matches!(refused, S3OptionsError::Credentials));
    }
}

/// Runs the test above in a process whose real environment leads elsewhere in every way there is.
#[test]
fn the_process_environment_leads_nowhere() {
    const TEST: &str = "credentials_and_region_come_from_the_environment_but_no_endpoint";
    let nowhere = "http://127.0.0.1:1";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", TEST]);
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "AWS_ENDPOINT",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_PROXY_URL",
    ] {
        child.env(name, nowhere);
    }
    // Plain HTTP asks for no certificates either.
    child
        .env("SSL_CERT_FILE", "/nowhere")
        .env("SSL_CERT_DIR", "/nowhere");
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[tokio::test]
async fn a_container_s_credentials_are_fetched() {
    let server = Server::start().await;
    server.put("a", b"a");
    let credentials = format!(
        r#"{{"AccessKeyId":"{ID}","SecretAccessKey":"{SECRET}","Token":"t","Expiration":"2099-01-01T00:00:00Z"}}"#
    );
    let container = faults::serve(move |_, _| faults::answer("200 OK", &credentials)).await;
    let token = server.folder.path().join("token");
    std::fs::write(&token, "token").unwrap();
    let endpoint = S3Options {
        endpoint: Some(format!("http://{}", server.address)),
        ..S3Options::default()
    };
    let with_container_at = |address: std::net::SocketAddr| {
        let token = token.display().to_string();
        S3Source::new(endpoint.clone(), move |name: &str| match name {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI" => Some(format!("http://{address}/")),
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" => Some(token.clone()),
            _ => None,
        })
        .unwrap()
    };
    let source = with_container_at(container.address);
    assert_eq!(read(&source, "example", "a").await.unwrap(), b"a");

    let source = with_container_at(server::closed_port().await);
    let reason = failure(read(&source, "example", "a").await);
    assert_eq!(reason, "Keyfront finds no credentials for S3");
}

#[tokio::test]
async fn a_server_that_comes_up_later_serves() {
    let address = server::closed_port().await;
    let source = source(options(address));
    let reason = failure(read(&source, "example", "a").await);
    assert_eq!(reason, "S3 can't be reached");
    let server = Server::start_at(address).await;
    server.put("a", b"a");
    assert_eq!(read(&source, "example", "a").await.unwrap(), b"a");
}

#[tokio::test]
async fn options_that_fit_no_server_are_refused() {
    let new = |endpoint: &str, path_style| {
        let options = S3Options {
            endpoint: Some(endpoint.to_owned()),
            path_style,
            ..options(([127, 0, 0, 1], 1).into())
        };
        S3Source::new(options, |_| None)
    };
    for endpoint in [
        "",
        "localhost:9000",
        "ftp://localhost",
        "http://",
        "http://u:p@localhost",
        "http://h/?a=b",
    ] {
        assert!(
            matches!(new(endpoint, None), Err(S3OptionsError::Endpoint)),
            "{endpoint}"
        );
    }
    let refused = new("http://127.0.0.1:9000", Some(false));
    assert!(matches!(refused, Err(S3OptionsError::PathStyle)));
    assert!(new("http://localhost:9000/below/", Some(false)).is_ok());
}

#[tokio::test]
async fn secrets_stay_out_of_debug_texts() {
    let options = S3Options {
        session_token: Some("secret-token".to_owned()),
        ..options(([127, 0, 0, 1], 1).into())
    };
    for text in [format!("{options:?}"), format!("{:?}", source(options))] {
        assert!(
            !text.contains(SECRET) && !text.contains("secret-token"),
            "{text}"
        );
    }
}

/// Fails a test that hangs.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, future).await.expect("too slow")
}

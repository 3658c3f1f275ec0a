//! A server with a small handler, over real sockets.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod world;

use std::time::{Duration, Instant};

use http::StatusCode;
use keyfront_server::{Bound, Limits, RESERVED_CONNECTIONS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use world::{LARGE, World, answer_on, connect_from, get, read_all, send};

/// What takes longer than this hangs.
const HANGS: Duration = Duration::from_secs(10);

fn limits(connections: usize, per_address: usize) -> Limits {
    Limits {
        connections,
        connections_per_address: Some(per_address),
        ..Limits::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_of_one_address_keep_nobody_out() {
    let world = World::start(limits(64, 16)).await;
    let mut idle = Vec::new();
    for number in 0..400 {
        let mut connection = connect_from(world.address, "127.0.0.1").await;
        if number % 2 == 0 {
            connection
                .write_all(b"GET / HTTP/1.1\r\nX-Slow: ")
                .await
                .unwrap();
        }
        idle.push(connection);
    }
    let began = Instant::now();
    for address in ["127.0.0.1", "127.0.0.2"] {
        for path in ["/healthz", "/hello"] {
            let answer = get(world.address, address, path).await;
            assert!(
                answer.starts_with("HTTP/1.1 200 "),
                "{address} {path}: {answer}"
            );
        }
    }
    assert!(began.elapsed() < HANGS);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_closed_in_favour_of_another_only_while_it_is_idle() {
    let world = World::start(limits(4, 4)).await;
    let mut busy = connect_from(world.address, "127.0.0.1").await;
    send(&mut busy, "/hold").await;
    world.held.acquire().await.unwrap().forget();
    let mut waiting = connect_from(world.address, "127.0.0.1").await;
    send(&mut waiting, "/hello").await;
    answer_on(&mut waiting).await;
    for _ in 0..20 {
        let answer = get(world.address, "127.0.0.1", "/hello").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(connect_from(world.address, "127.0.0.1").await);
    }
    // The connection that waited for its next request gave way, as the longest idle.
    assert_eq!(read_all(&mut waiting).await, "");
    world.release.add_permits(1);
    assert!(answer_on(&mut busy).await.contains("held"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_place_probes_are_answered_and_all_else_is_told_to_come_back() {
    let limits = Limits {
        connections: 2,
        connections_per_address: None,
        ..Limits::default()
    };
    let world = World::start(limits).await;
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut connection = connect_from(world.address, "127.0.0.1").await;
        send(&mut connection, "/hold").await;
        world.held.acquire().await.unwrap().forget();
        busy.push(connection);
    }
    let began = Instant::now();
    // The reserved permits, too, are taken by connections that say nothing.
    let mut silent = Vec::new();
    for _ in 0..3 * RESERVED_CONNECTIONS {
        silent.push(connect_from(world.address, "127.0.0.1").await);
    }
    for address in ["127.0.0.1", "127.0.0.2"] {
        let probe = get(world.address, address, "/healthz").await;
        assert!(probe.starts_with("HTTP/1.1 200 "), "{probe}");
        let refused = get(world.address, address, "/hello").await;
        assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
        assert!(refused.contains("\r\nretry-after: 1\r\n"), "{refused}");
        assert!(refused.contains("\r\nconnection: close\r\n"), "{refused}");
        assert!(refused.contains("(--connections)"), "{refused}");
    }
    assert!(began.elapsed() < HANGS);
    let counts = &world.counts;
    assert_eq!(counts.connections(), 2);
    assert!((1..=RESERVED_CONNECTIONS).contains(&counts.reserved_connections()));
    assert_eq!(counts.refused().of(Bound::Connections), 2);
    assert_eq!(counts.refused().of(Bound::ConnectionsPerAddress), 0);
    assert_eq!(counts.requests_in_flight(), 2);
    world.release.add_permits(2);
    for connection in &mut busy {
        assert!(answer_on(connection).await.contains("held"));
    }
    let answer = get(world.address, "127.0.0.1", "/hello").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn framing_that_two_readers_could_take_differently_is_refused() {
    let world = World::start(Limits::default()).await;
    for headers in [
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "X-Folded: a\r\n b",
        "X-Blank : a",
    ] {
        let mut connection = connect_from(world.address, "127.0.0.1").await;
        let request = format!(
            "POST /echo HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n0\r\n\r\n\
             GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
        );
        connection.write_all(request.as_bytes()).await.unwrap();
        let said = read_all(&mut connection).await;
        assert!(said.starts_with("HTTP/1.1 400 "), "{headers}: {said}");
        assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{headers}: {said}");
    }
    // Of these hyper shows too little to refuse them; they are read in one way, and the connection ends
    // where another reader could go on differently.
    let mut connection = connect_from(world.address, "127.0.0.1").await;
    let both = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\
                Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n\
                GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    connection.write_all(both.as_bytes()).await.unwrap();
    let said = read_all(&mut connection).await;
    assert!(
        said.starts_with("HTTP/1.1 200 ") && said.ends_with("ab"),
        "{said}"
    );
    assert!(said.contains("connection: close\r\n"), "{said}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_needs_no_body_and_a_target_of_this_server() {
    let world = World::start(Limits::default()).await;
    let mut connection = connect_from(world.address, "127.0.0.1").await;
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc";
    connection.write_all(request).await.unwrap();
    let said = read_all(&mut connection).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    assert!(said.contains("connection: close\r\n"), "{said}");
    for (method, target, body) in [
        ("GET", "http://other.example/healthz", "hello"),
        ("POST", "/healthz", "hello"),
        ("HEAD", "/healthz", ""),
        ("HEAD", "/hello", ""),
    ] {
        let mut connection = connect_from(world.address, "127.0.0.1").await;
        let request = format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let said = read_all(&mut connection).await;
        let (head, said_body) = said.split_once("\r\n\r\n").unwrap();
        assert_eq!(said_body, body, "{method} {target}");
        assert!(
            body == "hello" || !head.contains("content-length: 0"),
            "{head}"
        );
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_the_server_stops_and_is_not_taken_for_whole() {
    let world = World::start(Limits::default()).await;
    let mut connection = connect_from(world.address, "127.0.0.1").await;
    send(&mut connection, "/stream").await;
    let mut buffer = vec![0; 1024];
    let mut said = String::new();
    while !said.contains("tick") {
        let length = connection.read(&mut buffer).await.unwrap();
        said += &String::from_utf8_lossy(&buffer[..length]);
    }
    // One whose client takes nothing ends, too.
    let mut stuck = connect_from(world.address, "127.0.0.1").await;
    send(&mut stuck, "/flood").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    world.stop().await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    said += &read_all(&mut connection).await;
    assert!(
        said.starts_with("HTTP/1.1 200 ") && !said.ends_with("0\r\n\r\n"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http2_a_stream_is_in_flight_until_it_ends() {
    let limits = Limits {
        header_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let world = World::start_with_tls(limits).await;
    let mut client = world.http2().await;
    let mut answer = client.get("/ticks").await.unwrap();
    let mut ticks = 0;
    let outcome = loop {
        match answer.next().await {
            // The end comes in a frame of its own.
            Some(Ok(frame)) => ticks += frame.data_ref().map_or(0, |data| data.len() / 4),
            end => break end,
        }
    };
    // Longer than a connection may be idle, and than the time to go away.
    assert!(
        outcome.is_none() && ticks == 120,
        "{outcome:?} after {ticks}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http2_idle_connections_give_way_and_streams_end_with_the_server() {
    let world = World::start_with_tls(limits(2, 2)).await;
    let mut idle = world.http2().await;
    assert_eq!(idle.get("/hello").await.unwrap().status, StatusCode::OK);
    let mut busy = world.http2().await;
    let mut stream = busy.get("/stream").await.unwrap();
    for _ in 0..5 {
        let mut new = world.http2().await;
        assert_eq!(new.get("/hello").await.unwrap().status, StatusCode::OK);
    }
    assert!(
        idle.get("/hello").await.is_err(),
        "the idle one was not closed"
    );
    assert!(stream.next().await.unwrap().is_ok());
    let began = Instant::now();
    world.stop().await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    let end = loop {
        match stream.next().await {
            Some(Ok(_)) => {}
            end => break end,
        }
    };
    assert!(end.is_some(), "a stream that was cut off looked whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http2_an_answer_that_is_not_taken_ends_the_connection() {
    let limits = Limits {
        write_time: Duration::from_secs(1),
        ..Limits::default()
    };
    let world = World::start_with_tls(limits).await;
    let mut client = world.http2_without_a_window().await;
    let mut answers = Vec::new();
    for path in ["/hello", "/large"] {
        let answer = client.get(path).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK);
        answers.push(answer);
    }
    // It would hold them for ever, while it asks for more.
    let held = async {
        while client.get("/healthz").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for mut answer in answers {
            assert!(answer.next().await.unwrap().is_err());
        }
    };
    tokio::time::timeout(Duration::from_secs(20), held)
        .await
        .expect("the answers are held");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http2_an_answer_that_is_taken_slowly_is_whole() {
    let limits = Limits {
        write_time: Duration::from_secs(2),
        ..Limits::default()
    };
    let world = World::start_with_tls(limits).await;
    let mut client = world.http2().await;
    let mut answer = client.get("/large").await.unwrap();
    let mut received = Vec::new();
    let began = Instant::now();
    while let Some(frame) = answer.next().await {
        received.extend_from_slice(&frame.unwrap().into_data().unwrap());
        if began.elapsed() < Duration::from_secs(4) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert!(received == LARGE.as_bytes(), "{} bytes", received.len());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_never_end_hold_up_no_other() {
    let world = World::start_with_tls(Limits::default()).await;
    let mut dribblers = Vec::new();
    for _ in 0..2 {
        let mut client = world.http2().await;
        for _ in 0..90 {
            client.begin_post("/echo", b"x").await;
        }
        dribblers.push(client);
    }
    let began = Instant::now();
    let mut honest = world.http2().await;
    let answer = honest.post("/echo", b"{\"Value\":\"a\"}").await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    // The address's share was full of bodies that make no progress.
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    world.stop().await;
}

async fn ask_for_tunnel(connection: &mut TcpStream, host: &str) -> String {
    let request = format!("CONNECT {host}:80 HTTP/1.1\r\nhost: {host}:80\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    answer_on(connection).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_to_the_server_itself_is_a_connection() {
    let world = World::start(limits(4, 4)).await;
    let mut connection = connect_from(world.address, "127.0.0.1").await;
    let answer = ask_for_tunnel(&mut connection, "itself.invalid").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(!answer.contains("content-length"), "{answer}");
    for _ in 0..2 {
        send(&mut connection, "/hello").await;
        assert!(answer_on(&mut connection).await.ends_with("\r\n\r\nhello"));
    }
    // In a tunnel there is none.
    let answer = ask_for_tunnel(&mut connection, "itself.invalid").await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    drop(connection);

    // What is sent without waiting for the answer is read as well.
    let mut connection = connect_from(world.address, "127.0.0.1").await;
    let requests = b"CONNECT itself.invalid:80 HTTP/1.1\r\nHost: itself.invalid\r\n\r\n\
        GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    connection.write_all(requests).await.unwrap();
    let said = read_all(&mut connection).await;
    assert_eq!(said.matches("HTTP/1.1 200 ").count(), 2, "{said}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_to_another_host_is_for_the_handler() {
    let world = World::start(limits(4, 4)).await;
    let mut connection = connect_from(world.address, "127.0.0.1").await;
    let answer = ask_for_tunnel(&mut connection, "other.invalid").await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_ends_when_the_server_stops() {
    let world = World::start(limits(4, 4)).await;
    let mut connection = connect_from(world.address, "127.0.0.1").await;
    ask_for_tunnel(&mut connection, "itself.invalid").await;
    let began = Instant::now();
    world.stop().await;
    assert_eq!(read_all(&mut connection).await, "");
    assert!(began.elapsed() < HANGS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_gives_way_while_it_is_idle() {
    let world = World::start(limits(2, 2)).await;
    let mut tunnels = Vec::new();
    for _ in 0..6 {
        let mut connection = connect_from(world.address, "127.0.0.1").await;
        ask_for_tunnel(&mut connection, "itself.invalid").await;
        send(&mut connection, "/hello").await;
        answer_on(&mut connection).await;
        tunnels.push(connection);
    }
    assert_eq!(read_all(&mut tunnels[0]).await, "");
    world.stop().await;
}

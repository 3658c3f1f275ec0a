//! An honest client while everything that takes what others need goes on at once, and without it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use keyfront_signature::Algorithm;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::client::{Connection, Requests};
use crate::server::Server;
use crate::table::{Reach, Table};
use crate::{imports, machine};

/// How long the client is measured, each time.
const TIME: Duration = Duration::from_secs(20);

/// Most that a read and a write may take of a hundred, in milliseconds, and how much memory the attack may
/// take, in megabytes.
const READ: Reach = Reach::AtMost(50.0);
const WRITE: Reach = Reach::AtMost(250.0);
const MEMORY: Reach = Reach::AtMost(209.0);

/// Where connections come from: all of 127.0.0.0/8 is this machine.
const BODIES_FROM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const IDLE_FROM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// More than an address may have of [`MAX_CONNECTIONS`].
const IDLE_CONNECTIONS: usize = 400;
const MAX_CONNECTIONS: &str = "1000";

/// How many bodies each attack with them has begun at a time.
const BODIES: usize = 64;

pub(crate) fn measure(table: &mut Table) {
    let folder = machine::folder();
    let data = folder.path().join("data");
    let (s3, endpoint) = start_s3();
    let server = Server::keyfront_with_unread_log(
        &data,
        &[
            "--connections",
            MAX_CONNECTIONS,
            "--s3-endpoint",
            &format!("http://{endpoint}"),
            "--s3-access-key-id=key",
            "--s3-secret-access-key=secret",
        ],
    );
    let requests = Requests::new(server.address);
    let mut connection = Connection::to(server.address);
    let (arn, _) = connection.create(&requests, "honest", None);
    let calm = honest(&mut connection, &requests, &arn);
    let before = machine::resident(server.process());
    let attack = Attack::begin(server.address, &arn);
    let attacked = honest(&mut connection, &requests, &arn);
    let grown = machine::resident(server.process()).saturating_sub(before);
    attack.end();
    drop(s3);

    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    table.bound(
        "GetKey under attack, p99",
        millis(attacked.read),
        "ms",
        READ,
    );
    table.note(&format!("without: {:.1?}", calm.read));
    table.bound(
        "PutKey under attack, p99",
        millis(attacked.write),
        "ms",
        WRITE,
    );
    table.note(&format!("without: {:.1?}", calm.write));
    table.bound(
        "memory that an attack takes",
        grown as f64 / 1e6,
        "MB",
        MEMORY,
    );
}

/// The time that 99 of 100 requests don't pass.
struct Times {
    read: Duration,
    write: Duration,
}

/// Writes and reads, each write on the version before. Every request must be answered well.
fn honest(connection: &mut Connection, requests: &Requests, arn: &str) -> Times {
    let describe = requests.describe_contents(arn);
    let mut version = connection.ask(&describe).etag();
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    let end = Instant::now() + TIME;
    for number in 0.. {
        if Instant::now() > end {
            break;
        }
        let (key, value) = (format!("k{}", number % 100), format!("v{number}"));
        let put = requests.put(arn, (&key, &value), &version, Algorithm::Hmac);
        let answer = connection.ask(&put);
        version = answer.etag();
        writes.push(answer.took);
        let answer = connection.ask(&requests.get(arn, &key, Algorithm::Hmac));
        assert!(answer.text.contains(&value), "{}", answer.text);
        reads.push(answer.took);
    }
    Times {
        read: p99(reads),
        write: p99(writes),
    }
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * 99 / 100]
}

/// All that goes on.
struct Attack {
    connections: Tasks,
    imports: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl Attack {
    fn begin(address: SocketAddr, arn: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let objects = [("111111111111", "slow"); 4].into_iter();
        let objects = objects.chain([("222222222222", "large"); 2]);
        let imports = objects.enumerate().map(|(number, (key, object))| {
            let stop = stop.clone();
            thread::spawn(move || import(address, key, object, number, &stop))
        });
        let imports = imports.collect();
        let unsigned = unsigned_head(arn);
        let claimed = claimed_head(&Requests::of("333333333333", address), arn);
        let connections = Tasks::begin(async move {
            tokio::join!(
                unfinished_bodies(address, &unsigned),
                unfinished_bodies(address, &claimed),
                idle_connections(address),
                refused_requests(address),
            );
        });
        Self {
            connections,
            imports,
            stop,
        }
    }

    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for import in self.imports {
            import.join().unwrap();
        }
        drop(self.connections);
    }
}

/// A thread of tasks, which end with the value.
struct Tasks {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Tasks {
    fn begin(work: impl Future<Output = ()> + Send + 'static) -> Self {
        let (end, ended) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = work => {}
                    _ = ended => {}
                }
            });
        });
        Self {
            end: Some(end),
            thread: Some(thread),
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        drop(self.end.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Creates stores from an object, and deletes each a second later.
fn import(address: SocketAddr, key: &str, object: &str, number: usize, stop: &AtomicBool) {
    let requests = Requests::of(key, address);
    let mut connection = Connection::to(address);
    let source = format!("arn:aws:s3:::bucket/{object}");
    let name = format!("import-{number}");
    let create = || requests.create(&name, Some(&source));
    while !stop.load(Ordering::Relaxed) {
        connection.try_ask(&create());
        thread::sleep(Duration::from_secs(1));
        // An import that ends meanwhile gives it another version.
        loop {
            let found = connection.try_ask(&requests.describe(&name));
            if !found.is_success() {
                break;
            }
            connection.try_ask(&requests.delete(&name, &found.etag()));
        }
    }
}

fn unsigned_head(arn: &str) -> Vec<u8> {
    format!(
        "POST /key-value-stores/{arn}/keys HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000\r\n\r\n"
    )
    .into_bytes()
}

/// The head of a signed request, but for its length: that the signature is wrong is known after the body.
fn claimed_head(requests: &Requests, arn: &str) -> Vec<u8> {
    let (head, body) = requests.put_unversioned(arn, ("key", "value"));
    let length = format!("content-length: {}", body.len());
    let head = String::from_utf8(head).unwrap();
    assert!(head.contains(&length));
    (head.replace(&length, "content-length: 5000") + "\r\n").into_bytes()
}

async fn unfinished_bodies(address: SocketAddr, head: &[u8]) {
    loop {
        let mut held = Vec::new();
        for _ in 0..BODIES {
            if let Ok(mut stream) = connect(address, BODIES_FROM).await {
                // The server may refuse it before it has read it.
                let sent = [head, &[b' '; 4000]].concat();
                let _ = timeout(Duration::from_millis(100), stream.write_all(&sent)).await;
                held.push(stream);
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn idle_connections(address: SocketAddr) {
    let mut held = Vec::new();
    loop {
        held.extend(connect(address, IDLE_FROM).await);
        if held.len() >= IDLE_CONNECTIONS {
            held.drain(..IDLE_CONNECTIONS / 2);
        }
        sleep(Duration::from_millis(1)).await;
    }
}

async fn refused_requests(address: SocketAddr) {
    let request = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(8000));
    let mut answer = [0; 16 * 1024];
    loop {
        if let Ok(mut stream) = connect(address, BODIES_FROM).await {
            let _ = stream.write_all(request.as_bytes()).await;
            let _ = timeout(Duration::from_secs(1), stream.read(&mut answer)).await;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

async fn connect(address: SocketAddr, from: Ipv4Addr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(address).await
}

/// Runs an S3 server in a thread of its own. Returns where.
fn start_s3() -> (Tasks, SocketAddr) {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let tasks = Tasks::begin(async { serve_s3(TcpListener::from_std(listener).unwrap()).await });
    (tasks, address)
}

/// An S3 server, of which the object `slow` never comes to its end.
async fn serve_s3(listener: TcpListener) {
    let document: Arc<str> = imports::document(15_000, 5_000_000).into();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve_objects(stream, document.clone()));
    }
}

async fn serve_objects(mut stream: TcpStream, document: Arc<str>) -> io::Result<()> {
    let mut request = Vec::new();
    loop {
        request.clear();
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\netag: \"1\"\r\n\
             last-modified: Wed, 25 Nov 2026 00:00:00 GMT\r\n\r\n",
            document.len()
        );
        stream.write_all(head.as_bytes()).await?;
        if String::from_utf8_lossy(&request).contains("/slow") {
            loop {
                sleep(Duration::from_secs(1)).await;
                stream.write_all(b" ").await?;
            }
        }
        stream.write_all(document.as_bytes()).await?;
    }
}

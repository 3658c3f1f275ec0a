//! Many connections at once, from one thread.

use std::cell::Cell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::client::{answer_length, etag};
use crate::machine;
use crate::server::Server;

/// How many connections there are.
pub(crate) const CONNECTIONS: usize = 64;

/// How long a load lasts until it counts.
const WARM_UP: Duration = Duration::from_millis(100);

/// What a server answered in a while.
#[derive(Clone, Copy)]
pub(crate) struct Rates {
    /// Answers in a second.
    pub(crate) by_clock: f64,
    /// Answers in a second of the server's processor time.
    pub(crate) by_processor: f64,
}

/// The answers to one request that is sent again and again, on all connections.
pub(crate) fn repeat(server: &Server, request: &[u8], time: Duration) -> Rates {
    let request: Rc<[u8]> = request.into();
    let address = server.address;
    measure(server, CONNECTIONS, time, |progress| {
        repeat_on_one(address, request.clone(), progress)
    })
}

/// The writes of one writer for each of these requests, to which each adds the version that the
/// answer before it told.
pub(crate) fn write(server: &Server, writers: &[Writer], time: Duration) -> Rates {
    let address = server.address;
    let mut writers = writers.iter().cloned();
    measure(server, writers.len(), time, |progress| {
        write_on_one(address, writers.next().unwrap(), progress)
    })
}

/// One writer's request, and the version that its store has at first.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) head: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) version: Rc<std::cell::RefCell<String>>,
}

/// Sends each request once, over a few connections, and returns all answers in their order.
pub(crate) fn each(address: SocketAddr, requests: Vec<Vec<u8>>) -> Vec<String> {
    const AT_ONCE: usize = 16;
    let share = requests.len().div_ceil(AT_ONCE).max(1);
    let parts: Vec<Vec<Vec<u8>>> = requests.chunks(share).map(<[_]>::to_vec).collect();
    block_on(async {
        let tasks = parts.into_iter().map(|part| {
            tokio::task::spawn_local(async move {
                let mut connection = Connection::to(address).await;
                let mut answers = Vec::with_capacity(part.len());
                for request in part {
                    let answer = connection.ask(&request).await;
                    answers.push(String::from_utf8_lossy(answer).into_owned());
                }
                answers
            })
        });
        let mut answers = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            answers.extend(task.await.unwrap());
        }
        answers
    })
}

/// How far a load has come.
#[derive(Default)]
struct Progress {
    answers: Cell<u64>,
    over: Cell<bool>,
}

fn measure<F: Future<Output = ()> + 'static>(
    server: &Server,
    connections: usize,
    time: Duration,
    mut on_one: impl FnMut(Rc<Progress>) -> F,
) -> Rates {
    block_on(async {
        let progress = Rc::new(Progress::default());
        let tasks: Vec<_> = (0..connections)
            .map(|_| tokio::task::spawn_local(on_one(progress.clone())))
            .collect();
        tokio::time::sleep(WARM_UP).await;
        let (began, used) = (Instant::now(), machine::processor_time(server.process()));
        let before = progress.answers.get();
        tokio::time::sleep(time).await;
        let answers = (progress.answers.get() - before) as f64;
        let used = machine::processor_time(server.process()) - used;
        let elapsed = began.elapsed();
        assert!(answers > 0.0, "the server answers nothing");
        progress.over.set(true);
        for task in tasks {
            task.await.unwrap();
        }
        Rates {
            by_clock: answers / elapsed.as_secs_f64(),
            by_processor: answers / used.as_secs_f64(),
        }
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, future)
}

/// Every answer to the same request is as long as the first.
async fn repeat_on_one(address: SocketAddr, request: Rc<[u8]>, progress: Rc<Progress>) {
    let mut connection = Connection::to(address).await;
    let length = connection.ask(&request).await.len();
    while !progress.over.get() {
        connection.stream.write_all(&request).await.unwrap();
        let mut there = 0;
        while there < length {
            let buffer = &mut connection.buffer[there..];
            there += connection.stream.read(buffer).await.unwrap();
        }
        assert!(connection.buffer.starts_with(b"HTTP/1.1 200"));
        progress.answers.set(progress.answers.get() + 1);
    }
}

async fn write_on_one(address: SocketAddr, writer: Writer, progress: Rc<Progress>) {
    let mut connection = Connection::to(address).await;
    let mut request = Vec::new();
    while !progress.over.get() {
        request.clear();
        request.extend_from_slice(&writer.head);
        request.extend_from_slice(b"if-match: ");
        request.extend_from_slice(writer.version.borrow().as_bytes());
        request.extend_from_slice(b"\r\n\r\n");
        request.extend_from_slice(&writer.body);
        let answer = connection.ask(&request).await;
        etag(answer).clone_into(&mut writer.version.borrow_mut());
        progress.answers.set(progress.answers.get() + 1);
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: vec![0; 16 * 1024],
        }
    }

    async fn ask(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).await.unwrap();
        let mut there = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[there..]).await.unwrap();
            assert!(read > 0, "the connection ended");
            there += read;
            let length = answer_length(&self.buffer[..there]);
            if length.is_some_and(|length| there >= length) {
                break;
            }
        }
        let answer = &self.buffer[..there];
        assert!(
            answer.starts_with(b"HTTP/1.1 20"),
            "{}",
            String::from_utf8_lossy(answer)
        );
        answer
    }
}

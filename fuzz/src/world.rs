//! A server in memory: the API over the embedded engine, with one store, on a clock that stands still.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::request::Parts;
use keyfront_access::Credentials;
use keyfront_api::{Api, DevelopmentHosts};
use keyfront_model::{Clock, FunctionCode, FunctionRuntime, Random, Timestamp};
use keyfront_objects::FolderSource;
use keyfront_replica::{Options, Replica};
use keyfront_server::{Admission, BodyLimits, fuzzing};
use keyfront_service::ports::{FunctionRunner, FunctionTest, RunnerError, TestOutcome};
use keyfront_service::{Service, Settings};
use keyfront_signature::{Algorithm, Payload, Signer, SigningKeys};
use keyfront_sqlite::{Location, SqliteEngine};
use keyfront_storage::{Engine, Retention};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

use super::written;

/// The moment at which everything happens: 2026-11-22T16:52:48Z.
const NOW_MILLIS: i64 = 1_795_366_368_000;

/// An answer comes within this time; usually it takes a millisecond.
const ANSWER_TIME: Duration = Duration::from_secs(20);

/// How many bytes of a connection may be under way in each direction.
const PIPE_BYTES: usize = 64 * 1024;

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(NOW_MILLIS)
    }
}

/// The moment, for signatures.
pub(crate) fn instant() -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(NOW_MILLIS).expect("it is a moment of this century")
}

/// Numbers that are the same in each world (SplitMix64).
#[derive(Default)]
struct Numbers(AtomicU64);

impl Random for Numbers {
    fn bits(&self) -> u128 {
        let next = || {
            let step = 0x9e37_79b9_7f4a_7c15;
            let mut bits = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            u128::from(bits ^ (bits >> 31))
        };
        next() << 64 | next()
    }
}

/// A server in memory.
pub(crate) struct World {
    runtime: Runtime,
    api: Arc<Api>,
    engine: Arc<dyn Engine>,
    keys: SigningKeys,
}

impl World {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without I/O needs nothing of the system");
        let (api, engine) = runtime.block_on(assemble());
        Self {
            runtime,
            api,
            engine,
            keys: SigningKeys::new("test", "test"),
        }
    }

    /// Everything that the server says to some bytes and their end.
    pub(crate) fn converse(&self, bytes: &[u8]) -> Vec<u8> {
        self.runtime.block_on(async {
            let (client, server) = tokio::io::duplex(PIPE_BYTES);
            let (mut answers, mut requests) = tokio::io::split(client);
            let send = async {
                // The server may have had enough before the end.
                let _ = requests.write_all(bytes).await;
                let _ = requests.shutdown().await;
            };
            let mut said = Vec::new();
            let conversation = async {
                let served = fuzzing::serve_http1(self.api.clone(), server);
                let (_, (), _) = tokio::join!(served, send, answers.read_to_end(&mut said));
            };
            let in_time = tokio::time::timeout(ANSWER_TIME, conversation).await;
            assert!(in_time.is_ok(), "it neither answers nor closes");
            said
        })
    }

    /// Signs a request and has it answered. `None` if it can't be signed.
    pub(crate) fn ask(&self, mut parts: Parts, body: &[u8]) -> Option<Answer> {
        let is_data = parts.uri.path().starts_with("/key-value-stores");
        let signer = Signer {
            keys: &self.keys,
            algorithm: Algorithm::Hmac,
            region: "us-east-1",
            service: if is_data {
                "cloudfront-keyvaluestore"
            } else {
                "cloudfront"
            },
            session_token: None,
        };
        signer
            .sign(&mut parts, &Payload::of(body), instant())
            .ok()?;
        let said = self.converse(&written::to_http1(&parts, body));
        Some(Answer::parse(&said).unwrap_or_else(|| {
            panic!(
                "{parts:?} is answered {:?}",
                said.escape_ascii().to_string()
            )
        }))
    }

    /// Ends it, for another to begin.
    pub(crate) fn close(self) {
        self.runtime.block_on(self.engine.close());
    }
}

/// Answers the event.
struct Echo;

type Testing<'a> = Pin<Box<dyn Future<Output = Result<TestOutcome, RunnerError>> + Send + 'a>>;

impl FunctionRunner for Echo {
    fn check(&self, _: FunctionRuntime, _: &FunctionCode) -> Result<(), String> {
        Ok(())
    }

    fn test(&self, test: FunctionTest) -> Testing<'_> {
        let output = String::from_utf8_lossy(&test.event).into_owned();
        let outcome = TestOutcome {
            compute_utilization: 1,
            logs: vec![output.clone()],
            error_message: String::new(),
            output,
        };
        Box::pin(async { Ok(outcome) })
    }
}

async fn assemble() -> (Arc<Api>, Arc<dyn Engine>) {
    let engine = SqliteEngine::open(&Location::Memory, Retention::default());
    let engine: Arc<dyn Engine> = Arc::new(engine.expect("a database in memory can be opened"));
    let options = Options::new(Arc::new(Numbers::default()));
    let replica = Replica::start(engine.clone(), options).await;
    let clock: Arc<dyn Clock> = Arc::new(FixedClock);
    let random: Arc<dyn Random> = Arc::new(Numbers::default());
    let service = Service::new(keyfront_service::Parts {
        engine: engine.clone(),
        replica: replica.expect("an empty database can be loaded"),
        objects: Arc::new(FolderSource::new("/nonexistent".into())),
        function_runner: Arc::new(Echo),
        function_uses: Arc::new(()),
        clock: clock.clone(),
        random: random.clone(),
        settings: Settings {
            ready_at_once: true,
            ..Settings::default()
        },
    });
    let credentials = Arc::new(ArcSwap::from_pointee(Credentials::development()));
    let admission = Admission::new(BodyLimits::default());
    (
        Api::new(
            service,
            credentials,
            DevelopmentHosts::default(),
            clock,
            random,
            admission,
            Arc::new(()),
        ),
        engine,
    )
}

/// What a request is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: String,
    pub(crate) body: String,
}

impl Answer {
    /// A body that is no text, as the code of a function may be, is taken for text.
    fn parse(said: &[u8]) -> Option<Self> {
        let end = said.windows(4).position(|part| part == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&said[..end]).ok()?;
        let body = String::from_utf8_lossy(&said[end + 4..]);
        let (first, headers) = head.split_once("\r\n")?;
        Some(Self {
            status: first.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?,
            headers: headers.to_owned(),
            body: body.into_owned(),
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .split("\r\n")
            .filter_map(|line| line.split_once(": "))
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

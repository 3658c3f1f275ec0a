use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Version};
use hyper::body::Incoming;
use keyfront_access::{AccessKey, Credentials};
use keyfront_model::{Clock, Limits, Random, Timestamp};
use keyfront_service::{Author, Service};
use keyfront_signature::Expected;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::answer::{self, Answer};
use crate::authenticate::{self, Unauthenticated};
use crate::authorize::Denied;
use crate::control::ControlPlane;
use crate::data::DataPlane;
use crate::endpoint::{self, Endpoint, Labels};
use crate::error::{Code, Refusal};
use crate::probes;
use crate::receive::{self, Unread};
use crate::request_id::RequestId;

/// The credentials in force; who holds it may exchange them.
pub type Keys = Arc<ArcSwap<Credentials>>;

/// Both planes, over one service.
pub struct Api {
    pub(crate) service: Arc<Service>,
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    large_bodies: Semaphore,
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The address from which the connection comes.
    pub address: SocketAddr,
    /// Whether it is encrypted.
    pub secure: bool,
}

/// One request of a plane, read and authenticated.
pub(crate) struct Call<'a> {
    pub(crate) parts: &'a Parts,
    /// The labels of the path, still encoded.
    pub(crate) labels: Labels<'a>,
    pub(crate) body: Bytes,
    pub(crate) key: Arc<AccessKey>,
    pub(crate) peer: Peer,
    pub(crate) now: Timestamp,
    pub(crate) request_id: RequestId,
}

/// What the two planes differ in.
pub(crate) trait Plane: 'static {
    type Operation: Copy + Send + Sync + 'static;
    type Code: Code;

    /// The service for which its requests are signed, and the prefix of its actions in a policy.
    const SERVICE: &'static str;

    fn endpoints() -> &'static [Endpoint<Self::Operation, Self::Code>];

    /// The path by which an endpoint is found.
    fn routed(path: &str) -> &str {
        path
    }

    /// The most bytes that a body of an operation may have.
    fn most_bytes(operation: Self::Operation, limits: &Limits) -> u64;

    fn unread(operation: Self::Operation, unread: Unread) -> Refusal<Self::Code>;

    fn unauthenticated(reason: &Unauthenticated) -> Refusal<Self::Code>;

    fn denied(denied: Denied) -> Refusal<Self::Code>;

    /// The refusal of a path or method that it lacks.
    fn unknown(method: &Method, path: &str) -> Refusal<Self::Code>;

    fn perform(
        api: &Api,
        operation: Self::Operation,
        call: &Call<'_>,
    ) -> impl Future<Output = Result<Answer, Refusal<Self::Code>>> + Send;

    /// A refusal in the plane's format.
    fn render(refusal: &Refusal<Self::Code>, request_id: RequestId) -> Answer;

    /// Names the request in its answer.
    fn stamp(answer: &mut Answer, request_id: RequestId);
}

impl Call<'_> {
    /// Who asks, for the record of what was changed.
    pub(crate) fn author(&self) -> Author {
        Author {
            account: self.key.account,
            access_key: self.key.id.clone(),
            request: self.request_id.to_string(),
        }
    }

    /// The text of a header; none if it is missing, empty, no text, or there twice.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.parts.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        (!value.is_empty() && values.next().is_none()).then_some(value)
    }

    pub(crate) fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }
}

impl Api {
    /// Both planes over a service.
    pub fn new(
        service: Arc<Service>,
        keys: Keys,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Arc<Self> {
        Arc::new(Self {
            service,
            keys,
            clock,
            random,
            large_bodies: Semaphore::new(receive::LARGE_AT_ONCE),
        })
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        let (parts, body) = request.into_parts();
        if let Some(answer) = probes::answer(&self.service, &parts.method, parts.uri.path()) {
            return answer;
        }
        if is_data(&parts) {
            self.serve::<DataPlane>(&parts, body, peer).await
        } else {
            self.serve::<ControlPlane>(&parts, body, peer).await
        }
    }

    async fn serve<P: Plane>(&self, parts: &Parts, body: Incoming, peer: Peer) -> Answer {
        let began = Instant::now();
        let request_id = RequestId::new(&*self.random);
        let path = P::routed(parts.uri.path());
        let query = parts.uri.query().unwrap_or_default();
        let found = endpoint::find(P::endpoints(), &parts.method, path, query);
        let Some((endpoint, labels)) = found else {
            let refusal = P::unknown(&parts.method, path);
            return unread(parts, refused::<P>("unknown", &refusal, request_id));
        };
        let most = P::most_bytes(endpoint.operation, self.service.limits());
        let body = match receive::read(body, most, &self.large_bodies).await {
            Ok(body) => body,
            Err(reason) => {
                let refusal = P::unread(endpoint.operation, reason);
                return unread(parts, refused::<P>(endpoint.name, &refusal, request_id));
            }
        };
        let expected = Expected {
            service: P::SERVICE,
            dot_segments: endpoint.dot_segments(),
        };
        let now = self.clock.now();
        let key = match authenticate::check(self, parts, &body, now, &expected, request_id) {
            Ok(key) => key,
            Err(reason) => {
                let refusal = P::unauthenticated(&reason);
                return refused::<P>(endpoint.name, &refusal, request_id);
            }
        };
        let call = Call {
            parts,
            labels,
            body,
            key,
            peer,
            now,
            request_id,
        };
        match P::perform(self, endpoint.operation, &call).await {
            Ok(answer) => done::<P>(endpoint.name, answer, &call, began),
            Err(refusal) => {
                debug_assert!(
                    endpoint.errors.contains(&refusal.code) || refusal.code.is_universal(),
                    "{} answers {}, which its model does not list",
                    endpoint.name,
                    refusal.code.name()
                );
                refused::<P>(endpoint.name, &refusal, request_id)
            }
        }
    }
}

/// The answer of an operation that was performed. What changes something is told in the log.
fn done<P: Plane>(
    operation: &'static str,
    mut answer: Answer,
    call: &Call<'_>,
    began: Instant,
) -> Answer {
    let (request_id, user, status) = (call.request_id, &call.key.user, answer.status().as_u16());
    let took = began.elapsed();
    if call.parts.method == Method::GET {
        tracing::debug!(%request_id, operation, user, status, ?took, "done");
    } else {
        tracing::info!(%request_id, operation, user, status, ?took, "done");
    }
    P::stamp(&mut answer, request_id);
    answer
}

fn refused<P: Plane>(
    operation: &'static str,
    refusal: &Refusal<P::Code>,
    request_id: RequestId,
) -> Answer {
    let code = refusal.code.name();
    tracing::info!(%request_id, operation, code, text = %refusal.text, "refused");
    let mut answer = P::render(refusal, request_id);
    P::stamp(&mut answer, request_id);
    answer
}

/// The answer to a request of which a part may be unread: the connection ends behind it.
fn unread(parts: &Parts, mut answer: Answer) -> Answer {
    if parts.version < Version::HTTP_2 {
        answer::close_behind(&mut answer);
    }
    answer
}

/// Which plane answers. Below the paths of neither, the scope of the signature tells what the
/// client expects.
fn is_data(parts: &Parts) -> bool {
    let path = parts.uri.path();
    if path.starts_with("/2020-05-31/") {
        return false;
    }
    let below = |prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    below("/key-value-stores")
        || below("/_keyfront")
        || authenticate::scope_mentions(parts, DataPlane::SERVICE)
}

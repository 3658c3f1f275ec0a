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
        let Some((endpoint, labels)) = endpoint::find(P::endpoints(), &parts.method, path, query)
        else {
            let refusal = P::unknown(&parts.method, path);
            tracing::info!(%request_id, method = %parts.method, code = refusal.code.name(), "unknown path");
            return finish::<P>(P::render(&refusal, request_id), parts, request_id, true);
        };
        let mut whole = false;
        let outcome = async {
            let most = P::most_bytes(endpoint.operation, self.service.limits());
            let body = receive::read(body, most).await;
            let body = body.map_err(|unread| P::unread(endpoint.operation, unread))?;
            whole = true;
            let now = self.clock.now();
            let expected = Expected {
                service: P::SERVICE,
                dot_segments: endpoint.dot_segments(),
            };
            let key = authenticate::check(self, parts, &body, now, &expected, request_id);
            let key = key.map_err(|reason| P::unauthenticated(&reason))?;
            let call = Call {
                parts,
                labels,
                body,
                key,
                peer,
                now,
                request_id,
            };
            P::perform(self, endpoint.operation, &call).await
        };
        let answer = match outcome.await {
            Ok(answer) => {
                let took = began.elapsed();
                tracing::debug!(%request_id, operation = endpoint.name, status = answer.status().as_u16(), ?took, "done");
                answer
            }
            Err(refusal) => {
                let code = refusal.code.name();
                tracing::info!(%request_id, operation = endpoint.name, code, text = %refusal.text, "refused");
                P::render(&refusal, request_id)
            }
        };
        finish::<P>(answer, parts, request_id, !whole)
    }
}

/// Names the request in its answer, and ends the connection if a part of the request is unread.
fn finish<P: Plane>(
    mut answer: Answer,
    parts: &Parts,
    request_id: RequestId,
    unread: bool,
) -> Answer {
    P::stamp(&mut answer, request_id);
    if unread && parts.version < Version::HTTP_2 {
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

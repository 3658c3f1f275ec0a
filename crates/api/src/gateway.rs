use std::sync::Arc;

use arc_swap::ArcSwap;
use http::request::Parts;
use http::{Method, Request, Version};
use hyper::body::Incoming;
use keyfront_access::Credentials;
use keyfront_model::{Clock, Random};
use keyfront_service::Service;
use keyfront_signature::Expected;
use tokio::time::Instant;

use crate::answer::{self, Answer};
use crate::control::ControlPlane;
use crate::data::DataPlane;
use crate::error::{Code, Refusal};
use crate::plane::{Call, Peer, Plane};
use crate::request_id::RequestId;
use crate::{authenticate, endpoint, probes, receive};

/// The credentials in force; who holds it may exchange them.
pub type CredentialsInForce = Arc<ArcSwap<Credentials>>;

/// Both planes, over one service.
pub struct Api {
    service: Arc<Service>,
    credentials: CredentialsInForce,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    bodies: receive::Places,
}

impl Api {
    /// Both planes over a service.
    pub fn new(
        service: Arc<Service>,
        credentials: CredentialsInForce,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Arc<Self> {
        Arc::new(Self {
            service,
            credentials,
            clock,
            random,
            bodies: receive::Places::default(),
        })
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        let is_head = request.method() == Method::HEAD;
        let answer = self.answer_whole(request, peer).await;
        if is_head {
            return answer::without_body(answer);
        }
        answer
    }

    async fn answer_whole(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        let (parts, body) = request.into_parts();
        let probe = probes::answer(&self.service, &parts.method, parts.uri.path());
        if let Some(answer) = probe.filter(|_| !is_for_a_proxy(&parts)) {
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
            receive::throw_away(parts, body).await;
            let refusal = P::unknown(&parts.method, parts.uri.path());
            return unread(parts, refused::<P>("unknown", &refusal, request_id));
        };
        let most = P::most_bytes(endpoint.operation, self.service.limits());
        let body = match receive::read(parts, body, most, &self.bodies).await {
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
        let credentials = self.credentials.load();
        let checked = authenticate::check(&credentials, parts, &body, now, &expected, request_id);
        let key = match checked {
            Ok(key) => key,
            Err(reason) => {
                let refusal = P::unauthenticated(&reason);
                return refused::<P>(endpoint.name, &refusal, request_id);
            }
        };
        if let Some(parameter) = endpoint.given_twice(query) {
            let refusal = P::given_twice(parameter);
            return refused::<P>(endpoint.name, &refusal, request_id);
        }
        let call = Call {
            operation: endpoint.name,
            parts,
            labels,
            body,
            key,
            peer,
            now,
            request_id,
        };
        match P::perform(&self.service, endpoint.operation, &call).await {
            Ok(answer) => done::<P>(answer, &call, began),
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
fn done<P: Plane>(mut answer: Answer, call: &Call<'_>, began: Instant) -> Answer {
    let (request_id, operation) = (call.request_id, call.operation);
    let (user, status) = (&call.key.user, answer.status().as_u16());
    let account = call.key.account;
    let took_us = || u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    if call.parts.method == Method::GET {
        tracing::debug!(%request_id, operation, %account, user, status, took_us = took_us(), "done");
    } else {
        tracing::info!(%request_id, operation, %account, user, status, took_us = took_us(), "done");
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

/// Whether the request's target is in the form that clients send to a proxy. It may be for any host:
/// the health of another must not be answered with ours.
fn is_for_a_proxy(parts: &Parts) -> bool {
    parts.version < Version::HTTP_2 && parts.uri.authority().is_some()
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

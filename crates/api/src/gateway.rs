use std::sync::Arc;

use arc_swap::ArcSwap;
use http::request::Parts;
use http::{Method, Request, Version};
use hyper::body::Incoming;
use keyfront_access::Credentials;
use keyfront_model::{Clock, Random};
use keyfront_server::{Admission, Answer, Caller, Handler, Peer, Refused, Unread, answer, body};
use keyfront_service::Service;
use keyfront_signature::Expected;
use tokio::time::Instant;

use crate::control::ControlPlane;
use crate::data::DataPlane;
use crate::error::{Code, Refusal};
use crate::plane::{Call, Plane};
use crate::request_id::RequestId;
use crate::{authenticate, endpoint, probes};

/// The credentials in force; who holds it may exchange them.
pub type CredentialsInForce = Arc<ArcSwap<Credentials>>;

/// Both planes, over one service.
pub struct Api {
    service: Arc<Service>,
    credentials: CredentialsInForce,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    admission: Arc<Admission>,
}

impl Api {
    /// Both planes over a service. Bodies are read as far as the admission has room for them.
    pub fn new(
        service: Arc<Service>,
        credentials: CredentialsInForce,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        admission: Arc<Admission>,
    ) -> Arc<Self> {
        Arc::new(Self {
            service,
            credentials,
            clock,
            random,
            admission,
        })
    }

    async fn serve<P: Plane>(&self, parts: &Parts, body: Incoming, peer: Peer) -> Answer {
        let began = Instant::now();
        let request_id = RequestId::new(&*self.random);
        let path = P::routed(parts.uri.path());
        let query = parts.uri.query().unwrap_or_default();
        let found = endpoint::find(P::endpoints(), &parts.method, path, query);
        let Some((endpoint, labels)) = found else {
            body::discard(parts, body).await;
            let refusal = P::unknown(&parts.method, parts.uri.path());
            return unread(parts, refused::<P>("unknown", &refusal, request_id));
        };
        let most = P::most_bytes(endpoint.operation, self.service.limits());
        let caller = Caller {
            key: None,
            address: peer.address.ip(),
            connection: peer.connection,
        };
        let received = self.admission.receive(&caller, parts, body, most).await;
        let received = match received {
            Ok(received) => received,
            Err(reason) => {
                let refusal = P::unread(endpoint.operation, reason);
                let mut answer = refused::<P>(endpoint.name, &refusal, request_id);
                if matches!(reason, Unread::Refused(_)) {
                    answer::retry_later(&mut answer);
                }
                return unread(parts, answer);
            }
        };
        let body = received.bytes.clone();
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

impl Handler for Api {
    async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        let (parts, body) = request.into_parts();
        if is_data(&parts) {
            self.serve::<DataPlane>(&parts, body, peer).await
        } else {
            self.serve::<ControlPlane>(&parts, body, peer).await
        }
    }

    fn probe(&self, path: &str) -> Option<Answer> {
        probes::answer(&self.service, path)
    }

    fn refuse(&self, parts: &Parts, reason: Refused) -> Answer {
        let request_id = RequestId::new(&*self.random);
        if is_data(parts) {
            let refusal = DataPlane::unavailable(reason);
            refused::<DataPlane>("unknown", &refusal, request_id)
        } else {
            let refusal = ControlPlane::unavailable(reason);
            refused::<ControlPlane>("unknown", &refusal, request_id)
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
        answer::close_after(&mut answer);
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

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::request::Parts;
use http::uri::Authority;
use http::{Request, Version};
use hyper::body::Incoming;
use keyfront_access::Credentials;
use keyfront_model::{Clock, Random};
use keyfront_server::{Admission, Answer, Handler, Peer, Refused, answer, body};
use keyfront_service::Service;
use tokio::time::Instant;

use crate::call::Call;
use crate::control::ControlPlane;
use crate::data::DataPlane;
use crate::error::{Code, Refusal};
use crate::plane::{self, Plane};
use crate::rejection::Rejection;
use crate::request_id::RequestId;
use crate::stages::{self, Head};
use crate::{authenticate, own_names, probes};

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

    /// Takes a request through the stages, each of which may refuse it.
    async fn serve<P: Plane>(&self, parts: &Parts, body: Incoming, peer: Peer) -> Answer {
        let began = Instant::now();
        let head = Head {
            parts,
            peer,
            now: self.clock.now(),
            request_id: RequestId::new(&*self.random),
        };
        let limits = self.service.limits();
        let routed = match head.route::<P>() {
            Ok(routed) => routed,
            Err(refused) => {
                body::discard_small(parts, body).await;
                return unread(parts, refuse(refused, head.request_id));
            }
        };
        let claimed = match routed.claim(&self.credentials.load()) {
            Ok(claimed) => claimed,
            Err(refused) => {
                let answer = refuse(refused, head.request_id);
                let whole = body::discard_small(parts, body).await;
                return if whole { answer } else { unread(parts, answer) };
            }
        };
        let received = match claimed.receive(body, limits, &self.admission).await {
            Ok(received) => received,
            Err(refused) => return unread(parts, refuse(refused, head.request_id)),
        };
        let (call, endpoint) = match received.authenticate(limits).await {
            Ok(authenticated) => authenticated,
            Err(refused) => return refuse(refused, head.request_id),
        };
        match (endpoint.perform)(&self.service, &call).await {
            Ok(answer) => done(answer, &call, began),
            Err(refusal) => {
                let refused = stages::Refused::<P> {
                    operation: endpoint.name,
                    refusal: endpoint.listed(refusal),
                };
                refuse(refused, head.request_id)
            }
        }
    }

    fn refuse_for_bound<P: Plane>(&self, reason: Refused) -> Answer {
        let refused = stages::Refused::<P> {
            operation: "unknown",
            refusal: P::refusal(Rejection::Bound(reason)),
        };
        refuse(refused, RequestId::new(&*self.random))
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

    fn is_self(&self, host: &Authority) -> bool {
        own_names::has(host.host())
    }

    fn refuse(&self, parts: &Parts, reason: Refused) -> Answer {
        if is_data(parts) {
            self.refuse_for_bound::<DataPlane>(reason)
        } else {
            self.refuse_for_bound::<ControlPlane>(reason)
        }
    }
}

/// The answer of an operation that was performed. What changes something is told in the log.
fn done(mut answer: Answer, call: &Call<'_>, began: Instant) -> Answer {
    let (request_id, operation) = (call.request_id, call.operation);
    let (user, status) = (&call.key.user, answer.status().as_u16());
    let account = call.key.account;
    let took_us = || u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    if call.is_read() {
        tracing::debug!(%request_id, operation, %account, user, status, took_us = took_us(), "done");
    } else {
        tracing::info!(%request_id, operation, %account, user, status, took_us = took_us(), "done");
    }
    plane::name_request(&mut answer, request_id);
    answer
}

fn refuse<P: Plane>(refused: stages::Refused<P>, request_id: RequestId) -> Answer {
    let stages::Refused { operation, refusal } = refused;
    let Refusal { code, text, reason } = &refusal;
    let code = code.name();
    tracing::info!(%request_id, operation, code, %text, reason, "refused");
    P::refused(&refusal, request_id)
}

/// The answer to a request of which a part may be unread: the connection ends after it.
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

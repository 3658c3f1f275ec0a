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

use crate::control::ControlPlane;
use crate::data::DataPlane;
use crate::development::{self, DevelopmentHosts};
use crate::error::Refusal;
use crate::log::RequestLog;
use crate::observer::{self, ObservedPlane, Observer};
use crate::plane::{self, Plane};
use crate::rejection::Rejection;
use crate::repeats::RepeatedRefusals;
use crate::request_id::RequestId;
use crate::stages::Head;
use crate::{authenticate, own_names, probes};

/// The credentials in force, shared with the task that replaces them when they are read again.
pub type CredentialsInForce = Arc<ArcSwap<Credentials>>;

/// Both planes, over one service.
pub struct Api {
    service: Arc<Service>,
    credentials: CredentialsInForce,
    development_hosts: DevelopmentHosts,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    admission: Arc<Admission>,
    repeats: Arc<RepeatedRefusals>,
    observer: Arc<dyn Observer>,
}

impl Api {
    /// Both planes over a service. `development_hosts` are the hosts under which the development keys may be
    /// used, if they are the credentials in force; those that were added are names of this server.
    /// `admission` bounds the bodies that are held in memory. The observer is told of
    /// each answer.
    pub fn new(
        service: Arc<Service>,
        credentials: CredentialsInForce,
        development_hosts: DevelopmentHosts,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        admission: Arc<Admission>,
        observer: Arc<dyn Observer>,
    ) -> Arc<Self> {
        Arc::new(Self {
            service,
            credentials,
            development_hosts,
            clock,
            random,
            admission,
            repeats: Arc::default(),
            observer,
        })
    }

    /// Takes a request through the stages, each of which may refuse it.
    async fn serve<P: ObservedPlane>(&self, parts: &Parts, body: Incoming, peer: Peer) -> Answer {
        let request_id = RequestId::new(&*self.random);
        let log = RequestLog::new(parts, peer.address, request_id, &self.repeats);
        let refuse = |refusal| self.refused::<P>(&refusal, &log, request_id);
        let head = Head {
            parts,
            peer,
            now: self.clock.now(),
            request_id,
            log: &log,
        };
        let limits = self.service.limits();
        let routed = match head.route::<P>() {
            Ok(routed) => routed,
            Err(refusal) => {
                body::discard_small(parts, body).await;
                return unread(parts, refuse(refusal));
            }
        };
        let credentials = self.credentials.load_full();
        let claimed = match routed.claim(&credentials) {
            Ok(claimed) => claimed,
            Err(refusal) => {
                let answer = refuse(refusal);
                let whole = body::discard_small(parts, body).await;
                return if whole { answer } else { unread(parts, answer) };
            }
        };
        let received = match claimed.receive(body, limits, &self.admission).await {
            Ok(received) => received,
            Err(refusal) => return unread(parts, refuse(refusal)),
        };
        let (call, endpoint) = match received.authenticate(limits) {
            Ok(authenticated) => authenticated,
            Err(refusal) => return refuse(refusal),
        };
        if credentials.are_for_development()
            && let Err(page) = development::check(parts, call.peer.secure, &self.development_hosts)
        {
            return refuse(P::refusal(Rejection::Denied(page.to_string())));
        }
        match (endpoint.perform)(&self.service, &call).await {
            Ok(mut answer) => {
                log.done(call.is_read(), answer.status().as_u16());
                self.observe::<P>(&log, None);
                plane::name_request(&mut answer, request_id);
                answer
            }
            Err(refusal) => refuse(endpoint.listed(refusal)),
        }
    }

    fn refuse_for_bound<P: ObservedPlane>(
        &self,
        parts: &Parts,
        peer: Peer,
        reason: Refused,
    ) -> Answer {
        let request_id = RequestId::new(&*self.random);
        let log = RequestLog::new(parts, peer.address, request_id, &self.repeats);
        self.refused::<P>(&P::refusal(Rejection::Bound(reason)), &log, request_id)
    }

    fn refused<P: ObservedPlane>(
        &self,
        refusal: &Refusal<P::Code>,
        log: &RequestLog<'_>,
        request_id: RequestId,
    ) -> Answer {
        log.refused(refusal);
        self.observe::<P>(log, Some(refusal.code));
        P::refused(refusal, request_id)
    }

    fn observe<P: ObservedPlane>(&self, log: &RequestLog<'_>, code: Option<P::Code>) {
        let answered = observer::answered::<P>(log.operation(), code, log.elapsed());
        self.observer.answered(&answered);
    }
}

impl Handler for Api {
    async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        let (parts, body) = request.into_parts();
        // The stages are a large future, which would be copied with each future around it.
        if is_data(&parts) {
            Box::pin(self.serve::<DataPlane>(&parts, body, peer)).await
        } else {
            Box::pin(self.serve::<ControlPlane>(&parts, body, peer)).await
        }
    }

    fn probe(&self, path: &str) -> Option<Answer> {
        probes::answer(&self.service, path)
    }

    fn is_self(&self, host: &Authority) -> bool {
        own_names::has(host.host()) || self.development_hosts.have_added(host.host())
    }

    fn refuse(&self, parts: &Parts, peer: Peer, reason: Refused) -> Answer {
        if is_data(parts) {
            self.refuse_for_bound::<DataPlane>(parts, peer, reason)
        } else {
            self.refuse_for_bound::<ControlPlane>(parts, peer, reason)
        }
    }
}

/// The answer to a request of which a part may be unread: the connection ends after it.
fn unread(parts: &Parts, mut answer: Answer) -> Answer {
    if parts.version < Version::HTTP_2 {
        answer::close_after(&mut answer);
    }
    answer
}

/// Which plane answers. For a path of neither plane, the scope of the signature shows which answer the client
/// expects.
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

//! The stages of a request before its operation. Each has a context of its own, which only the stage
//! before it makes: [`Head`] → [`Routed`] → [`Claimed`] → [`Received`] → [`Call`].

use std::sync::Arc;

use http::request::Parts;
use hyper::body::Incoming;
use keyfront_access::Credentials;
use keyfront_model::{Limits, Timestamp};
use keyfront_server::{Admission, Caller, Peer, Unread};
use keyfront_signature::{Expected, Payload};

use crate::authenticate::{self, Claimant};
use crate::call::Call;
use crate::endpoint::{self, Endpoint, Labels};
use crate::error::{Code, Refusal};
use crate::log::RequestLog;
use crate::offload;
use crate::plane::Plane;
use crate::rejection::Rejection;
use crate::request_id::RequestId;

/// A request of which the head has arrived.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) peer: Peer,
    pub(crate) now: Timestamp,
    pub(crate) request_id: RequestId,
    /// The log, in which the stages note what they learn.
    pub(crate) log: &'a RequestLog<'a>,
}

/// A request for an operation.
pub(crate) struct Routed<'a, P: Plane> {
    head: Head<'a>,
    endpoint: &'static Endpoint<P>,
    labels: Labels<'a>,
}

/// A request of a known access key, as it claims.
pub(crate) struct Claimed<'a, P: Plane> {
    routed: Routed<'a, P>,
    claimant: Claimant,
}

/// A request that has arrived whole.
pub(crate) struct Received<'a, P: Plane> {
    claimed: Claimed<'a, P>,
    body: keyfront_server::Received,
    payload: Payload,
}

impl<'a> Head<'a> {
    /// Finds the operation, by the raw path.
    pub(crate) fn route<P: Plane>(self) -> Result<Routed<'a, P>, Refusal<P::Code>> {
        let uri = &self.parts.uri;
        let (method, path) = (&self.parts.method, P::routed(uri.path()));
        match endpoint::find(method, path, uri.query().unwrap_or_default()) {
            Some((endpoint, labels)) => {
                self.log.routed(endpoint.name, endpoint.path, labels);
                Ok(Routed {
                    head: self,
                    endpoint,
                    labels,
                })
            }
            None => Err(P::refusal(Rejection::Unknown {
                method,
                path: uri.path(),
            })),
        }
    }
}

impl<'a, P: Plane> Routed<'a, P> {
    /// Checks all of the signature that needs no body.
    pub(crate) fn claim(
        self,
        credentials: &Credentials,
    ) -> Result<Claimed<'a, P>, Refusal<P::Code>> {
        let Head {
            parts, now, log, ..
        } = self.head;
        let expected = Expected {
            service: P::SERVICE,
            dot_segments: self.endpoint.dot_segments(),
        };
        match authenticate::check_claim(credentials, parts, now, &expected, log) {
            Ok(claimant) => Ok(Claimed {
                routed: self,
                claimant,
            }),
            Err(reason) => Err(self.rejected(Rejection::Unauthenticated(reason))),
        }
    }

    /// The refusal of a request whose body was not read to its end.
    fn unread(&self, unread: Unread, limits: &Limits) -> Refusal<P::Code> {
        let endpoint = self.endpoint;
        self.refused(match unread {
            Unread::TooLarge => (endpoint.too_large)(limits),
            Unread::Broken => {
                let text = "The request's body breaks off or is not well framed.";
                Refusal::because(endpoint.unreadable, text)
            }
            Unread::TooSlow => P::refusal(Rejection::SlowBody),
            Unread::Refused(refused) => P::refusal(Rejection::Bound(refused)),
        })
    }

    fn rejected(&self, rejection: Rejection<'_>) -> Refusal<P::Code> {
        self.refused(P::refusal(rejection))
    }

    fn refused(&self, refusal: Refusal<P::Code>) -> Refusal<P::Code> {
        self.endpoint.listed(refusal)
    }
}

impl<'a, P: Plane> Claimed<'a, P> {
    /// Has the body admitted, in the shares of the access key, the address and the connection, reads it, as many
    /// bytes as the operation allows, and hashes it.
    pub(crate) async fn receive(
        self,
        body: Incoming,
        limits: &Limits,
        admission: &Arc<Admission>,
    ) -> Result<Received<'a, P>, Refusal<P::Code>> {
        let Routed { head, endpoint, .. } = &self.routed;
        let most = (endpoint.max_body_bytes)(limits);
        let caller = Caller {
            key: Some(self.claimant.key_id()),
            address: head.peer.address.ip(),
            connection: head.peer.connection,
        };
        let body = match admission.receive(&caller, head.parts, body, most).await {
            Ok(body) => body,
            Err(unread) => return Err(self.routed.unread(unread, limits)),
        };
        match offload::with_body(&body.bytes, Payload::of).await {
            Ok(payload) => Ok(Received {
                claimed: self,
                body,
                payload,
            }),
            Err(_) => Err(self.routed.refused(P::Code::INTERNAL.into())),
        }
    }
}

impl<'a, P: Plane> Received<'a, P> {
    /// Checks the signature, and then that no parameter can be read in two ways.
    pub(crate) fn authenticate(
        self,
        limits: &'a Limits,
    ) -> Result<(Call<'a>, &'static Endpoint<P>), Refusal<P::Code>> {
        let Self {
            claimed: Claimed { routed, claimant },
            body,
            payload,
        } = self;
        let head = routed.head;
        let key = claimant
            .check_signature(head.parts, &payload, head.log)
            .map_err(|reason| routed.rejected(Rejection::Unauthenticated(reason)))?;
        head.log.signed(&key);
        let query = head.parts.uri.query().unwrap_or_default();
        if let Some(parameter) = routed.endpoint.repeated(query) {
            // With a code that the operation's model lists.
            let refusal = P::refusal(Rejection::RepeatedParameter(parameter));
            let code = routed.endpoint.unreadable;
            return Err(routed.refused(Refusal { code, ..refusal }));
        }
        let call = Call {
            parts: head.parts,
            labels: routed.labels,
            received: body,
            key,
            peer: head.peer,
            now: head.now,
            request_id: head.request_id,
            log: head.log,
            limits,
        };
        Ok((call, routed.endpoint))
    }
}

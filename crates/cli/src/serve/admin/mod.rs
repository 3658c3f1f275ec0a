//! The listener for the operator (`--admin`): `/metrics` and the probes, on a port of its own.
//!
//! It is a [`Handler`] beside the API's, with small limits. Whatever its clients do, they take connections
//! and time of this listener alone.

mod histogram;
mod metrics;
mod page;
mod requests;
mod scrapes;
mod stores;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::ALLOW;
use http::request::Parts;
use http::{Method, Request, StatusCode, Version};
use hyper::body::Incoming;
use keyfront_api::{Api, DevelopmentHosts, may_come_from_page};
use keyfront_server::{
    Answer, CLOSING_CONNECTIONS, Counts, Handler, Limits, Peer, RESERVED_CONNECTIONS, Server,
    answer, body,
};
use tokio::net::TcpListener;

pub(super) use metrics::{Metrics, Sources};
pub(super) use requests::RequestCounts;

use scrapes::Scrapes;

/// The path of the metrics.
const METRICS_PATH: &str = "/metrics";

/// The form of the metrics: OpenMetrics, which Prometheus and its kin read.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How many connections there may be. Beside them are those that are reserved for probes.
const CONNECTIONS: usize = 16;

/// How many files this listener may hold open.
pub(super) fn max_files(listeners: &[TcpListener]) -> usize {
    if listeners.is_empty() {
        return 0;
    }
    listeners.len() + CONNECTIONS + RESERVED_CONNECTIONS + CLOSING_CONNECTIONS
}

/// What keeps a client of this listener from taking what others of its clients need.
fn limits() -> Limits {
    Limits {
        connections: CONNECTIONS,
        // A monitoring system has one address, and an idle connection gives way in any case.
        connections_per_address: None,
        header_bytes: 8 * 1024,
        header_time: Duration::from_secs(10),
        write_time: Duration::from_secs(10),
        stop_time: Duration::from_secs(1),
    }
}

/// What answers on the operator's listener.
pub(super) struct Admin {
    api: Arc<Api>,
    scrapes: Scrapes,
    /// The hosts under which the metrics are given out, if this machine alone can reach the listener: a
    /// web page in a browser of this machine could reach it too.
    hosts: Option<DevelopmentHosts>,
}

impl Admin {
    /// A server for the operator. The probes are those of the API. With `hosts`, requests that may come from
    /// a web page get no metrics.
    pub(super) fn server(
        listeners: Vec<TcpListener>,
        api: Arc<Api>,
        metrics: Metrics,
        hosts: Option<DevelopmentHosts>,
    ) -> Server<Self> {
        Server {
            handler: Arc::new(Self {
                api,
                scrapes: Scrapes::new(move || metrics.page()),
                hosts,
            }),
            listeners,
            tls: None,
            limits: limits(),
            counts: Arc::<Counts>::default(),
        }
    }

    async fn respond(&self, parts: &Parts) -> Answer {
        if parts.uri.path() != METRICS_PATH {
            let text = "There is nothing here: /metrics, /healthz and /readyz are answered.\n";
            return answer::with_body(StatusCode::NOT_FOUND, "text/plain", text);
        }
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            let mut refused = answer::empty(StatusCode::METHOD_NOT_ALLOWED);
            answer::set(&mut refused, ALLOW, "GET, HEAD");
            return refused;
        }
        if let Some(hosts) = &self.hosts
            && may_come_from_page(parts, false, hosts)
        {
            let text = "The metrics are refused to web pages. Ask for them by an IP address or as localhost, or \
                        start Keyfront with --host NAME.\n";
            return answer::with_body(StatusCode::FORBIDDEN, "text/plain", text);
        }
        match self.scrapes.page().await {
            Some(page) => answer::with_body(StatusCode::OK, CONTENT_TYPE, page),
            None => answer::with_body(
                StatusCode::INTERNAL_SERVER_ERROR,
                "text/plain",
                "The metrics can't be written: see the log.\n",
            ),
        }
    }
}

impl Handler for Admin {
    async fn answer(&self, request: Request<Incoming>, _: Peer) -> Answer {
        let (parts, body) = request.into_parts();
        let is_read_whole = body::discard_small(&parts, body).await;
        let mut answer = self.respond(&parts).await;
        if !is_read_whole && parts.version < Version::HTTP_2 {
            answer::close_after(&mut answer);
        }
        answer
    }

    fn probe(&self, path: &str) -> Option<Answer> {
        self.api.probe(path)
    }
}

/// Warns of addresses at which others than this machine read the metrics.
pub(super) fn check_reach(addresses: &[SocketAddr]) {
    for address in addresses
        .iter()
        .filter(|address| !address.ip().is_loopback())
    {
        tracing::warn!(
            %address,
            "everyone who can reach this address can read the metrics: --admin asks for no access key \
             and speaks no TLS; give it a loopback address, or one of a network of your own"
        );
    }
}

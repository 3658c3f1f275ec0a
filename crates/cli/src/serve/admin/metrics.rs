//! Every metric, with its name, its labels and what it says. `docs/operating.md` lists them.
//!
//! All numbers are read when the page is asked for. Labels have words that Keyfront declares, ids of stores
//! and accounts, and nothing else: never a key, a value or an access key.

use std::fmt;
use std::sync::Arc;

use keyfront_model::{Clock, SystemClock};
use keyfront_replica::{Replica, State, Status};
use keyfront_server::{Admission, Bound, Counts};
use keyfront_sqlite::SqliteEngine;
use keyfront_storage::Engine;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::Registry;

use super::super::functions::Functions;
use super::super::log::LineQueue;
use super::histogram::Histogram;
use super::page::Page;
use super::requests::RequestCounts;
use super::stores::{StoreSize, StoreSizes};

/// The metrics of a server.
pub(in crate::serve) struct Metrics(Registry);

/// Where the numbers come from.
pub(in crate::serve) struct Sources {
    /// The requests of the API.
    pub(in crate::serve) requests: Arc<RequestCounts>,
    /// What the API's server counts.
    pub(in crate::serve) server: Arc<Counts>,
    /// How many connections the API's server may have.
    pub(in crate::serve) max_connections: usize,
    /// The admission of the API's bodies.
    pub(in crate::serve) admission: Arc<Admission>,
    /// The engine.
    pub(in crate::serve) engine: Arc<SqliteEngine>,
    /// Everything that is read.
    pub(in crate::serve) replica: Arc<Replica>,
    /// Where functions are run.
    pub(in crate::serve) functions: Arc<Functions>,
    /// The quota of a store's bytes.
    pub(in crate::serve) store_bytes_quota: u64,
    /// The log.
    pub(in crate::serve) log: Arc<LineQueue>,
}

impl Metrics {
    /// The metrics of a process that starts now. The engine's syncs are observed from here on.
    pub(in crate::serve) fn new(sources: Sources) -> Self {
        let syncs = Arc::<Histogram>::default();
        let observed = syncs.clone();
        sources
            .engine
            .observe_syncs(move |took| observed.observe(took));
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Collected {
            sources,
            syncs,
            started_seconds: SystemClock.now().millis() as f64 / 1e3,
        }));
        Self(registry)
    }

    /// The page of metrics as it is now.
    pub(super) fn page(&self) -> Result<String, fmt::Error> {
        let mut page = String::new();
        text::encode(&mut page, &self.0)?;
        Ok(page)
    }
}

struct Collected {
    sources: Sources,
    /// How long the engine's syncs took.
    syncs: Arc<Histogram>,
    started_seconds: f64,
}

impl fmt::Debug for Collected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collected").finish_non_exhaustive()
    }
}

impl Collector for Collected {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.process(&mut page)?;
        self.requests(&mut page)?;
        self.server(&mut page)?;
        self.engine(&mut page)?;
        self.replica(&mut page)?;
        self.stores(&mut page)?;
        self.functions(&mut page)
    }
}

impl Collected {
    fn process(&self, page: &mut Page<'_>) -> fmt::Result {
        page.info(
            "keyfront_build",
            "The version of Keyfront",
            &[("version", env!("CARGO_PKG_VERSION"))],
        )?;
        page.gauge(
            "keyfront_start_time_seconds",
            "When the server started, in seconds since 1970",
            self.started_seconds,
        )?;
        page.counter(
            "keyfront_log_lost_lines",
            "Log lines that were lost because the log was not read",
            self.sources.log.lost_lines(),
        )
    }

    fn requests(&self, page: &mut Page<'_>) -> fmt::Result {
        let operations = self.sources.requests.operations();
        // A code that was never answered is left out, but for success: its first count is then no gap.
        let by_code = operations.iter().flat_map(|of| {
            let named = of.by_code().enumerate();
            let shown = named.filter(|(place, (_, count))| *place == 0 || *count > 0);
            shown.map(|(_, (code, count))| {
                let (plane, operation) = (of.operation.plane, of.operation.name);
                let labels = [("plane", plane), ("operation", operation), ("code", code)];
                (labels, count)
            })
        });
        page.counters(
            "keyfront_requests",
            "Requests that were answered, by the error code, or OK",
            by_code,
        )?;
        page.histograms(
            "keyfront_request_seconds",
            "The time from the arrival of a request's headers until its answer was ready",
            operations.iter().map(|of| {
                let (plane, operation) = (of.operation.plane, of.operation.name);
                ([("plane", plane), ("operation", operation)], &of.times)
            }),
        )
    }

    fn server(&self, page: &mut Page<'_>) -> fmt::Result {
        let Sources {
            server, admission, ..
        } = &self.sources;
        let (bodies, body_bytes) = admission.in_flight();
        page.gauge(
            "keyfront_requests_in_flight",
            "Requests that are in flight",
            server.requests_in_flight(),
        )?;
        page.gauge(
            "keyfront_connections",
            "Connections that are open, without those on which probes alone are answered",
            server.connections(),
        )?;
        page.gauge(
            "keyfront_connections_bound",
            "How many connections there may be",
            self.sources.max_connections,
        )?;
        page.gauge(
            "keyfront_reserved_connections",
            "Connections that are open on which probes alone are answered",
            server.reserved_connections(),
        )?;
        page.gauge(
            "keyfront_bodies",
            "Request bodies that are arriving",
            bodies,
        )?;
        page.gauge(
            "keyfront_body_bytes",
            "Bytes of request bodies that are held",
            body_bytes,
        )?;
        page.counters(
            "keyfront_bound_refusals",
            "Requests that a bound has refused",
            Bound::ALL.map(|bound| {
                let count = server.refused().of(bound) + admission.refused().of(bound);
                ([("bound", bound.name())], count)
            }),
        )
    }

    fn engine(&self, page: &mut Page<'_>) -> fmt::Result {
        let engine = &self.sources.engine;
        let counts = engine.counts();
        page.gauge(
            "keyfront_engine_writable",
            "1 while the storage engine takes changes, else 0",
            u64::from(engine.writable().is_ok()),
        )?;
        page.counter(
            "keyfront_engine_commits",
            "Commits that were made since the start",
            counts.commits,
        )?;
        page.histogram(
            "keyfront_engine_sync_seconds",
            "How long the writer waited for the disk to have its changes",
            &self.syncs,
        )?;
        page.gauge(
            "keyfront_engine_wal_bytes",
            "Bytes of the WAL that are not yet in the database",
            counts.wal_bytes,
        )?;
        page.gauge_if_known(
            "keyfront_history_commits",
            "Commits that are kept as history",
            counts.history.map(|kept| kept.commits),
        )?;
        page.gauge_if_known(
            "keyfront_history_bytes",
            "Bytes of the commits that are kept as history",
            counts.history.map(|kept| kept.bytes),
        )
    }

    fn replica(&self, page: &mut Page<'_>) -> fmt::Result {
        let Status { position, state } = self.sources.replica.status();
        let behind_seconds = match &state {
            State::Following => Some(0.0),
            State::Behind { since, .. } => Some(since.elapsed().as_secs_f64()),
            // It will never catch up.
            State::Ended { .. } => None,
        };
        page.gauge(
            "keyfront_replica_revision",
            "The newest revision that can be read",
            position.revision.0,
        )?;
        page.gauge(
            "keyfront_replica_following",
            "1 while the replica follows its source, else 0",
            u64::from(state == State::Following),
        )?;
        page.gauge_if_known(
            "keyfront_replica_behind_seconds",
            "For how long the replica has been behind its source; 0 while it follows",
            behind_seconds,
        )
    }

    fn functions(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauge(
            "keyfront_function_tests",
            "Tests of functions that are in flight",
            self.sources.functions.in_flight(),
        )?;
        page.counter(
            "keyfront_function_threads_lost",
            "Threads that were given up with a run of a function that did not end",
            self.sources.functions.lost_threads(),
        )
    }

    fn stores(&self, page: &mut Page<'_>) -> fmt::Result {
        let snapshot = self.sources.replica.snapshot();
        let tombstones = snapshot.total_tombstones();
        let functions = snapshot.function_count();
        let sizes = StoreSizes::of(&snapshot);
        // The rest is written without it.
        drop(snapshot);
        page.gauge(
            "keyfront_tombstones",
            "Deleted stores and functions that are remembered",
            tombstones,
        )?;
        page.gauge("keyfront_stores", "Stores", sizes.stores)?;
        page.gauge("keyfront_functions", "Functions", functions)?;
        page.gauge(
            "keyfront_stored_bytes",
            "Bytes of keys and values of all stores",
            sizes.bytes,
        )?;
        page.gauge(
            "keyfront_stored_entries",
            "Entries of all stores",
            sizes.entries,
        )?;
        page.gauge(
            "keyfront_store_quota_bytes",
            "How many bytes of keys and values a store may have",
            self.sources.store_bytes_quota,
        )?;
        let largest = &sizes.largest;
        page.gauges(
            "keyfront_store_bytes",
            "Bytes of keys and values of a store, of the 1,000 largest",
            largest.iter().map(|size| (labels(size), size.bytes)),
        )?;
        page.gauges(
            "keyfront_store_entries",
            "Entries of a store, of the 1,000 largest",
            largest.iter().map(|size| (labels(size), size.entries)),
        )
    }
}

fn labels(size: &StoreSize) -> [(&'static str, String); 2] {
    let (store, account) = (size.store.to_string(), size.account.to_string());
    [("store", store), ("account", account)]
}

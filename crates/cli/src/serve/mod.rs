//! `keyfront serve`: the server put together from its parts.

mod admin;
mod config;
mod credentials;
mod files;
mod functions;
mod greeting;
mod listen;
mod log;
mod options;
mod outside;
mod signals;

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use admin::{Admin, Metrics, RequestCounts, Sources};
use anyhow::{Context, anyhow, bail};
use config::{Config, Objects, Tls};
use functions::Functions;
use keyfront_api::{Api, CredentialsInForce};
use keyfront_model::{Clock, Random, SystemClock, SystemRandom};
use keyfront_objects::{FolderSource, S3Source};
use keyfront_replica::Replica;
use keyfront_server::{Admission, Counts, Server, tls};
use keyfront_service::ports::ObjectSource;
use keyfront_service::{Parts, Service};
use keyfront_sqlite::SqliteEngine;
use keyfront_storage::Engine;
use log::{LineQueue, Log};
use signals::Signals;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

pub(crate) use log::escape;
pub(crate) use options::{ServeOptions, with_ranges};

/// Runs the server until a signal stops it. A returned error occurred before the log was started; later
/// errors go through the log, so that the process doesn't wait for the log's reader.
pub(crate) fn main(options: ServeOptions) -> anyhow::Result<ExitCode> {
    let config = Config::resolve(options)?;
    let log = Log::start(&config.log)?;
    let outcome = run_to_end(config, log.queue());
    log.finish(&outcome);
    Ok(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

fn run_to_end(config: Config, log: Arc<LineQueue>) -> anyhow::Result<()> {
    let runtime = runtime()
        .enable_all()
        .build()
        .context("the runtime can't be started")?;
    let outcome = runtime.block_on(run(config, log));
    // A thread that reads from a disk which does not answer would be waited for without an end.
    runtime.shutdown_background();
    outcome
}

/// On one processor the threads of a pool would only take turns.
fn runtime() -> Builder {
    match std::thread::available_parallelism() {
        Ok(NonZero::<usize>::MIN) => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    }
}

async fn run(config: Config, log: Arc<LineQueue>) -> anyhow::Result<()> {
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let mut signals = Signals::new()?;
    let Assembly {
        server,
        admin,
        service,
        engine,
        credentials,
        addresses,
        admin_addresses,
    } = tokio::select! {
        assembly = assemble(&config, log) => assembly?,
        () = signals.stop() => return Ok(()),
    };
    greeting::print(&config, &addresses, &admin_addresses);
    let stop = CancellationToken::new();
    let reload = Arc::new(Notify::new());
    let mut work = JoinSet::new();
    work.spawn(service.run(stop.clone()));
    work.spawn(server.run(stop.clone()));
    if let Some(admin) = admin {
        work.spawn(admin.run(stop.clone()));
    }
    work.spawn(credentials::reload_on_request(
        config.credentials,
        credentials,
        reload.clone(),
        stop.clone(),
    ));
    let outcome = tokio::select! {
        () = signals.obey(&reload) => Ok(()),
        ended = work.join_next() => Err(too_early(ended)),
    };
    tracing::info!("stopping");
    stop.cancel();
    tokio::select! {
        finished = finish(work, &*engine) => finished?,
        () = signals.stop() => bail!("second stop signal: exiting now; requests in flight were cut off"),
    }
    tracing::info!("stopped");
    outcome
}

/// A server that is yet to be run, with what it is run and stopped by.
struct Assembly {
    server: Server<Api>,
    /// The operator's listener, if there is one.
    admin: Option<Server<Admin>>,
    service: Arc<Service>,
    engine: Arc<dyn Engine>,
    credentials: CredentialsInForce,
    addresses: Vec<SocketAddr>,
    admin_addresses: Vec<SocketAddr>,
}

async fn assemble(config: &Config, log: Arc<LineQueue>) -> anyhow::Result<Assembly> {
    let tls = match &config.tls {
        Tls::Off => None,
        Tls::On { certificate, key } => {
            let what = format!("the certificate {} or its key", certificate.display());
            let (certificate, key) = (certificate.clone(), key.clone());
            let read = move || tls::acceptor(&certificate, &key);
            Some(outside::within_limit(&what, read).await??)
        }
    };
    let listeners = listen::bind(&config.listen).await?;
    let addresses = addresses_of(&listeners)?;
    let admin_listeners = listen::bind_admin(config.admin.as_deref()).await?;
    let admin_addresses = addresses_of(&admin_listeners)?;
    admin::check_reach(&admin_addresses);
    let credentials = credentials::in_force(&config.credentials, &addresses).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let objects = object_source(&config.objects).await?;
    let engine = open_engine(config).await?;
    let replica = start_replica(config, engine.clone(), random.clone()).await?;
    let functions = Functions::new(config.functions, clock.clone(), random.clone());
    let functions = Arc::new(functions);
    let service = Service::new(Parts {
        engine: engine.clone(),
        replica: replica.clone(),
        objects,
        function_runner: functions.clone(),
        // No edge can be connected.
        function_uses: Arc::new(()),
        clock: clock.clone(),
        random: random.clone(),
        settings: config.service.clone(),
    });
    let connections = files::room_for(
        config.server.connections(),
        admin::max_files(&admin_listeners),
    );
    let sources = Sources {
        requests: Arc::new(RequestCounts::new()),
        server: Arc::<Counts>::default(),
        max_connections: connections,
        admission: Admission::new(config.bodies),
        engine: engine.clone(),
        replica,
        functions,
        store_bytes_quota: config.service.limits.store_bytes,
        log,
    };
    let api = Api::new(
        service.clone(),
        credentials.clone(),
        config.development_hosts.clone(),
        clock,
        random,
        sources.admission.clone(),
        sources.requests.clone(),
    );
    let server = Server {
        handler: api.clone(),
        listeners,
        tls,
        limits: config.server.with_connections(connections),
        counts: sources.server.clone(),
    };
    let has_admin = !admin_listeners.is_empty();
    let is_local = admin_addresses
        .iter()
        .all(|address| address.ip().is_loopback());
    let admin_hosts = is_local.then(|| config.development_hosts.clone());
    let admin =
        has_admin.then(|| Admin::server(admin_listeners, api, Metrics::new(sources), admin_hosts));
    Ok(Assembly {
        server,
        admin,
        service,
        engine,
        credentials,
        addresses,
        admin_addresses,
    })
}

/// Opens the data folder. However long that takes, signals are obeyed meanwhile: its disk may hang, and a
/// long WAL is copied first.
async fn open_engine(config: &Config) -> anyhow::Result<Arc<SqliteEngine>> {
    let (location, retention) = (config.location.clone(), config.retention.clone());
    let opening = outside::start(move || SqliteEngine::open(&location, retention))
        .context("a thread can't be started")?;
    let engine = opening
        .await
        .context("the opening of the data folder ended abnormally")??;
    Ok(Arc::new(engine))
}

/// Starts the replica that follows the engine.
async fn start_replica(
    config: &Config,
    engine: Arc<SqliteEngine>,
    random: Arc<dyn Random>,
) -> anyhow::Result<Arc<Replica>> {
    let options = keyfront_replica::Options {
        ring_bytes: config.ring_bytes,
        ..keyfront_replica::Options::new(random)
    };
    Ok(Replica::start(engine, options).await?)
}

/// A server of which a part has ended is of no use. It exits, so that its supervisor restarts it.
fn too_early(ended: Option<Result<(), JoinError>>) -> anyhow::Error {
    let error = match ended {
        Some(Err(error)) => anyhow::Error::new(error),
        _ => anyhow!("it returned"),
    };
    error.context("a part of the server ended by itself")
}

/// Waits until everything in flight has ended, and closes the engine.
async fn finish(mut work: JoinSet<()>, engine: &dyn Engine) -> anyhow::Result<()> {
    while let Some(ended) = work.join_next().await {
        ended.context("a part of the server ended abnormally")?;
    }
    engine.close().await;
    Ok(())
}

fn addresses_of(listeners: &[TcpListener]) -> anyhow::Result<Vec<SocketAddr>> {
    let addresses = listeners.iter().map(TcpListener::local_addr);
    addresses
        .collect::<Result<_, _>>()
        .context("the listening address can't be found out")
}

/// Where imports come from. Only a flag leads away from the folder: credentials that lie in the
/// environment never do.
async fn object_source(objects: &Objects) -> anyhow::Result<Arc<dyn ObjectSource>> {
    match objects {
        Objects::Folder { path, named } => {
            if *named {
                warn_if_missing(path).await;
            }
            Ok(Arc::new(FolderSource::new(path.clone())))
        }
        Objects::S3(options) => {
            let source = S3Source::new(options.clone(), |name| std::env::var(name).ok());
            Ok(Arc::new(
                source.context("the S3 source of imports is not usable")?,
            ))
        }
    }
}

async fn warn_if_missing(buckets: &Path) {
    let path = buckets.to_owned();
    match outside::within_limit("the folder of --buckets", move || path.is_dir()).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!(
            folder = %buckets.display(),
            "the folder of --buckets is not there: every import fails until it is"
        ),
        Err(error) => tracing::warn!(folder = %buckets.display(), "{error:#}"),
    }
}

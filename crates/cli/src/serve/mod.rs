//! `keyfront serve`: the server put together from its parts.

mod credentials;
mod files;
mod greeting;
mod listen;
mod logging;
mod options;
mod signals;

use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use keyfront_api::{Api, CredentialsInForce};
use keyfront_model::{Clock, Random, SystemClock, SystemRandom};
use keyfront_objects::{FolderSource, S3Options, S3Source};
use keyfront_replica::Replica;
use keyfront_server::{Admission, Server, tls};
use keyfront_service::ports::ObjectSource;
use keyfront_service::{Parts, Service};
use keyfront_sqlite::SqliteEngine;
use keyfront_storage::Engine;
use signals::Signals;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

pub(crate) use options::ServeOptions;

/// Runs the server until it is told to stop.
pub(crate) fn main(options: ServeOptions) -> anyhow::Result<()> {
    let options = options.resolve()?;
    logging::start(
        options.log.as_deref(),
        options.log_format.unwrap_or_default(),
    )?;
    let runtime = runtime()
        .enable_all()
        .build()
        .context("the runtime can't be started")?;
    let outcome = runtime.block_on(run(options));
    // An import that reads from a disk that does not answer would be waited for without an end.
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

async fn run(options: ServeOptions) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let Assembly {
        server,
        service,
        engine,
        credentials,
        addresses,
    } = tokio::select! {
        assembly = assemble(&options) => assembly?,
        () = signals.stop() => return Ok(()),
    };
    greeting::print(&options, &addresses, server.tls.is_some());
    let stop = CancellationToken::new();
    let mut work = JoinSet::new();
    work.spawn(service.run(stop.clone()));
    work.spawn(server.run(stop.clone()));
    let outcome = tokio::select! {
        () = signals.obey(|| credentials::reload(&options, &credentials)) => Ok(()),
        ended = work.join_next() => Err(too_early(ended)),
    };
    tracing::info!("stopping");
    stop.cancel();
    tokio::select! {
        finished = finish(work, &*engine) => finished?,
        () = signals.stop() => bail!("told to stop once more: requests under way were cut off"),
    }
    tracing::info!("stopped");
    outcome
}

/// A server that is yet to be run, with what it is run and stopped by.
struct Assembly {
    server: Server<Api>,
    service: Arc<Service>,
    engine: Arc<dyn Engine>,
    credentials: CredentialsInForce,
    addresses: Vec<SocketAddr>,
}

async fn assemble(options: &ServeOptions) -> anyhow::Result<Assembly> {
    let tls = options
        .tls()?
        .map(|(certificate, key)| tls::acceptor(certificate, key))
        .transpose()?;
    let listeners = listen::bind(options.listen.as_deref()).await?;
    let addresses = addresses(&listeners)?;
    let credentials = credentials::in_force(options, &addresses)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> =
        Arc::new(SystemRandom::new().context("the system has no generator of random bits")?);
    let objects = object_source(options)?;
    let engine = SqliteEngine::open(&options.location(), options.retention())?;
    let engine: Arc<dyn Engine> = Arc::new(engine);
    let service = Service::new(Parts {
        engine: engine.clone(),
        replica: Replica::start(engine.clone(), options.replica(random.clone())).await?,
        objects,
        clock: clock.clone(),
        random: random.clone(),
        settings: options.settings(),
    });
    let server = Server {
        handler: Api::new(
            service.clone(),
            credentials.clone(),
            clock,
            random,
            Admission::new(options.body_limits()),
        ),
        listeners,
        tls,
        limits: options.server_limits(files::room_for),
    };
    Ok(Assembly {
        server,
        service,
        engine,
        credentials,
        addresses,
    })
}

/// Half a server is none: whoever watches over it shall start it again.
fn too_early(ended: Option<Result<(), JoinError>>) -> anyhow::Error {
    let error = match ended {
        Some(Err(error)) => anyhow::Error::new(error),
        _ => anyhow!("it returned"),
    };
    error.context("a part of the server ended by itself")
}

/// Waits until all that is under way has ended, and closes the engine.
async fn finish(mut work: JoinSet<()>, engine: &dyn Engine) -> anyhow::Result<()> {
    while let Some(ended) = work.join_next().await {
        ended.context("a part of the server ended abnormally")?;
    }
    engine.close().await;
    Ok(())
}

fn addresses(listeners: &[TcpListener]) -> anyhow::Result<Vec<SocketAddr>> {
    let addresses = listeners.iter().map(TcpListener::local_addr);
    addresses
        .collect::<Result<_, _>>()
        .context("the listening address can't be told")
}

/// Where imports come from. Only a flag leads away from the folder: credentials that lie in the
/// environment never do.
fn object_source(options: &ServeOptions) -> anyhow::Result<Arc<dyn ObjectSource>> {
    if options.s3_endpoint.is_none() && options.s3 != Some(true) {
        let folder = options.buckets();
        if options.buckets.is_some() && !folder.is_dir() {
            tracing::warn!(
                folder = %folder.display(),
                "the folder of --buckets is not there: every import fails until it is"
            );
        }
        return Ok(Arc::new(FolderSource::new(folder)));
    }
    let s3 = S3Options {
        endpoint: options.s3_endpoint.clone(),
        region: options.s3_region.clone(),
        access_key_id: options.s3_access_key_id.clone(),
        secret_access_key: options.s3_secret_access_key.clone(),
        session_token: options.s3_session_token.clone(),
        path_style: options.s3_path_style,
    };
    let source = S3Source::new(s3, |name| std::env::var(name).ok());
    Ok(Arc::new(
        source.context("the S3 source of imports is not usable")?,
    ))
}

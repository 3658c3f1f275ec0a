use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use arc_swap::ArcSwap;
use keyfront_access::{Credentials, LoadError};
use keyfront_api::server::{self, Server};
use keyfront_api::{Api, CredentialsInForce};
use keyfront_model::{Clock, Random, SystemClock, SystemRandom};
use keyfront_objects::{FolderSource, S3Options, S3Source};
use keyfront_replica::Replica;
use keyfront_service::{ObjectSource, Parts, Service};
use keyfront_storage::Engine;
use keyfront_storage::sqlite::{Location, SqliteEngine};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::options::ServeOptions;
use crate::{files, listen, logging, tls};

/// Runs the server until it is told to stop.
pub(crate) fn main(options: ServeOptions) -> anyhow::Result<()> {
    let options = options.resolve()?;
    logging::start(
        options.log.as_deref(),
        options.log_format.unwrap_or_default(),
    )?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime can't be started")?
        .block_on(run(options))
}

async fn run(options: ServeOptions) -> anyhow::Result<()> {
    let signals = Signals::new()?;
    let tls = options
        .tls()?
        .map(|(certificate, key)| tls::acceptor(certificate, key))
        .transpose()?;
    let listeners = listen::bind(options.listen.as_deref()).await?;
    let addresses = addresses(&listeners)?;
    let credentials = credentials(&options, &addresses)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> =
        Arc::new(SystemRandom::new().context("the system has no generator of random bits")?);
    let objects = object_source(&options)?;
    let engine: Arc<dyn Engine> = Arc::new(SqliteEngine::open(
        &options.location(),
        options.retention(),
    )?);
    let replica = Replica::start(&*engine).await?;
    let service = Service::new(Parts {
        engine: engine.clone(),
        replica,
        objects,
        clock: clock.clone(),
        random: random.clone(),
        settings: options.settings(),
    });
    let api = Api::new(service.clone(), credentials.clone(), clock, random);
    let stop = CancellationToken::new();
    let work = tokio::spawn(service.run(stop.clone()));
    let secure = tls.is_some();
    let server = Server {
        api,
        listeners,
        tls,
        limits: server_limits(&options),
    };
    let serving = tokio::spawn(server.run(stop.clone()));
    greet(&options, &addresses, secure);
    signals.obey(&options, &credentials).await;
    tracing::info!("stopping");
    stop.cancel();
    serving.await.context("the server ended abnormally")?;
    work.await
        .context("the work behind the requests ended abnormally")?;
    engine.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// The limits that were set, as far as the system has room for them.
fn server_limits(options: &ServeOptions) -> server::Limits {
    let limits = options.server_limits();
    server::Limits {
        connections: files::room_for(limits.connections),
        ..limits
    }
}

fn addresses(listeners: &[TcpListener]) -> anyhow::Result<Vec<SocketAddr>> {
    let addresses = listeners.iter().map(TcpListener::local_addr);
    addresses
        .collect::<Result<_, _>>()
        .context("the listening address can't be told")
}

/// The credentials of the file, or those for development where they do no harm.
fn credentials(
    options: &ServeOptions,
    addresses: &[SocketAddr],
) -> anyhow::Result<CredentialsInForce> {
    let credentials = match &options.credentials {
        Some(file) => load(file)?,
        None => {
            let open = addresses.iter().find(|address| !address.ip().is_loopback());
            match open {
                Some(address) if options.allow_test_credentials == Some(true) => tracing::warn!(
                    %address,
                    "the development credentials test/test serve to everyone who can reach this address"
                ),
                Some(address) => bail!(
                    "{address} can be reached from other machines, and without --credentials \
                     everyone knows the key test/test: give a credentials file, listen on \
                     127.0.0.1, or say --allow-test-credentials in a container or in CI"
                ),
                None => {}
            }
            Credentials::development()
        }
    };
    Ok(Arc::new(ArcSwap::from_pointee(credentials)))
}

/// Where imports come from. Only a flag leads away from the folder: credentials that lie in the
/// environment never do.
fn object_source(options: &ServeOptions) -> anyhow::Result<Arc<dyn ObjectSource>> {
    if options.s3_endpoint.is_none() && options.s3 != Some(true) {
        return Ok(Arc::new(FolderSource::new(options.buckets())));
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

/// Tells, once, where everything is and how an AWS client gets there.
fn greet(options: &ServeOptions, addresses: &[SocketAddr], secure: bool) {
    let scheme = if secure { "https" } else { "http" };
    let urls: Vec<String> = addresses
        .iter()
        .map(|address| format!("{scheme}://{address}"))
        .collect();
    println!(
        "Keyfront {} listens on {}",
        env!("CARGO_PKG_VERSION"),
        urls.join(" and ")
    );
    match options.location() {
        Location::Folder(path) => println!("Data: {}", absolute(&path)),
        Location::Memory => println!("Data: in memory, gone when the server stops"),
    }
    if let Some(address) = addresses.first() {
        let port = address.port();
        println!("Point the AWS CLI or boto3 at it (other SDKs: keyfront env):");
        println!("  export AWS_ENDPOINT_URL_CLOUDFRONT={scheme}://127.0.0.1:{port}");
        println!(
            "  export AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE={scheme}://x@127.0.0.1:{port}"
        );
        match &options.credentials {
            None => println!(
                "  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1"
            ),
            Some(file) => println!(
                "  export AWS_DEFAULT_REGION=us-east-1, and an access key of {}",
                file.display()
            ),
        }
    }
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or(path.to_owned())
        .display()
        .to_string()
}

/// The signals that an operator sends.
struct Signals {
    hang_up: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("signals can't be received");
        Ok(Self {
            hang_up: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Reads the credentials again whenever told to, and returns when told to stop.
    async fn obey(mut self, options: &ServeOptions, credentials: &CredentialsInForce) {
        loop {
            tokio::select! {
                _ = self.hang_up.recv() => reload(options, credentials),
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
            }
        }
    }
}

/// A broken file leaves the old credentials in force.
fn reload(options: &ServeOptions, in_force: &CredentialsInForce) {
    let Some(file) = &options.credentials else {
        return;
    };
    match load(file) {
        Ok(credentials) => {
            in_force.store(Arc::new(credentials));
            tracing::info!(file = %file.display(), "the credentials were read again");
        }
        Err(error) => {
            tracing::error!(%error, "the credentials are broken; the old ones stay in force");
        }
    }
}

fn load(file: &Path) -> Result<Credentials, LoadError> {
    let credentials = Credentials::load(file)?;
    for warning in credentials.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(credentials)
}

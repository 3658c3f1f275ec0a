use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use arc_swap::ArcSwap;
use keyfront_access::{Credentials, LoadError};
use keyfront_api::CredentialsInForce;
use tokio::sync::Notify;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio_util::sync::CancellationToken;

use super::config::CredentialsSource;
use super::outside;

type Loaded = Result<Credentials, LoadError>;

/// The credentials of the file, or those for development if that is safe on these addresses.
pub(super) async fn in_force(
    source: &CredentialsSource,
    addresses: &[SocketAddr],
) -> anyhow::Result<CredentialsInForce> {
    let credentials = match source {
        CredentialsSource::File(file) => load(file).await?,
        CredentialsSource::Development { beyond_loopback } => {
            check_reach(addresses, *beyond_loopback)?;
            Credentials::development()
        }
    };
    Ok(Arc::new(ArcSwap::from_pointee(credentials)))
}

/// Everybody knows the development keys, so other machines reach them only if that is allowed.
fn check_reach(addresses: &[SocketAddr], beyond_loopback: bool) -> anyhow::Result<()> {
    let open = addresses.iter().find(|address| !address.ip().is_loopback());
    match open {
        Some(address) if beyond_loopback => tracing::warn!(
            %address,
            "the development credentials test/test are accepted from everyone who can reach this address"
        ),
        Some(address) => bail!(
            "{address} can be reached from other machines, and without --credentials \
             everyone knows the key test/test: give a credentials file, listen on \
             127.0.0.1, or say --allow-test-credentials in a container or in CI"
        ),
        None => {}
    }
    Ok(())
}

async fn load(file: &Path) -> anyhow::Result<Credentials> {
    let path = file.to_owned();
    let what = describe(file);
    let credentials = outside::within_limit(&what, move || read(&path)).await??;
    warn_of(&credentials);
    Ok(credentials)
}

fn read(file: &Path) -> Loaded {
    Credentials::load(file, &keyfront_api::actions())
}

fn describe(file: &Path) -> String {
    format!("the credentials file {}", file.display())
}

fn warn_of(credentials: &Credentials) {
    for warning in credentials.warnings() {
        tracing::warn!("{warning}");
    }
}

/// Reads the credentials again whenever `requested` is notified, until `stop` is cancelled.
pub(super) async fn reload_on_request(
    source: CredentialsSource,
    in_force: CredentialsInForce,
    requested: Arc<Notify>,
    stop: CancellationToken,
) {
    let reloading = async {
        match source {
            CredentialsSource::File(file) => {
                let what = describe(&file);
                let load = move || read(&file);
                reload_with(&what, load, &in_force, &requested).await;
            }
            CredentialsSource::Development { .. } => loop {
                requested.notified().await;
                tracing::warn!(
                    "there is no credentials file to read again, since --credentials was not given"
                );
            },
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = reloading => {}
    }
}

/// Loads the credentials at each request, and never returns. A load that fails leaves the old ones in force.
/// Requests that come while a load is in progress are folded into one.
async fn reload_with(
    what: &str,
    load: impl Fn() -> Loaded + Clone + Send + 'static,
    in_force: &CredentialsInForce,
    requested: &Notify,
) {
    // A load that took too long. Its result is not used, and as long as it goes on no other is started,
    // since each would cost another thread.
    let mut hanging: Option<oneshot::Receiver<Loaded>> = None;
    loop {
        requested.notified().await;
        if let Some(loading) = &mut hanging
            && matches!(loading.try_recv(), Err(TryRecvError::Empty))
        {
            refuse(&anyhow!(
                "{what} is not read again, because the last attempt still waits for it"
            ));
            continue;
        }
        hanging = reload(what, load.clone(), in_force).await;
    }
}

/// Loads the credentials and puts them in force. Returns the load if it took too long.
async fn reload(
    what: &str,
    load: impl FnOnce() -> Loaded + Send + 'static,
    in_force: &CredentialsInForce,
) -> Option<oneshot::Receiver<Loaded>> {
    let mut loading = match outside::start(load) {
        Ok(loading) => loading,
        Err(error) => {
            refuse(&error.into());
            return None;
        }
    };
    match tokio::time::timeout(outside::TIME_LIMIT, &mut loading).await {
        Ok(Ok(Ok(credentials))) => {
            warn_of(&credentials);
            in_force.store(Arc::new(credentials));
            tracing::info!("{what} was read again");
        }
        Ok(Ok(Err(error))) => refuse(&error.into()),
        Ok(Err(error)) => refuse(&error.into()),
        Err(_) => {
            refuse(&outside::too_slow(what));
            return Some(loading);
        }
    }
    None
}

fn refuse(error: &anyhow::Error) {
    tracing::error!(
        error = format!("{error:#}"),
        "the credentials can't be taken; the old ones stay in force"
    );
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use tokio::task::JoinHandle;

    use super::*;

    /// Credentials that are read again on request. Each load waits until it is let go.
    struct Reloading {
        in_force: CredentialsInForce,
        old: Arc<Credentials>,
        requested: Arc<Notify>,
        begun: Arc<AtomicUsize>,
        let_go: mpsc::Sender<()>,
        task: JoinHandle<()>,
    }

    impl Reloading {
        fn start() -> Self {
            let (let_go, held) = mpsc::channel();
            let (held, begun) = (Arc::new(Mutex::new(held)), Arc::new(AtomicUsize::new(0)));
            let count = begun.clone();
            let load = move || {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = held.lock().unwrap_or_else(PoisonError::into_inner).recv();
                Ok(Credentials::development())
            };
            let old = Arc::new(Credentials::development());
            let in_force: CredentialsInForce = Arc::new(ArcSwap::new(old.clone()));
            let requested = Arc::new(Notify::new());
            let (shared, notify) = (in_force.clone(), requested.clone());
            let task = tokio::spawn(async move {
                reload_with("the file", load, &shared, &notify).await;
            });
            Self {
                in_force,
                old,
                requested,
                begun,
                let_go,
                task,
            }
        }

        fn begun(&self) -> usize {
            self.begun.load(Ordering::SeqCst)
        }

        fn let_go(&self) {
            self.let_go.send(()).unwrap();
        }

        fn is_old(&self) -> bool {
            Arc::ptr_eq(&self.in_force.load(), &self.old)
        }
    }

    impl Drop for Reloading {
        fn drop(&mut self) {
            self.task.abort();
        }
    }

    /// Waits in real time, while the time of the runtime goes on as it likes.
    async fn until(condition: impl Fn() -> bool) {
        for _ in 0..2000 {
            if condition() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
            tokio::task::yield_now().await;
        }
        panic!("it did not happen within 10 s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_load_that_hangs_is_given_up_and_not_joined_by_others() {
        let reloading = Reloading::start();
        reloading.requested.notify_one();
        until(|| reloading.begun() == 1).await;
        // With its clock paused, the runtime lets the time limit pass as soon as it has nothing to do.
        tokio::time::sleep(2 * outside::TIME_LIMIT).await;
        for _ in 0..3 {
            reloading.requested.notify_one();
            tokio::time::sleep(outside::TIME_LIMIT).await;
        }
        assert_eq!(reloading.begun(), 1);
        assert!(reloading.is_old());

        // When it comes back at last, its result is not used; the next request loads anew.
        reloading.let_go();
        reloading.let_go();
        until(|| {
            reloading.requested.notify_one();
            reloading.begun() == 2
        })
        .await;
        reloading.let_go();
        reloading.let_go();
    }

    #[tokio::test]
    async fn requests_during_a_load_are_folded_into_one() {
        let reloading = Reloading::start();
        reloading.requested.notify_one();
        until(|| reloading.begun() == 1).await;
        for _ in 0..5 {
            reloading.requested.notify_one();
        }
        reloading.let_go();
        until(|| reloading.begun() == 2).await;
        assert!(!reloading.is_old());
        reloading.let_go();
        let now = reloading.in_force.load_full();
        until(|| !Arc::ptr_eq(&reloading.in_force.load(), &now)).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(reloading.begun(), 2);
    }
}

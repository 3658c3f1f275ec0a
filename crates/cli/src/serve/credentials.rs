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

/// Loads the credentials at each request, for ever. What can't be loaded leaves the old ones in force.
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

    use super::*;

    /// What loads credentials in a test: each load waits until it is let go.
    #[derive(Clone)]
    struct Held {
        begun: Arc<AtomicUsize>,
        let_go: Arc<Mutex<mpsc::Receiver<()>>>,
    }

    impl Held {
        fn load(&self) -> Loaded {
            self.begun.fetch_add(1, Ordering::SeqCst);
            let let_go = self.let_go.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = let_go.recv();
            Ok(Credentials::development())
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
        let (sender, receiver) = mpsc::channel();
        let held = Held {
            begun: Arc::default(),
            let_go: Arc::new(Mutex::new(receiver)),
        };
        let old = Arc::new(Credentials::development());
        let in_force: CredentialsInForce = Arc::new(ArcSwap::new(old.clone()));
        let requested = Arc::new(Notify::new());
        let (load, shared, notify) = (held.clone(), in_force.clone(), requested.clone());
        let task = tokio::spawn(async move {
            reload_with("the file", move || load.load(), &shared, &notify).await;
        });
        let is_old = || Arc::ptr_eq(&in_force.load(), &old);

        requested.notify_one();
        until(|| held.begun.load(Ordering::SeqCst) == 1).await;
        // With its clock paused, the runtime lets the time limit pass as soon as it has nothing to do.
        tokio::time::sleep(2 * outside::TIME_LIMIT).await;
        for _ in 0..3 {
            requested.notify_one();
            tokio::time::sleep(outside::TIME_LIMIT).await;
        }
        assert_eq!(held.begun.load(Ordering::SeqCst), 1);
        assert!(is_old());

        // When it comes back at last, its result is not used; the next request loads anew.
        sender.send(()).unwrap();
        sender.send(()).unwrap();
        until(|| {
            requested.notify_one();
            held.begun.load(Ordering::SeqCst) == 2
        })
        .await;
        sender.send(()).unwrap();
        sender.send(()).unwrap();
        task.abort();
    }

    #[tokio::test]
    async fn requests_during_a_load_are_folded_into_one() {
        let (sender, receiver) = mpsc::channel();
        let held = Held {
            begun: Arc::default(),
            let_go: Arc::new(Mutex::new(receiver)),
        };
        let old = Arc::new(Credentials::development());
        let in_force: CredentialsInForce = Arc::new(ArcSwap::new(old.clone()));
        let requested = Arc::new(Notify::new());
        let (load, shared, notify) = (held.clone(), in_force.clone(), requested.clone());
        let task = tokio::spawn(async move {
            reload_with("the file", move || load.load(), &shared, &notify).await;
        });
        requested.notify_one();
        until(|| held.begun.load(Ordering::SeqCst) == 1).await;
        for _ in 0..5 {
            requested.notify_one();
        }
        sender.send(()).unwrap();
        until(|| held.begun.load(Ordering::SeqCst) == 2).await;
        assert!(!Arc::ptr_eq(&in_force.load(), &old));
        sender.send(()).unwrap();
        let now = in_force.load_full();
        until(|| !Arc::ptr_eq(&in_force.load(), &now)).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(held.begun.load(Ordering::SeqCst), 2);
        task.abort();
    }
}

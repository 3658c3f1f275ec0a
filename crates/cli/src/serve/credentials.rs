use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use arc_swap::ArcSwap;
use keyfront_access::{Credentials, LoadError};
use keyfront_api::CredentialsInForce;

use super::options::ServeOptions;

/// The credentials of the file, or those for development where they do no harm.
pub(super) fn in_force(
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

/// A broken file leaves the old credentials in force.
pub(super) fn reload(options: &ServeOptions, in_force: &CredentialsInForce) {
    let Some(file) = &options.credentials else {
        tracing::warn!("there is no file of credentials to read again: none was given");
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
    let credentials = Credentials::load(file, &keyfront_api::actions())?;
    for warning in credentials.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(credentials)
}

//! The background work. Each kind of work is a type of its own, and shares the service with the requests.

mod fetch;
mod forget;
mod jobs;
mod provisioning;
mod shares;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::Service;
use forget::Forgetter;
use provisioning::Provisioner;

/// Does all of it until it is stopped.
pub(crate) async fn run(service: Arc<Service>, stop: CancellationToken) {
    let provisioner = Provisioner::new(service.clone());
    let forgetter = Forgetter::new(service.clone());
    tokio::select! {
        () = stop.cancelled() => {}
        () = forgetter.run() => {}
        () = jobs::run(&service, Arc::new(provisioner)) => {}
    }
}

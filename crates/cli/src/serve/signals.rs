use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// The signals that an operator sends.
pub(super) struct Signals {
    hang_up: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(super) fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("signals can't be received");
        Ok(Self {
            hang_up: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Notifies `reload` at each SIGHUP, and returns at SIGINT or SIGTERM. It waits for nothing else.
    pub(super) async fn obey(&mut self, reload: &Notify) {
        loop {
            tokio::select! {
                _ = self.hang_up.recv() => reload.notify_one(),
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
            }
        }
    }

    /// Returns at SIGINT or SIGTERM.
    pub(super) async fn stop(&mut self) {
        self.obey(&Notify::new()).await;
    }
}

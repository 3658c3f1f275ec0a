use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

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

    /// Reloads whenever told to, and returns when told to stop.
    pub(super) async fn obey(&mut self, reload: impl Fn()) {
        loop {
            tokio::select! {
                _ = self.hang_up.recv() => reload(),
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
            }
        }
    }

    /// Returns when told to stop.
    pub(super) async fn stop(&mut self) {
        self.obey(|| ()).await;
    }
}

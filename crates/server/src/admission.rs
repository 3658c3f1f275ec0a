//! The admission of request bodies: how many may be arriving, and how many bytes of them may be held.
//!
//! A handler admits a body once it knows whose it claims to be, and before a byte of it is read
//! ([`Admission::receive`]). Each body is counted in four shares: all bodies, those that claim its key (or no
//! key), those of its address, and those of its connection. Bytes are counted as they arrive.
//!
//! When a share is full, the bodies in it that make too little progress lose their permit, and after them
//! those of an address or a size far beyond the new one's. If there are none, the new body waits for some
//! seconds and is then refused. So a caller whose bodies never end holds up others for a second at most.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::counts::Refusals;
use crate::handler::ConnectionId;
use crate::limits::{Bound, Refused, Scope};
use crate::shares::{Names, Progress, Shares};

/// How many bytes of a body are counted before it is read, so that a small body is counted once.
const FIRST_BYTES: u64 = 8 * 1024;

/// By how much the count of a larger body grows at a time, at least.
const GROWTH_BYTES: u64 = 64 * 1024;

/// How long a body waits for room.
const WAIT_TIME: Duration = Duration::from_secs(5);

/// How often a body that waits looks for room without having been told of any: others may have made too little
/// progress meanwhile.
const WAIT_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How many bodies may wait. More are refused immediately.
const MAX_WAITING: usize = 256;

/// The bounds of request bodies in flight.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// How many bodies may be arriving: 4,096. A half of them may claim one key, a quarter may come from
    /// one address, a sixty-fourth over one connection.
    pub bodies: usize,
    /// How many bytes of bodies may be held: 128 MiB. A half of them may be of one key or one address, a
    /// quarter of one connection.
    pub bytes: u64,
    /// Whether an address has a bound of its own. Behind a load balancer all clients have its address.
    pub per_address: bool,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self {
            bodies: 4096,
            bytes: 128 * 1024 * 1024,
            per_address: true,
        }
    }
}

impl BodyLimits {
    /// These limits, with as many bytes as let one connection send a body of the largest size.
    pub fn with_room_for(mut self, largest_body_bytes: u64) -> Self {
        let counted_bytes = largest_body_bytes.saturating_add(GROWTH_BYTES);
        self.bytes = self.bytes.max(counted_bytes.saturating_mul(4));
        self
    }

    /// How many bodies may be in the share of one key, address or connection.
    pub(crate) fn bodies_of(&self, scope: Scope) -> usize {
        let part = match scope {
            Scope::All => self.bodies,
            Scope::Key => self.bodies / 2,
            Scope::Address if self.per_address => self.bodies / 4,
            Scope::Address => self.bodies,
            Scope::Connection => self.bodies / 64,
        };
        part.max(1)
    }

    /// How many bytes may be in the share of one key, address or connection.
    pub(crate) fn bytes_of(&self, scope: Scope) -> u64 {
        match scope {
            Scope::Address if self.per_address => self.bytes / 2,
            Scope::All | Scope::Address => self.bytes,
            Scope::Key => self.bytes / 2,
            Scope::Connection => self.bytes / 4,
        }
    }
}

/// The sender of a body, as far as it is known before the body is read.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The id of the access key that the request claims, if that key is known.
    pub key: Option<&'a str>,
    /// The address of the connection.
    pub address: IpAddr,
    /// The connection.
    pub connection: ConnectionId,
}

/// The admission of request bodies.
pub struct Admission {
    shares: Shares,
    waiting: AtomicUsize,
    /// Notified when room has been made while a body waits.
    freed: Notify,
    pub(crate) refused: Refusals,
}

impl Admission {
    /// An admission with these bounds.
    pub fn new(limits: BodyLimits) -> Arc<Self> {
        Arc::new(Self {
            shares: Shares::new(limits),
            waiting: AtomicUsize::new(0),
            freed: Notify::new(),
            refused: Refusals::default(),
        })
    }

    /// Admits a body, whose length is `declared_bytes` if it was declared.
    ///
    /// # Errors
    ///
    /// If there is still no room after some seconds, or if too many bodies wait for it.
    pub async fn admit(
        self: &Arc<Self>,
        caller: &Caller<'_>,
        declared_bytes: Option<u64>,
    ) -> Result<Admitted, Refused> {
        let names = self.shares.names(caller);
        let bytes = declared_bytes.map_or(FIRST_BYTES, |declared| declared.min(FIRST_BYTES));
        let progress = Arc::new(Progress::default());
        let enter = |waited| self.shares.enter(&names, bytes, &progress, waited);
        let body = self.with_room(enter).await?;
        Ok(Admitted {
            admission: self.clone(),
            names,
            body,
            bytes,
            declared_bytes,
            progress,
            is_complete: false,
        })
    }

    /// Takes room, or waits for it.
    async fn with_room<T>(
        &self,
        take: impl Fn(Duration) -> Result<T, Bound>,
    ) -> Result<T, Refused> {
        match take(Duration::ZERO) {
            Ok(taken) => Ok(taken),
            // Rare, and a large future, which would be copied with each around it.
            Err(bound) => Box::pin(self.wait_for_room(bound, take)).await,
        }
    }

    async fn wait_for_room<T>(
        &self,
        bound: Bound,
        take: impl Fn(Duration) -> Result<T, Bound>,
    ) -> Result<T, Refused> {
        let Some(_waiting) = Waiting::begin(&self.waiting) else {
            return Err(Refused { bound });
        };
        let began = Instant::now();
        loop {
            // Whether there is room is looked at in either case.
            let _ = timeout(WAIT_POLL_INTERVAL, self.freed.notified()).await;
            let waited = began.elapsed();
            match take(waited) {
                Ok(taken) => return Ok(taken),
                Err(bound) if waited >= WAIT_TIME => return Err(Refused { bound }),
                Err(_) => {}
            }
        }
    }

    fn notify(&self) {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.freed.notify_one();
        }
    }

    /// How many requests were refused since there was no room for their bodies.
    pub fn refused(&self) -> &Refusals {
        &self.refused
    }

    /// How many bodies are arriving, and how many bytes of bodies are held.
    pub fn in_flight(&self) -> (usize, u64) {
        self.shares.in_flight()
    }
}

/// A body that waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    /// `None` if too many wait already.
    fn begin(count: &'a AtomicUsize) -> Option<Self> {
        let waiting = Self(count);
        (count.fetch_add(1, Ordering::Relaxed) < MAX_WAITING).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body that was admitted. It is counted until this is dropped.
pub struct Admitted {
    admission: Arc<Admission>,
    names: Names,
    body: u64,
    /// The bytes that are counted.
    bytes: u64,
    declared_bytes: Option<u64>,
    progress: Arc<Progress>,
    is_complete: bool,
}

impl Admitted {
    /// Counts the bytes that have arrived so far.
    ///
    /// # Errors
    ///
    /// If there is no room for them, or if the body has lost its permit.
    pub async fn arrived(&mut self, bytes: u64) -> Result<(), Refused> {
        self.progress.received.store(bytes, Ordering::Relaxed);
        if bytes <= self.bytes {
            return Ok(());
        }
        // Not beyond what was declared, if it was.
        let rest = self
            .declared_bytes
            .unwrap_or(u64::MAX)
            .saturating_sub(self.bytes);
        let more = (bytes - self.bytes).max(GROWTH_BYTES.min(rest));
        let (shares, id) = (&self.admission.shares, self.body);
        let grow = |waited| shares.grow(&self.names, id, more, &self.progress, waited);
        let outcome = self.admission.with_room(grow).await;
        shares.resume(id);
        outcome?;
        self.bytes += more;
        Ok(())
    }

    /// Returns when the body has lost its permit to another.
    pub async fn lost(&self) -> Refused {
        Refused {
            bound: self.progress.lost().await,
        }
    }

    /// Says that the whole body has arrived: it no longer counts among those that arrive. The bytes of a
    /// large one are still counted until this is dropped.
    pub fn complete(&mut self) {
        if self.is_complete {
            return;
        }
        let is_small = self.bytes <= FIRST_BYTES;
        let kept = if is_small { 0 } else { self.bytes };
        if self.admission.shares.complete(&self.names, self.body, kept) {
            self.is_complete = true;
            self.bytes = kept;
            self.admission.notify();
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if !self.is_complete {
            self.admission.shares.leave(&self.names, self.body);
        } else if self.bytes > 0 {
            self.admission.shares.release_bytes(&self.names, self.bytes);
        } else {
            return;
        }
        self.admission.notify();
    }
}

#[cfg(test)]
mod tests;

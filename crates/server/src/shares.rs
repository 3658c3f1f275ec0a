//! The shares in which request bodies are counted, and which body gives way when one is full.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::address::AddressBlock;
use crate::admission::{BodyLimits, Caller};
use crate::handler::ConnectionId;
use crate::limits::{Bound, Scope};

/// For how long a body may arrive at any pace, and a body that waits for room leaves larger ones alone.
const GRACE_TIME: Duration = Duration::from_secs(1);

/// How many bytes of a body must arrive in a second, on average, for it to keep its permit while others
/// want it: less than any link that carries TLS at a bearable pace.
const MIN_BYTES_PER_SECOND: u128 = 4096;

/// How often all bodies are looked through for those that make too little progress.
const SWEEP_INTERVAL: Duration = Duration::from_millis(10);

/// A body keeps its bytes from one that has waited for less than [`GRACE_TIME`] unless it holds this many
/// times more.
const MUCH_LARGER: u64 = 16;

/// A client with fewer bodies than this part of an address's share may take the permit of one with more.
const SMALL_PART: usize = 16;

/// The shares of bodies.
pub(crate) struct Shares {
    limits: BodyLimits,
    hasher: RandomState,
    state: Mutex<State>,
}

/// The shares in which a body is counted besides that of all bodies.
pub(crate) struct Names([Name; 3]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Name {
    Connection(ConnectionId),
    Address(AddressBlock),
    /// The hash of a key's id.
    Key(u64),
    NoKey,
}

#[derive(Default)]
struct State {
    all: Usage,
    by_name: HashMap<Name, Usage>,
    arriving: HashMap<u64, Arriving>,
    next_id: u64,
    swept: Option<Instant>,
}

#[derive(Default, Clone, Copy)]
struct Usage {
    bodies: usize,
    bytes: u64,
}

/// A body that has not arrived whole.
struct Arriving {
    names: [Name; 3],
    began: Instant,
    /// The bytes that are counted.
    bytes: u64,
    /// Whether it waits for room itself, so that it can't make progress.
    waits: bool,
    progress: Arc<Progress>,
}

/// How far a body is, shared by the one who reads it.
#[derive(Default)]
pub(crate) struct Progress {
    /// The bytes that have arrived.
    pub(crate) received: AtomicU64,
    lost: OnceLock<Bound>,
    notify: Notify,
}

/// What a body asks for.
struct Demand<'a> {
    names: &'a [Name; 3],
    bodies: usize,
    bytes: u64,
    /// All its bytes, with those that it asks for.
    total_bytes: u64,
    /// The body, if it is one that grows.
    id: Option<u64>,
    waited: Duration,
}

/// A share that is full; no name is that of all bodies.
struct Full {
    name: Option<Name>,
    bound: Bound,
}

impl Progress {
    /// Returns when the body has lost its permit, with the bound that was reached.
    pub(crate) async fn lost(&self) -> Bound {
        loop {
            if let Some(bound) = self.lost.get() {
                return *bound;
            }
            self.notify.notified().await;
        }
    }
}

impl Name {
    fn scope(self) -> Scope {
        match self {
            Self::Connection(_) => Scope::Connection,
            Self::Address(_) => Scope::Address,
            Self::Key(_) | Self::NoKey => Scope::Key,
        }
    }
}

impl Shares {
    pub(crate) fn new(limits: BodyLimits) -> Self {
        Self {
            limits,
            hasher: RandomState::new(),
            state: Mutex::default(),
        }
    }

    /// The shares of a caller.
    pub(crate) fn names(&self, caller: &Caller<'_>) -> Names {
        let key = match caller.key {
            Some(key) => Name::Key(self.hasher.hash_one(key)),
            None => Name::NoKey,
        };
        Names([
            Name::Connection(caller.connection),
            Name::Address(caller.address.into()),
            key,
        ])
    }

    /// Counts another body, or tells the bound that is reached.
    pub(crate) fn enter(
        &self,
        names: &Names,
        bytes: u64,
        progress: &Arc<Progress>,
        waited: Duration,
    ) -> Result<u64, Bound> {
        let demand = Demand {
            names: &names.0,
            bodies: 1,
            bytes,
            total_bytes: bytes,
            id: None,
            waited,
        };
        let mut state = self.state();
        self.make_room(&mut state, &demand)?;
        state.add(&demand);
        let id = state.next_id;
        state.next_id += 1;
        let arriving = Arriving {
            names: names.0,
            began: Instant::now(),
            bytes,
            waits: false,
            progress: progress.clone(),
        };
        state.arriving.insert(id, arriving);
        Ok(id)
    }

    /// Counts more bytes of a body, or tells the bound that is reached.
    pub(crate) fn grow(
        &self,
        names: &Names,
        id: u64,
        bytes: u64,
        progress: &Progress,
        waited: Duration,
    ) -> Result<(), Bound> {
        let mut state = self.state();
        if let Some(bound) = progress.lost.get() {
            return Err(*bound);
        }
        let Some(body) = state.arriving.get_mut(&id) else {
            return Ok(());
        };
        body.waits = true;
        let demand = Demand {
            names: &names.0,
            bodies: 0,
            bytes,
            total_bytes: body.bytes + bytes,
            id: Some(id),
            waited,
        };
        self.make_room(&mut state, &demand)?;
        state.add(&demand);
        if let Some(body) = state.arriving.get_mut(&id) {
            body.bytes += bytes;
        }
        Ok(())
    }

    /// Says that a body no longer waits for room.
    pub(crate) fn resume(&self, id: u64) {
        if let Some(body) = self.state().arriving.get_mut(&id) {
            body.waits = false;
        }
    }

    /// Records that a body has arrived whole, and how many of its bytes are still counted. Returns whether
    /// it had its permit until then.
    pub(crate) fn complete(&self, names: &Names, id: u64, kept_bytes: u64) -> bool {
        let mut state = self.state();
        let Some(body) = state.arriving.remove(&id) else {
            return false;
        };
        state.subtract(&names.0, 1, body.bytes.saturating_sub(kept_bytes));
        true
    }

    /// Uncounts a body that will not arrive whole.
    pub(crate) fn leave(&self, names: &Names, id: u64) {
        self.complete(names, id, 0);
    }

    /// Uncounts bytes of a body that arrived whole.
    pub(crate) fn release_bytes(&self, names: &Names, bytes: u64) {
        self.state().subtract(&names.0, 0, bytes);
    }

    pub(crate) fn in_flight(&self) -> (usize, u64) {
        let all = self.state().all;
        (all.bodies, all.bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The counts are changed by steps that can't panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make_room(&self, state: &mut State, demand: &Demand<'_>) -> Result<(), Bound> {
        while let Some(full) = self.full(state, demand) {
            let made = state.drop_behind(&full, demand) || self.drop_largest(state, &full, demand);
            if !made {
                return Err(full.bound);
            }
        }
        Ok(())
    }

    /// The smallest share that has no room for what is asked.
    fn full(&self, state: &State, demand: &Demand<'_>) -> Option<Full> {
        let check = |name: Option<Name>, scope, usage: Usage| {
            let bound = if usage.bodies + demand.bodies > self.limits.bodies_of(scope) {
                Bound::Bodies(scope)
            } else if usage.bytes.saturating_add(demand.bytes) > self.limits.bytes_of(scope) {
                Bound::BodyBytes(scope)
            } else {
                return None;
            };
            Some(Full { name, bound })
        };
        let of_names = demand.names.iter().find_map(|name| {
            let usage = state.usage(*name);
            check(Some(*name), name.scope(), usage)
        });
        of_names.or_else(|| check(None, Scope::All, state.all))
    }

    /// Takes the permit of the body in a full share that is most above what the new one would have. Whether there
    /// was one.
    fn drop_largest(&self, state: &mut State, full: &Full, demand: &Demand<'_>) -> bool {
        let victim = match full.bound {
            Bound::Bodies(Scope::All | Scope::Key) if self.limits.per_address => {
                let own = state.usage(demand.names[1]).bodies;
                let is_small = own < self.limits.bodies_of(Scope::Address) / SMALL_PART;
                is_small
                    .then(|| state.of_busiest_address(full, own))
                    .flatten()
            }
            Bound::BodyBytes(_) => state.with_most_bytes(full, demand),
            _ => None,
        };
        victim.is_some_and(|id| state.drop_body(id, full.bound))
    }
}

impl State {
    fn usage(&self, name: Name) -> Usage {
        self.by_name.get(&name).copied().unwrap_or_default()
    }

    fn add(&mut self, demand: &Demand<'_>) {
        self.all.bodies += demand.bodies;
        self.all.bytes += demand.bytes;
        for name in demand.names {
            let usage = self.by_name.entry(*name).or_default();
            usage.bodies += demand.bodies;
            usage.bytes += demand.bytes;
        }
    }

    fn subtract(&mut self, names: &[Name; 3], bodies: usize, bytes: u64) {
        self.all.bodies -= bodies;
        self.all.bytes -= bytes;
        for name in names {
            let Some(usage) = self.by_name.get_mut(name) else {
                continue;
            };
            usage.bodies -= bodies;
            usage.bytes -= bytes;
            if usage.bodies == 0 && usage.bytes == 0 {
                self.by_name.remove(name);
            }
        }
    }

    /// Takes the room of all bodies in a full share that make too little progress. Whether there were
    /// any.
    fn drop_behind(&mut self, full: &Full, demand: &Demand<'_>) -> bool {
        let now = Instant::now();
        let is_early = |swept: Instant| now.duration_since(swept) < SWEEP_INTERVAL;
        if self.swept.is_some_and(is_early) {
            return false;
        }
        self.swept = Some(now);
        let behind = self.members(full, demand);
        let behind = behind.filter(|(_, body)| body.is_behind(now));
        let behind: Vec<u64> = behind.map(|(id, _)| id).collect();
        let mut any = false;
        for id in behind {
            any |= self.drop_body(id, full.bound);
        }
        any
    }

    /// The bodies in a share, but for the one that asks.
    fn members(&self, full: &Full, demand: &Demand<'_>) -> impl Iterator<Item = (u64, &Arriving)> {
        let (name, asking) = (full.name, demand.id);
        self.arriving
            .iter()
            .filter(move |(id, body)| {
                Some(**id) != asking && name.is_none_or(|name| body.names.contains(&name))
            })
            .map(|(id, body)| (*id, body))
    }

    /// The oldest body in a share of the address that has most, if that is more than twice as many as `own`.
    fn of_busiest_address(&self, full: &Full, own: usize) -> Option<u64> {
        let in_share = self
            .arriving
            .iter()
            .filter(|(_, body)| full.name.is_none_or(|name| body.names.contains(&name)));
        let found = in_share.max_by_key(|(_, body)| {
            let count = self.usage(body.names[1]).bodies;
            (count, std::cmp::Reverse(body.began))
        });
        let (id, body) = found?;
        (self.usage(body.names[1]).bodies > 2 * (own + 1)).then_some(*id)
    }

    /// The body with most bytes in a share, if it has enough more than the one that asks.
    fn with_most_bytes(&self, full: &Full, demand: &Demand<'_>) -> Option<u64> {
        let factor = if demand.waited < GRACE_TIME {
            MUCH_LARGER
        } else {
            1
        };
        let most = demand.total_bytes.saturating_mul(factor);
        self.members(full, demand)
            .filter(|(_, body)| body.bytes > most)
            .max_by_key(|(_, body)| body.bytes)
            .map(|(id, _)| id)
    }

    /// Takes a body's permit away. Returns whether it had one.
    fn drop_body(&mut self, id: u64, bound: Bound) -> bool {
        let Some(body) = self.arriving.remove(&id) else {
            return false;
        };
        self.subtract(&body.names, 1, body.bytes);
        // It is set once, since a body is dropped once.
        let _ = body.progress.lost.set(bound);
        body.progress.notify.notify_one();
        true
    }
}

impl Arriving {
    /// Whether it arrives more slowly than a body must whose permit others wait for.
    fn is_behind(&self, now: Instant) -> bool {
        let age = now.duration_since(self.began);
        if self.waits || age <= GRACE_TIME {
            return false;
        }
        let received = u128::from(self.progress.received.load(Ordering::Relaxed));
        received < age.as_millis() * MIN_BYTES_PER_SECOND / 1000
    }
}

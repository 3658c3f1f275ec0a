//! The admission of connections.
//!
//! A connection gets a permit, counted for its address and in all. If there is none, an idle connection
//! is closed in its favour: one of the same address if that has as many as it may, else one of the address
//! that has most. If none is idle, the connection gets a reserved permit, with which probes alone
//! are answered. A reserved permit is always to be had, since the connection that has one is closed in
//! favour of the next. So a probe gets in whatever the clients do.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::address::AddressBlock;
use crate::counts::Counts;
use crate::handler::ConnectionId;
use crate::idle::InFlight;
use crate::limits::{Bound, CLOSING_CONNECTIONS, Limits, RESERVED_CONNECTIONS};

/// How often it is looked whether connections that were closed have gone.
const CLOSING_POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Which connections there are, and who may have another.
pub(crate) struct Connections {
    max_connections: usize,
    per_address: Option<usize>,
    pools: Mutex<Pools>,
    /// How many connections were closed in favour of others and have yet to go.
    closing: AtomicUsize,
    next_id: AtomicU64,
    counts: Arc<Counts>,
    stop: CancellationToken,
}

#[derive(Default)]
struct Pools {
    ordinary: Pool,
    reserved: Pool,
}

#[derive(Default)]
struct Pool {
    count: usize,
    by_address: HashMap<AddressBlock, HashMap<ConnectionId, Member>>,
}

struct Member {
    in_flight: Arc<InFlight>,
    close: CancellationToken,
}

/// The permit of one connection, given back when this is dropped.
pub(crate) struct Permit {
    connections: Arc<Connections>,
    address: AddressBlock,
    pub(crate) id: ConnectionId,
    /// The bound for which the permit is a reserved one.
    pub(crate) reserved_for: Option<Bound>,
    pub(crate) in_flight: Arc<InFlight>,
    /// Cancelled when the connection must end: because the server stops, or in favour of another.
    pub(crate) close: CancellationToken,
}

impl Connections {
    /// No connection yet, of a server that ends by `stop`.
    pub(crate) fn new(limits: &Limits, counts: Arc<Counts>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            max_connections: limits.connections.max(1),
            per_address: limits.connections_per_address,
            pools: Mutex::default(),
            closing: AtomicUsize::new(0),
            next_id: AtomicU64::new(0),
            counts,
            stop,
        })
    }

    /// A permit for a connection from an address.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Permit {
        let address = AddressBlock::from(address);
        let id = ConnectionId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let mut pools = self.pools();
        let reserved_for = self.make_room(&mut pools, address);
        let pool = if reserved_for.is_some() {
            if pools.reserved.count >= RESERVED_CONNECTIONS {
                self.note_closing(pools.reserved.close_oldest());
            }
            &mut pools.reserved
        } else {
            &mut pools.ordinary
        };
        let in_flight = InFlight::new(self.counts.clone());
        let close = self.stop.child_token();
        let member = Member {
            in_flight: in_flight.clone(),
            close: close.clone(),
        };
        pool.insert(address, id, member);
        self.count(&pools);
        Permit {
            connections: self.clone(),
            address,
            id,
            reserved_for,
            in_flight,
            close,
        }
    }

    /// Makes room for an ordinary connection; returns the bound that prevents it.
    fn make_room(&self, pools: &mut Pools, address: AddressBlock) -> Option<Bound> {
        let pool = &mut pools.ordinary;
        let is_over = |most| pool.count_of(address) >= most;
        if self.per_address.is_some_and(is_over) {
            let made = self.note_closing(pool.close_idle(Some(address)));
            return (!made).then_some(Bound::ConnectionsPerAddress);
        }
        if pool.count >= self.max_connections {
            let made = self.note_closing(pool.close_idle(None));
            return (!made).then_some(Bound::Connections);
        }
        None
    }

    fn note_closing(&self, closed: bool) -> bool {
        if closed {
            self.closing.fetch_add(1, Ordering::Relaxed);
        }
        closed
    }

    /// Waits until few enough of the connections that were closed still hold a file descriptor.
    pub(crate) async fn wait_for_closing(&self) {
        while self.closing.load(Ordering::Relaxed) >= CLOSING_CONNECTIONS {
            tokio::time::sleep(CLOSING_POLL_INTERVAL).await;
        }
    }

    /// Closes an idle connection, if there is one, to free its file descriptor.
    pub(crate) fn close_one_idle(&self) {
        self.note_closing(self.pools().ordinary.close_idle(None));
    }

    /// What the server counts.
    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    fn count(&self, pools: &Pools) {
        let (ordinary, reserved) = (pools.ordinary.count, pools.reserved.count);
        self.counts.set_connections(ordinary, reserved);
    }

    fn pools(&self) -> MutexGuard<'_, Pools> {
        // The counts are changed by steps that can't panic.
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut pools = self.connections.pools();
        let pool = if self.reserved_for.is_some() {
            &mut pools.reserved
        } else {
            &mut pools.ordinary
        };
        if pool.remove(self.address, self.id).is_none() {
            self.connections.closing.fetch_sub(1, Ordering::Relaxed);
        }
        self.connections.count(&pools);
    }
}

impl Pool {
    fn count_of(&self, address: AddressBlock) -> usize {
        self.by_address.get(&address).map_or(0, HashMap::len)
    }

    fn insert(&mut self, address: AddressBlock, id: ConnectionId, member: Member) {
        let members = self.by_address.entry(address).or_default();
        members.insert(id, member);
        self.count += 1;
    }

    fn remove(&mut self, address: AddressBlock, id: ConnectionId) -> Option<Member> {
        let members = self.by_address.get_mut(&address)?;
        let member = members.remove(&id)?;
        if members.is_empty() {
            self.by_address.remove(&address);
        }
        self.count -= 1;
        Some(member)
    }

    /// Closes the connection that has been idle for longest, of one address, or of the address that has
    /// most connections among those with an idle one. Whether there was one.
    fn close_idle(&mut self, of: Option<AddressBlock>) -> bool {
        // A connection may become busy between being found and being closed, so that the next is tried.
        while let Some((address, id)) = self.longest_idle(of) {
            let closed = self
                .by_address
                .get(&address)
                .and_then(|members| members.get(&id))
                .is_some_and(|member| member.in_flight.close_if_idle());
            if closed {
                if let Some(member) = self.remove(address, id) {
                    member.close.cancel();
                }
                return true;
            }
        }
        false
    }

    fn longest_idle(&self, of: Option<AddressBlock>) -> Option<(AddressBlock, ConnectionId)> {
        self.by_address
            .iter()
            .filter(|(address, _)| of.is_none_or(|of| of == **address))
            .filter_map(|(address, members)| {
                let idle = |(id, member): (&ConnectionId, &Member)| {
                    Some((member.in_flight.idle_time()?, *id))
                };
                let (time, id) = members.iter().filter_map(idle).max()?;
                Some((members.len(), time, *address, id))
            })
            .max_by_key(|(count, time, ..)| (*count, *time))
            .map(|(.., address, id)| (address, id))
    }

    /// Closes the oldest connection of the address that has most. Whether there was one.
    fn close_oldest(&mut self) -> bool {
        let oldest = |members: &HashMap<ConnectionId, Member>| {
            members
                .iter()
                .map(|(id, member)| (member.in_flight.age(), *id))
                .max()
        };
        let found = self
            .by_address
            .iter()
            .filter_map(|(address, members)| Some((members.len(), oldest(members)?, *address)))
            .max_by_key(|(count, (age, _), _)| (*count, *age));
        let Some((_, (_, id), address)) = found else {
            return false;
        };
        if let Some(member) = self.remove(address, id) {
            member.in_flight.close();
            member.close.cancel();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    fn connections(connections: usize, per_address: Option<usize>) -> Arc<Connections> {
        let limits = Limits {
            connections,
            connections_per_address: per_address,
            ..Limits::default()
        };
        Connections::new(&limits, Arc::default(), CancellationToken::new())
    }

    fn counted(connections: &Connections) -> (usize, usize) {
        let counts = connections.counts();
        (counts.connections(), counts.reserved_connections())
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_at_its_bound_loses_its_own_longest_idle_connection() {
        let connections = connections(10, Some(2));
        let other = connections.take(address(2));
        advance(Duration::from_secs(1)).await;
        let first = connections.take(address(1));
        advance(Duration::from_secs(1)).await;
        let second = connections.take(address(1));
        let third = connections.take(address(1));
        assert!(first.close.is_cancelled() && third.reserved_for.is_none());
        assert!(!second.close.is_cancelled() && !other.close.is_cancelled());
        drop(first);
        assert_eq!(counted(&connections), (3, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_server_closes_an_idle_connection_of_the_address_that_has_most() {
        let connections = connections(4, None);
        let lonely = connections.take(address(1));
        advance(Duration::from_secs(60)).await;
        let many: Vec<_> = (0..3).map(|_| connections.take(address(2))).collect();
        let _request = many[0].in_flight.begin();
        let new = connections.take(address(3));
        assert!(new.reserved_for.is_none() && !lonely.close.is_cancelled());
        let closed = many
            .iter()
            .filter(|permit| permit.close.is_cancelled())
            .count();
        assert_eq!(closed, 1);
        assert!(!many[0].close.is_cancelled(), "it had a request in flight");
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_idle_connection_a_permit_is_a_reserved_one() {
        let connections = connections(4, Some(2));
        let busy: Vec<_> = [1, 1, 2, 2]
            .map(|last| connections.take(address(last)))
            .into();
        let requests: Vec<_> = busy.iter().map(|permit| permit.in_flight.begin()).collect();
        let of_address = connections.take(address(1));
        assert_eq!(of_address.reserved_for, Some(Bound::ConnectionsPerAddress));
        let of_all = connections.take(address(3));
        assert_eq!(of_all.reserved_for, Some(Bound::Connections));
        assert_eq!(counted(&connections), (4, 2));
        drop(requests);
        assert_eq!(connections.take(address(3)).reserved_for, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reserved_permit_is_always_to_be_had() {
        let connections = connections(1, None);
        let first = connections.take(address(1));
        let _busy = first.in_flight.begin();
        let probe = connections.take(address(2));
        let flood: Vec<_> = (0..1000).map(|_| connections.take(address(1))).collect();
        assert_eq!(counted(&connections), (1, RESERVED_CONNECTIONS));
        assert!(
            !probe.close.is_cancelled(),
            "an address with one permit lost it to one with many"
        );
        assert!(!flood[999].close.is_cancelled());
        drop((flood, probe, first));
        assert_eq!(counted(&connections), (0, 0));
        assert_eq!(connections.closing.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_stop_closes_every_connection() {
        let stop = CancellationToken::new();
        let connections = Connections::new(&Limits::default(), Arc::default(), stop.clone());
        let permit = connections.take(address(1));
        stop.cancel();
        assert!(permit.close.is_cancelled() && !permit.in_flight.is_closed());
    }
}

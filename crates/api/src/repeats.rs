//! Refusals that are alike: the log has the first of them, and of the others their number. One client
//! can be refused some ten thousand times a second, and its lines would push out those of others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// For how long refusals that are alike are counted together, from the first of them.
pub(crate) const INTERVAL: Duration = Duration::from_secs(10);

/// How many of them are logged one by one.
pub(crate) const MAX_LINES: u64 = 100;

/// How many kinds are told apart by address and access key at a time. Beyond that, those of one operation
/// and code are alike.
const MAX_KINDS: usize = 4096;

/// What refusals have in common that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    /// From where they come.
    pub(crate) address: Option<IpAddr>,
    /// The access key that signed the requests, if its signature was found right: what a request
    /// merely claims can be another each time. Neither key nor address is told if there are too many kinds.
    pub(crate) access_key: Option<String>,
    /// The operation's name.
    pub(crate) operation: &'static str,
    /// The error code, or what else the line says.
    pub(crate) code: &'static str,
}

/// Decides which refusals are logged.
#[derive(Debug, Default)]
pub(crate) struct RepeatedRefusals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    kinds: HashMap<Kind, Counted>,
    /// When those that are over were last removed.
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Counted {
    began: Instant,
    count: u64,
}

impl Counted {
    fn is_over(&self) -> bool {
        self.began.elapsed() >= INTERVAL
    }
}

impl RepeatedRefusals {
    /// Whether a refusal is logged. If it is not, its number is logged when the interval is over.
    pub(crate) fn is_logged(self: &Arc<Self>, kind: Kind) -> bool {
        let mut state = self.lock();
        let kind = state.place(kind);
        let counted = state.kinds.entry(kind.clone()).or_insert_with(|| Counted {
            began: Instant::now(),
            count: 0,
        });
        // What is yet to be told goes on until it is.
        if counted.is_over() && counted.count <= MAX_LINES {
            counted.began = Instant::now();
            counted.count = 0;
        }
        counted.count += 1;
        if counted.count == MAX_LINES + 1 {
            let end = counted.began + INTERVAL;
            tokio::spawn(self.clone().tell_at(end, kind));
            return false;
        }
        counted.count <= MAX_LINES
    }

    async fn tell_at(self: Arc<Self>, end: Instant, kind: Kind) {
        sleep_until(end).await;
        let Some(counted) = self.lock().kinds.remove(&kind) else {
            return;
        };
        let Kind {
            address,
            access_key,
            operation,
            code,
        } = kind;
        tracing::info!(
            operation,
            address = address.map(tracing::field::display),
            access_key,
            code,
            "{} more refusals like these within {} s",
            counted.count.saturating_sub(MAX_LINES),
            INTERVAL.as_secs(),
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The kind under which a refusal is counted.
    fn place(&mut self, kind: Kind) -> Kind {
        if self.kinds.len() < MAX_KINDS || self.kinds.contains_key(&kind) {
            return kind;
        }
        self.sweep();
        if self.kinds.len() < MAX_KINDS {
            return kind;
        }
        Kind {
            address: None,
            access_key: None,
            ..kind
        }
    }

    /// Removes what is over, but not all the time. What is yet to be told stays.
    fn sweep(&mut self) {
        if self.swept.is_some_and(|swept| swept.elapsed() < INTERVAL) {
            return;
        }
        self.swept = Some(Instant::now());
        self.kinds
            .retain(|_, counted| !counted.is_over() || counted.count > MAX_LINES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(address: [u8; 4], code: &'static str) -> Kind {
        Kind {
            address: Some(address.into()),
            access_key: None,
            operation: "GetKey",
            code,
        }
    }

    fn logged(repeats: &Arc<RepeatedRefusals>, kind: &Kind, times: u64) -> u64 {
        (0..times)
            .map(|_| u64::from(repeats.is_logged(kind.clone())))
            .sum()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_are_logged_and_each_kind_has_its_own() {
        let repeats = Arc::new(RepeatedRefusals::default());
        let flood = kind([192, 0, 2, 1], "AccessDenied");
        assert_eq!(logged(&repeats, &flood, 10_000), MAX_LINES);
        for other in [
            kind([192, 0, 2, 2], "AccessDenied"),
            kind([192, 0, 2, 1], "InvalidArgument"),
            Kind {
                access_key: Some("AKIA".to_owned()),
                ..flood.clone()
            },
        ] {
            assert_eq!(logged(&repeats, &other, 3), 3);
        }
        tokio::time::sleep(INTERVAL + Duration::from_millis(1)).await;
        assert_eq!(logged(&repeats, &flood, 2 * MAX_LINES), MAX_LINES);
    }

    #[tokio::test(start_paused = true)]
    async fn any_number_of_addresses_takes_bounded_memory_and_bounded_lines() {
        let repeats = Arc::new(RepeatedRefusals::default());
        for round in 0..3 {
            let sent = 3 * MAX_KINDS as u32;
            let lines: u64 = (0..sent)
                .map(|n| logged(&repeats, &kind(n.to_be_bytes(), "AccessDenied"), 1))
                .sum();
            assert_eq!(lines, MAX_KINDS as u64 + MAX_LINES, "in round {round}");
            assert!(repeats.lock().kinds.len() <= MAX_KINDS + 1);
            tokio::time::sleep(INTERVAL + Duration::from_millis(1)).await;
        }
    }
}

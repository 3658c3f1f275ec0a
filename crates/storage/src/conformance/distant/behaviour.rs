use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How a [`Cluster`](super::Cluster) behaves. Chances are from 0, never, to 1, always.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// The seed of everything that is random. On a runtime of one thread, the same calls with the same
    /// seed come out the same.
    pub seed: u64,
    /// How many revisions are left out at most before a commit, and before a load.
    pub revision_gap: u64,
    /// How many turns of the runtime a call waits at most before it is carried out, and again before
    /// its answer comes. Calls in flight overtake each other.
    pub turns: u32,
    /// How long a call waits at most, besides.
    pub latency: Duration,
    /// The chance, at each commit that a follower is sent, that it is interrupted instead; and that
    /// following fails at once.
    pub interrupted: f64,
    /// The chance, at each commit that a follower is sent, that it is forgotten instead.
    pub forgotten: f64,
    /// The chance that a load fails, at its beginning or in its middle.
    pub load_failed: f64,
    /// The chance that a proposal is refused for no fault of its own: busy or not written.
    pub refused: f64,
    /// The chance that the outcome of a proposal is unknown. A third of those are written, a third are
    /// not, and a third are written a while later.
    pub unknown: f64,
    /// How many of the last commits followers can still be sent.
    pub followable_commits: usize,
    /// How many pieces and commits wait at most for their reader.
    pub queue: usize,
}

impl Behaviour {
    /// Everything at once and in order, as an engine in the same process.
    pub fn calm(seed: u64) -> Self {
        Self {
            seed,
            revision_gap: 0,
            turns: 0,
            latency: Duration::ZERO,
            interrupted: 0.0,
            forgotten: 0.0,
            load_failed: 0.0,
            refused: 0.0,
            unknown: 0.0,
            followable_commits: 10_000,
            queue: 64,
        }
    }

    /// A cluster far away that works: revisions with gaps, slow answers, calls that overtake each
    /// other, loads that begin at a revision no commit has.
    pub fn far(seed: u64) -> Self {
        Self {
            revision_gap: 5,
            turns: 8,
            queue: 2,
            ..Self::calm(seed)
        }
    }

    /// Everything that can go wrong does, often.
    pub fn stormy(seed: u64) -> Self {
        Self {
            interrupted: 0.03,
            forgotten: 0.02,
            load_failed: 0.1,
            refused: 0.05,
            unknown: 0.1,
            followable_commits: 300,
            ..Self::far(seed)
        }
    }

    /// Whether no call fails without a cause.
    pub fn is_steady(&self) -> bool {
        let chances = [
            self.interrupted,
            self.forgotten,
            self.load_failed,
            self.refused,
            self.unknown,
        ];
        chances.iter().all(|chance| *chance == 0.0)
    }
}

/// What becomes of a proposal on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is carried out, and its outcome is answered.
    Answered,
    /// It is refused as busy.
    Busy,
    /// It is not written, and the answer says so.
    NotWritten,
    /// It is carried out, and no answer comes.
    Unanswered,
    /// It gets lost, and no answer comes.
    Lost,
    /// It is carried out after its outcome was given up.
    Late,
}

/// Everything that is random.
pub(super) struct Random(Mutex<fastrand::Rng>);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    fn roll<T>(&self, roll: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        roll(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether something of this chance happens.
    pub(super) fn happens(&self, chance: f64) -> bool {
        chance > 0.0 && self.roll(|rng| rng.f64() < chance)
    }

    /// A number from 0 to the most, both included.
    pub(super) fn up_to(&self, most: u64) -> u64 {
        self.roll(|rng| rng.u64(0..=most))
    }

    pub(super) fn index(&self, range: std::ops::Range<usize>) -> usize {
        self.roll(|rng| rng.usize(range))
    }

    pub(super) fn shuffle<T>(&self, items: &mut [T]) {
        self.roll(|rng| rng.shuffle(items));
    }

    pub(super) fn bits(&self) -> u128 {
        self.roll(|rng| rng.u128(..))
    }

    pub(super) fn fate(&self, behaviour: &Behaviour) -> Fate {
        if self.happens(behaviour.refused) {
            return if self.happens(0.5) {
                Fate::Busy
            } else {
                Fate::NotWritten
            };
        }
        if !self.happens(behaviour.unknown) {
            return Fate::Answered;
        }
        match self.up_to(2) {
            0 => Fate::Unanswered,
            1 => Fate::Lost,
            _ => Fate::Late,
        }
    }

    /// Waits as long as a message takes.
    pub(super) async fn pause(&self, behaviour: &Behaviour) {
        for _ in 0..self.up_to(behaviour.turns.into()) {
            tokio::task::yield_now().await;
        }
        let most = u64::try_from(behaviour.latency.as_micros()).unwrap_or(u64::MAX);
        if most > 0 {
            tokio::time::sleep(Duration::from_micros(self.up_to(most))).await;
        }
    }
}

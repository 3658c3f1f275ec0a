//! Threads that run functions, and the bounded queue before them.
//!
//! Runs have threads of their own, as many as the machine has cores: never the server's, which a run would hold up. What
//! waits is bounded, in all and for each account. A run that does not end in spite of its bounds (none is known) costs
//! its thread, which is counted and replaced, and its program is not run again.

use std::collections::{HashMap, VecDeque};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use keyfront_model::AccountId;
use tokio::sync::oneshot;

use crate::event::Failure;
use crate::program::Program;
use crate::run::{EngineFailed, Input, Run, Runtime, Settings};

/// The bounds of a [`Runner`].
#[derive(Debug, Clone, Copy)]
pub struct RunnerSettings {
    /// What a run may take.
    pub runs: Settings,
    /// How many threads run functions, at most: as many as there are cores. They are started when they are needed.
    pub threads: usize,
    /// How many runs wait or go on at a time: 256.
    pub queue: usize,
    /// How many of them are of one account: 64.
    pub queue_per_account: usize,
    /// After how long on the clock a run that does not end is given up: 60 s, which a run within its processor time takes only
    /// on a machine that has no time for it.
    pub give_up_after: Duration,
}

impl Default for RunnerSettings {
    fn default() -> Self {
        Self {
            runs: Settings::default(),
            threads: thread::available_parallelism().map_or(1, NonZero::get),
            queue: 256,
            queue_per_account: 64,
            give_up_after: Duration::from_secs(60),
        }
    }
}

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// So many runs wait already.
    #[error("{0} tests and runs of functions are in flight")]
    Full(usize),
    /// So many runs of the account wait already.
    #[error("{0} tests and runs of the account's functions are in flight")]
    AccountFull(usize),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineFailed),
    /// The runner was dropped, or has lost too many threads.
    #[error("functions are not run any more: {0}")]
    Stopped(&'static str),
    /// There is no thread that runs functions, and the system gives none.
    #[error("a thread that runs functions can't be started ({0}): raise the limit of threads")]
    NoThread(std::io::Error),
}

/// Runs functions on threads of its own.
pub struct Runner {
    shared: Arc<Shared>,
}

struct Shared {
    settings: RunnerSettings,
    queue: Mutex<Queue>,
    /// Notified when the queue has a task, or is closed.
    waiting: Condvar,
    /// How many threads were given up.
    lost: AtomicU64,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Task>,
    /// How many runs of each account wait or go on; no account without one.
    accounts: HashMap<AccountId, usize>,
    in_flight: usize,
    /// What the threads do, by their number.
    running: HashMap<u64, Running>,
    /// How many threads there are, without those that were given up.
    threads: usize,
    next_thread: u64,
    /// Whether runs that do not end are looked for.
    is_watched: bool,
    closed: bool,
}

struct Task {
    account: AccountId,
    program: Arc<Program>,
    input: Input,
    answer: oneshot::Sender<Result<(Run, u8), EngineFailed>>,
}

/// A run that goes on.
struct Running {
    since: Instant,
    account: AccountId,
    program: Arc<Program>,
    /// Taken by whoever ends the run: its thread, or the watch that gives it up.
    answer: oneshot::Sender<Result<(Run, u8), EngineFailed>>,
}

/// How many threads may be lost before functions are not run any more: each may use up a core.
const MAX_LOST: u64 = 8;

/// The stack of a thread: what the engine may use of it, and room for Rust.
const STACK_BYTES: usize = 2 << 20;

impl Runner {
    /// A runner without a thread yet.
    pub fn new(settings: RunnerSettings) -> Self {
        Self {
            shared: Arc::new(Shared {
                settings,
                queue: Mutex::default(),
                waiting: Condvar::new(),
                lost: AtomicU64::new(0),
            }),
        }
    }

    /// Runs a function as TestFunction does, when a thread is free: see [`Runtime::test`].
    pub async fn test(
        &self,
        account: AccountId,
        program: Arc<Program>,
        input: Input,
    ) -> Result<(Run, u8), RunnerError> {
        let (answer, answered) = oneshot::channel();
        self.shared.enqueue(Task {
            account,
            program,
            input,
            answer,
        })?;
        let answered = answered.await;
        Ok(answered.map_err(|_| RunnerError::Stopped("the server stops"))??)
    }

    /// How many threads were given up, with the runs that did not end.
    pub fn lost_threads(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// How many threads there are.
    #[cfg(test)]
    pub(crate) fn threads(&self) -> usize {
        self.shared.lock().threads
    }

    /// How many runs wait or go on.
    pub fn in_flight(&self) -> usize {
        self.shared.lock().in_flight
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.closed = true;
        queue.tasks.clear();
        drop(queue);
        self.shared.waiting.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole after each of its changes, whatever panicked between them.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(self: &Arc<Self>, task: Task) -> Result<(), RunnerError> {
        let settings = &self.settings;
        let mut queue = self.lock();
        if self.lost.load(Ordering::Relaxed) > MAX_LOST {
            return Err(RunnerError::Stopped(
                "too many runs did not end: restart the server",
            ));
        }
        if queue.in_flight >= settings.queue {
            return Err(RunnerError::Full(settings.queue));
        }
        let of_account = queue.accounts.get(&task.account).copied();
        if of_account.unwrap_or_default() >= settings.queue_per_account {
            return Err(RunnerError::AccountFull(settings.queue_per_account));
        }
        let free = queue.threads.saturating_sub(queue.running.len());
        if queue.tasks.len() >= free && queue.threads < settings.threads.max(1) {
            match self.start_thread(&mut queue) {
                Ok(()) => {}
                Err(error) if queue.threads == 0 => return Err(RunnerError::NoThread(error)),
                Err(error) => tracing::warn!(
                    %error,
                    "another thread that runs functions can't be started: raise the limit of threads"
                ),
            }
        }
        *queue.accounts.entry(task.account).or_default() += 1;
        queue.in_flight += 1;
        queue.tasks.push_back(task);
        drop(queue);
        self.waiting.notify_one();
        Ok(())
    }

    /// Starts another thread that runs functions; with the first one also the watch over all of them.
    fn start_thread(self: &Arc<Self>, queue: &mut Queue) -> std::io::Result<()> {
        if !queue.is_watched {
            spawn_watch(self)?;
            queue.is_watched = true;
        }
        queue.next_thread += 1;
        spawn_worker(self, queue.next_thread)?;
        queue.threads += 1;
        Ok(())
    }

    /// Takes the next task, when there is one; `None` at the end.
    fn next(&self, thread: u64) -> Option<(Arc<Program>, Input)> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            match queue.tasks.pop_front() {
                // Nobody waits for it any longer.
                Some(task) if task.answer.is_closed() => queue.ended(task.account),
                Some(task) => {
                    let running = Running {
                        since: Instant::now(),
                        account: task.account,
                        program: task.program.clone(),
                        answer: task.answer,
                    };
                    queue.running.insert(thread, running);
                    return Some((task.program, task.input));
                }
                None => {
                    let waited = self.waiting.wait(queue);
                    queue = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Ends the run of a thread; `None` if it was given up.
    fn end(&self, thread: u64) -> Option<Running> {
        let mut queue = self.lock();
        let running = queue.running.remove(&thread)?;
        queue.ended(running.account);
        Some(running)
    }

    /// Gives up the runs that have taken too long: their callers are answered, and other threads take the place of theirs.
    fn give_up_what_does_not_end(self: &Arc<Self>) {
        let late: Vec<u64> = self
            .lock()
            .running
            .iter()
            .filter(|(_, running)| running.since.elapsed() > self.settings.give_up_after)
            .map(|(thread, _)| *thread)
            .collect();
        for thread in late {
            // It may have ended meanwhile.
            let Some(running) = self.end(thread) else {
                continue;
            };
            self.lost.fetch_add(1, Ordering::Relaxed);
            running.program.throttle();
            // Whoever asked may have gone.
            let _ = running
                .answer
                .send(Ok((Run::failed(Failure::Throttled), 100)));
            let mut queue = self.lock();
            queue.threads -= 1;
            if let Err(error) = self.start_thread(&mut queue) {
                tracing::error!(%error, "a thread that runs functions can't be replaced");
            }
            drop(queue);
            tracing::error!(
                lost = self.lost.load(Ordering::Relaxed),
                "a run of a function did not end within its bounds: its thread was given up"
            );
        }
    }
}

impl Queue {
    fn ended(&mut self, account: AccountId) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(count) = self.accounts.get_mut(&account) {
            *count -= 1;
            if *count == 0 {
                self.accounts.remove(&account);
            }
        }
    }
}

fn spawn_watch(shared: &Arc<Shared>) -> std::io::Result<()> {
    let watched = Arc::downgrade(shared);
    let interval = (shared.settings.give_up_after / 4).max(Duration::from_millis(10));
    thread::Builder::new()
        .name("functions-watch".to_owned())
        .spawn(move || {
            loop {
                thread::sleep(interval);
                match watched.upgrade() {
                    Some(shared) => shared.give_up_what_does_not_end(),
                    None => return,
                }
            }
        })?;
    Ok(())
}

fn spawn_worker(shared: &Arc<Shared>, number: u64) -> std::io::Result<()> {
    let shared = shared.clone();
    thread::Builder::new()
        .name("functions".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let mut runtime = Runtime::new(shared.settings.runs);
            while let Some((program, input)) = shared.next(number) {
                let tested = AssertUnwindSafe(|| runtime.test(&program, &input));
                let outcome = catch_unwind(tested).unwrap_or_else(|_| {
                    // What it left is unknown.
                    runtime = Runtime::new(shared.settings.runs);
                    Err(EngineFailed::panicked())
                });
                match shared.end(number) {
                    // Whoever asked may have gone.
                    Some(running) => drop(running.answer.send(outcome)),
                    // The run was given up, and with it this thread.
                    None => return,
                }
            }
        })?;
    Ok(())
}

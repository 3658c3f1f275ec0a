//! The suite that every engine passes, and an engine of the suite's own.
//!
//! A [`Bench`] says what an engine can do and where its data lies; [`check`] then tries every rule of
//! the contract on it. Each rule is a public function of its own, and
//! [`conformance_tests!`](crate::conformance_tests) makes a test of each, so that a failure names the
//! rule. Rules assert the order of revisions and never that they have no gaps. A rule that needs what
//! an engine can't do (see [`Abilities`]) ends at once.
//!
//! [`distant`] is an engine that is as unlike SQLite as the contract allows. Whatever stands on the
//! contract (the replica, the service) is tested on it too; and by faults that are planted in it, the
//! tests show that each rule can fail.
//!
//! ```no_run
//! # use keyfront_storage::conformance::distant::{Behaviour, DistantBench};
//! mod calm {
//!     # use super::*;
//!     keyfront_storage::conformance_tests!(DistantBench::new(Behaviour::calm(1)));
//! }
//! # fn main() {}
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a rule that an engine breaks panics, as a test does"
)]

pub mod distant;
mod fixtures;
mod reader;
mod rules;
mod session;
mod state;
mod writer;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::{Engine, Retention};

pub use rules::*;

/// How long a rule may take before its engine counts as hanging. The longest takes a few seconds.
const RULE_DEADLINE: Duration = Duration::from_secs(300);

/// An engine under test.
pub trait Bench: Send + Sync {
    /// What the engine can do.
    fn abilities(&self) -> Abilities;

    /// A place for data where nothing was written yet.
    fn place(&self) -> Box<dyn Place>;
}

/// A place where the data of one engine lies: a folder, a prefix, a process's memory.
pub trait Place: Send + Sync {
    /// Opens the engine over the data that lies here. It is opened a second time only after it was
    /// closed or crashed, and only if the data survives that. An engine whose crash takes a moment
    /// (a lock that must be let go) is waited for.
    fn open(&self, retention: Retention) -> BoxFuture<'_, Arc<dyn Engine>>;

    /// Ends an engine as if its process were killed. By default it is dropped without being closed.
    /// Called only if [`Abilities::survives_crash`].
    fn crash(&self, engine: Arc<dyn Engine>) -> BoxFuture<'_, ()> {
        Box::pin(async move { drop(engine) })
    }

    /// Makes the open engine forget all commits up to the newest, as far as followers are concerned.
    /// Called only if [`Abilities::forgets`].
    fn forget(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// What an engine can do, beyond what every engine must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Its data is there again when it is opened after it was closed.
    pub survives_close: bool,
    /// Its data is there again when it is opened after a crash.
    pub survives_crash: bool,
    /// [`Place::forget`] does something.
    pub forgets: bool,
    /// A position some commits back is resumed in the same process, unless it was made to forget.
    pub resumes: bool,
    /// No call fails without a cause: commits are neither refused nor of unknown outcome, loads are
    /// complete, and followers that take what they are sent are neither interrupted nor forgotten. On
    /// an engine that is not steady, the suite tries again.
    pub steady: bool,
}

/// A rule of the contract.
#[derive(Clone, Copy)]
pub struct Rule {
    /// The name of its function.
    pub name: &'static str,
    check: for<'a> fn(&'a dyn Bench) -> BoxFuture<'a, ()>,
}

impl Rule {
    /// Tries the rule on an engine, and panics if it breaks it or takes too long.
    pub async fn check(&self, bench: &dyn Bench) {
        in_time(self.name, (self.check)(bench)).await;
    }
}

/// Tries every rule on an engine, and panics at the first that it breaks.
pub async fn check(bench: &dyn Bench) {
    for rule in RULES {
        rule.check(bench).await;
    }
}

/// Runs a rule, and panics if it takes so long that the engine must hang.
pub async fn in_time(name: &str, rule: impl Future<Output = ()>) {
    let ended = tokio::time::timeout(RULE_DEADLINE, rule).await;
    assert!(ended.is_ok(), "{name} took longer than {RULE_DEADLINE:?}");
}

/// Calls a macro with the tokens that are given besides, in parentheses, and the names of all rules.
#[doc(hidden)]
#[macro_export]
macro_rules! __with_conformance_rules {
    ([$($callback:tt)+] $($given:tt)*) => {
        $($callback)+! {
            ($($given)*)
            conditions_hold_or_refuse_the_whole
            a_stale_outcome_names_a_revision_that_comes
            of_many_that_race_on_one_record_one_wins
            a_malformed_proposal_changes_nothing
            deleting_contents_deletes_the_entries
            a_large_commit_is_whole_or_not_there
            every_kind_of_character_is_kept
            a_load_has_all_that_was_committed
            a_load_and_the_commits_after_it_join
            only_known_contents_are_left_out
            a_reader_that_stops_holds_up_no_writer
            a_follower_gets_every_commit_once_and_in_order
            a_position_of_another_source_is_forgotten
            a_position_before_what_is_kept_is_forgotten
            history_is_paged_newest_first
            what_is_said_of_a_commit_survives
            the_history_of_a_resource_ends_with_it
            retention_leaves_the_newest_commit_of_a_subject
            retention_bounds_the_history
            a_closed_engine_ends_its_followers
            all_is_there_after_a_reopening
            all_is_there_after_a_crash
            current_is_at_or_above_what_was_acknowledged
            this_node_lives
            any_story_agrees_with_a_plain_model
        }
    };
}

/// Expands to one test for each rule of the contract, on the bench that the expression makes. Call it
/// in a module of its own; the crate needs `tokio` with `rt` and `macros`.
#[macro_export]
macro_rules! conformance_tests {
    ($bench:expr) => {
        $crate::__with_conformance_rules! { [$crate::__conformance_tests] $bench }
    };
}

/// See [`conformance_tests!`](crate::conformance_tests).
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    (($bench:expr) $($rule:ident)+) => {
        $(
            #[::tokio::test]
            async fn $rule() {
                let bench = $bench;
                let rule = $crate::conformance::$rule(&bench);
                $crate::conformance::in_time(stringify!($rule), rule).await;
            }
        )+
    };
}

//! Each rule of the suite can fail: for each fault that is planted in the suite's engine there are
//! rules that find it, and each rule finds one.

#![allow(clippy::panic, reason = "a test that panics has failed")]

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use keyfront_storage::conformance::distant::{Behaviour, DistantBench, Fault};
use keyfront_storage::conformance::{RULES, Rule};

/// Each fault with rules that must find it.
const FOUND_BY: &[(Fault, &[&str])] = &[
    (
        Fault::IgnoresAbsence,
        &[
            "conditions_hold_or_refuse_the_whole",
            "of_many_that_race_on_one_record_one_wins",
        ],
    ),
    (
        Fault::StoresHalf,
        &[
            "a_load_has_all_that_was_committed",
            "any_story_agrees_with_a_plain_model",
        ],
    ),
    (
        Fault::TearsLargeCommits,
        &["a_large_commit_is_whole_or_not_there"],
    ),
    (Fault::CutsTextAtNul, &["every_kind_of_character_is_kept"]),
    (
        Fault::KeepsDeletedEntries,
        &["deleting_contents_deletes_the_entries"],
    ),
    (
        Fault::TakesMalformed,
        &["a_malformed_proposal_changes_nothing"],
    ),
    (
        Fault::StaleAhead,
        &["a_stale_outcome_names_a_revision_that_comes"],
    ),
    (
        Fault::LoadsLate,
        &[
            "a_load_has_all_that_was_committed",
            "a_load_and_the_commits_after_it_join",
        ],
    ),
    (
        Fault::LosesCommitAfterLoad,
        &["a_load_and_the_commits_after_it_join"],
    ),
    (
        Fault::KeepsWhatDiffers,
        &["only_known_contents_are_left_out"],
    ),
    (
        Fault::WaitsForFollowers,
        &["a_reader_that_stops_holds_up_no_writer"],
    ),
    (
        Fault::RepeatsCommits,
        &["a_follower_gets_every_commit_once_and_in_order"],
    ),
    (
        Fault::SwapsCommits,
        &["a_follower_gets_every_commit_once_and_in_order"],
    ),
    (
        Fault::FollowsForeignPositions,
        &["a_position_of_another_source_is_forgotten"],
    ),
    (
        Fault::NeverForgets,
        &["a_position_before_what_is_kept_is_forgotten"],
    ),
    (Fault::ForgetsBefore, &["history_is_paged_newest_first"]),
    (Fault::LeaksHistory, &["history_is_paged_newest_first"]),
    (
        Fault::LosesUser,
        &[
            "what_is_said_of_a_commit_survives",
            "a_follower_gets_every_commit_once_and_in_order",
        ],
    ),
    (
        Fault::RemovesNewest,
        &["retention_leaves_the_newest_commit_of_a_subject"],
    ),
    (
        Fault::RemovesNothing,
        &[
            "retention_bounds_the_history",
            "the_history_of_a_resource_ends_with_it",
        ],
    ),
    (Fault::IgnoresClose, &["a_closed_engine_ends_its_followers"]),
    (
        Fault::LosesNewestAtEnd,
        &[
            "all_is_there_after_a_reopening",
            "all_is_there_after_a_crash",
        ],
    ),
    (
        Fault::ReusesRevisions,
        &[
            "all_is_there_after_a_reopening",
            "all_is_there_after_a_crash",
        ],
    ),
    (
        Fault::CurrentLags,
        &["current_is_at_or_above_what_was_acknowledged"],
    ),
    (Fault::OwnNodeIsDead, &["this_node_lives"]),
];

fn rule(name: &str) -> Rule {
    let rule = RULES.iter().find(|rule| rule.name == name);
    *rule.unwrap_or_else(|| panic!("there is no rule {name}"))
}

async fn finds(rule: Rule, bench: &DistantBench) -> bool {
    let checked = AssertUnwindSafe(rule.check(bench)).catch_unwind().await;
    checked.is_err()
}

/// Time is paused, so that what would wait for long is found at once.
#[tokio::test(start_paused = true)]
async fn every_fault_is_found() {
    let mut missed = Vec::new();
    for (fault, rules) in FOUND_BY {
        let bench = DistantBench::with_fault(Behaviour::calm(1), *fault);
        for name in *rules {
            if !finds(rule(name), &bench).await {
                missed.push((*fault, *name));
            }
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn every_rule_finds_a_fault() {
    let finding: BTreeSet<_> = FOUND_BY.iter().flat_map(|(_, rules)| *rules).collect();
    let all: BTreeSet<_> = RULES.iter().map(|rule| &rule.name).collect();
    assert_eq!(finding, all);
}

//! The suite's own engine: what it does beyond the contract, on which tests of other crates rely.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

use std::collections::BTreeSet;

use keyfront_model::{AccountId, Timestamp};
use keyfront_storage::conformance::distant::{Behaviour, Cluster, DistantEngine};
use keyfront_storage::{
    Account, Author, Before, Change, CommitError, Commits, Condition, Engine, FollowEnd, Known,
    Piece, Proposal, Record, RecordId, Retention, Revision, Source, Subject, Task,
};

fn account() -> AccountId {
    "000000000001".parse().unwrap()
}

fn counted(stores: u64) -> Record {
    Record::Account(Account {
        account: account(),
        stores,
        functions: 0,
    })
}

/// Counts the account, which was counted so at a revision before, or was absent.
fn counting(stores: u64, before: Option<(Revision, u64)>) -> Proposal {
    Proposal {
        subject: Subject::Account(account()),
        owner: account(),
        author: Author::Keyfront(Task::ForgetDeleted),
        message: None,
        at: Timestamp::from_millis(0),
        snapshot: before.map_or(Revision(0), |(revision, _)| revision),
        conditions: vec![Condition {
            record: RecordId::Account(account()),
            revision: before.map(|(revision, _)| revision),
        }],
        changes: vec![Change::Put {
            before: before.map_or(Before::Absent, |(_, stores)| counted(stores).into()),
            record: counted(stores),
        }],
    }
}

fn calm() -> Cluster {
    Cluster::new(Behaviour::calm(1), Retention::default())
}

async fn stores(engine: &DistantEngine) -> Option<u64> {
    let mut load = engine.load(&Known::new()).await.unwrap();
    match load.pieces.recv().await?.unwrap() {
        Piece::Record(_, Record::Account(account)) => Some(account.stores),
        other => panic!("{other:?}"),
    }
}

async fn living(engine: &DistantEngine) -> BTreeSet<String> {
    let nodes = engine.living_nodes().await.unwrap();
    nodes.into_iter().map(|node| node.0).collect()
}

fn two_nodes(cluster: &Cluster) -> [DistantEngine; 2] {
    ["one", "two"].map(|name| cluster.connect(name).unwrap())
}

async fn end_of(mut commits: Commits) -> FollowEnd {
    loop {
        if let Err(end) = commits.recv().await.unwrap() {
            return end;
        }
    }
}

#[tokio::test]
async fn nodes_share_what_is_stored() {
    let cluster = calm();
    let [one, two] = two_nodes(&cluster);
    let mut followed = two.load(&Known::new()).await.unwrap().commits;
    let first = one.commit(counting(1, None)).await.unwrap();
    assert_eq!(followed.recv().await.unwrap().unwrap().revision, first);
    assert_eq!(two.current().await.unwrap(), Some(first));
    assert!(matches!(
        two.commit(counting(2, None)).await,
        Err(CommitError::Stale(at)) if at == first
    ));
    two.commit(counting(2, Some((first, 1)))).await.unwrap();
    assert_eq!(stores(&one).await, Some(2));
    assert!(cluster.connect("one").is_err());
}

#[tokio::test]
async fn a_node_that_dies_leaves_the_living() {
    let cluster = calm();
    let [one, two] = two_nodes(&cluster);
    assert_eq!(
        living(&one).await,
        BTreeSet::from(["one".into(), "two".into()])
    );
    let followed = two.load(&Known::new()).await.unwrap();
    two.kill();
    assert_eq!(living(&one).await, BTreeSet::from(["one".into()]));
    assert!(matches!(end_of(followed.commits).await, FollowEnd::Closed));
    assert!(matches!(
        two.commit(counting(1, None)).await,
        Err(CommitError::Stopped(_))
    ));
    two.rejoin();
    assert!(two.writable().is_err());
    // Its name is free again; the dead one's end is not the end of the new one.
    let again = cluster.connect("two").unwrap();
    drop(two);
    assert_eq!(
        living(&one).await,
        BTreeSet::from(["one".into(), "two".into()])
    );
    drop(again);
    assert_eq!(living(&one).await, BTreeSet::from(["one".into()]));
    one.close().await;
    assert_eq!(cluster.followers(), 0);
}

#[tokio::test]
async fn a_node_that_is_cut_off_comes_back() {
    let cluster = calm();
    let [one, two] = two_nodes(&cluster);
    let load = two.load(&Known::new()).await.unwrap();
    two.isolate();
    assert!(matches!(
        end_of(load.commits).await,
        FollowEnd::Interrupted(_)
    ));
    assert!(matches!(
        two.follow(load.position).await,
        Err(FollowEnd::Interrupted(_))
    ));
    assert!(matches!(
        two.commit(counting(1, None)).await,
        Err(CommitError::NotWritten(_))
    ));
    assert!(two.load(&Known::new()).await.is_err());
    assert!(two.current().await.is_err());
    assert!(two.living_nodes().await.is_err());
    assert!(two.writable().is_err());
    assert_eq!(living(&one).await, BTreeSet::from(["one".into()]));
    let missed = one.commit(counting(1, None)).await.unwrap();
    two.rejoin();
    let mut commits = two.follow(load.position).await.unwrap();
    assert_eq!(commits.recv().await.unwrap().unwrap().revision, missed);
    assert_eq!(living(&one).await.len(), 2);
}

#[tokio::test]
async fn a_restored_cluster_is_another_source() {
    let cluster = calm();
    let engine = cluster.connect("one").unwrap();
    let first = engine.commit(counting(1, None)).await.unwrap();
    let backup = cluster.backup();
    let second = engine.commit(counting(2, Some((first, 1)))).await.unwrap();
    let before = engine.load(&Known::new()).await.unwrap();
    cluster.restore(&backup);
    assert!(matches!(end_of(before.commits).await, FollowEnd::Forgotten));
    assert!(matches!(
        engine.follow(before.position).await,
        Err(FollowEnd::Forgotten)
    ));
    let after = engine.load(&Known::new()).await.unwrap();
    assert_ne!(after.position.source, before.position.source);
    assert_eq!(stores(&engine).await, Some(1));
    // The revision is given a second time.
    let again = engine.commit(counting(3, Some((first, 1)))).await.unwrap();
    assert_eq!(again, second);
}

#[tokio::test]
async fn a_write_past_keyfront_is_a_refusal_that_no_commit_explains() {
    let cluster = calm();
    let engine = cluster.connect("one").unwrap();
    let first = engine.commit(counting(1, None)).await.unwrap();
    cluster.write_past(counted(9));
    let snapshot = Some((first, 1));
    assert!(matches!(
        engine.commit(counting(2, snapshot)).await,
        Err(CommitError::Stale(at)) if at <= first
    ));
    assert_eq!(stores(&engine).await, Some(9));
}

/// Counts the outcomes of many commits, each on the record as it then is.
async fn outcomes(behaviour: Behaviour) -> Vec<&'static str> {
    let engine = Cluster::new(behaviour, Retention::default())
        .connect("one")
        .unwrap();
    let mut outcomes = Vec::new();
    let mut before = None;
    for number in 0..300 {
        let outcome = engine.commit(counting(number, before)).await;
        let is_written = |written: Option<(Revision, u64)>| written != before;
        let answer = match &outcome {
            Ok(_) => "made",
            Err(CommitError::Stale(_)) => "stale",
            Err(CommitError::Busy) => "busy",
            Err(CommitError::NotWritten(_)) => "not written",
            Err(CommitError::Stopped(_)) => "stopped",
            Err(CommitError::Unknown(_)) => "unknown",
        };
        let written = newest(&engine).await;
        outcomes.push(match answer {
            "unknown" if is_written(written) => "written",
            "unknown" => "lost or late",
            answer => answer,
        });
        before = written;
    }
    outcomes
}

/// The record of the account, by a load that does not fail.
async fn newest(engine: &DistantEngine) -> Option<(Revision, u64)> {
    let mut load = engine.load(&Known::new()).await.unwrap();
    match load.pieces.recv().await?.unwrap() {
        Piece::Record(revision, Record::Account(account)) => Some((revision, account.stores)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_either_and_all_follows_from_the_seed() {
    let behaviour = |seed| Behaviour {
        load_failed: 0.0,
        ..Behaviour::stormy(seed)
    };
    let found = outcomes(behaviour(1)).await;
    for outcome in [
        "made",
        "written",
        "lost or late",
        "busy",
        "not written",
        "stale",
    ] {
        assert!(found.contains(&outcome), "no proposal was {outcome}");
    }
    assert_eq!(outcomes(behaviour(1)).await, found);
    assert_ne!(outcomes(behaviour(2)).await, found);
    let calm = outcomes(Behaviour::calm(1)).await;
    assert!(calm.iter().all(|outcome| *outcome == "made"));
}

#[tokio::test]
async fn revisions_have_gaps_and_calls_overtake_each_other() {
    let cluster = Cluster::new(Behaviour::far(1), Retention::default());
    let engine = cluster.connect("one").unwrap();
    let first = engine.commit(counting(0, None)).await.unwrap();
    let load = engine.load(&Known::new()).await.unwrap();
    let mut positions = vec![first, load.position.revision];
    for _ in 0..20 {
        positions.push(engine.load(&Known::new()).await.unwrap().position.revision);
    }
    assert!(positions.is_sorted() && positions[1..].iter().any(|at| *at > first));
    assert_eq!(engine.current().await.unwrap(), Some(first));
    // Proposals on records of their own, begun in this order.
    let proposals = (0..20u64).map(|number| {
        let account = format!("{:012}", 100 + number).parse().unwrap();
        let mut proposal = counting(0, None);
        proposal.conditions[0].record = RecordId::Account(account);
        proposal.changes = vec![Change::Put {
            before: Before::Absent,
            record: Record::Account(Account {
                account,
                stores: 0,
                functions: 0,
            }),
        }];
        engine.commit(proposal)
    });
    let revisions = futures_util::future::join_all(proposals).await;
    let revisions: Vec<_> = revisions.into_iter().map(Result::unwrap).collect();
    assert!(!revisions.is_sorted());
    let mut sorted = revisions.clone();
    sorted.sort();
    assert!(sorted.windows(2).any(|pair| pair[1].0 > pair[0].0 + 1));
}

#[tokio::test]
async fn followers_are_interrupted_and_forgotten() {
    let cluster = Cluster::new(
        Behaviour {
            interrupted: 0.3,
            forgotten: 0.3,
            ..Behaviour::calm(1)
        },
        Retention::default(),
    );
    let engine = cluster.connect("one").unwrap();
    let mut before = None;
    let (mut interrupted, mut forgotten) = (0, 0);
    for number in 0..100 {
        let load = engine.load(&Known::new()).await.unwrap();
        let revision = engine.commit(counting(number, before)).await.unwrap();
        before = Some((revision, number));
        let mut commits = load.commits;
        loop {
            match commits.recv().await.unwrap() {
                Ok(commit) if commit.revision < revision => {}
                Ok(commit) => break assert_eq!(commit.revision, revision),
                Err(FollowEnd::Interrupted(_)) => break interrupted += 1,
                Err(FollowEnd::Forgotten) => break forgotten += 1,
                Err(FollowEnd::Closed) => panic!("closed"),
            }
        }
    }
    assert!(interrupted > 10 && forgotten > 10);
}

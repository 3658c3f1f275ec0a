//! How commits become snapshots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keyfront_model::{FunctionId, FunctionStage, Tags, Timestamp};
use keyfront_storage::{
    Author, Job, JobId, JobTask, Record, RecordId, ResourceTags, Revision, StoreUsers, Task,
    Tombstone,
};
use proptest::prelude::*;

use crate::records::{
    account, at, commit, configuration, counters, delete, entries, fill, function_name, head,
    head_of, idle, loaded, name, pairs, put, read, stage, store,
};
use crate::scripted::{Answer, eventually, follow, following, load};

/// Some are more than the replica's task applies by itself.
const SIZES: [usize; 4] = [0, 1, 40, 2000];

#[tokio::test]
async fn entries_that_fill_a_store_are_read_whether_loaded_or_committed() {
    for size in SIZES {
        let pairs = pairs(size);
        let (replica, _sender, _) = following(loaded(&pairs)).await;
        assert_eq!(read(&replica), pairs);

        let (replica, sender, _) = following(vec![]).await;
        sender.send(Ok(fill(2, &pairs))).await.unwrap();
        replica.reached(Revision(2)).await.unwrap();
        assert_eq!(read(&replica), pairs);

        let gone = delete(RecordId::Contents(store(1)));
        sender.send(Ok(commit(3, vec![gone]))).await.unwrap();
        replica.reached(Revision(3)).await.unwrap();
        assert!(replica.snapshot().contents(store(1)).is_none());
    }
}

#[tokio::test]
async fn a_snapshot_that_was_taken_stays_as_it_was() {
    for size in [1, 2000] {
        let (replica, sender, _) = following(loaded(&[])).await;
        let before = replica.snapshot();
        sender.send(Ok(fill(2, &pairs(size)))).await.unwrap();
        replica.reached(Revision(2)).await.unwrap();
        assert!(before.contents(store(1)).unwrap().entries.is_empty());
        assert_eq!(before.position(), at(1, 1));
        assert_eq!(read(&replica).len(), size);
    }
}

#[tokio::test]
async fn contents_come_before_their_entries_wherever_they_stand_in_a_commit() {
    let (replica, sender, _) = following(vec![]).await;
    let pairs = pairs(3);
    let mut reversed = fill(2, &pairs).changes.clone();
    reversed.reverse();
    sender.send(Ok(commit(2, reversed))).await.unwrap();
    replica.reached(Revision(2)).await.unwrap();
    assert_eq!(read(&replica), pairs);
}

#[tokio::test]
async fn a_commit_at_or_below_what_was_applied_is_passed_over() {
    let (answer, sender) = load(at(1, 10), loaded(&pairs(1)));
    let source = crate::scripted::Scripted::new([answer]);
    let emptied = |revision| {
        let change = entries(store(1), [("00000".to_owned(), None)]);
        Ok(commit(revision, vec![put(head(&[])), change]))
    };
    sender.send(emptied(9)).await.unwrap();
    sender.send(emptied(10)).await.unwrap();
    let replica = crate::scripted::start(&source).await.unwrap();
    // Revisions have gaps, which mean nothing.
    sender.send(Ok(idle(50))).await.unwrap();
    sender.send(emptied(49)).await.unwrap();
    sender.send(emptied(50)).await.unwrap();
    sender.send(Ok(idle(70))).await.unwrap();
    replica.reached(Revision(70)).await.unwrap();
    assert_eq!(read(&replica), pairs(1));
    let mut cursor = replica.cursor(at(1, 10)).unwrap();
    let read = cursor.next(9).await.unwrap();
    let revisions: Vec<_> = read.iter().map(|commit| commit.revision.0).collect();
    assert_eq!(revisions, [50, 70]);
}

#[tokio::test]
async fn each_record_is_found_until_it_is_deleted() {
    let (replica, sender, _) = following(vec![]).await;
    let id = store(1);
    let tags = Tags::new(vec![(
        "team".to_owned().try_into().unwrap(),
        "edge".to_owned().try_into().unwrap(),
    )])
    .unwrap();
    let function = FunctionId::from_random(1);
    let job = Job {
        task: JobTask::Provision {
            store: id,
            source: None,
        },
        author: Author::Keyfront(Task::ForgetDeleted),
        created: Timestamp::from_millis(0),
        node: None,
    };
    let records = [
        counters(1, 1),
        name(id, "redirects"),
        configuration(id, "redirects"),
        head(&[]),
        function_name(function, "redirects"),
        stage(function, "redirects", FunctionStage::Development),
        stage(function, "redirects", FunctionStage::Live),
        Record::Tags(ResourceTags {
            resource: id.into(),
            tags: tags.clone(),
        }),
        Record::Tags(ResourceTags {
            resource: function.into(),
            tags,
        }),
        Record::Users(StoreUsers {
            store: id,
            users: BTreeSet::from([RecordId::Store(store(2))]),
        }),
        Record::from(job),
        Record::Tombstone(Tombstone {
            resource: id.into(),
            account: account(),
            deleted: Timestamp::from_millis(0),
        }),
    ];
    let puts = records.iter().cloned().map(put).collect();
    sender.send(Ok(commit(5, puts))).await.unwrap();
    replica.reached(Revision(5)).await.unwrap();
    let snapshot = replica.snapshot();
    let redirects = "redirects".parse().unwrap();
    let found = |snapshot: &keyfront_replica::Snapshot| {
        let name = "redirects".parse().unwrap();
        let function_name = "redirects".parse().unwrap();
        [
            snapshot.account(account()).map(|found| found.revision()),
            snapshot
                .store_named(account(), &name)
                .map(|found| found.revision()),
            snapshot
                .stores_of(account(), None)
                .next()
                .map(|found| found.revision()),
            snapshot.store(id).map(|found| found.revision()),
            snapshot.contents(id).map(|found| found.head.revision()),
            snapshot
                .function_named(account(), &function_name)
                .map(|found| found.revision()),
            snapshot
                .functions_of(account(), None)
                .next()
                .map(|_| Revision(5)),
            snapshot
                .function(function, FunctionStage::Live)
                .map(|found| found.revision()),
            snapshot.tags(id).map(|found| found.revision()),
            snapshot.tags(function).map(|found| found.revision()),
            snapshot.users(id).map(|found| found.revision()),
            snapshot
                .job(JobId::Provision(id))
                .map(|found| found.revision()),
            snapshot.jobs().next().map(|found| found.revision()),
            snapshot.tombstone(id).map(|found| found.revision()),
            snapshot.tombstones().next().map(|found| found.revision()),
        ]
    };
    assert_eq!(found(&snapshot), [Some(Revision(5)); 15]);
    assert!(
        snapshot
            .stores_of(account(), Some(&redirects))
            .next()
            .is_none()
    );
    assert_eq!((snapshot.store_count(), snapshot.function_count()), (1, 1));

    let deletes = records.iter().map(|record| delete(record.id())).collect();
    sender.send(Ok(commit(6, deletes))).await.unwrap();
    replica.reached(Revision(6)).await.unwrap();
    assert_eq!(found(&replica.snapshot()), [None; 15]);
    assert_eq!(replica.snapshot().store_count(), 0);
}

#[tokio::test]
async fn an_accounts_tombstones_are_found_oldest_first() {
    let (replica, sender, _) = following(vec![]).await;
    let tombstone = |number: u128, deleted| {
        put(Record::Tombstone(Tombstone {
            resource: store(number).into(),
            account: account(),
            deleted: Timestamp::from_millis(deleted),
        }))
    };
    let changes = vec![
        tombstone(1, 30),
        tombstone(2, 10),
        tombstone(3, 20),
        tombstone(4, 20),
    ];
    sender.send(Ok(commit(2, changes))).await.unwrap();
    replica.reached(Revision(2)).await.unwrap();
    let ages = |kept: usize| -> Vec<i64> {
        let snapshot = replica.snapshot();
        let beyond = snapshot.tombstones_beyond(account(), kept);
        beyond.map(|tombstone| tombstone.deleted.millis()).collect()
    };
    assert_eq!(ages(0), [10, 20, 20, 30]);
    assert_eq!(ages(2), [10, 20]);
    assert!(ages(4).is_empty());
    assert_eq!(replica.snapshot().tombstone_count(account()), 4);
    assert_eq!(replica.snapshot().total_tombstones(), 4);

    // One that is written again has one age.
    let changes = vec![
        tombstone(2, 40),
        delete(RecordId::Tombstone(store(3).into())),
    ];
    sender.send(Ok(commit(3, changes))).await.unwrap();
    replica.reached(Revision(3)).await.unwrap();
    assert_eq!(ages(0), [20, 30, 40]);
    let snapshot = replica.snapshot();
    assert_eq!(snapshot.tombstone_count(account()), 3);
    let accounts: Vec<_> = snapshot.accounts_with_tombstones().collect();
    assert_eq!(accounts, [account()]);

    let rest = [1, 2, 4].map(|number| delete(RecordId::Tombstone(store(number).into())));
    sender.send(Ok(commit(4, rest.into()))).await.unwrap();
    replica.reached(Revision(4)).await.unwrap();
    assert_eq!(replica.snapshot().tombstone_count(account()), 0);
    assert!(
        replica
            .snapshot()
            .accounts_with_tombstones()
            .next()
            .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_does_not_fit_is_not_applied_and_the_source_is_loaded_anew() {
    let more_than_counted = vec![
        put(head(&pairs(1))),
        entries(store(1), [("b".to_owned(), Some("1".to_owned()))]),
    ];
    let of_no_store = vec![entries(store(2), [("b".to_owned(), Some("1".to_owned()))])];
    for misfit in [more_than_counted, of_no_store] {
        let (replica, sender, source) = following(loaded(&pairs(1))).await;
        let (answer, sender_2) = load(at(1, 5), loaded(&pairs(4)));
        let good = vec![put(head_of(store(3), 3, &[]))];
        sender.send(Ok(commit(2, good))).await.unwrap();
        sender.send(Ok(commit(3, misfit))).await.unwrap();
        // No load is given yet: what came before the misfit is read meanwhile.
        eventually(|| source.asked().len() == 1).await;
        assert_eq!(replica.status().position, at(1, 2));
        assert!(replica.snapshot().contents(store(3)).is_some());
        assert_eq!(read(&replica), pairs(1));
        // The load that hangs is given up, and the source asked how to go on.
        source.add(Answer::Follow(Err(keyfront_storage::FollowEnd::Forgotten)));
        source.add(answer);
        replica.reached(Revision(5)).await.unwrap();
        assert_eq!(read(&replica), pairs(4));
        drop(sender_2);
    }
}

#[tokio::test]
async fn a_burst_of_commits_is_applied_whole() {
    let (replica, sender, _) = following(vec![]).await;
    let feeding = tokio::spawn(async move {
        for revision in 2..=5000 {
            sender.send(Ok(idle(revision))).await.unwrap();
        }
        let (_, next) = follow();
        drop(next);
        sender
    });
    replica.reached(Revision(5000)).await.unwrap();
    drop(feeding.await.unwrap());
    assert_eq!(Arc::strong_count(&replica), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is put and removed, in however many commits, is what an ordered map holds after it.
    #[test]
    fn commits_are_applied_in_their_order(
        commits in prop::collection::vec(
            prop::collection::btree_map("[a-f]{1,3}", prop::option::of("[0-9]{0,2}"), 0..60),
            0..12,
        )
    ) {
        let mut model = BTreeMap::new();
        let mut made = Vec::new();
        for (revision, changes) in (2..).zip(&commits) {
            for (key, value) in changes {
                match value {
                    Some(value) => model.insert(key.clone(), value.clone()),
                    None => model.remove(key),
                };
            }
            let pairs: Vec<_> = model.clone().into_iter().collect();
            let changes = entries(store(1), changes.clone());
            made.push(commit(revision, vec![put(head(&pairs)), changes]));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let found = runtime.unwrap().block_on(async {
            let (replica, sender, _) = following(loaded(&[])).await;
            let last = Revision(1 + made.len() as u64);
            for commit in made {
                sender.send(Ok(commit)).await.unwrap();
            }
            replica.reached(last).await.unwrap();
            read(&replica)
        });
        prop_assert_eq!(found, model.into_iter().collect::<Vec<_>>());
    }
}

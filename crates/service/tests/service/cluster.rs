//! Two services that share one engine, as the nodes of a cluster do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use keyfront_model::{ETag, Key, Status, Value};
use keyfront_service::{ControlError, DataError, Settings};
use keyfront_storage::conformance::distant::{Behaviour, Cluster, DistantEngine};
use keyfront_storage::{
    Author, Before, Change, Condition, Proposal, Record, RecordId, Retention, StoreUsers, Subject,
    Task,
};

use crate::common::{Counting, World, account, author, name, new};

async fn node(engine: DistantEngine, number: u64) -> World {
    let random = Arc::new(Counting::from(number));
    World::over(Arc::new(engine), random, Settings::default()).await
}

async fn two_nodes(behaviour: Behaviour) -> (Cluster, [World; 2]) {
    let cluster = Cluster::new(behaviour, Retention::default());
    let one = node(cluster.connect("one").unwrap(), 1).await;
    let two = node(cluster.connect("two").unwrap(), 2).await;
    (cluster, [one, two])
}

/// Each name is given once, whichever node is asked, and the account counts what is there.
#[tokio::test]
async fn of_two_nodes_that_create_the_same_names_one_wins_each() {
    let (_cluster, nodes) = two_nodes(Behaviour::far(1)).await;
    let creating = (0..20).flat_map(|number| {
        let store = new(&format!("store-{}", number % 5));
        nodes
            .iter()
            .map(move |node| (node, store.clone()))
            .collect::<Vec<_>>()
    });
    let creating = creating
        .map(|(node, store)| async move { node.service.create_store(&author(), store).await });
    let mut created = BTreeMap::new();
    for outcome in join_all(creating).await {
        match outcome {
            Ok(store) => assert_eq!(created.insert(store.name.clone(), store.id), None),
            Err(error) => assert_eq!(error, ControlError::AlreadyExists),
        }
    }
    assert_eq!(created.len(), 5);
    for node in &nodes {
        let page = node.service.list_stores(account(), None, None, 100).await;
        let listed = page.unwrap().stores.into_iter();
        let listed: BTreeMap<_, _> = listed.map(|store| (store.name, store.id)).collect();
        assert_eq!(listed, created);
    }
}

/// A write that is acknowledged is read on the other node at once.
#[tokio::test]
async fn of_two_nodes_that_write_on_one_version_one_wins_and_both_read_it() {
    let (_cluster, nodes) = two_nodes(Behaviour::far(2)).await;
    nodes[0].work();
    let store = nodes[0].ready("a").await;
    let mut version = nodes[1].contents(&store).await.etag;
    for round in 0..30 {
        let writing = nodes.iter().enumerate().map(|(number, node)| {
            let key = Key::new(format!("{round}-{number}")).unwrap();
            let author = author();
            async move {
                let value = Value::new("v");
                node.service
                    .put_key(&author, &store, version, key, value)
                    .await
            }
        });
        let outcomes = join_all(writing).await;
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 1));
        assert_eq!(lost[0].as_ref().unwrap_err(), &DataError::StaleVersion);
        version = won[0].as_ref().unwrap().etag;
        for node in &nodes {
            let read = node.service.describe_contents(&store).await.unwrap();
            assert_eq!(
                (read.contents.etag, read.contents.items),
                (version, round + 1)
            );
        }
    }
}

/// No answer is wrong: an error says that it is not known, or that nothing was done.
#[tokio::test]
async fn in_a_storm_what_was_acknowledged_is_there() {
    for seed in 0..5 {
        let (_cluster, nodes) = two_nodes(Behaviour::stormy(seed)).await;
        for node in &nodes {
            node.work();
        }
        let mut created = Vec::new();
        for number in 0..20 {
            let store = new(&format!("store-{number}"));
            let node = &nodes[number % 2];
            if let Ok(store) = node.service.create_store(&author(), store).await {
                created.push(store);
            }
        }
        for store in created {
            let found = async {
                loop {
                    match nodes[1].service.describe_contents(&store.arn()).await {
                        Ok(found) => return found,
                        Err(DataError::Unavailable(_)) => tokio::task::yield_now().await,
                        Err(error) => panic!("{} was acknowledged: {error}", store.name),
                    }
                }
            };
            let found = tokio::time::timeout(Duration::from_secs(60), found).await;
            assert_eq!(found.unwrap().store.name, store.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_is_taken_over_when_its_node_does_not_live_any_more() {
    let cluster = Cluster::new(Behaviour::calm(1), Retention::default());
    let first = Arc::new(cluster.connect("one").unwrap());
    let random = Arc::new(Counting::from(1));
    let one = World::over(first.clone(), random, Settings::default()).await;
    let two = node(cluster.connect("two").unwrap(), 2).await;
    one.create(new("a")).await;
    two.work();
    let status = async || {
        let store = two.service.describe_store(account(), &name("a")).await;
        store.unwrap().status
    };
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(status().await, Status::Provisioning, "its node lives");
    first.kill();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(status().await, Status::Ready);
}

#[tokio::test]
async fn a_store_that_is_used_can_not_be_deleted() {
    let (_cluster, [one, two]) = two_nodes(Behaviour::far(3)).await;
    one.work();
    let store = one.ready("a").await;
    let users = StoreUsers {
        store: store.id,
        users: [RecordId::Account(account())].into(),
    };
    let load = one.engine.load(&keyfront_storage::Known::new()).await;
    one.engine
        .commit(Proposal {
            subject: Subject::Store(store.id),
            owner: account(),
            author: Author::Keyfront(Task::ForgetDeleted),
            message: None,
            at: keyfront_model::Timestamp::from_millis(0),
            snapshot: load.unwrap().position.revision,
            conditions: vec![Condition {
                record: RecordId::Users(store.id),
                revision: None,
            }],
            changes: vec![Change::Put {
                before: Before::Absent,
                record: Record::Users(users),
            }],
        })
        .await
        .unwrap();
    for node in [&one, &two] {
        let found = node.service.describe_store(account(), &name("a")).await;
        let deleted = node
            .service
            .delete_store(&author(), &name("a"), found.unwrap().etag)
            .await;
        assert_eq!(deleted, Err(ControlError::InUse));
    }
}

/// Something else has written: no commit explains the refusal.
#[tokio::test]
async fn a_refusal_that_no_commit_explains_is_not_tried_for_ever() {
    let (cluster, [one, _two]) = two_nodes(Behaviour::calm(4)).await;
    one.work();
    let store = one.ready("a").await;
    let etag = |found: keyfront_service::DataDescription| found.contents.etag;
    let version: ETag = etag(one.service.describe_contents(&store).await.unwrap());
    let mut contents = one.contents(&store).await;
    contents.items = 7;
    cluster.write_past(Record::Contents(contents));
    let author = author();
    let put = one.service.put_key(
        &author,
        &store,
        version,
        Key::new("k").unwrap(),
        Value::new("v"),
    );
    let outcome = tokio::time::timeout(Duration::from_secs(60), put).await;
    assert!(matches!(outcome.unwrap(), Err(DataError::Unavailable(_))));
}

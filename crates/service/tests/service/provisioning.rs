//! What takes a store out of PROVISIONING.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::common::{World, author, name, new};
use keyfront_model::{ETag, ImportSource, Key, Status, Store, Value};
use keyfront_service::{DataError, NewStore, Settings};
use keyfront_sqlite::Location;
use keyfront_storage::{Engine, Known, Piece, Record};

const OBJECT: &str = "arn:aws:s3:::team-a/redirects.json";
const FILE: &str = r#"{"data":[{"key":"/old","value":"/new"},{"key":"a","value":""}]}"#;

fn imported(text: &str) -> NewStore {
    NewStore {
        source: Some(ImportSource {
            object: OBJECT.parse().unwrap(),
        }),
        ..new(text)
    }
}

fn put_file(world: &World, file: &str) {
    world
        .buckets
        .objects
        .lock()
        .unwrap()
        .insert(OBJECT.to_owned(), file.into());
}

async fn import(world: &World) -> (Store, Status) {
    let created = world.create(imported("a")).await;
    assert_eq!(created.status, Status::Provisioning);
    let status = world.settled(&created.name).await;
    (created, status)
}

#[tokio::test]
async fn an_import_fills_the_store_at_once() {
    let world = World::new(Settings::default()).await;
    world.work();
    put_file(&world, FILE);
    let (store, status) = import(&world).await;
    assert_eq!(status, Status::Ready);
    let found = world.contents(&store.arn()).await;
    assert_eq!((found.items, found.bytes), (2, 9));
    let value = world
        .service
        .get_key(&store.arn(), "/old")
        .await
        .unwrap()
        .value;
    assert_eq!(value, Value::new("/new"));
}

#[tokio::test]
async fn a_failed_import_says_why_and_leaves_nothing() {
    let world = World::new(Settings::default()).await;
    world.work();
    put_file(
        &world,
        r#"{"data":[{"key":"a","value":"1"},{"key":"a","value":"2"}]}"#,
    );
    let (store, status) = import(&world).await;
    let reason = "entry 2: the key \"a\" is already in entry 1".to_owned();
    assert_eq!(status, Status::ImportFailed { reason });
    let found = world.service.describe_contents(&store.arn()).await.unwrap();
    assert_eq!((found.contents.items, found.contents.bytes), (0, 0));
    let (key, value) = (Key::new("a").unwrap(), Value::new("1"));
    let put = world
        .service
        .put_key(&author(), &store.arn(), found.contents.etag, key, value)
        .await;
    assert_eq!(put.unwrap_err(), DataError::NotReady);
}

#[tokio::test]
async fn a_missing_object_and_one_that_is_too_large_fail_the_import() {
    let world = World::new(Settings::default()).await;
    world.work();
    let (_, status) = import(&world).await;
    assert_eq!(
        status,
        Status::ImportFailed {
            reason: "there is no such object".to_owned()
        }
    );
    let store = world.store("a").await;
    world.delete("a", store.etag).await;
    put_file(&world, &" ".repeat(5 * 1024 * 1024 + 1));
    let (_, status) = import(&world).await;
    let reason = "the file is larger than 5242880 bytes".to_owned();
    assert_eq!(status, Status::ImportFailed { reason });
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_is_tried_again_for_a_while() {
    let world = World::new(Settings::default()).await;
    world.work();
    put_file(&world, FILE);
    world.buckets.fails.store(5, Ordering::Relaxed);
    assert_eq!(import(&world).await.1, Status::Ready);

    let world = World::new(Settings::default()).await;
    world.work();
    world.buckets.fails.store(u64::MAX, Ordering::Relaxed);
    let reason = "the bucket is away".to_owned();
    assert_eq!(import(&world).await.1, Status::ImportFailed { reason });
}

#[tokio::test]
async fn a_source_that_fails_holds_no_other_import_up() {
    let settings = Settings {
        imports_at_once: 1,
        import_retry: Duration::from_secs(1000),
        ..Settings::default()
    };
    let world = World::new(settings).await;
    world.work();
    put_file(&world, FILE);
    *world.buckets.away.lock().unwrap() = Some("arn:aws:s3:::away/data.json".to_owned());
    let mut failing = imported("failing");
    failing.source = Some(ImportSource {
        object: "arn:aws:s3:::away/data.json".parse().unwrap(),
    });
    world.create(failing).await;
    // It has failed a few times by then, and waits for its next try.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let other = tokio::time::timeout(Duration::from_secs(60), import(&world)).await;
    assert_eq!(other.unwrap().1, Status::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_panics_is_tried_again() {
    let world = World::new(Settings::default()).await;
    world.work();
    put_file(&world, FILE);
    world.buckets.panics.store(2, Ordering::Relaxed);
    assert_eq!(import(&world).await.1, Status::Ready);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_clock_that_was_set_back() {
    let world = World::new(Settings::default()).await;
    world.clock.pass(Duration::from_secs(3600));
    world.create(new("a")).await;
    world.clock.set_back(Duration::from_secs(3600));
    let began = tokio::time::Instant::now();
    world.work();
    assert_eq!(world.settled(&name("a")).await, Status::Ready);
    assert!(began.elapsed() < Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn the_longest_times_that_can_be_set_are_no_error() {
    let settings = Settings {
        import_retry: Duration::MAX,
        remember_deleted: Duration::MAX,
        ..Settings::default()
    };
    let world = World::new(settings).await;
    world.work();
    put_file(&world, FILE);
    world.buckets.fails.store(5, Ordering::Relaxed);
    assert_eq!(import(&world).await.1, Status::Ready);
}

#[tokio::test]
async fn a_job_that_was_cut_off_is_taken_up_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().to_owned());
    let world = World::on(location.clone(), Settings::default()).await;
    world.create(imported("a")).await;
    world.engine.close().await;
    drop(world);
    let world = World::on(location, Settings::default()).await;
    put_file(&world, FILE);
    world.work();
    assert_eq!(world.settled(&name("a")).await, Status::Ready);
}

#[tokio::test]
async fn a_delete_ends_an_import_and_nothing_revives_the_store() {
    let world = World::new(Settings::default()).await;
    put_file(&world, FILE);
    let created = world.create(imported("a")).await;
    world.work();
    // The delete races with the import: it wins, or names a version that is no longer current.
    loop {
        let store = world.store("a").await;
        if world
            .service
            .delete_store(&author(), &name("a"), store.etag)
            .await
            .is_ok()
        {
            break;
        }
    }
    let again = world.ready("a").await;
    assert_ne!(again.id, created.id);
    let gone = world.service.describe_contents(&created.arn()).await;
    assert_eq!(gone.unwrap_err(), DataError::Deleted);
    assert_eq!(world.contents(&again).await.items, 0);
}

#[tokio::test(start_paused = true)]
async fn provisioning_can_be_stretched() {
    let settings = Settings {
        provisioning: Duration::from_secs(20),
        ..Settings::default()
    };
    let world = World::new(settings).await;
    world.work();
    let created = world.create(new("a")).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let store = world.store("a").await;
    assert_eq!(store.status, Status::Provisioning);
    let refused = world.service.get_key(&created.arn(), "a").await;
    assert_eq!(refused.unwrap_err(), DataError::NotReady);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(world.settled(&name("a")).await, Status::Ready);
}

#[tokio::test]
async fn a_deleted_store_is_forgotten_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().to_owned());
    let world = World::on(location.clone(), Settings::default()).await;
    world.work();
    let arn = world.ready("a").await;
    let store = world.store("a").await;
    assert_ne!(store.etag, ETag::Control(0));
    world.delete("a", store.etag).await;
    world.engine.close().await;
    drop(world);
    let world = World::on(location, Settings::default()).await;
    let answer = async || world.service.describe_contents(&arn).await.unwrap_err();
    assert_eq!(answer().await, DataError::Deleted);
    world.clock.pass(Duration::from_secs(31 * 24 * 60 * 60));
    assert_eq!(answer().await, DataError::StoreNotFound);
    world.work();
    let forgotten = async {
        while has_tombstone(&*world.engine).await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), forgotten)
        .await
        .unwrap();
}

async fn has_tombstone(engine: &dyn Engine) -> bool {
    let mut load = engine.load(&Known::new()).await.unwrap();
    let mut found = false;
    while let Some(piece) = load.pieces.recv().await {
        found |= matches!(piece, Ok(Piece::Record(_, Record::Tombstone(_))));
    }
    found
}

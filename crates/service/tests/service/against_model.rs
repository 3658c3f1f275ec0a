//! The whole service against a small model of it: any sequence of operations gives the same answers,
//! versions, counts and sizes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::{Counting, World, account, author, name, new};
use keyfront_model::{Comment, ETag, Key, Limits, StoreArn, Value};
use keyfront_service::{ControlError, DataError, Edit, Quota, Settings, Written};
use keyfront_sqlite::{Location, SqliteEngine};
use keyfront_storage::conformance::distant::{Behaviour, Cluster, DistantEngine};
use keyfront_storage::{Engine, Retention};
use proptest::prelude::*;

/// A store as the model has it.
#[derive(Clone)]
struct Modelled {
    arn: StoreArn,
    control: ETag,
    data: ETag,
    comment: Option<String>,
    entries: BTreeMap<String, String>,
}

impl Modelled {
    fn bytes(&self) -> u64 {
        self.entries
            .iter()
            .map(|(key, value)| (key.len() + value.len()) as u64)
            .sum()
    }
}

#[derive(Default)]
struct Model {
    stores: BTreeMap<String, Modelled>,
    gone: Vec<Modelled>,
}

/// Which version a write names.
#[derive(Debug, Clone, Copy)]
enum Version {
    Current,
    Stale,
}

#[derive(Debug, Clone)]
enum Operation {
    Create(u8),
    Delete(u8, Version),
    Update(u8, Version, String),
    Write(u8, Version, Vec<(String, Option<String>)>),
    Put(u8, Version, String, String),
    Remove(u8, Version, String),
    Get(u8, String),
    ListKeys(u8, usize),
    ListStores(usize),
    Describe(u8),
    UseGone(usize),
}

const LIMITS: Limits = Limits {
    key_bytes: 8,
    value_bytes: 16,
    store_bytes: 60,
    keys_per_update: 4,
    update_bytes: 40,
    import_bytes: 1000,
    stores_per_account: 3,
    function_code_bytes: 10,
    functions_per_account: 3,
};

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let store = 0..4u8;
    let version = || prop_oneof![5 => Just(Version::Current), 1 => Just(Version::Stale)];
    let key = || prop_oneof![8 => "[a-d]", 1 => "[a-dé]{5,10}", 1 => Just("./ %".to_owned())];
    let value = || prop_oneof![8 => "[a-zé]{0,12}", 1 => "[a-z]{15,18}"];
    let edits = || prop::collection::vec((key(), prop::option::of(value())), 0..6);
    let operation = prop_oneof![
        3 => store.clone().prop_map(Operation::Create),
        1 => (store.clone(), version()).prop_map(|(s, v)| Operation::Delete(s, v)),
        1 => (store.clone(), version(), "[a-z]{0,5}").prop_map(|(s, v, c)| Operation::Update(s, v, c)),
        6 => (store.clone(), version(), edits()).prop_map(|(s, v, e)| Operation::Write(s, v, e)),
        6 => (store.clone(), version(), key(), value()).prop_map(|(s, v, k, x)| Operation::Put(s, v, k, x)),
        3 => (store.clone(), version(), key()).prop_map(|(s, v, k)| Operation::Remove(s, v, k)),
        3 => (store.clone(), key()).prop_map(|(s, k)| Operation::Get(s, k)),
        2 => (store.clone(), 1..4usize).prop_map(|(s, n)| Operation::ListKeys(s, n)),
        1 => (1..3usize).prop_map(Operation::ListStores),
        2 => store.prop_map(Operation::Describe),
        1 => (0..3usize).prop_map(Operation::UseGone),
    ];
    prop::collection::vec(operation, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sequence_gives_the_answers_of_the_model(operations in operations()) {
        run(play(Box::new(sqlite()), operations));
    }

    #[test]
    fn any_sequence_gives_them_on_a_distant_engine_too(operations in operations(), seed: u64) {
        run(play(Box::new(distant(Behaviour::far(seed))), operations));
    }
}

fn run(play: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(play);
}

fn sqlite() -> SqliteEngine {
    SqliteEngine::open(&Location::Memory, Retention::default()).unwrap()
}

fn distant(behaviour: Behaviour) -> DistantEngine {
    let cluster = Cluster::new(behaviour, Retention::default());
    cluster.connect("one").unwrap()
}

async fn play(engine: Box<dyn Engine>, operations: Vec<Operation>) {
    let settings = Settings {
        limits: LIMITS,
        ..Settings::default()
    };
    let world = World::over(engine.into(), Arc::new(Counting::default()), settings).await;
    world.work();
    let mut model = Model::default();
    for operation in operations {
        model.step(&world, operation).await;
    }
}

fn store_name(n: u8) -> String {
    format!("store-{n}")
}

impl Model {
    async fn step(&mut self, world: &World, operation: Operation) {
        match operation {
            Operation::Create(n) => self.create(world, &store_name(n)).await,
            Operation::Delete(n, version) => self.delete(world, &store_name(n), version).await,
            Operation::Update(n, version, comment) => {
                self.update(world, &store_name(n), version, comment).await;
            }
            Operation::Write(n, version, edits) => {
                self.write(world, &store_name(n), version, &edits).await
            }
            Operation::Put(n, version, key, value) => {
                self.put(world, &store_name(n), version, &key, &value).await;
            }
            Operation::Remove(n, version, key) => {
                self.remove(world, &store_name(n), version, &key).await
            }
            Operation::Get(n, key) => self.get(world, &store_name(n), &key).await,
            Operation::ListKeys(n, most) => self.list_keys(world, &store_name(n), most).await,
            Operation::ListStores(most) => self.list_stores(world, most).await,
            Operation::Describe(n) => self.describe(world, &store_name(n)).await,
            Operation::UseGone(n) => self.use_gone(world, n).await,
        }
    }

    async fn create(&mut self, world: &World, text: &str) {
        let outcome = world.service.create_store(&author(), new(text)).await;
        if self.stores.contains_key(text) {
            assert_eq!(outcome.unwrap_err(), ControlError::AlreadyExists);
        } else if self.stores.len() as u64 == LIMITS.stores_per_account {
            assert_eq!(outcome.unwrap_err(), ControlError::TooManyStores);
        } else {
            let created = outcome.unwrap();
            world.settled(&name(text)).await;
            let store = world.store(text).await;
            let contents = world.contents(&store.arn()).await;
            assert_ne!(created.etag, store.etag);
            assert!(created.modified < store.modified);
            let modelled = Modelled {
                arn: store.arn(),
                control: store.etag,
                data: contents.etag,
                comment: None,
                entries: BTreeMap::new(),
            };
            self.stores.insert(text.to_owned(), modelled);
        }
    }

    async fn delete(&mut self, world: &World, text: &str, version: Version) {
        let etag = self.control_version(text, version);
        let outcome = world
            .service
            .delete_store(&author(), &name(text), etag)
            .await;
        match (self.stores.contains_key(text), version) {
            (false, _) => assert_eq!(outcome, Err(ControlError::NotFound)),
            (true, Version::Stale) => assert_eq!(outcome, Err(ControlError::StaleVersion)),
            (true, Version::Current) => {
                assert_eq!(outcome, Ok(()));
                self.gone.extend(self.stores.remove(text));
            }
        }
    }

    async fn update(&mut self, world: &World, text: &str, version: Version, comment: String) {
        let etag = self.control_version(text, version);
        let new = Some(Comment::try_from(comment.clone()).unwrap());
        let outcome = world
            .service
            .update_store(&author(), &name(text), etag, new)
            .await;
        match (self.stores.get_mut(text), version) {
            (None, _) => assert_eq!(outcome.unwrap_err(), ControlError::NotFound),
            (Some(_), Version::Stale) => {
                assert_eq!(outcome.unwrap_err(), ControlError::StaleVersion)
            }
            (Some(store), Version::Current) => {
                let updated = outcome.unwrap();
                assert_ne!(updated.etag, store.control);
                store.control = updated.etag;
                store.comment = Some(comment);
            }
        }
    }

    async fn write(
        &mut self,
        world: &World,
        text: &str,
        version: Version,
        edits: &[(String, Option<String>)],
    ) {
        let arn = self.arn(text);
        let etag = self.data_version(text, version);
        let given: Vec<_> = edits
            .iter()
            .map(|(key, value)| edit(key, value.as_deref()))
            .collect();
        let outcome = world
            .service
            .update_keys(&author(), &arn, etag, &given)
            .await;
        let expected = self.expect_write(text, version, edits, false);
        self.compare_write(text, outcome, expected);
    }

    async fn put(&mut self, world: &World, text: &str, version: Version, key: &str, value: &str) {
        let arn = self.arn(text);
        let etag = self.data_version(text, version);
        let (new_key, new_value) = (Key::new(key).unwrap(), Value::new(value));
        let outcome = world
            .service
            .put_key(&author(), &arn, etag, new_key, new_value)
            .await;
        let edits = [(key.to_owned(), Some(value.to_owned()))];
        let expected = self.expect_write(text, version, &edits, false);
        self.compare_write(text, outcome, expected);
    }

    async fn remove(&mut self, world: &World, text: &str, version: Version, key: &str) {
        let arn = self.arn(text);
        let etag = self.data_version(text, version);
        let outcome = world
            .service
            .delete_key(&author(), &arn, etag, Key::new(key).unwrap())
            .await;
        let expected = self.expect_write(text, version, &[(key.to_owned(), None)], true);
        self.compare_write(text, outcome, expected);
    }

    /// The entries after a write, or why it is refused, in the order in which AWS is taken to check.
    fn expect_write(
        &self,
        text: &str,
        version: Version,
        edits: &[(String, Option<String>)],
        must_exist: bool,
    ) -> Result<(BTreeMap<String, String>, bool), DataError> {
        let over = |quota| Err(DataError::OverQuota(quota));
        let mut keys: Vec<_> = edits.iter().map(|(key, _)| key).collect();
        keys.sort();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(DataError::KeyTwice);
        }
        if edits.len() > LIMITS.keys_per_update {
            return over(Quota::KeysPerUpdate);
        }
        for (key, value) in edits {
            match value {
                Some(_) if key.len() as u64 > LIMITS.key_bytes => return over(Quota::KeyBytes),
                Some(value) if value.len() as u64 > LIMITS.value_bytes => {
                    return over(Quota::ValueBytes);
                }
                _ => {}
            }
        }
        let size = |(key, value): &(String, Option<String>)| {
            key.len() + value.as_ref().map_or(0, String::len)
        };
        if edits.iter().map(size).sum::<usize>() as u64 > LIMITS.update_bytes {
            return over(Quota::UpdateBytes);
        }
        let store = self.stores.get(text).ok_or(DataError::StoreNotFound)?;
        if matches!(version, Version::Stale) {
            return Err(DataError::StaleVersion);
        }
        let mut after = store.clone();
        let mut effective = false;
        for (key, value) in edits {
            let before = match value {
                Some(value) => after.entries.insert(key.clone(), value.clone()),
                None => after.entries.remove(key),
            };
            effective |= value.is_some() || before.is_some();
            if must_exist && before.is_none() {
                return Err(DataError::KeyNotFound);
            }
        }
        if after.bytes() > LIMITS.store_bytes {
            return over(Quota::StoreBytes);
        }
        Ok((after.entries, effective))
    }

    fn compare_write(
        &mut self,
        text: &str,
        outcome: Result<Written, DataError>,
        expected: Result<(BTreeMap<String, String>, bool), DataError>,
    ) {
        match expected {
            Err(error) => assert_eq!(outcome.unwrap_err(), error),
            Ok((entries, effective)) => {
                let written = outcome.unwrap();
                let store = self.stores.get_mut(text).unwrap();
                // A put is a change even of an identical value; removing what is absent is none.
                assert_eq!(written.etag != store.data, effective);
                store.entries = entries;
                store.data = written.etag;
                assert_eq!(written.items, store.entries.len() as u64);
                assert_eq!(written.bytes, store.bytes());
            }
        }
    }

    async fn get(&self, world: &World, text: &str, key: &str) {
        let outcome = world.service.get_key(&self.arn(text), key).await;
        let Some(store) = self.stores.get(text) else {
            assert_eq!(outcome.unwrap_err(), DataError::StoreNotFound);
            return;
        };
        match store.entries.get(key) {
            None => assert_eq!(outcome.unwrap_err(), DataError::KeyNotFound),
            Some(value) => {
                let read = outcome.unwrap();
                assert_eq!(read.value.as_str(), value);
                assert_eq!(
                    (read.items, read.bytes),
                    (store.entries.len() as u64, store.bytes())
                );
            }
        }
    }

    async fn list_keys(&self, world: &World, text: &str, most: usize) {
        let Some(store) = self.stores.get(text) else {
            return;
        };
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = world
                .service
                .list_keys(&store.arn, after.as_deref(), most)
                .await
                .unwrap();
            assert!(page.entries.len() <= most && (page.entries.len() == most || !page.more));
            let text = page
                .entries
                .iter()
                .map(|(key, value)| (key.as_str().to_owned(), value.as_str().to_owned()));
            found.extend(text);
            if !page.more {
                break;
            }
            after = found.last().map(|(key, _)| key.clone());
        }
        assert_eq!(found, store.entries.clone().into_iter().collect::<Vec<_>>());
    }

    async fn list_stores(&self, world: &World, most: usize) {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = world
                .service
                .list_stores(account(), after.as_ref(), None, most)
                .await
                .unwrap();
            found.extend(page.stores.iter().map(|store| store.name.to_string()));
            after = page.stores.last().map(|store| store.name.clone());
            if !page.more {
                break;
            }
        }
        assert_eq!(found, self.stores.keys().cloned().collect::<Vec<_>>());
    }

    async fn describe(&self, world: &World, text: &str) {
        let outcome = world.service.describe_store(account(), &name(text)).await;
        let Some(expected) = self.stores.get(text) else {
            assert_eq!(outcome.unwrap_err(), ControlError::NotFound);
            return;
        };
        let store = outcome.unwrap();
        assert_eq!((store.arn(), store.etag), (expected.arn, expected.control));
        assert_eq!(
            store.comment.as_ref().map(Comment::as_str),
            expected.comment.as_deref()
        );
        let contents = world.contents(&expected.arn).await;
        assert_eq!(contents.etag, expected.data);
        assert_eq!(
            (contents.items, contents.bytes),
            (expected.entries.len() as u64, expected.bytes())
        );
    }

    async fn use_gone(&self, world: &World, n: usize) {
        let Some(gone) = self.gone.get(n) else { return };
        let described = world.service.describe_contents(&gone.arn).await;
        assert_eq!(described.unwrap_err(), DataError::Deleted);
        let got = world.service.get_key(&gone.arn, "a").await;
        assert_eq!(got.unwrap_err(), DataError::StoreNotFound);
        let key = Key::new("a").unwrap();
        let put = world
            .service
            .put_key(&author(), &gone.arn, gone.data, key, Value::new(""))
            .await;
        assert_eq!(put.unwrap_err(), DataError::Deleted);
    }

    fn arn(&self, text: &str) -> StoreArn {
        let nobodys = StoreArn {
            account: account(),
            id: keyfront_model::StoreId::from_random(u128::MAX),
        };
        self.stores.get(text).map_or(nobodys, |store| store.arn)
    }

    fn control_version(&self, text: &str, version: Version) -> ETag {
        let current = self.stores.get(text).map(|store| store.control);
        named(current, version, ETag::Control(u64::MAX))
    }

    fn data_version(&self, text: &str, version: Version) -> ETag {
        let current = self.stores.get(text).map(|store| store.data);
        named(current, version, ETag::Data(u64::MAX))
    }
}

fn named(current: Option<ETag>, version: Version, stale: ETag) -> ETag {
    match version {
        Version::Current => current.unwrap_or(stale),
        Version::Stale => stale,
    }
}

fn edit(key: &str, value: Option<&str>) -> Edit {
    Edit {
        key: Key::new(key).unwrap(),
        value: value.map(Value::new),
    }
}

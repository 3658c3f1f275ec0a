//! Functions and the stores that they use against a small model: any sequence of operations gives the same
//! answers, and who uses a store is what the stages say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keyfront_model::{ETag, FunctionConfig, FunctionId, FunctionStage, Limits, StoreArn, StoreId};
use keyfront_service::{AssociationError, ControlError, FunctionError, FunctionStatus, Settings};
use keyfront_sqlite::{Location, SqliteEngine};
use keyfront_storage::conformance::distant::{Behaviour, Cluster};
use keyfront_storage::{Engine, Piece, Record, RecordId, Retention};
use proptest::prelude::*;

use crate::common::{Counting, World, author, name, new};
use crate::functions::{code, config, new_function};

/// What a stage has.
#[derive(Clone)]
struct Stage {
    etag: ETag,
    store: Option<StoreArn>,
    code: String,
}

#[derive(Clone)]
struct Modelled {
    id: FunctionId,
    development: Stage,
    live: Option<Stage>,
    /// Whether LIVE is what DEVELOPMENT is.
    is_published: bool,
}

#[derive(Default)]
struct Model {
    stores: BTreeMap<u8, (StoreArn, ETag)>,
    functions: BTreeMap<u8, Modelled>,
}

/// The number of a store, of which there may be none, or no association.
type Associated = Option<u8>;

#[derive(Debug, Clone)]
enum Operation {
    CreateStore(u8),
    DeleteStore(u8),
    Create(u8, Associated),
    Update(u8, bool, Associated),
    Publish(u8, bool),
    Delete(u8, bool),
    Describe(u8),
    List,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let store = 0..3u8;
    let function = 0..4u8;
    let associated = || prop::option::of(0..3u8);
    let is_current = || prop::bool::weighted(0.85);
    let operation = prop_oneof![
        2 => store.clone().prop_map(Operation::CreateStore),
        3 => store.prop_map(Operation::DeleteStore),
        5 => (function.clone(), associated()).prop_map(|(f, s)| Operation::Create(f, s)),
        5 => (function.clone(), is_current(), associated())
            .prop_map(|(f, v, s)| Operation::Update(f, v, s)),
        5 => (function.clone(), is_current()).prop_map(|(f, v)| Operation::Publish(f, v)),
        3 => (function.clone(), is_current()).prop_map(|(f, v)| Operation::Delete(f, v)),
        2 => function.prop_map(Operation::Describe),
        1 => Just(Operation::List),
    ];
    prop::collection::vec(operation, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sequence_gives_the_answers_of_the_model(operations in operations()) {
        let engine = SqliteEngine::open(&Location::Memory, Retention::default()).unwrap();
        run(Arc::new(engine), operations);
    }

    #[test]
    fn any_sequence_gives_them_on_a_distant_engine_too(operations in operations(), seed: u64) {
        let cluster = Cluster::new(Behaviour::far(seed), Retention::default());
        run(Arc::new(cluster.connect("one").unwrap()), operations);
    }
}

fn run(engine: Arc<dyn Engine>, operations: Vec<Operation>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let settings = Settings {
            limits: Limits {
                functions_per_account: 3,
                ..Limits::default()
            },
            ready_at_once: true,
            ..Settings::default()
        };
        let world = World::over(engine, Arc::new(Counting::default()), settings).await;
        let mut model = Model::default();
        for operation in operations {
            model.step(&world, operation).await;
            model.check_users(&world).await;
        }
    });
}

fn function_name(n: u8) -> String {
    format!("f{n}")
}

impl Model {
    async fn step(&mut self, world: &World, operation: Operation) {
        match operation {
            Operation::CreateStore(n) => self.create_store(world, n).await,
            Operation::DeleteStore(n) => self.delete_store(world, n).await,
            Operation::Create(n, associated) => self.create(world, n, associated).await,
            Operation::Update(n, current, associated) => {
                self.update(world, n, current, associated).await;
            }
            Operation::Publish(n, current) => self.publish(world, n, current).await,
            Operation::Delete(n, current) => self.delete(world, n, current).await,
            Operation::Describe(n) => self.describe(world, n).await,
            Operation::List => self.list(world).await,
        }
    }

    async fn create_store(&mut self, world: &World, n: u8) {
        let text = format!("s{n}");
        let created = world.service.create_store(&author(), new(&text)).await;
        if let Ok(store) = created {
            let twice = self.stores.insert(n, (store.arn(), store.etag));
            assert!(twice.is_none());
        } else {
            assert!(self.stores.contains_key(&n));
        }
    }

    async fn delete_store(&mut self, world: &World, n: u8) {
        let Some((arn, etag)) = self.stores.get(&n).copied() else {
            return;
        };
        let text = name(&format!("s{n}"));
        let deleted = world.service.delete_store(&author(), &text, etag).await;
        if self.users().contains_key(&arn.id) {
            assert_eq!(deleted, Err(ControlError::InUse));
        } else {
            assert_eq!(deleted, Ok(()));
            self.stores.remove(&n);
        }
    }

    /// The configuration that is asked for, and why it is refused.
    fn associating(&self, associated: Associated) -> (FunctionConfig, Option<FunctionError>) {
        let Some(n) = associated else {
            return (config(None), None);
        };
        if let Some((arn, _)) = self.stores.get(&n) {
            return (config(Some(*arn)), None);
        }
        let absent = StoreArn {
            account: crate::common::account(),
            id: StoreId::from_random(u128::MAX),
        };
        let refused = FunctionError::Association(absent, AssociationError::NotFound);
        (config(Some(absent)), Some(refused))
    }

    async fn create(&mut self, world: &World, n: u8, associated: Associated) {
        let (config, refused) = self.associating(associated);
        let mut new = new_function(&function_name(n), None);
        new.config = config;
        let created = world.service.create_function(&author(), new).await;
        if self.functions.contains_key(&n) {
            assert_eq!(created.unwrap_err(), FunctionError::AlreadyExists);
        } else if self.functions.len() == 3 {
            assert_eq!(created.unwrap_err(), FunctionError::TooManyFunctions);
        } else if let Some(refused) = refused {
            assert_eq!(created.unwrap_err(), refused);
        } else {
            let created = created.unwrap();
            let development = Stage {
                etag: created.function.etag,
                store: created.function.config.store().copied(),
                code: "code".to_owned(),
            };
            let modelled = Modelled {
                id: created.function.id,
                development,
                live: None,
                is_published: false,
            };
            self.functions.insert(n, modelled);
        }
    }

    /// The version that is named, and why it is refused.
    fn version(&self, n: u8, current: bool) -> (ETag, Option<FunctionError>) {
        let other = ETag::Control(u64::MAX);
        match self.functions.get(&n) {
            None => (other, Some(FunctionError::NotFound)),
            Some(_) if !current => (other, Some(FunctionError::StaleVersion)),
            Some(function) => (function.development.etag, None),
        }
    }

    async fn update(&mut self, world: &World, n: u8, current: bool, associated: Associated) {
        let (version, stale) = self.version(n, current);
        let (config, refused) = self.associating(associated);
        let text = format!("code-{version}");
        let updated = world
            .service
            .update_function(&author(), &function_name(n), version, config, code(&text))
            .await;
        if let Some(error) = stale.or(refused) {
            assert_eq!(updated.unwrap_err(), error);
            return;
        }
        let updated = updated.unwrap();
        assert_eq!(updated.status, FunctionStatus::Unpublished);
        assert_ne!(updated.function.etag, version);
        let modelled = self.functions.get_mut(&n).unwrap();
        modelled.is_published = false;
        modelled.development = Stage {
            etag: updated.function.etag,
            store: updated.function.config.store().copied(),
            code: text,
        };
    }

    async fn publish(&mut self, world: &World, n: u8, current: bool) {
        let (version, stale) = self.version(n, current);
        let published = world
            .service
            .publish_function(&author(), &function_name(n), version)
            .await;
        if let Some(error) = stale {
            assert_eq!(published.unwrap_err(), error);
            return;
        }
        let published = published.unwrap();
        assert_eq!(published.status, FunctionStatus::Unassociated);
        let modelled = self.functions.get_mut(&n).unwrap();
        modelled.is_published = true;
        modelled.live = Some(Stage {
            etag: published.function.etag,
            ..modelled.development.clone()
        });
    }

    async fn delete(&mut self, world: &World, n: u8, current: bool) {
        let (version, stale) = self.version(n, current);
        let deleted = world
            .service
            .delete_function(&author(), &function_name(n), version)
            .await;
        match stale {
            Some(error) => assert_eq!(deleted.unwrap_err(), error),
            None => {
                assert_eq!(deleted, Ok(()));
                self.functions.remove(&n);
            }
        }
    }

    async fn describe(&self, world: &World, n: u8) {
        for stage in FunctionStage::ALL {
            let described = world
                .service
                .describe_function(&function_name(n), stage)
                .await;
            let function = self.functions.get(&n);
            let expected = function.and_then(|function| match stage {
                FunctionStage::Development => Some(&function.development),
                FunctionStage::Live => function.live.as_ref(),
            });
            let Some(expected) = expected else {
                assert_eq!(described.unwrap_err(), FunctionError::NotFound);
                continue;
            };
            let described = described.unwrap();
            let found = &described.function;
            assert_eq!((found.stage, found.etag), (stage, expected.etag));
            assert_eq!(found.config.store().copied(), expected.store);
            assert_eq!(found.code.as_ref(), expected.code.as_bytes());
            let is_live =
                stage == FunctionStage::Live || function.is_some_and(|it| it.is_published);
            let status = if is_live {
                FunctionStatus::Unassociated
            } else {
                FunctionStatus::Unpublished
            };
            assert_eq!(described.status, status);
        }
    }

    async fn list(&self, world: &World) {
        let page = world.service.list_functions(None, None, 100).await.unwrap();
        let found = page.functions.iter();
        let found: Vec<_> = found
            .map(|summary| (summary.function.id, summary.function.stage))
            .collect();
        let expected = self.functions.values().flat_map(|function| {
            let live = function.live.as_ref();
            let live = live.map(|_| (function.id, FunctionStage::Live));
            [Some((function.id, FunctionStage::Development)), live]
        });
        assert_eq!(found, expected.flatten().collect::<Vec<_>>());
    }

    /// The stages that use each store.
    fn users(&self) -> BTreeMap<StoreId, BTreeSet<RecordId>> {
        let mut users = BTreeMap::<_, BTreeSet<_>>::new();
        for function in self.functions.values() {
            let stages = [
                (FunctionStage::Development, Some(&function.development)),
                (FunctionStage::Live, function.live.as_ref()),
            ];
            for (stage, found) in stages {
                if let Some(store) = found.and_then(|found| found.store) {
                    let user = RecordId::Function(function.id, stage);
                    users.entry(store.id).or_default().insert(user);
                }
            }
        }
        users
    }

    /// Holds what is stored of users and counts against the model.
    async fn check_users(&self, world: &World) {
        let known = Default::default();
        let load = loop {
            // A load of the distant engine may fail.
            if let Ok(load) = world.engine.load(&known).await {
                break load;
            }
        };
        let mut pieces = load.pieces;
        let (mut users, mut counted) = (BTreeMap::new(), 0);
        while let Some(piece) = pieces.recv().await {
            match piece {
                Ok(Piece::Record(_, Record::Users(found))) => {
                    assert!(!found.users.is_empty());
                    users.insert(found.store, found.users);
                }
                Ok(Piece::Record(_, Record::Account(account))) => counted = account.functions,
                Ok(_) => {}
                // It was given up; the next step looks again.
                Err(_) => return,
            }
        }
        assert_eq!(users, self.users());
        assert_eq!(counted, self.functions.len() as u64);
    }
}

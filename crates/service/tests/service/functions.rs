//! What the operations on functions do, beyond what `functions_against_model` compares.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use keyfront_model::{
    ETag, FunctionArn, FunctionCode, FunctionComment, FunctionConfig, FunctionRuntime,
    FunctionStage, IfMatch, ImportSource, Key, Limits, ResourceArn, S3Arn, Status, StoreArn,
    StoreId, TagKey, TagValue, Tags, Value,
};
use keyfront_service::ports::{RunnerError, TestOutcome};
use keyfront_service::{
    AssociationError, Authorized, ControlError, FunctionError, FunctionPlace, FunctionStatus,
    NewFunction, NewStore, Settings, TestRequest, Unusable,
};
use keyfront_storage::conformance::distant::{Behaviour, Cluster};
use keyfront_storage::{Engine, Retention, Subject};

use crate::client::Anybody;
use crate::common::{Counting, REFUSAL, World, account, author, name, new};

const DEVELOPMENT: FunctionStage = FunctionStage::Development;
const LIVE: FunctionStage = FunctionStage::Live;

pub(crate) fn config(store: Option<StoreArn>) -> FunctionConfig {
    let comment = FunctionComment::try_from("c".to_owned()).unwrap();
    FunctionConfig::new(comment, FunctionRuntime::Js2, store).unwrap()
}

pub(crate) fn code(text: &str) -> FunctionCode {
    FunctionCode::try_from(text.as_bytes().to_vec()).unwrap()
}

pub(crate) fn new_function(text: &str, store: Option<StoreArn>) -> NewFunction {
    NewFunction {
        account: account(),
        name: text.parse().unwrap(),
        config: config(store),
        code: code("code"),
        tags: Tags::default(),
    }
}

fn request(stage: FunctionStage, version: impl Into<IfMatch>) -> TestRequest {
    TestRequest {
        stage,
        version: version.into(),
        event: Bytes::from_static(b"{}"),
        deadline: None,
    }
}

async fn create(world: &World, text: &str, store: Option<StoreArn>) -> ETag {
    let created = world
        .service
        .create_function(&author(), new_function(text, store))
        .await;
    created.unwrap().function.etag
}

#[tokio::test]
async fn stages_have_versions_times_and_statuses_of_their_own() {
    let world = World::new(Settings::default()).await;
    let first = create(&world, "f", None).await;
    let describe = async |stage| world.service.describe_function("f", stage).await;
    assert_eq!(describe(LIVE).await.unwrap_err(), FunctionError::NotFound);
    let development = describe(DEVELOPMENT).await.unwrap();
    assert_eq!(development.status, FunctionStatus::Unpublished);
    assert_eq!(development.function.etag, first);

    let published = world
        .service
        .publish_function(&author(), "f", first)
        .await
        .unwrap();
    assert_eq!(published.function.stage, LIVE);
    assert_eq!(published.status, FunctionStatus::Unassociated);
    let live = describe(LIVE).await.unwrap();
    let development = describe(DEVELOPMENT).await.unwrap();
    assert_eq!(live.function, published.function);
    assert_eq!(development.status, FunctionStatus::Unassociated);
    assert_eq!(development.function.etag, first);
    assert_ne!(live.function.etag, first);
    assert!(live.function.created > development.function.created);

    // LIVE's version is none of DEVELOPMENT's.
    let live_etag = live.function.etag;
    let stale = world
        .service
        .publish_function(&author(), "f", live_etag)
        .await;
    assert_eq!(stale.unwrap_err(), FunctionError::StaleVersion);
    let stale = world
        .service
        .update_function(&author(), "f", live_etag, config(None), code("other"))
        .await;
    assert_eq!(stale.unwrap_err(), FunctionError::StaleVersion);
    let stale = world
        .service
        .delete_function(&author(), "f", live_etag)
        .await;
    assert_eq!(stale.unwrap_err(), FunctionError::StaleVersion);

    // An unchanged function can be published again.
    let again = world.service.publish_function(&author(), "f", first).await;
    let again = again.unwrap();
    assert_ne!(again.function.etag, live_etag);
    assert_eq!(again.function.created, published.function.created);

    let updated = world
        .service
        .update_function(&author(), "f", first, config(None), code("other"))
        .await
        .unwrap();
    assert_eq!(updated.status, FunctionStatus::Unpublished);
    assert!(updated.function.modified > updated.function.created);
    let get = async |stage| {
        let function = world.service.function("f").await;
        let found = world.service.0.get_function(&function, stage).await;
        found.unwrap().code.clone()
    };
    assert_eq!(get(DEVELOPMENT).await, code("other"));
    assert_eq!(get(LIVE).await, code("code"));
    assert_eq!(
        describe(LIVE).await.unwrap().status,
        FunctionStatus::Unassociated
    );
    assert_eq!(
        describe(DEVELOPMENT).await.unwrap().status,
        FunctionStatus::Unpublished
    );
}

#[tokio::test]
async fn a_function_that_behaviours_use_is_deployed_and_stays() {
    let world = World::new(Settings::default()).await;
    let first = create(&world, "f", None).await;
    world
        .service
        .publish_function(&author(), "f", first)
        .await
        .unwrap();
    let arn = "arn:aws:cloudfront::000000000000:function/f".to_owned();
    world.uses.0.lock().unwrap().insert(arn.clone(), 3);
    for stage in FunctionStage::ALL {
        let described = world.service.describe_function("f", stage).await.unwrap();
        assert_eq!(described.status, FunctionStatus::Deployed);
    }
    let refused = world.service.delete_function(&author(), "f", first).await;
    let expected = FunctionError::InUse("f".parse().unwrap(), 3);
    assert_eq!(refused.unwrap_err(), expected);
    world.uses.0.lock().unwrap().remove(&arn);
    let deleted = world.service.delete_function(&author(), "f", first).await;
    assert_eq!(deleted, Ok(()));
    for stage in FunctionStage::ALL {
        let described = world.service.describe_function("f", stage).await;
        assert_eq!(described.unwrap_err(), FunctionError::NotFound);
    }
}

#[tokio::test]
async fn only_a_ready_store_of_the_account_can_be_associated() {
    let world = World::new(Settings::default()).await;
    let waiting = world.create(new("waiting")).await.arn();
    let refused = async |store| {
        let created = world
            .service
            .create_function(&author(), new_function("f", Some(store)))
            .await;
        created.unwrap_err()
    };
    let expect = |store, why| FunctionError::Association(store, why);
    assert_eq!(
        refused(waiting).await,
        expect(waiting, AssociationError::Provisioning)
    );
    world.work();
    assert_eq!(world.settled(&name("waiting")).await, Status::Ready);
    let failed = world
        .create(NewStore {
            source: Some(ImportSource {
                object: "arn:aws:s3:::nowhere/x".parse::<S3Arn>().unwrap(),
            }),
            ..new("failed")
        })
        .await;
    world.settled(&failed.name).await;
    assert_eq!(
        refused(failed.arn()).await,
        expect(failed.arn(), AssociationError::ImportFailed)
    );
    let absent = StoreArn {
        id: StoreId::from_random(99),
        ..waiting
    };
    let anothers = StoreArn {
        account: "123456789012".parse().unwrap(),
        ..waiting
    };
    for store in [absent, anothers] {
        assert_eq!(
            refused(store).await,
            expect(store, AssociationError::NotFound)
        );
    }
    let etag = create(&world, "f", Some(waiting)).await;
    let updated = world
        .service
        .update_function(&author(), "f", etag, config(Some(absent)), code("x"))
        .await;
    assert_eq!(
        updated.unwrap_err(),
        expect(absent, AssociationError::NotFound)
    );
}

#[tokio::test]
async fn live_keeps_its_store_until_the_next_publish() {
    let world = World::new(Settings::default()).await;
    world.work();
    let store = world.ready("s").await;
    let version = world.store("s").await.etag;
    let first = create(&world, "f", Some(store)).await;
    world
        .service
        .publish_function(&author(), "f", first)
        .await
        .unwrap();
    let delete = async || {
        world
            .service
            .delete_store(&author(), &name("s"), version)
            .await
    };
    assert_eq!(delete().await, Err(ControlError::InUse));
    let updated = world
        .service
        .update_function(&author(), "f", first, config(None), code("x"))
        .await
        .unwrap();
    let live = world.service.describe_function("f", LIVE).await.unwrap();
    assert_eq!(live.function.config.store(), Some(&store));
    assert_eq!(delete().await, Err(ControlError::InUse));
    world
        .service
        .publish_function(&author(), "f", updated.function.etag)
        .await
        .unwrap();
    assert_eq!(delete().await, Ok(()));
}

/// Of an association and the delete of the store one wins, whichever node decides it.
#[tokio::test]
async fn an_association_and_the_delete_of_its_store_never_both_win() {
    let cluster = Cluster::new(Behaviour::far(7), Retention::default());
    let mut worlds = Vec::new();
    for (number, node) in [(1, "one"), (2, "two")] {
        let engine: Arc<dyn Engine> = Arc::new(cluster.connect(node).unwrap());
        let random = Arc::new(Counting::from(number));
        worlds.push(World::over(engine, random, Settings::default()).await);
    }
    worlds[0].work();
    let mut outcomes = [0, 0];
    for round in 0..30 {
        let text = format!("s{round}");
        let store = worlds[0].ready(&text).await;
        let version = worlds[0].store(&text).await.etag;
        let function = format!("f{round}");
        let (author, name) = (author(), name(&text));
        let associating = worlds[1]
            .service
            .create_function(&author, new_function(&function, Some(store)));
        let deleting = worlds[0].service.delete_store(&author, &name, version);
        let (associated, deleted) = tokio::join!(associating, deleting);
        match (associated, deleted) {
            (Ok(_), Err(error)) => {
                outcomes[0] += 1;
                assert_eq!(error, ControlError::InUse);
            }
            (Err(error), Ok(())) => {
                outcomes[1] += 1;
                let missing = AssociationError::NotFound;
                assert_eq!(error, FunctionError::Association(store, missing));
            }
            both => panic!("{both:?}"),
        }
    }
    assert_eq!(outcomes.iter().sum::<i32>(), 30);
}

#[tokio::test]
async fn of_many_that_create_a_function_one_wins_and_the_quota_holds() {
    let settings = Settings {
        limits: Limits {
            functions_per_account: 5,
            function_code_bytes: 4,
            ..Limits::default()
        },
        ..Settings::default()
    };
    let world = World::new(settings).await;
    let author = author();
    let same = join_all((0..8).map(|_| {
        world
            .service
            .create_function(&author, new_function("f", None))
    }));
    let same = same.await;
    assert_eq!(same.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let creating = (0..10).map(|number| {
        let new = new_function(&format!("f{number}"), None);
        world.service.create_function(&author, new)
    });
    let outcomes = join_all(creating).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 4);
    for error in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(error, FunctionError::TooManyFunctions);
    }
    let larger = NewFunction {
        code: code("12345"),
        ..new_function("g", None)
    };
    let refused = world.service.create_function(&author, larger).await;
    assert_eq!(refused.unwrap_err(), FunctionError::CodeTooLarge);
    let first = world.service.describe_function("f", DEVELOPMENT).await;
    let etag = first.unwrap().function.etag;
    let refused = world
        .service
        .update_function(&author, "f", etag, config(None), code("12345"))
        .await;
    assert_eq!(refused.unwrap_err(), FunctionError::CodeTooLarge);
    world
        .service
        .delete_function(&author, "f", etag)
        .await
        .unwrap();
    create(&world, "g", None).await;
}

#[tokio::test]
async fn a_run_gets_the_stage_and_its_store_as_one_snapshot_has_them() {
    let world = World::new(Settings::default()).await;
    world.work();
    let store = world.ready("s").await;
    let version = world.contents(&store).await.etag;
    let key = Key::new("k").unwrap();
    world
        .service
        .put_key(&author(), &store, version, key, Value::new("v"))
        .await
        .unwrap();
    let first = create(&world, "f", Some(store)).await;
    let outcome = TestOutcome {
        compute_utilization: 19,
        logs: vec!["a line".to_owned()],
        error_message: String::new(),
        output: "{}".to_owned(),
    };
    *world.runner.answer.lock().unwrap() = Ok(outcome.clone());
    let tested = world
        .service
        .test_function("f", request(DEVELOPMENT, first))
        .await
        .unwrap();
    assert_eq!(tested.outcome, outcome);
    assert_eq!(tested.summary.function.etag, first);
    let asked = world.runner.asked.lock().unwrap().pop().unwrap();
    assert_eq!(asked.function, tested.summary.function);
    assert_eq!((&*asked.event, asked.account), (&b"{}"[..], account()));
    let view = asked.store.unwrap();
    assert_eq!((view.store.id, view.contents.head.items), (store.id, 1));
    assert_eq!(view.contents.entries.get("k").unwrap().as_str(), "v");

    for (error, expected) in [
        (RunnerError::Failed, FunctionError::TestFailed),
        (
            RunnerError::BadEvent("why".to_owned()),
            FunctionError::BadEvent("why".to_owned()),
        ),
        (
            RunnerError::NoRoom {
                text: "full".to_owned(),
            },
            FunctionError::NoRoom("full".to_owned()),
        ),
    ] {
        *world.runner.answer.lock().unwrap() = Err(error);
        let refused = world
            .service
            .test_function("f", request(DEVELOPMENT, first))
            .await;
        assert_eq!(refused.unwrap_err(), expected);
    }
    // What is refused is not run.
    world.runner.asked.lock().unwrap().clear();
    for (asked, expected) in [
        (request(LIVE, first), FunctionError::NotFound),
        (
            request(DEVELOPMENT, ETag::Control(u64::MAX)),
            FunctionError::StaleVersion,
        ),
        (
            request(DEVELOPMENT, IfMatch::NotAnETag),
            FunctionError::NotAnETag,
        ),
    ] {
        let refused = world.service.test_function("f", asked).await;
        assert_eq!(refused.unwrap_err(), expected);
    }
    assert!(world.runner.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn broken_code_is_refused_only_if_the_operator_wants_it() {
    let broken = || NewFunction {
        code: code("class A{}"),
        ..new_function("f", None)
    };
    let world = World::new(Settings::default()).await;
    let created = world.service.create_function(&author(), broken()).await;
    let etag = created.unwrap().function.etag;
    let published = world.service.publish_function(&author(), "f", etag).await;
    assert!(published.is_ok());

    let strict = World::new(Settings {
        refuse_broken_functions: true,
        ..Settings::default()
    })
    .await;
    let expected = FunctionError::Broken(REFUSAL.to_owned());
    let refused = strict.service.create_function(&author(), broken()).await;
    assert_eq!(refused.unwrap_err(), expected);
    let etag = create(&strict, "f", None).await;
    let refused = strict
        .service
        .update_function(&author(), "f", etag, config(None), code("class A{}"))
        .await;
    assert_eq!(refused.unwrap_err(), expected);
    let published = strict.service.publish_function(&author(), "f", etag).await;
    assert!(published.is_ok());
}

#[tokio::test]
async fn a_list_goes_on_at_any_place_also_of_a_function_that_is_gone() {
    let world = World::new(Settings::default()).await;
    for text in ["a", "b", "c"] {
        let etag = create(&world, text, None).await;
        if text != "b" {
            let published = world.service.publish_function(&author(), text, etag).await;
            published.unwrap();
        }
    }
    let all = async |stage| {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = world.service.list_functions(after.as_ref(), stage, 1).await;
            let page = page.unwrap();
            for summary in &page.functions {
                let function = &summary.function;
                found.push(format!("{} {}", function.name, function.stage));
                after = Some(FunctionPlace {
                    name: function.name.clone(),
                    stage: function.stage,
                });
            }
            if !page.more {
                return found;
            }
        }
    };
    let both = [
        "a DEVELOPMENT",
        "a LIVE",
        "b DEVELOPMENT",
        "c DEVELOPMENT",
        "c LIVE",
    ];
    assert_eq!(all(None).await, both);
    assert_eq!(all(Some(LIVE)).await, ["a LIVE", "c LIVE"]);
    assert_eq!(all(Some(DEVELOPMENT)).await.len(), 3);
    let after = FunctionPlace {
        name: "aa".parse().unwrap(),
        stage: DEVELOPMENT,
    };
    let page = world.service.list_functions(Some(&after), None, 9).await;
    assert_eq!(page.unwrap().functions.len(), 3);
}

#[tokio::test]
async fn a_function_has_tags_and_a_history_that_end_with_it() {
    let world = World::new(Settings::default()).await;
    let etag = create(&world, "f", None).await;
    let arn: FunctionArn = "arn:aws:cloudfront::000000000000:function/f"
        .parse()
        .unwrap();
    let target = async || {
        let found = world
            .service
            .tagged_resource(ResourceArn::Function(arn.clone()))
            .await;
        Authorized::new(found.unwrap(), &Anybody).unwrap()
    };
    let tags = Tags::new(vec![(
        TagKey::try_from("k".to_owned()).unwrap(),
        TagValue::try_from("v".to_owned()).unwrap(),
    )])
    .unwrap();
    let judged = target().await;
    let service = &world.service.0;
    service.add_tags(&author(), &judged, &tags).await.unwrap();
    assert_eq!(service.list_tags(&judged).await.unwrap(), tags);
    let described = world.service.describe_function("f", DEVELOPMENT).await;
    let function = described.unwrap().function;
    // Tags are no part of the configuration.
    assert_eq!(function.etag, etag);
    let history = async || {
        let subject = Subject::Function(function.id);
        let page = world.engine.history(subject, None, 10).await.unwrap();
        page.commits.len()
    };
    assert_eq!(history().await, 2);
    world
        .service
        .delete_function(&author(), "f", etag)
        .await
        .unwrap();
    assert_eq!(history().await, 1);
    create(&world, "f", None).await;
    // What was judged is the function that was deleted, and not the one that has its name now.
    assert_eq!(
        service.list_tags(&judged).await,
        Err(ControlError::NotFound)
    );
    assert_eq!(
        service.list_tags(&target().await).await,
        Ok(Tags::default())
    );
}

#[tokio::test]
async fn a_function_that_takes_the_name_of_the_judged_one_is_not_touched() {
    let world = World::new(Settings::default()).await;
    let first = create(&world, "f", None).await;
    let judged = world.service.function("f").await;
    world
        .service
        .delete_function(&author(), "f", first)
        .await
        .unwrap();
    let heir = create(&world, "f", None).await;
    let service = &world.service.0;
    for version in [
        IfMatch::from(first),
        IfMatch::from(heir),
        IfMatch::NotAnETag,
    ] {
        let deleted = service.delete_function(&author(), &judged, version).await;
        assert_eq!(deleted.unwrap_err(), FunctionError::NotFound);
        let published = service.publish_function(&author(), &judged, version).await;
        assert_eq!(published.unwrap_err(), FunctionError::NotFound);
    }
    // An unusable request is judged as well.
    let asked = Unusable::Other(judged.target().arn().to_string());
    assert!(Authorized::new(asked, &Anybody).is_ok());
}

//! What is judged is what is changed.

use std::cell::RefCell;

use keyfront_model::{IfMatch, ImportSource, ResourceArn, S3Arn, TagKey, TagValue, Tags};
use keyfront_service::{Authorized, ControlError, Judge, NewStore, Resource, Settings, Unusable};

use crate::client::Anybody;
use crate::common::{World, account, author, name, new};

/// Notes what it is asked, and denies one thing.
#[derive(Default)]
struct Notes {
    asked: RefCell<Vec<String>>,
    denied: Option<&'static str>,
}

impl Notes {
    fn take(&self, text: String) -> Result<(), String> {
        let denied = self.denied.is_some_and(|denied| text.contains(denied));
        self.asked.borrow_mut().push(text.clone());
        if denied { Err(text) } else { Ok(()) }
    }
}

impl Judge for Notes {
    type Denied = String;

    fn operation(&self, resource: &Resource) -> Result<(), String> {
        let by_id = resource.by_id.as_deref().unwrap_or("-");
        let asked = resource.asked();
        self.take(format!("{} {by_id}, asked as {asked}", resource.arn))
    }

    fn import(&self, object: &S3Arn) -> Result<(), String> {
        self.take(object.to_string())
    }
}

#[tokio::test]
async fn a_store_that_takes_the_name_of_the_judged_one_is_not_touched() {
    let world = World::new(Settings::default()).await;
    world.work();
    world.ready("a").await;
    let judged = world.service.named(account(), &name("a")).await;
    let first = world.service.0.describe_store(&judged).await.unwrap();
    let nobody = world.service.named(account(), &name("b")).await;

    world.delete("a", first.etag).await;
    for text in ["a", "b"] {
        world.ready(text).await;
    }
    let heir = world.store("a").await;
    assert_ne!(heir.id, first.id);

    // Even the version of the other store is of no use with what was judged before it was there.
    for target in [&judged, &nobody] {
        for version in [first.etag.into(), heir.etag.into(), IfMatch::NotAnETag] {
            let service = &world.service.0;
            let described = service.describe_store(target).await;
            assert_eq!(described.unwrap_err(), ControlError::NotFound);
            let updated = service.update_store(&author(), target, version, None).await;
            assert_eq!(updated.unwrap_err(), ControlError::NotFound);
            let deleted = service.delete_store(&author(), target, version).await;
            assert_eq!(deleted.unwrap_err(), ControlError::NotFound);
        }
    }
    let after = world.service.describe_store(account(), &name("a")).await;
    assert_eq!(after.unwrap(), heir);
}

#[tokio::test]
async fn a_store_is_judged_by_its_name_and_its_id_and_an_unknown_id_like_all_stores() {
    let world = World::new(Settings::default()).await;
    world.work();
    let arn = world.ready("a").await;
    let by_name = |text: &str| format!("arn:aws:cloudfront::000000000000:key-value-store/{text}");
    let notes = Notes::default();
    let service = &world.service.0;
    for text in ["a", "absent"] {
        let store = service.named_store(account(), name(text)).await.unwrap();
        Authorized::new(store, &notes).unwrap();
    }
    let store = service
        .tagged_resource(ResourceArn::Store(arn))
        .await
        .unwrap();
    let tagged = Authorized::new(store, &notes).unwrap();
    let anothers = keyfront_model::StoreArn {
        account: "123456789012".parse().unwrap(),
        ..arn
    };
    let store = service
        .tagged_resource(ResourceArn::Store(anothers))
        .await
        .unwrap();
    Authorized::new(store, &notes).unwrap();
    Authorized::new(arn, &notes).unwrap();
    let all_of_another = "arn:aws:cloudfront::123456789012:key-value-store/*";
    assert_eq!(
        *notes.asked.borrow(),
        [
            format!("{0} {arn}, asked as {0}", by_name("a")),
            format!("{0} -, asked as {0}", by_name("absent")),
            format!("{} {arn}, asked as {arn}", by_name("a")),
            format!("{all_of_another} {anothers}, asked as {anothers}"),
            format!("{arn} -, asked as {arn}"),
        ]
    );
    let tags = Tags::new(vec![(
        TagKey::try_from("k".to_owned()).unwrap(),
        TagValue::try_from("v".to_owned()).unwrap(),
    )]);
    let tags = tags.unwrap();
    service.add_tags(&author(), &tagged, &tags).await.unwrap();
    assert_eq!(service.list_tags(&tagged).await.unwrap(), tags);
}

#[test]
fn an_import_needs_the_rights_to_its_object_also_where_the_request_has_another_fault() {
    let object: S3Arn = "arn:aws:s3:::team-a/x.json".parse().unwrap();
    let import = NewStore {
        source: Some(ImportSource {
            object: object.clone(),
        }),
        ..new("a")
    };
    let faulty = Unusable::NewStore {
        account: account(),
        name: name("a"),
        import: Some(object.clone()),
    };
    let denying = |denied| Notes {
        denied,
        ..Notes::default()
    };
    for denied in ["key-value-store/a", "team-a"] {
        assert!(Authorized::new(import.clone(), &denying(Some(denied))).is_err());
        assert!(Authorized::new(faulty.clone(), &denying(Some(denied))).is_err());
        assert_eq!(
            Authorized::new(new("a"), &denying(Some(denied))).is_err(),
            denied != "team-a"
        );
    }
    assert!(Authorized::new(import, &Anybody).is_ok());
}

#[tokio::test]
async fn what_is_no_etag_is_told_where_a_stale_one_is() {
    let world = World::new(Settings::default()).await;
    world.work();
    world.ready("a").await;
    let store = world.service.named(account(), &name("a")).await;
    let service = &world.service.0;
    let update = async |version| {
        let updated = service.update_store(&author(), &store, version, None).await;
        updated.map(|store| store.etag)
    };
    let stale = keyfront_model::ETag::Control(u64::MAX);
    assert_eq!(update(stale.into()).await, Err(ControlError::StaleVersion));
    let malformed = update(IfMatch::NotAnETag).await;
    assert_eq!(malformed, Err(ControlError::NotAnETag));
}

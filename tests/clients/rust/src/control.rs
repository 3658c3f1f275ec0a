//! The control plane: each operation and each modelled exception.

use aws_sdk_cloudfront::error::ProvideErrorMetadata;
use aws_sdk_cloudfront::operation::create_key_value_store::builders::CreateKeyValueStoreFluentBuilder;
use aws_sdk_cloudfront::types::{ImportSource, ImportSourceType, Tag, TagKeys, Tags};

use crate::keyfront::{
    BAD_IF_MATCH, Caller, OTHER_CONTROL_ETAG, OTHER_DATA_ETAG, STALE_CONTROL, Settings,
    assert_etag, assert_now, assert_request_id, assert_uuid, given, new_name, put_object, refused,
    refused_as,
};

impl Caller {
    fn create(&self, name: &str) -> CreateKeyValueStoreFluentBuilder {
        self.control.create_key_value_store().name(name)
    }

    async fn tags(&self, arn: &str) -> Vec<String> {
        let answer = self
            .control
            .list_tags_for_resource()
            .resource(arn)
            .send()
            .await
            .unwrap();
        assert_request_id(&answer);
        let tag = |tag: &Tag| format!("{}={}", tag.key(), tag.value().unwrap_or_default());
        let mut tags: Vec<_> = answer.tags().unwrap().items().iter().map(tag).collect();
        tags.sort();
        tags
    }

    /// The names of all stores, by the paginator.
    async fn pages(&self, size: i32, status: Option<&str>) -> Vec<Vec<String>> {
        let request = self
            .control
            .list_key_value_stores()
            .set_status(status.map(str::to_owned));
        let mut pages = request.into_paginator().page_size(size).send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            let list = page.key_value_store_list().unwrap();
            assert_eq!(list.max_items(), size);
            assert_eq!(list.quantity() as usize, list.items().len());
            found.push(
                list.items()
                    .iter()
                    .map(|store| store.name().to_owned())
                    .collect(),
            );
        }
        found
    }
}

fn tags(pairs: &[(&str, Option<&str>)]) -> Tags {
    let tag = |(key, value): &(&str, Option<&str>)| {
        Tag::builder()
            .key(*key)
            .set_value(value.map(str::to_owned))
            .build()
            .unwrap()
    };
    Tags::builder()
        .set_items(Some(pairs.iter().map(tag).collect()))
        .build()
}

#[tokio::test]
async fn the_story_of_a_store() {
    story_of_a_store(&Caller::test().await, &given("KEYFRONT_ENDPOINT")).await;
}

pub(crate) async fn story_of_a_store(caller: &Caller, location: &str) {
    let name = new_name();
    let created = caller
        .create(&name)
        .comment("old to new")
        .tags(tags(&[("team", Some("edge"))]))
        .send()
        .await
        .unwrap();
    assert_request_id(&created);
    let store = created.key_value_store().unwrap();
    assert_eq!(store.name(), name);
    assert_eq!(store.comment(), "old to new");
    assert_eq!(store.status(), Some("PROVISIONING"));
    assert_uuid(store.id());
    let arn = format!(
        "arn:aws:cloudfront::{}:key-value-store/{}",
        caller.account,
        store.id()
    );
    assert_eq!(store.arn(), arn);
    assert_now(store.last_modified_time());
    assert_etag("E", created.e_tag());
    let path = format!("{location}/2020-05-31/key-value-store/{arn}");
    assert_eq!(created.location(), Some(path.as_str()));

    let ready = caller.settled(&name).await;
    assert_eq!(ready.key_value_store().unwrap().status(), Some("READY"));
    assert_eq!(ready.key_value_store().unwrap().arn(), arn);
    assert_etag("E", ready.e_tag());
    assert_ne!(ready.e_tag(), created.e_tag());
    assert!(caller.pages(100, None).await.concat().contains(&name));

    let updated = caller
        .control
        .update_key_value_store()
        .name(&name)
        .comment("newer")
        .if_match(ready.e_tag().unwrap())
        .send()
        .await
        .unwrap();
    assert_request_id(&updated);
    assert_eq!(updated.key_value_store().unwrap().comment(), "newer");
    assert_etag("E", updated.e_tag());
    let described = caller
        .control
        .describe_key_value_store()
        .name(&name)
        .send()
        .await
        .unwrap();
    assert_eq!(described.e_tag(), updated.e_tag());
    assert_eq!(described.key_value_store(), updated.key_value_store());

    assert_eq!(caller.tags(&arn).await, ["team=edge"]);
    let more = tags(&[("team", Some("größer +/=@")), ("bare", None)]);
    let tagged = caller
        .control
        .tag_resource()
        .resource(&arn)
        .tags(more)
        .send()
        .await
        .unwrap();
    assert_request_id(&tagged);
    assert_eq!(caller.tags(&arn).await, ["bare=", "team=größer +/=@"]);
    let keys = TagKeys::builder().items("team").items("never").build();
    let untagged = caller
        .control
        .untag_resource()
        .resource(&arn)
        .tag_keys(keys)
        .send()
        .await
        .unwrap();
    assert_request_id(&untagged);
    assert_eq!(caller.tags(&arn).await, ["bare="]);

    let remove = |etag: Option<&str>| {
        caller
            .control
            .delete_key_value_store()
            .name(&name)
            .if_match(etag.unwrap())
            .send()
    };
    let stale = remove(ready.e_tag()).await;
    refused!(stale, is_precondition_failed, 412, STALE_CONTROL);
    assert_request_id(&remove(updated.e_tag()).await.unwrap());
    let gone = caller
        .control
        .describe_key_value_store()
        .name(&name)
        .send()
        .await;
    refused!(gone, is_entity_not_found, 404);
    assert!(!caller.pages(100, None).await.concat().contains(&name));
}

#[tokio::test]
async fn a_comment_is_kept_to_the_character() {
    let caller = Caller::fresh().await;
    let long = "😀".repeat(128);
    for comment in [
        "",
        " two  blanks ",
        "<a&b>\"'é]]>",
        "line\nline\ttab\u{2028}",
        &long,
    ] {
        let name = new_name();
        let created = caller.create(&name).comment(comment).send().await.unwrap();
        assert_eq!(created.key_value_store().unwrap().comment(), comment);
        let ready = caller.settled(&name).await;
        assert_eq!(ready.key_value_store().unwrap().comment(), comment);
        let etag = ready.e_tag().unwrap();
        caller
            .control
            .delete_key_value_store()
            .name(name)
            .if_match(etag)
            .send()
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_comment_that_was_never_given_is_empty_to_this_sdk() {
    let caller = Caller::fresh().await;
    let name = new_name();
    let created = caller.create(&name).send().await.unwrap();
    assert_eq!(created.key_value_store().unwrap().comment(), "");
    assert_eq!(
        caller
            .settled(&name)
            .await
            .key_value_store()
            .unwrap()
            .comment(),
        ""
    );
}

#[tokio::test]
async fn stores_come_in_pages() {
    let caller = Caller::fresh().await;
    let answer = caller.control.list_key_value_stores().send().await.unwrap();
    let list = answer.key_value_store_list().unwrap();
    assert_eq!((list.quantity(), list.max_items()), (0, 100));
    let none: [[&str; 0]; 1] = [[]];
    assert_eq!(caller.pages(2, None).await, none);
    let names = ["b", "a", "B", "0", "c"];
    for name in names {
        caller.create(name).send().await.unwrap();
    }
    for name in names {
        caller.settled(name).await;
    }
    assert_eq!(
        caller.pages(2, None).await,
        [vec!["0", "B"], vec!["a", "b"], vec!["c"]]
    );
    assert_eq!(
        caller.pages(5, Some("READY")).await,
        [["0", "B", "a", "b", "c"]]
    );
    assert_eq!(caller.pages(5, Some("PROVISIONING")).await, none);
}

#[tokio::test]
async fn an_import_that_fails() {
    let caller = Caller::fresh().await;
    let source = put_object("broken.json", "{\"data\":[\n{\"key\":\"a\"}]}");
    caller
        .create("broken")
        .import_source(source)
        .send()
        .await
        .unwrap();
    let answer = caller.settled("broken").await;
    assert_eq!(
        answer.key_value_store().unwrap().status(),
        Some("IMPORT_FAILED")
    );
    assert_eq!(caller.pages(5, Some("IMPORT_FAILED")).await, [["broken"]]);
}

#[tokio::test]
async fn any_region_signs() {
    let settings = Settings {
        region: Some("eu-west-1"),
        ..Settings::default()
    };
    story_of_a_store(&Caller::new(settings).await, &given("KEYFRONT_ENDPOINT")).await;
}

#[tokio::test]
async fn an_account_is_an_access_key_of_itself() {
    let settings = Settings {
        key: Some("123456789012".to_owned()),
        ..Settings::default()
    };
    story_of_a_store(&Caller::new(settings).await, &given("KEYFRONT_ENDPOINT")).await;
}

#[tokio::test]
async fn entity_already_exists() {
    let caller = Caller::fresh().await;
    caller.create("one").send().await.unwrap();
    let again = caller.create("one").send().await;
    let text = "The entity already exists. You must provide a unique entity.";
    refused!(again, is_entity_already_exists, 409, text);
}

#[tokio::test]
async fn entity_limit_exceeded() {
    let caller = Caller::fresh().await;
    for n in 0..given("KEYFRONT_STORES_PER_ACCOUNT").parse().unwrap() {
        let n: u32 = n;
        caller.create(&n.to_string()).send().await.unwrap();
    }
    let more = caller.create("more").send().await;
    refused!(
        more,
        is_entity_limit_exceeded,
        400,
        "The entity limit has been exceeded."
    );
}

#[tokio::test]
async fn entity_size_limit_exceeded() {
    let huge = Caller::fresh()
        .await
        .create("huge")
        .comment("x".repeat(500_000))
        .send()
        .await;
    refused!(
        huge,
        is_entity_size_limit_exceeded,
        413,
        "The entity size limit was exceeded."
    );
}

#[tokio::test]
async fn entity_not_found() {
    let caller = Caller::fresh().await;
    let text = "The key value store entity was not found.";
    let describing = caller
        .control
        .describe_key_value_store()
        .name("none")
        .send()
        .await;
    refused!(describing, is_entity_not_found, 404, text);
    let updating = caller
        .control
        .update_key_value_store()
        .name("none")
        .comment("");
    let updating = updating.if_match(OTHER_CONTROL_ETAG).send().await;
    refused!(updating, is_entity_not_found, 404, text);
    let deleting = caller.control.delete_key_value_store().name("none");
    let deleting = deleting.if_match(OTHER_CONTROL_ETAG).send().await;
    refused!(deleting, is_entity_not_found, 404, text);
}

#[tokio::test]
async fn invalid_argument() {
    let caller = Caller::fresh().await;
    for name in ["", "a.b", "a b", "ä", &"x".repeat(65)] {
        refused!(caller.create(name).send().await, is_invalid_argument, 400);
    }
    let long = caller.create("a").comment("x".repeat(129)).send().await;
    refused!(long, is_invalid_argument, 400);
    let source = ImportSource::builder()
        .source_type(ImportSourceType::S3)
        .source_arn("nonsense");
    let importing = caller
        .create("a")
        .import_source(source.build().unwrap())
        .send()
        .await;
    refused!(importing, is_invalid_argument, 400);
    let tagging = caller
        .create("a")
        .tags(tags(&[("aws:mine", None)]))
        .send()
        .await;
    refused!(tagging, is_invalid_argument, 400);
    let describing = caller
        .control
        .describe_key_value_store()
        .name("a/b")
        .send()
        .await;
    refused!(describing, is_invalid_argument, 400);
    let listing = caller
        .control
        .list_key_value_stores()
        .status("nonsense")
        .send()
        .await;
    refused!(listing, is_invalid_argument, 400);
    // This SDK does not send a zero.
    let listing = caller
        .control
        .list_key_value_stores()
        .max_items(-1)
        .send()
        .await;
    refused!(listing, is_invalid_argument, 400);
    let none: [[&str; 0]; 1] = [[]];
    assert_eq!(caller.pages(5, None).await, none);
}

#[tokio::test]
async fn invalid_if_match_version_and_precondition_failed() {
    let caller = Caller::fresh().await;
    caller.create("one").send().await.unwrap();
    let etag = caller.settled("one").await.e_tag().unwrap().to_owned();
    let update = |etag: &str| {
        caller
            .control
            .update_key_value_store()
            .name("one")
            .comment("c")
            .if_match(etag)
            .send()
    };
    let remove = |etag: &str| {
        caller
            .control
            .delete_key_value_store()
            .name("one")
            .if_match(etag)
            .send()
    };
    for bad in ["*", "nonsense", &format!("W/\"{etag}\"")] {
        refused!(
            update(bad).await,
            is_invalid_if_match_version,
            400,
            BAD_IF_MATCH
        );
        refused!(
            remove(bad).await,
            is_invalid_if_match_version,
            400,
            BAD_IF_MATCH
        );
    }
    for stale in [OTHER_CONTROL_ETAG, OTHER_DATA_ETAG] {
        refused!(
            update(stale).await,
            is_precondition_failed,
            412,
            STALE_CONTROL
        );
        refused!(
            remove(stale).await,
            is_precondition_failed,
            412,
            STALE_CONTROL
        );
    }
    let quoted = update(&format!("\"{etag}\"")).await.unwrap();
    assert_eq!(quoted.key_value_store().unwrap().comment(), "c");
}

#[tokio::test]
async fn invalid_tagging_no_such_resource_and_access_denied_of_tags() {
    let caller = Caller::fresh().await;
    let created = caller.create("one").send().await.unwrap();
    let arn = created.key_value_store().unwrap().arn();
    let good = tags(&[("k", Some("v"))]);
    let keys = TagKeys::builder().items("k").build();
    let bad = tags(&[("a*", None)]);
    let tagging = caller
        .control
        .tag_resource()
        .resource(arn)
        .tags(bad)
        .send()
        .await;
    refused!(tagging, is_invalid_tagging, 400);
    assert!(caller.tags(arn).await.is_empty());

    macro_rules! each {
        ($arn:expr, $variant:ident, $status:expr, $text:expr) => {{
            let arn = $arn;
            let listing = caller
                .control
                .list_tags_for_resource()
                .resource(&arn)
                .send()
                .await;
            refused!(listing, $variant, $status, $text);
            let tagging = caller
                .control
                .tag_resource()
                .resource(&arn)
                .tags(good.clone());
            refused!(tagging.send().await, $variant, $status, $text);
            let untagging = caller
                .control
                .untag_resource()
                .resource(&arn)
                .tag_keys(keys.clone());
            refused!(untagging.send().await, $variant, $status, $text);
        }};
    }
    let text = "A resource that was specified is not valid.";
    each!(caller.arn(), is_no_such_resource, 404, text);
    each!(Caller::fresh().await.arn(), is_access_denied, 403, "");
    each!("nonsense".to_owned(), is_invalid_argument, 400, "");
}

#[tokio::test]
async fn unsupported_operation() {
    let listing = Caller::test().await.control.list_vpc_origins().send().await;
    let text = listing.as_ref().unwrap_err().message().unwrap().to_owned();
    assert!(
        text.contains("GET") && text.contains("/2020-05-31/vpc-origin"),
        "{text}"
    );
    refused!(listing, is_unsupported_operation, 400);
}

#[tokio::test]
async fn credentials_that_are_wrong() {
    let settings = Settings {
        secret: Some("wrong"),
        ..Settings::default()
    };
    let listing = Caller::new(settings)
        .await
        .control
        .list_key_value_stores()
        .send()
        .await;
    refused_as!(listing, "SignatureDoesNotMatch", 403);
    let settings = Settings {
        key: Some("AKIANOBODY".to_owned()),
        ..Settings::default()
    };
    let listing = Caller::new(settings)
        .await
        .control
        .list_key_value_stores()
        .send()
        .await;
    refused_as!(listing, "InvalidClientTokenId", 403);
}

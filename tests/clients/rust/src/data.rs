//! The data plane: each operation and each modelled exception.

use std::collections::BTreeMap;

use aws_sdk_cloudfront::types::ImportSource;
use aws_sdk_cloudfrontkeyvaluestore::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudfrontkeyvaluestore::operation::delete_key::{DeleteKeyError, DeleteKeyOutput};
use aws_sdk_cloudfrontkeyvaluestore::operation::describe_key_value_store::DescribeKeyValueStoreOutput;
use aws_sdk_cloudfrontkeyvaluestore::operation::get_key::{GetKeyError, GetKeyOutput};
use aws_sdk_cloudfrontkeyvaluestore::operation::put_key::{PutKeyError, PutKeyOutput};
use aws_sdk_cloudfrontkeyvaluestore::operation::update_keys::{UpdateKeysError, UpdateKeysOutput};
use aws_sdk_cloudfrontkeyvaluestore::types::{DeleteKeyRequestListItem, PutKeyRequestListItem};

use crate::keyfront::{
    Caller, OTHER_DATA_ETAG, STALE_DATA, Settings, TOO_MANY_PAIRS, VALUE_TOO_BIG, WRONG_STATE,
    assert_etag, assert_now, assert_request_id, awkward_keys, new_name, put_object, refused,
    refused_as,
};

type Contents = BTreeMap<String, String>;

/// A store that is READY, as its caller sees it; it knows its newest version.
pub(crate) struct Store {
    caller: Caller,
    pub(crate) name: String,
    pub(crate) arn: String,
    etag: String,
}

impl Store {
    pub(crate) async fn new(caller: Caller, source: Option<ImportSource>) -> Self {
        let name = new_name();
        let request = caller.control.create_key_value_store().name(&name);
        let created = request.set_import_source(source).send().await.unwrap();
        caller.settled(&name).await;
        let arn = created.key_value_store().unwrap().arn().to_owned();
        let mut store = Self {
            caller,
            name,
            arn,
            etag: String::new(),
        };
        store.etag = store.describe().await.e_tag().to_owned();
        store
    }

    /// The store with that ARN, as another caller would see it.
    fn of(caller: Caller, arn: &str) -> Self {
        let etag = OTHER_DATA_ETAG.to_owned();
        Self {
            caller,
            name: String::new(),
            arn: arn.to_owned(),
            etag,
        }
    }

    async fn describe(&self) -> DescribeKeyValueStoreOutput {
        let request = self
            .caller
            .data
            .describe_key_value_store()
            .kvs_arn(&self.arn);
        let answer = request.send().await.unwrap();
        assert_request_id(&answer);
        answer
    }

    async fn get(&self, key: &str) -> Result<GetKeyOutput, SdkError<GetKeyError>> {
        self.caller
            .data
            .get_key()
            .kvs_arn(&self.arn)
            .key(key)
            .send()
            .await
    }

    pub(crate) async fn put(
        &mut self,
        key: &str,
        value: &str,
    ) -> Result<PutKeyOutput, SdkError<PutKeyError>> {
        let request = self
            .caller
            .data
            .put_key()
            .kvs_arn(&self.arn)
            .key(key)
            .value(value);
        let answer = request.if_match(&self.etag).send().await?;
        assert_request_id(&answer);
        self.moved(answer.e_tag());
        Ok(answer)
    }

    async fn delete(&mut self, key: &str) -> Result<DeleteKeyOutput, SdkError<DeleteKeyError>> {
        let request = self.caller.data.delete_key().kvs_arn(&self.arn).key(key);
        let answer = request.if_match(&self.etag).send().await?;
        assert_request_id(&answer);
        self.moved(answer.e_tag());
        Ok(answer)
    }

    async fn update(
        &mut self,
        puts: &[(&str, &str)],
        deletes: &[&str],
    ) -> Result<UpdateKeysOutput, SdkError<UpdateKeysError>> {
        let mut request = self
            .caller
            .data
            .update_keys()
            .kvs_arn(&self.arn)
            .if_match(&self.etag);
        for (key, value) in puts {
            let put = PutKeyRequestListItem::builder()
                .key(*key)
                .value(*value)
                .build()
                .unwrap();
            request = request.puts(put);
        }
        for key in deletes {
            request = request.deletes(
                DeleteKeyRequestListItem::builder()
                    .key(*key)
                    .build()
                    .unwrap(),
            );
        }
        let answer = request.send().await?;
        assert_request_id(&answer);
        self.moved(answer.e_tag());
        Ok(answer)
    }

    fn moved(&mut self, etag: &str) {
        assert_etag("KV", Some(etag));
        self.etag = etag.to_owned();
    }

    /// The pages of keys and values, by the paginator.
    async fn pages(&self, size: i32) -> Vec<Vec<(String, String)>> {
        let request = self.caller.data.list_keys().kvs_arn(&self.arn);
        let mut pages = request.into_paginator().page_size(size).send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let item = |item: &aws_sdk_cloudfrontkeyvaluestore::types::ListKeysResponseListItem| {
                (item.key().to_owned(), item.value().to_owned())
            };
            found.push(page.unwrap().items().iter().map(item).collect());
        }
        found
    }

    /// Checks every key, its value, the counts and the sizes.
    async fn assert_holds(&self, contents: &Contents) {
        let expected: Vec<_> = contents.clone().into_iter().collect();
        assert_eq!(self.pages(50).await.concat(), expected);
        let description = self.describe().await;
        assert_eq!(description.item_count() as usize, contents.len());
        let size: usize = contents
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        assert_eq!(description.total_size_in_bytes() as usize, size);
        assert_eq!(description.e_tag(), self.etag);
    }
}

fn contents(pairs: &[(&str, &str)]) -> Contents {
    pairs
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect()
}

fn pairs(contents: &Contents) -> Vec<(&str, &str)> {
    contents
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

/// Expects each operation but Describe to be refused in one way.
macro_rules! refused_each {
    ($store:expr, $refused:ident!($how:tt, $status:expr $(, $text:expr)?)) => {{
        let store = &mut $store;
        let listing = store.caller.data.list_keys().kvs_arn(&store.arn).send().await;
        $refused!(listing, $how, $status $(, $text)?);
        $refused!(store.get("a").await, $how, $status $(, $text)?);
        refused_each_write!(store, $refused!($how, $status $(, $text)?));
    }};
}

macro_rules! refused_each_write {
    ($store:expr, $refused:ident!($how:tt, $status:expr $(, $text:expr)?)) => {{
        $refused!($store.put("a", "1").await, $how, $status $(, $text)?);
        $refused!($store.delete("a").await, $how, $status $(, $text)?);
        $refused!($store.update(&[("a", "1")], &[]).await, $how, $status $(, $text)?);
    }};
}

/// The same for Describe.
macro_rules! refused_describe {
    ($store:expr, $refused:ident!($how:tt, $status:expr $(, $text:expr)?)) => {{
        let request = $store.caller.data.describe_key_value_store().kvs_arn(&$store.arn);
        $refused!(request.send().await, $how, $status $(, $text)?);
    }};
}

#[tokio::test]
async fn the_story_of_keys() {
    story_of_keys(Caller::test().await).await;
}

pub(crate) async fn story_of_keys(caller: Caller) {
    let mut store = Store::new(caller, None).await;
    let empty = store.describe().await;
    assert_etag("KV", Some(empty.e_tag()));
    assert_eq!(empty.kvs_arn(), store.arn);
    assert_eq!(empty.status(), Some("READY"));
    assert_eq!(empty.failure_reason(), None);
    assert_eq!((empty.item_count(), empty.total_size_in_bytes()), (0, 0));
    assert_now(empty.created());
    assert!(empty.last_modified().unwrap() >= empty.created());

    let put = store.put("/sample", "sample").await.unwrap();
    assert_eq!((put.item_count(), put.total_size_in_bytes()), (1, 13));
    let got = store.get("/sample").await.unwrap();
    assert_request_id(&got);
    assert_eq!((got.key(), got.value()), ("/sample", "sample"));
    assert_eq!((got.item_count(), got.total_size_in_bytes()), (1, 13));

    let updated = store
        .update(&[("b", "2"), ("c", "3")], &["/sample", "never"])
        .await
        .unwrap();
    assert_eq!(
        (updated.item_count(), updated.total_size_in_bytes()),
        (2, 4)
    );
    store
        .assert_holds(&contents(&[("b", "2"), ("c", "3")]))
        .await;
    let deleted = store.delete("b").await.unwrap();
    assert_eq!(
        (deleted.item_count(), deleted.total_size_in_bytes()),
        (1, 2)
    );
    store.assert_holds(&contents(&[("c", "3")])).await;
    assert_eq!(store.describe().await.created(), empty.created());
}

#[tokio::test]
async fn each_version_is_used_once() {
    let mut store = Store::new(Caller::fresh().await, None).await;
    let mut seen = vec![store.etag.clone()];
    store.put("a", "1").await.unwrap();
    seen.push(store.etag.clone());
    store.put("a", "1").await.unwrap();
    seen.push(store.etag.clone());
    store.update(&[("b", "")], &[]).await.unwrap();
    seen.push(store.etag.clone());
    store.delete("a").await.unwrap();
    let current = store.etag.clone();
    for (number, stale) in seen.iter().enumerate() {
        assert!(!seen[..number].contains(stale) && *stale != current);
        store.etag = stale.clone();
        refused_each_write!(store, refused!(is_validation_exception, 400, STALE_DATA));
    }
    // Nothing to do: the version stays. One in quotes is the same.
    store.etag = current.clone();
    store.update(&[], &["never"]).await.unwrap();
    store.update(&[], &[]).await.unwrap();
    assert_eq!(store.etag, current);
    store.etag = format!("\"{current}\"");
    store.put("a", "2").await.unwrap();
    store
        .assert_holds(&contents(&[("a", "2"), ("b", "")]))
        .await;
}

#[tokio::test]
async fn keys_are_exact_bytes() {
    check_awkward_keys(Caller::fresh().await).await;
}

pub(crate) async fn check_awkward_keys(caller: Caller) {
    let mut store = Store::new(caller, None).await;
    let mut expected = Contents::new();
    for (number, key) in awkward_keys().into_iter().enumerate() {
        store.put(&key, &format!("value {number}")).await.unwrap();
        expected.insert(key, format!("value {number}"));
    }
    for (key, value) in &expected {
        let got = store.get(key).await.unwrap();
        assert_eq!((got.key(), got.value()), (key.as_str(), value.as_str()));
    }
    store.assert_holds(&expected).await;
    for key in expected.keys() {
        store.delete(key).await.unwrap();
        refused!(store.get(key).await, is_resource_not_found_exception, 404);
    }
    store.assert_holds(&Contents::new()).await;
    store.update(&pairs(&expected), &[]).await.unwrap();
    store.assert_holds(&expected).await;
    let keys: Vec<_> = expected.keys().map(String::as_str).collect();
    store.update(&[], &keys).await.unwrap();
    store.assert_holds(&Contents::new()).await;
}

#[tokio::test]
async fn values_are_exact_bytes() {
    let mut store = Store::new(Caller::fresh().await, None).await;
    let long = "x".repeat(1024);
    let json = r#"{"json": [1, "two"]}"#;
    for value in ["", " ", "é😀\u{2028}", json, "line\n\ttab\\\"\u{1}", &long] {
        store.put("put", value).await.unwrap();
        store.update(&[("updated", value)], &[]).await.unwrap();
        assert_eq!(store.get("put").await.unwrap().value(), value);
        store
            .assert_holds(&contents(&[("put", value), ("updated", value)]))
            .await;
    }
}

#[tokio::test]
async fn keys_come_in_pages() {
    let mut store = Store::new(Caller::fresh().await, None).await;
    assert_eq!(store.pages(10).await, [vec![]]);
    let mut expected = contents(&[
        ("\u{ffff}", "1"),
        ("\u{10000}", "2"),
        ("é", "3"),
        ("B", "4"),
    ]);
    expected.extend((0..23).map(|n| (n.to_string(), "v".to_owned())));
    store.update(&pairs(&expected), &[]).await.unwrap();
    store.assert_holds(&expected).await;
    for (size, lengths) in [(10, [10, 10, 7]), (9, [9, 9, 9])] {
        assert_eq!(
            store
                .pages(size)
                .await
                .iter()
                .map(Vec::len)
                .collect::<Vec<_>>(),
            lengths
        );
    }
    let request = || store.caller.data.list_keys().kvs_arn(&store.arn);
    let first = request().send().await.unwrap();
    assert_eq!(first.items().len(), 10);
    let token = first.next_token().unwrap();
    let rest = request()
        .next_token(token)
        .max_results(50)
        .send()
        .await
        .unwrap();
    assert_eq!((rest.items().len(), rest.next_token()), (17, None));
}

#[tokio::test]
async fn an_import_from_a_bucket() {
    let mut expected = Contents::new();
    let mut items = Vec::new();
    for (number, key) in awkward_keys().into_iter().enumerate() {
        let escaped = key.replace('\\', r"\\").replace('"', "\\\"");
        let escaped = escaped.replace('\n', r"\n").replace('\t', r"\t");
        items.push(format!(r#"{{"key":"{escaped}","value":"value {number}"}}"#));
        expected.insert(key, format!("value {number}"));
    }
    let text = format!(r#"{{"data":[{}]}}"#, items.join(","));
    let source = put_object(&format!("sp ace +%é-{}.json", new_name()), &text);
    let mut store = Store::new(Caller::test().await, Some(source)).await;
    store.assert_holds(&expected).await;
    store.put("new", "1").await.unwrap();
    assert_eq!(store.get(".").await.unwrap().value(), expected["."]);
}

#[tokio::test]
async fn an_import_that_fails_says_why_and_its_store_can_only_be_described() {
    let text = "{\"data\":[\n{\"key\":\"a\",\"value\":\"1\"},\n{\"key\":\"a\",\"value\":\"2\"}]}";
    let source = put_object(&format!("{}.json", new_name()), text);
    let mut store = Store::new(Caller::fresh().await, Some(source)).await;
    let description = store.describe().await;
    assert_eq!(description.status(), Some("IMPORT_FAILED"));
    assert!(
        description.failure_reason().unwrap().contains("\"a\""),
        "{description:?}"
    );
    refused_each!(store, refused!(is_conflict_exception, 409, WRONG_STATE));
}

#[tokio::test]
async fn any_region_signs() {
    let settings = Settings {
        region: Some("eu-west-1"),
        ..Settings::default()
    };
    story_of_keys(Caller::new(settings).await).await;
}

#[tokio::test]
async fn conflict_exception_of_a_store_that_was_deleted() {
    let mut store = Store::new(Caller::fresh().await, None).await;
    let etag = store
        .caller
        .settled(&store.name)
        .await
        .e_tag()
        .unwrap()
        .to_owned();
    let request = store
        .caller
        .control
        .delete_key_value_store()
        .name(&store.name);
    request.if_match(etag).send().await.unwrap();
    refused_each_write!(store, refused!(is_conflict_exception, 409, WRONG_STATE));
    let listing = store.caller.data.list_keys().kvs_arn(&store.arn);
    refused!(
        listing.send().await,
        is_conflict_exception,
        409,
        WRONG_STATE
    );
    let got = store.get("a").await;
    refused!(
        got,
        is_resource_not_found_exception,
        404,
        "Resource was not found."
    );
    refused_describe!(store, refused!(is_conflict_exception, 409, WRONG_STATE));
}

#[tokio::test]
async fn resource_not_found_exception_of_a_store_that_never_was_and_of_a_key() {
    let text = "Resource was not found.";
    let caller = Caller::fresh().await;
    let mut none = Store::of(caller.clone(), &caller.arn());
    refused_each!(none, refused!(is_resource_not_found_exception, 404, text));
    refused_describe!(none, refused!(is_resource_not_found_exception, 404, text));
    let mut store = Store::new(caller, None).await;
    refused!(
        store.get("none").await,
        is_resource_not_found_exception,
        404,
        text
    );
    refused!(
        store.delete("none").await,
        is_resource_not_found_exception,
        404,
        text
    );
}

#[tokio::test]
async fn access_denied_exception_of_a_store_of_another_account() {
    let store = Store::new(Caller::fresh().await, None).await;
    let mut stranger = Store::of(Caller::fresh().await, &store.arn);
    refused_each!(stranger, refused!(is_access_denied_exception, 403));
    refused_describe!(stranger, refused!(is_access_denied_exception, 403));
    store.assert_holds(&Contents::new()).await;
}

#[tokio::test]
async fn validation_exception() {
    let mut store = Store::new(Caller::fresh().await, None).await;
    let etag = store.etag.clone();
    for bad in ["*", "nonsense", &format!("W/\"{etag}\"")] {
        store.etag = bad.to_owned();
        refused_each_write!(store, refused!(is_validation_exception, 400));
    }
    store.etag = etag;
    refused!(
        store.put(&"x".repeat(1025), "").await,
        is_validation_exception,
        400
    );
    let twice = store.update(&[("a", "1"), ("a", "2")], &[]).await;
    refused!(twice, is_validation_exception, 400);
    let both = store.update(&[("a", "1")], &["a"]).await;
    refused!(both, is_validation_exception, 400);
    let list = || store.caller.data.list_keys().kvs_arn(&store.arn);
    refused!(
        list().max_results(51).send().await,
        is_validation_exception,
        400
    );
    refused!(
        list().next_token("é").send().await,
        is_validation_exception,
        400
    );
    store.assert_holds(&Contents::new()).await;
}

#[tokio::test]
async fn service_quota_exceeded_exception() {
    let mut store = Store::new(Caller::fresh().await, None).await;
    let long = "x".repeat(1025);
    let put = store.put("a", &long).await;
    refused!(put, is_service_quota_exceeded_exception, 402, VALUE_TOO_BIG);
    let update = store.update(&[("a", "1"), ("b", &long)], &[]).await;
    refused!(
        update,
        is_service_quota_exceeded_exception,
        402,
        VALUE_TOO_BIG
    );
    let put = store.put(&("é".repeat(256) + "x"), "").await;
    let text = put.as_ref().unwrap_err().message().unwrap();
    assert!(text.starts_with("Limit exceeded: Maximum "), "{text}");
    refused!(put, is_service_quota_exceeded_exception, 402);
    let fifty: Contents = (0..50).map(|n| (n.to_string(), String::new())).collect();
    let update = store.update(&pairs(&fifty), &["more"]).await;
    refused!(
        update,
        is_service_quota_exceeded_exception,
        402,
        TOO_MANY_PAIRS
    );
    store.assert_holds(&Contents::new()).await;
    store.update(&pairs(&fifty), &[]).await.unwrap();
    store.assert_holds(&fifty).await;
}

#[tokio::test]
async fn a_body_that_is_refused_before_all_of_it_has_arrived() {
    let mut store = Store::new(Caller::fresh().await, None).await;
    let put = store.put("a", &"x".repeat(8_000_000)).await;
    refused!(put, is_service_quota_exceeded_exception, 402, VALUE_TOO_BIG);
    store.put("a", "1").await.unwrap();
}

#[tokio::test]
async fn credentials_that_are_wrong() {
    let store = Store::new(Caller::test().await, None).await;
    let wrong = Settings {
        secret: Some("wrong"),
        ..Settings::default()
    };
    let mut stranger = Store::of(Caller::new(wrong).await, &store.arn);
    refused_each!(stranger, refused_as!("InvalidSignatureException", 403));
    refused_describe!(stranger, refused_as!("InvalidSignatureException", 403));
    let nobody = Settings {
        key: Some("AKIANOBODY".to_owned()),
        ..Settings::default()
    };
    let mut stranger = Store::of(Caller::new(nobody).await, &store.arn);
    refused_each!(stranger, refused_as!("UnrecognizedClientException", 403));
    refused_describe!(stranger, refused_as!("UnrecognizedClientException", 403));
    store.assert_holds(&Contents::new()).await;
}

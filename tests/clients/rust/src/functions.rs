//! Functions: a whole life, from an association with a store to a delete.

use aws_sdk_cloudfront::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudfront::operation::get_function::GetFunctionError;
use aws_sdk_cloudfront::operation::test_function::TestFunctionError;
use aws_sdk_cloudfront::operation::update_function::{UpdateFunctionError, UpdateFunctionOutput};
use aws_sdk_cloudfront::primitives::Blob;
use aws_sdk_cloudfront::types::{
    FunctionConfig, FunctionRuntime, FunctionStage, KeyValueStoreAssociation,
    KeyValueStoreAssociations, TestResult,
};

use crate::data::Store;
use crate::keyfront::{
    BAD_IF_MATCH, Caller, STALE_CONTROL, assert_etag, assert_now, assert_request_id, given,
    new_name, refused,
};

const NO_FUNCTION: &str = "The function does not exist.";

const REDIRECT: &str = "import cf from 'cloudfront';
// Bytes that XML, base64 or a character set could change: <&> é 😀
async function handler(event) {
  const to = await cf.kvs().get(event.request.uri);
  console.log(event.request.uri + ' to ' + to);
  return { statusCode: 302, headers: { location: { value: to } } };
}
";

const EVENT: &str = r#"{"version":"1.0","context":{"eventType":"viewer-request"},"viewer":{"ip":"192.0.2.1"},
"request":{"method":"GET","uri":"/old é","headers":{},"querystring":{},"cookies":{}}}"#;

/// One by its name, as its caller sees it.
struct Function {
    caller: Caller,
    name: String,
    config: FunctionConfig,
}

impl Function {
    async fn code(&self, stage: FunctionStage) -> Result<String, SdkError<GetFunctionError>> {
        let request = self.caller.control.get_function().name(&self.name);
        let answer = request.stage(stage).send().await?;
        assert_request_id(&answer);
        let code = answer.function_code.unwrap().into_inner();
        Ok(String::from_utf8(code).unwrap())
    }

    async fn update(
        &self,
        code: &str,
        etag: &str,
    ) -> Result<UpdateFunctionOutput, SdkError<UpdateFunctionError>> {
        let request = self.caller.control.update_function().name(&self.name);
        request
            .function_config(self.config.clone())
            .function_code(Blob::new(code))
            .if_match(etag)
            .send()
            .await
    }

    async fn test(
        &self,
        stage: FunctionStage,
        etag: &str,
    ) -> Result<TestResult, SdkError<TestFunctionError>> {
        let request = self.caller.control.test_function().name(&self.name);
        let event = Blob::new(EVENT);
        let request = request.stage(stage).if_match(etag).event_object(event);
        let answer = request.send().await?;
        assert_request_id(&answer);
        Ok(answer.test_result.unwrap())
    }

    /// Runs a stage, and checks that it has read the store and what it made of that.
    async fn redirects(&self, stage: FunctionStage, etag: Option<&str>, status: u16) {
        let result = self.test(stage.clone(), etag.unwrap()).await.unwrap();
        assert_eq!(result.function_error_message(), Some(""));
        let metadata = result.function_summary().unwrap().function_metadata();
        assert_eq!(metadata.unwrap().stage(), Some(&stage));
        let compute: u32 = result.compute_utilization().unwrap().parse().unwrap();
        assert!((1..=100).contains(&compute), "{compute}");
        let logs = result.function_execution_logs();
        assert_eq!(logs, ["/old é to /new?<1>&2"]);
        let output = result.function_output().unwrap();
        let location = r#""location":{"value":"/new?<1>&2"}"#;
        assert!(output.contains(location), "{output}");
        let status = format!(r#""statusCode":{status}"#);
        assert!(output.contains(&status), "{output}");
    }
}

/// The names and stages of all functions.
async fn listed(caller: &Caller, stage: Option<FunctionStage>) -> Vec<String> {
    let request = caller.control.list_functions().set_stage(stage);
    let answer = request.send().await.unwrap();
    let list = answer.function_list().unwrap();
    assert_eq!(list.quantity() as usize, list.items().len());
    list.items()
        .iter()
        .map(|item| {
            let stage = item.function_metadata().unwrap().stage().unwrap();
            format!("{} {stage}", item.name())
        })
        .collect()
}

#[tokio::test]
async fn the_story_of_a_function() {
    let caller = Caller::fresh().await;
    let control = caller.control.clone();
    let mut store = Store::new(caller.clone(), None).await;
    store.put("/old é", "/new?<1>&2").await.unwrap();
    let association = KeyValueStoreAssociation::builder()
        .key_value_store_arn(&store.arn)
        .build()
        .unwrap();
    let associations = KeyValueStoreAssociations::builder()
        .quantity(1)
        .items(association)
        .build()
        .unwrap();
    let config = FunctionConfig::builder()
        .comment("old to new")
        .runtime(FunctionRuntime::CloudfrontJs20)
        .key_value_store_associations(associations)
        .build()
        .unwrap();
    let function = Function {
        caller: caller.clone(),
        name: new_name(),
        config,
    };
    let name = function.name.as_str();

    let none = control.describe_function().name(name).send().await;
    refused!(none, is_no_such_function_exists, 404, NO_FUNCTION);
    let created = control
        .create_function()
        .name(name)
        .function_config(function.config.clone())
        .function_code(Blob::new(REDIRECT))
        .send()
        .await
        .unwrap();
    assert_request_id(&created);
    assert_etag("E", created.e_tag());
    let location = format!("{}/2020-05-31/function/{name}", given("KEYFRONT_ENDPOINT"));
    assert_eq!(created.location(), Some(location.as_str()));
    let summary = created.function_summary().unwrap();
    assert_eq!(summary.name(), name);
    assert_eq!(summary.status(), Some("UNPUBLISHED"));
    assert_eq!(summary.function_config(), Some(&function.config));
    let metadata = summary.function_metadata().unwrap();
    let arn = format!("arn:aws:cloudfront::{}:function/{name}", caller.account);
    assert_eq!(metadata.function_arn(), arn);
    assert_eq!(metadata.stage(), Some(&FunctionStage::Development));
    assert_now(metadata.created_time().unwrap());

    let described = control.describe_function().name(name).send().await.unwrap();
    assert_eq!(described.e_tag(), created.e_tag());
    assert_eq!(described.function_summary(), Some(summary));
    let code = function.code(FunctionStage::Development).await.unwrap();
    assert_eq!(code, REDIRECT);
    function
        .redirects(FunctionStage::Development, created.e_tag(), 302)
        .await;
    let unpublished = function.code(FunctionStage::Live).await;
    refused!(unpublished, is_no_such_function_exists, 404);

    let old = created.e_tag().unwrap();
    let published = control.publish_function().name(name).if_match(old);
    let published = published.send().await.unwrap();
    assert_request_id(&published);
    let live = published.function_summary().unwrap();
    assert_eq!(live.status(), Some("UNASSOCIATED"));
    let stage = live.function_metadata().unwrap().stage();
    assert_eq!(stage, Some(&FunctionStage::Live));

    let permanent = REDIRECT.replace("302", "301");
    let updated = function.update(&permanent, old).await.unwrap();
    assert_request_id(&updated);
    assert_etag("E", updated.e_tag());
    assert_ne!(updated.e_tag(), created.e_tag());
    let status = updated.function_summary().unwrap().status();
    assert_eq!(status, Some("UNPUBLISHED"));
    let stale = function.update(&permanent, old).await;
    refused!(stale, is_precondition_failed, 412, STALE_CONTROL);
    let stale = function.test(FunctionStage::Development, old).await;
    refused!(stale, is_invalid_if_match_version, 400, BAD_IF_MATCH);

    let code = function.code(FunctionStage::Development).await.unwrap();
    assert_eq!(code, permanent);
    function
        .redirects(FunctionStage::Development, updated.e_tag(), 301)
        .await;
    let code = function.code(FunctionStage::Live).await.unwrap();
    assert_eq!(code, REDIRECT);
    let request = control.describe_function().name(name);
    let live = request.stage(FunctionStage::Live).send().await.unwrap();
    function
        .redirects(FunctionStage::Live, live.e_tag(), 302)
        .await;
    let of_live = format!("{name} LIVE");
    assert_eq!(
        listed(&caller, None).await,
        [format!("{name} DEVELOPMENT"), of_live.clone()]
    );
    assert_eq!(listed(&caller, Some(FunctionStage::Live)).await, [of_live]);

    let etag = caller.settled(&store.name).await.e_tag.unwrap();
    let remove_store = || {
        let request = control.delete_key_value_store().name(&store.name);
        request.if_match(&etag).send()
    };
    refused!(
        remove_store().await,
        is_cannot_delete_entity_while_in_use,
        409
    );
    let remove = |etag: Option<&str>| {
        let request = control.delete_function().name(name);
        request.if_match(etag.unwrap()).send()
    };
    let stale = remove(live.e_tag()).await;
    refused!(stale, is_precondition_failed, 412, STALE_CONTROL);
    assert_request_id(&remove(updated.e_tag()).await.unwrap());
    assert!(listed(&caller, None).await.is_empty());
    let again = remove(updated.e_tag()).await;
    refused!(again, is_no_such_function_exists, 404, NO_FUNCTION);
    remove_store().await.unwrap();
}

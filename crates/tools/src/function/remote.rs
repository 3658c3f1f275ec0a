//! A running server, asked through its API as any client asks it.

use anyhow::{Context, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ETAG, IF_MATCH};
use http::{HeaderValue, Method};
use keyfront_model::{Clock, Key, StoreArn, StoreName, SystemClock, Timestamp, Value};
use keyfront_signature::{Algorithm, Payload, Signer, SigningKeys};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::options::Stage;
use crate::connect_options::AccessKey;
use crate::doctor::signing_key;
use crate::http_client::{Answer, HttpClient, cause, error_code};
use crate::machine::Machine;
use crate::text::excerpt;

/// How often a store is read again that changed while it was read.
const READS: usize = 3;

/// What stands in a path as it is: the unreserved characters (RFC 3986).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A server, and as whom it is asked. Requests are signed as the doctor signs: with an access key that
/// was given as an option, or a development key.
pub(super) struct Remote {
    runtime: tokio::runtime::Runtime,
    client: HttpClient,
    key: AccessKey,
}

/// The contents of a store.
pub(super) struct Contents {
    pub(super) arn: StoreArn,
    pub(super) entries: Vec<(Key, Value)>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
}

/// A function that the server has.
pub(super) struct Deployed {
    name: String,
    stage: Stage,
    etag: HeaderValue,
    /// Its code.
    pub(super) code: Vec<u8>,
}

/// What TestFunction answers.
#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TestResult {
    #[serde(default)]
    pub(super) compute_utilization: String,
    #[serde(default)]
    pub(super) function_error_message: String,
    #[serde(default)]
    pub(super) function_execution_logs: Logs,
    #[serde(default)]
    pub(super) function_output: String,
}

/// The lines of a run.
#[derive(Deserialize, Debug, Default, PartialEq)]
pub(super) struct Logs {
    #[serde(default)]
    pub(super) member: Vec<String>,
}

/// A page of ListKeys.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    items: Vec<Item>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    key: Key,
    value: Value,
}

/// The answer of DescribeKeyValueStore.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    /// Seconds since 1970.
    created: f64,
    #[serde(default)]
    last_modified: f64,
}

/// A request: its service, what it asks for in words, and the rest.
struct Ask<'a> {
    service: &'a str,
    operation: &'a str,
    method: Method,
    path: String,
    if_match: Option<&'a HeaderValue>,
    body: Vec<u8>,
}

impl<'a> Ask<'a> {
    fn get(service: &'a str, operation: &'a str, path: String) -> Self {
        let (method, if_match, body) = (Method::GET, None, Vec::new());
        Self {
            service,
            operation,
            method,
            path,
            if_match,
            body,
        }
    }
}

const CONTROL: &str = "cloudfront";
const DATA: &str = "cloudfront-keyvaluestore";

impl Remote {
    /// The server that the options name.
    ///
    /// # Errors
    /// If TLS or the runtime can't be set up.
    pub(super) fn new(machine: &Machine) -> anyhow::Result<Self> {
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .context("the runtime can't be started")?,
            client: HttpClient::new(&machine.endpoint, &machine.environment)?,
            key: signing_key(machine),
        })
    }

    /// Everything in a store, at one version.
    ///
    /// # Errors
    /// If there is no such store, it can't be read, or it changes all the time.
    pub(super) fn contents(&self, name: &StoreName) -> anyhow::Result<Contents> {
        let path = format!("/2020-05-31/key-value-store/{name}");
        let answer = self.call(&Ask::get(CONTROL, "DescribeKeyValueStore", path))?;
        let text = String::from_utf8_lossy(&answer.body);
        let arn = text
            .split_once("<ARN>")
            .and_then(|(_, rest)| rest.split_once("</ARN>"));
        let arn: StoreArn = arn.context("the answer names no ARN")?.0.parse()?;
        for _ in 0..READS {
            let before = self.describe(&arn)?;
            let entries = self.entries(&arn)?;
            let (etag, description) = self.describe(&arn)?;
            if etag == before.0 {
                let [created, modified] = [description.created, description.last_modified]
                    .map(|seconds| Timestamp::from_millis((seconds * 1000.0) as i64));
                return Ok(Contents {
                    arn,
                    entries,
                    created,
                    modified,
                });
            }
        }
        bail!("the store {name} changes while it is read: try again")
    }

    fn describe(&self, arn: &StoreArn) -> anyhow::Result<(HeaderValue, Description)> {
        let answer = self.call(&Ask::get(DATA, "DescribeKeyValueStore", path_of(arn)))?;
        let etag = answer.headers.get(ETAG).context("the answer has no ETag")?;
        Ok((etag.clone(), serde_json::from_slice(&answer.body)?))
    }

    fn entries(&self, arn: &StoreArn) -> anyhow::Result<Vec<(Key, Value)>> {
        let mut entries = Vec::new();
        let mut token = String::new();
        loop {
            let path = format!("{}/keys?MaxResults=50{token}", path_of(arn));
            let answer = self.call(&Ask::get(DATA, "ListKeys", path))?;
            let page: Page = serde_json::from_slice(&answer.body)?;
            entries.extend(page.items.into_iter().map(|item| (item.key, item.value)));
            match page.next_token {
                Some(next) => token = format!("&NextToken={}", utf8_percent_encode(&next, ENCODED)),
                None => return Ok(entries),
            }
        }
    }

    /// A function that the server has, in one of its stages.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn function(&self, name: &str, stage: Stage) -> anyhow::Result<Deployed> {
        let path = format!("{}?Stage={}", path_of_function(name), stage.name());
        let answer = self.call(&Ask::get(CONTROL, "GetFunction", path))?;
        let etag = answer.headers.get(ETAG).context("the answer has no ETag")?;
        Ok(Deployed {
            name: name.to_owned(),
            stage,
            etag: etag.clone(),
            code: answer.body,
        })
    }

    /// Runs a deployed function with an event.
    ///
    /// # Errors
    /// If the server refuses the test.
    pub(super) fn test(&self, function: &Deployed, event: &[u8]) -> anyhow::Result<TestResult> {
        let body = format!(
            "<TestFunctionRequest xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
             <Stage>{}</Stage><EventObject>{}</EventObject></TestFunctionRequest>",
            function.stage.name(),
            STANDARD.encode(event)
        );
        let answer = self.call(&Ask {
            service: CONTROL,
            operation: "TestFunction",
            method: Method::POST,
            path: format!("{}/test", path_of_function(&function.name)),
            if_match: Some(&function.etag),
            body: body.into_bytes(),
        })?;
        parse_test_result(&answer.body)
    }

    fn call(&self, ask: &Ask<'_>) -> anyhow::Result<Answer> {
        let keys = SigningKeys::new(self.key.id.as_str(), &self.key.secret);
        let signer = Signer {
            keys: &keys,
            algorithm: Algorithm::Hmac,
            region: "us-east-1",
            service: ask.service,
            session_token: None,
        };
        let mut request = self.client.request_of(ask.method.clone(), &ask.path)?;
        if let Some(etag) = ask.if_match {
            request.headers.insert(IF_MATCH, etag.clone());
        }
        let now = jiff::Timestamp::from_millisecond(SystemClock.now().millis())?;
        signer.sign(&mut request, &Payload::of(&ask.body), now)?;
        let answer = self
            .runtime
            .block_on(self.client.send_with(request, ask.body.clone()));
        let answer = answer.map_err(|error| anyhow!("{}: {}", ask.operation, cause(&error)))?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        bail!(
            "{}: {}{}",
            ask.operation,
            error_code(&answer),
            message(&answer)
        )
    }
}

/// The text of a refusal, after a colon; nothing if there is none.
fn message(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let xml = text
        .split_once("<Message>")
        .and_then(|(_, rest)| rest.split_once("</Message>"));
    let json: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let json = json
        .as_ref()
        .and_then(|json| json["Message"].as_str().or(json["message"].as_str()));
    match xml.map(|(text, _)| text).or(json) {
        Some(text) => format!(": {}", excerpt(text)),
        None => String::new(),
    }
}

fn path_of(arn: &StoreArn) -> String {
    format!(
        "/key-value-stores/{}",
        utf8_percent_encode(&arn.to_string(), ENCODED)
    )
}

fn path_of_function(name: &str) -> String {
    format!(
        "/2020-05-31/function/{}",
        utf8_percent_encode(name, ENCODED)
    )
}

fn parse_test_result(body: &[u8]) -> anyhow::Result<TestResult> {
    let text = std::str::from_utf8(body).context("the answer is no UTF-8")?;
    quick_xml::de::from_str(text).context("the answer is no TestResult")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_result_is_read() {
        let body = "<?xml version=\"1.0\"?><TestResult xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
            <FunctionSummary><Name>f</Name><Status>UNPUBLISHED</Status></FunctionSummary>\
            <ComputeUtilization>17</ComputeUtilization><FunctionExecutionLogs><member>a &lt; b</member>\
            <member/></FunctionExecutionLogs><FunctionErrorMessage></FunctionErrorMessage>\
            <FunctionOutput>{\"request\":{}}</FunctionOutput></TestResult>";
        let result = parse_test_result(body.as_bytes()).unwrap();
        assert_eq!(result.compute_utilization, "17");
        assert_eq!(result.function_execution_logs.member, ["a < b", ""]);
        assert_eq!(result.function_output, "{\"request\":{}}");
        assert_eq!(result.function_error_message, "");
        let empty =
            parse_test_result(b"<TestResult><FunctionExecutionLogs/></TestResult>").unwrap();
        assert!(empty.function_execution_logs.member.is_empty());
        assert!(parse_test_result(b"\xff").is_err());
    }

    #[test]
    fn paths_are_encoded() {
        assert_eq!(path_of_function("a/b?c"), "/2020-05-31/function/a%2Fb%3Fc");
        let arn =
            "arn:aws:cloudfront::000000000000:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";
        assert_eq!(
            path_of(&arn.parse().unwrap()),
            "/key-value-stores/arn%3Aaws%3Acloudfront%3A%3A000000000000%3Akey-value-store%2F7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11"
        );
    }
}

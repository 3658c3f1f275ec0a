use std::sync::{Mutex, PoisonError};

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderValue, TRANSFER_ENCODING, UPGRADE,
};
use http::request::Parts;
use http::{HeaderName, Method, Version};
use serde_json::Value;

use super::world::{Answer, World};
use super::written;

/// A world with a store.
struct Stage {
    world: World,
    /// The store's ARN, as it stands in a path.
    arn: String,
    /// The last ETag that was seen of each plane.
    control_etag: String,
    data_etag: String,
    /// Whether something was changed since the world began.
    is_changed: bool,
}

/// The stage that the last input left as it found it.
static STAGE: Mutex<Option<Stage>> = Mutex::new(None);

fn on_stage(play: impl FnOnce(&mut Stage)) {
    let mut place = STAGE.lock().unwrap_or_else(PoisonError::into_inner);
    // It is put back only after the play, so that a panic leaves none behind.
    let mut stage = place.take().unwrap_or_else(Stage::new);
    play(&mut stage);
    if stage.is_changed {
        stage.world.close();
    } else {
        *place = Some(stage);
    }
}

/// The bytes of an HTTP/1.1 connection.
pub fn http1(input: &[u8]) {
    on_stage(|stage| {
        let said = stage.world.converse(input);
        let said = String::from_utf8_lossy(&said);
        assert!(!said.contains("HTTP/1.1 500 "), "{said}");
        assert!(said.is_empty() || said.starts_with("HTTP/1."), "{said}");
        // It may hold a request that is well signed.
        stage.is_changed = said.contains("HTTP/1.1 20");
    });
}

/// Requests, each of which is signed and sent on a connection of its own. The next follows after a line
/// `---`. In the first line and the headers, `{arn}` stands for the store's ARN, `{etag}` and
/// `{control-etag}` for the last ETag of each plane.
pub fn operations(input: &[u8]) {
    on_stage(|stage| {
        for request in split(input, b"\n---\n") {
            stage.ask(request);
        }
        if stage.is_changed {
            stage.check_counts();
        }
    });
}

/// How many requests of one input are sent.
const MOST_REQUESTS: usize = 8;

fn split<'i>(input: &'i [u8], separator: &[u8]) -> Vec<&'i [u8]> {
    let mut parts = Vec::new();
    let mut rest = input;
    while parts.len() < MOST_REQUESTS
        && let Some(at) = rest
            .windows(separator.len())
            .position(|part| part == separator)
    {
        parts.push(&rest[..at]);
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest);
    parts
}

const CREATE: &[u8] = b"POST /2020-05-31/key-value-store

<CreateKeyValueStoreRequest><Name>store</Name></CreateKeyValueStoreRequest>";

const DESCRIBE: &[u8] = b"GET /key-value-stores/{arn}

";

const PUT: &[u8] = b"PUT /key-value-stores/{arn}/keys/a
if-match: {etag}

{\"Value\":\"1\"}";

impl Stage {
    fn new() -> Self {
        let mut stage = Self {
            world: World::new(),
            arn: String::new(),
            control_etag: String::new(),
            data_etag: String::new(),
            is_changed: false,
        };
        let created = stage.ask(CREATE).expect("it can be sent");
        let (_, rest) = created.body.split_once("<ARN>").expect("it has an ARN");
        let (arn, _) = rest.split_once("</ARN>").expect("the ARN ends");
        stage.arn = arn.replace('/', "%2F");
        for request in [DESCRIBE, PUT] {
            assert!(stage.ask(request).is_some_and(|answer| answer.is_success()));
        }
        stage.is_changed = false;
        stage
    }

    /// Sends a request, if it can be sent.
    fn ask(&mut self, request: &[u8]) -> Option<Answer> {
        let (mut parts, body) =
            written::parse(&self.fill(request)).map(|(parts, body)| (parts, body.to_vec()))?;
        prepare(&mut parts, body.len())?;
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let answer = self.world.ask(parts, &body)?;
        let is_data = path.starts_with("/key-value-stores");
        check(&method, is_data, &answer);
        if answer.is_success() && !matches!(method, Method::GET | Method::HEAD) {
            self.is_changed = true;
        }
        if let Some(etag) = answer.header("etag") {
            let known = if is_data {
                &mut self.data_etag
            } else {
                &mut self.control_etag
            };
            *known = etag.to_owned();
        }
        Some(answer)
    }

    /// Puts in what stands for something in the first line and the headers.
    fn fill(&self, request: &[u8]) -> Vec<u8> {
        let end = request.windows(2).position(|part| part == b"\n\n");
        let (head, body) = request.split_at(end.unwrap_or(request.len()));
        let mut filled = head.to_vec();
        if let Ok(head) = std::str::from_utf8(head) {
            let head = head
                .replace("{arn}", &self.arn)
                .replace("{etag}", &self.data_etag)
                .replace("{control-etag}", &self.control_etag);
            filled = head.into_bytes();
        }
        filled.extend_from_slice(body);
        filled
    }

    /// What the store says of its size is true of what it lists.
    fn check_counts(&mut self) {
        let Some(described) = self.ask(DESCRIBE).filter(Answer::is_success) else {
            // It was deleted.
            return;
        };
        let described: Value = serde_json::from_str(&described.body).expect("it is JSON");
        let (mut items, mut bytes) = (0, 0);
        let mut page = String::new();
        loop {
            let request = format!("GET /key-value-stores/{{arn}}/keys{page}\n\n");
            let listed = self.ask(request.as_bytes()).expect("it can be sent");
            let listed: Value = serde_json::from_str(&listed.body).expect("it is JSON");
            let length = |text: &Value| text.as_str().map_or(0, str::len);
            for item in listed["Items"].as_array().expect("it has a list") {
                items += 1;
                bytes += length(&item["Key"]) + length(&item["Value"]);
            }
            match listed["NextToken"].as_str() {
                Some(token) => page = format!("?NextToken={token}"),
                None => break,
            }
        }
        assert_eq!(described["ItemCount"], items, "{described}");
        assert_eq!(described["TotalSizeInBytes"], bytes, "{described}");
    }
}

/// Makes it a request whose end is known, to a host. How a body is framed is for [`http1`]. `None` if it
/// can't be sent.
fn prepare(parts: &mut Parts, body_bytes: usize) -> Option<()> {
    if parts.uri.authority().is_some() || !parts.uri.path().starts_with('/') {
        return None;
    }
    let framing = [
        CONNECTION,
        CONTENT_LENGTH,
        EXPECT,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    for name in framing
        .iter()
        .chain(&[HeaderName::from_static("keep-alive")])
    {
        parts.headers.remove(name);
    }
    // A host and an origin of the input's own are for the rule on development keys.
    let host = HeaderValue::from_static("localhost");
    parts.headers.entry(HOST).or_insert(host);
    parts
        .headers
        .insert(CONTENT_LENGTH, HeaderValue::from(body_bytes));
    parts.version = Version::HTTP_11;
    Some(())
}

/// What holds of every answer.
fn check(method: &Method, is_data: bool, answer: &Answer) {
    assert_ne!(answer.status, 500, "{answer:?}");
    if answer.body.is_empty() {
        assert!(answer.is_success() || method == Method::HEAD, "{answer:?}");
        return;
    }
    if is_data {
        let body: Value = serde_json::from_str(&answer.body).expect("it is JSON");
        if !answer.is_success() {
            assert!(body["Message"].is_string(), "{answer:?}");
            assert!(answer.header("x-amzn-errortype").is_some(), "{answer:?}");
        }
    } else if answer.header("content-type") == Some("text/xml") {
        assert!(
            answer.body.starts_with("<?xml version=\"1.0\"?>\n<"),
            "{answer:?}"
        );
        let is_error = answer.body.contains("<ErrorResponse ");
        assert_eq!(is_error, !answer.is_success(), "{answer:?}");
    }
}

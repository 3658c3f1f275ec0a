//! A client that knows when a request was sent and when its answer came.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use http::Method;
use http::request::Parts;
use keyfront_signature::{Algorithm, Payload, Signer, SigningKeys};

/// The access key that serves without a credentials file.
pub(crate) const ACCESS_KEY: &str = "test";

/// The service of the data plane.
pub(crate) const DATA: &str = "cloudfront-keyvaluestore";

/// Makes signed requests for one server.
pub(crate) struct Requests {
    keys: SigningKeys,
    address: SocketAddr,
}

impl Requests {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self::of(ACCESS_KEY, address)
    }

    /// Those of one of the development keys, which all have the same secret.
    pub(crate) fn of(key: &str, address: SocketAddr) -> Self {
        Self {
            keys: SigningKeys::new(key, ACCESS_KEY),
            address,
        }
    }

    /// Creates a store, filled from an object if there is one.
    pub(crate) fn create(&self, name: &str, object: Option<&str>) -> Vec<u8> {
        let source = object.map_or(String::new(), |arn| {
            format!(
                "<ImportSource><SourceType>S3</SourceType><SourceARN>{arn}</SourceARN></ImportSource>"
            )
        });
        let root = "CreateKeyValueStoreRequest";
        let body = format!("<{root}><Name>{name}</Name>{source}</{root}>");
        let path = "/2020-05-31/key-value-store";
        self.control(Method::POST, path, body.as_bytes())
    }

    pub(crate) fn describe(&self, name: &str) -> Vec<u8> {
        let path = format!("/2020-05-31/key-value-store/{name}");
        self.control(Method::GET, &path, b"")
    }

    pub(crate) fn delete(&self, name: &str, version: &str) -> Vec<u8> {
        let path = format!("/2020-05-31/key-value-store/{name}");
        self.versioned_control(Method::DELETE, &path, Some(version), b"")
    }

    fn control(&self, method: Method, path: &str, body: &[u8]) -> Vec<u8> {
        self.versioned_control(method, path, None, body)
    }

    fn versioned_control(
        &self,
        method: Method,
        path: &str,
        version: Option<&str>,
        body: &[u8],
    ) -> Vec<u8> {
        let parts = self.signed(method, path, version, body, Algorithm::Hmac, "cloudfront");
        bytes(&parts, body)
    }

    pub(crate) fn describe_contents(&self, arn: &str) -> Vec<u8> {
        let path = format!("/key-value-stores/{}", encoded(arn));
        let parts = self.signed(Method::GET, &path, None, b"", Algorithm::Hmac, DATA);
        bytes(&parts, b"")
    }

    pub(crate) fn get(&self, arn: &str, key: &str, algorithm: Algorithm) -> Vec<u8> {
        bytes(&self.get_parts(arn, key, algorithm), b"")
    }

    pub(crate) fn get_parts(&self, arn: &str, key: &str, algorithm: Algorithm) -> Parts {
        let path = key_path(arn, key);
        self.signed(Method::GET, &path, None, b"", algorithm, DATA)
    }

    pub(crate) fn put(
        &self,
        arn: &str,
        (key, value): (&str, &str),
        version: &str,
        algorithm: Algorithm,
    ) -> Vec<u8> {
        let body = put_body(value);
        let path = key_path(arn, key);
        let version = Some(version);
        let parts = self.signed(Method::PUT, &path, version, &body, algorithm, DATA);
        bytes(&parts, &body)
    }

    /// A PutKey to which the version is still to be added, before its body: who writes fast can't
    /// sign each write anew. The version is then not among what is signed.
    pub(crate) fn put_unversioned(
        &self,
        arn: &str,
        (key, value): (&str, &str),
    ) -> (Vec<u8>, Vec<u8>) {
        let body = put_body(value);
        let path = key_path(arn, key);
        let parts = self.signed(Method::PUT, &path, None, &body, Algorithm::Hmac, DATA);
        let mut head = bytes(&parts, b"");
        head.truncate(head.len() - 2);
        (head, body)
    }

    fn signed(
        &self,
        method: Method,
        path: &str,
        version: Option<&str>,
        body: &[u8],
        algorithm: Algorithm,
        service: &str,
    ) -> Parts {
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string());
        if !body.is_empty() {
            request = request
                .header("content-type", "application/json")
                .header("content-length", body.len());
        }
        if let Some(version) = version {
            request = request.header("if-match", version);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let signer = Signer {
            keys: &self.keys,
            algorithm,
            region: match algorithm {
                Algorithm::Hmac => "us-east-1",
                Algorithm::Ecdsa => "*",
            },
            service,
            session_token: None,
        };
        let now = jiff::Timestamp::now();
        signer.sign(&mut parts, &Payload::of(body), now).unwrap();
        parts
    }
}

fn put_body(value: &str) -> Vec<u8> {
    format!("{{\"Value\":\"{value}\"}}").into_bytes()
}

fn key_path(arn: &str, key: &str) -> String {
    format!("/key-value-stores/{}/keys/{}", encoded(arn), encoded(key))
}

/// As the SDKs encode a label.
fn encoded(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}

/// A request as it goes over the wire.
fn bytes(parts: &Parts, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", parts.method, parts.uri).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// One connection, on which one request follows the other.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, and how long it took from the request's sending to the answer's first byte.
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) took: Duration,
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: vec![0; 64 * 1024],
        }
    }

    /// The answer to a request, which must be a success.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Answer {
        let answer = self.try_ask(request);
        assert!(answer.is_success(), "{}", answer.text);
        answer
    }

    /// The answer to a request, whatever it is.
    pub(crate) fn try_ask(&mut self, request: &[u8]) -> Answer {
        let sent = Instant::now();
        self.stream.write_all(request).unwrap();
        let mut length = self.stream.read(&mut self.buffer).unwrap();
        let took = sent.elapsed();
        let mut whole = None;
        while whole.is_none_or(|whole| length < whole) {
            whole = answer_length(&self.buffer[..length]);
            if whole.is_none_or(|whole| length < whole) {
                let more = self.stream.read(&mut self.buffer[length..]).unwrap();
                assert!(more > 0, "the connection ended");
                length += more;
            }
        }
        let text = String::from_utf8_lossy(&self.buffer[..length]).into_owned();
        Answer { text, took }
    }

    /// Creates a store and waits until it is ready. Its ARN, and how long it took.
    pub(crate) fn create(
        &mut self,
        requests: &Requests,
        name: &str,
        object: Option<&str>,
    ) -> (String, Duration) {
        let answer = self.ask(&requests.create(name, object));
        let created = Instant::now();
        let describe = requests.describe(name);
        loop {
            let status = self.ask(&describe).text;
            if status.contains("READY") {
                return (answer.element("ARN"), created.elapsed());
            }
            assert!(status.contains("PROVISIONING"), "{status}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Answer {
    /// The text of an XML element.
    pub(crate) fn element(&self, name: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("<{name}>")).unwrap();
        rest.split('<').next().unwrap().to_owned()
    }

    pub(crate) fn is_success(&self) -> bool {
        self.text.starts_with("HTTP/1.1 20")
    }

    pub(crate) fn etag(&self) -> String {
        etag(self.text.as_bytes()).to_owned()
    }
}

/// The length of an answer of which the head is there.
pub(crate) fn answer_length(bytes: &[u8]) -> Option<usize> {
    let head = find(bytes, b"\r\n\r\n")? + 4;
    let body = header(&bytes[..head], b"content-length: ")
        .or_else(|| header(&bytes[..head], b"Content-Length: "))
        .map_or(0, |length| length.parse().unwrap());
    Some(head + body)
}

pub(crate) fn etag(answer: &[u8]) -> &str {
    header(answer, b"etag: ").expect("the answer has an ETag")
}

fn header<'a>(bytes: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let start = find(bytes, name)? + name.len();
    let end = start + find(&bytes[start..], b"\r\n")?;
    std::str::from_utf8(&bytes[start..end]).ok()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|part| part == what)
}

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::LazyLock;
use std::time::Duration;

use keyfront_model::{Clock, SystemClock};
use keyfront_signature::{Algorithm, Payload, Signer, SigningKeys};

/// The development credentials.
static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| SigningKeys::new("test", "test"));

/// Which plane a request is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Plane {
    Control,
    Data,
}

impl Plane {
    fn service(self) -> &'static str {
        match self {
            Self::Control => "cloudfront",
            Self::Data => "cloudfront-keyvaluestore",
        }
    }
}

/// A request as it is before it is signed.
pub(crate) struct Request<'a> {
    pub(crate) plane: Plane,
    pub(crate) method: &'a str,
    /// The path and the query, encoded.
    pub(crate) target: &'a str,
    pub(crate) if_match: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    /// The bytes to send, with a good signature.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (head, body) = self.parts();
        [head, body].concat()
    }

    /// The head and the body to send, with a good signature.
    pub(crate) fn parts(&self) -> (Vec<u8>, Vec<u8>) {
        self.parts_signed_by(&KEYS)
    }

    /// The head and the body to send.
    pub(crate) fn parts_signed_by(&self, keys: &SigningKeys) -> (Vec<u8>, Vec<u8>) {
        self.parts_signed(keys, Duration::ZERO)
    }

    /// The head and the body to send by a client whose clock is ahead.
    fn parts_signed(&self, keys: &SigningKeys, ahead: Duration) -> (Vec<u8>, Vec<u8>) {
        let mut request = http::Request::builder()
            .method(self.method)
            .uri(self.target)
            .header("host", "127.0.0.1");
        if let Some(etag) = self.if_match {
            request = request.header("if-match", etag);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let signer = Signer {
            keys,
            algorithm: Algorithm::Hmac,
            region: "us-east-1",
            service: self.plane.service(),
            session_token: None,
        };
        let now = jiff::Timestamp::from_millisecond(SystemClock.now().millis()).unwrap();
        let now = now + jiff::SignedDuration::try_from(ahead).unwrap();
        signer
            .sign(&mut parts, &Payload::of(self.body), now)
            .unwrap();
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &parts.headers {
            head += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
        head += &format!("content-length: {}\r\n\r\n", self.body.len());
        (head.into_bytes(), self.body.to_vec())
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn etag(&self) -> String {
        self.header("etag").unwrap().to_owned()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The text of each element of a name.
    pub(crate) fn elements<'a>(&'a self, name: &str) -> Vec<&'a str> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let pieces = self.text().split(&open).skip(1);
        pieces
            .map(|rest| rest.split(&close).next().unwrap())
            .collect()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        self
    }
}

/// Reads one answer from a connection.
pub(crate) fn read_answer(from: &mut impl BufRead) -> io::Result<Answer> {
    let status = read_line(from)?;
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(from)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer {
        status,
        headers,
        body: Vec::new(),
    };
    let length = answer
        .header("content-length")
        .map_or(0, |length| length.parse().expect("the length is a number"));
    answer.body.resize(length, 0);
    from.read_exact(&mut answer.body)?;
    Ok(answer)
}

fn read_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 || !line.ends_with("\r\n") {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.len() - 2);
    Ok(line)
}

/// A connection to a server, over which requests go one at a time.
pub(crate) struct Client {
    port: u16,
    connection: Option<BufReader<TcpStream>>,
    /// How much its clock is ahead.
    pub(crate) ahead: Duration,
}

impl Client {
    pub(crate) fn new(port: u16) -> Self {
        Self {
            port,
            connection: None,
            ahead: Duration::ZERO,
        }
    }

    /// Sends a request and waits for its answer. After an error it is not known what became of it.
    pub(crate) fn send(&mut self, request: &Request<'_>) -> io::Result<Answer> {
        let (head, body) = request.parts_signed(&KEYS, self.ahead);
        self.send_raw(&[head, body].concat())
    }

    fn send_raw(&mut self, bytes: &[u8]) -> io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => BufReader::new(connect(self.port)?),
        };
        connection.get_mut().write_all(bytes)?;
        let answer = read_answer(&mut connection)?;
        if answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }

    /// Asks for one of the paths that need no signature.
    pub(crate) fn probe(&mut self, path: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
        self.send_raw(request.as_bytes()).unwrap()
    }

    pub(crate) fn control(
        &mut self,
        method: &str,
        target: &str,
        if_match: Option<&str>,
        body: &str,
    ) -> io::Result<Answer> {
        self.send(&Request {
            plane: Plane::Control,
            method,
            target,
            if_match,
            body: body.as_bytes(),
        })
    }

    /// A request about a store's data; what comes behind the store in the path is given.
    pub(crate) fn data(
        &mut self,
        method: &str,
        arn: &str,
        rest: &str,
        if_match: Option<&str>,
        body: &str,
    ) -> io::Result<Answer> {
        self.send(&Request {
            plane: Plane::Data,
            method,
            target: &format!("{}{rest}", store_path(arn)),
            if_match,
            body: body.as_bytes(),
        })
    }

    /// Creates a store, from an object if one is given.
    pub(crate) fn create(&mut self, name: &str, source: Option<&str>) -> io::Result<Answer> {
        let source = source.map_or(String::new(), |arn| {
            format!(
                "<ImportSource><SourceType>S3</SourceType><SourceARN>{arn}</SourceARN></ImportSource>"
            )
        });
        let body = format!(
            "<CreateKeyValueStoreRequest><Name>{name}</Name>{source}</CreateKeyValueStoreRequest>"
        );
        self.control("POST", STORES, None, &body)
    }

    pub(crate) fn describe(&mut self, name: &str) -> io::Result<Answer> {
        self.control("GET", &format!("{STORES}/{name}"), None, "")
    }

    pub(crate) fn delete_store(&mut self, name: &str, etag: &str) -> io::Result<Answer> {
        self.control("DELETE", &format!("{STORES}/{name}"), Some(etag), "")
    }
}

/// The path of ListKeyValueStores.
pub(crate) const STORES: &str = "/2020-05-31/key-value-store";

/// The path of a store on the data plane.
pub(crate) fn store_path(arn: &str) -> String {
    format!("/key-value-stores/{}", arn.replace('/', "%2F"))
}

pub(crate) fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_write_timeout(Some(Duration::from_secs(20)))?;
    Ok(stream)
}

//! Checks the server: that it is Keyfront, is ready, has the same time, and takes signed requests.

use std::time::Duration;

use http::StatusCode;
use http::header::DATE;
use keyfront_model::{Clock, SystemClock};
use keyfront_signature::{Algorithm, Payload, Signer, SigningKeys};
use rustls::CertificateError;

use super::report::Finding;
use crate::connect_options::{AccessKey, Credentials};
use crate::http_client::{
    Answer, HttpClient, MAX_WORD_BYTES, cause, certificate_error, error_code,
};
use crate::machine::Machine;
use crate::text::excerpt;

/// A signature is valid for five minutes before and after its time.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);

/// A difference that the way of a request and a rounded second explain.
const NEGLIGIBLE_CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The id of a store that does not exist: no id of this form is ever given to a store.
pub(super) const MISSING_STORE: &str = "00000000-0000-0000-0000-000000000000";

/// Checks the server, and returns besides whether it is a Keyfront that answers. Signed requests go
/// only to a server that says so.
pub(super) async fn check(
    machine: &Machine,
    client: &HttpClient,
    key: &AccessKey,
) -> (Vec<Finding>, bool) {
    let health = match client.get("/_localstack/health").await {
        Ok(answer) => answer,
        Err(error) => return (vec![no_answer(machine, &error)], false),
    };
    let Some(version) = version(&health) else {
        return (vec![another_server(machine)], false);
    };
    let mut findings = vec![Finding::ok(format!(
        "Keyfront {version} answers at {}",
        machine.endpoint
    ))];
    findings.push(readiness(&client.get("/readyz").await));
    findings.extend(clock(&health, SystemClock.now().millis()));
    findings.extend(unused_credentials(machine));
    for check in CHECKS {
        findings.push(match send_signed(machine, client, &check, key).await {
            Ok(answer) => judge(machine, &check, key, &answer),
            Err(error) => Finding::problem(format!("{}: {}", check.what, cause(&error))),
        });
    }
    (findings, true)
}

fn no_answer(machine: &Machine, error: &anyhow::Error) -> Finding {
    if let Some(reason) = certificate_error(error) {
        return untrusted(machine, reason);
    }
    Finding::problem(format!(
        "nothing answers at {}: {}",
        machine.endpoint,
        cause(error)
    ))
    .fix("start it: keyfront serve")
    .fix("or say where it is: --endpoint URL, or KEYFRONT_ENDPOINT=URL")
}

fn untrusted(machine: &Machine, reason: &CertificateError) -> Finding {
    let endpoint = &machine.endpoint;
    let reason = match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name".to_owned()
        }
        CertificateError::UnknownIssuer => "its issuer is not trusted".to_owned(),
        other => excerpt(&other.to_string()),
    };
    Finding::problem(format!(
        "the certificate of {endpoint} is not accepted: {reason}"
    ))
    .fix("the AWS CLI, boto3: AWS_CA_BUNDLE=FILE with the issuer's certificate; the doctor reads it, too")
    .fix("JavaScript: NODE_EXTRA_CA_CERTS=FILE; Go, Rust: SSL_CERT_FILE=FILE; Java: a trust store")
    .fix("a self-signed certificate must say basicConstraints=CA:FALSE")
}

fn another_server(machine: &Machine) -> Finding {
    let endpoint = &machine.endpoint;
    Finding::problem(format!(
        "another server than Keyfront answers at {endpoint}"
    ))
    .fix("say where Keyfront is: --endpoint URL, or KEYFRONT_ENDPOINT=URL")
    .fix("or let it listen elsewhere: keyfront serve --listen 127.0.0.1:4567")
}

/// The version of a Keyfront; `None` if it is another server.
fn version(health: &Answer) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&health.body).ok()?;
    let version = body["version"].as_str()?;
    let is_version = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
    let is_keyfront = body["edition"] == "keyfront"
        && (1..=MAX_WORD_BYTES).contains(&version.len())
        && version.bytes().all(is_version);
    is_keyfront.then(|| version.to_owned())
}

fn readiness(answer: &anyhow::Result<Answer>) -> Finding {
    let why = match answer {
        Ok(answer) if answer.status.is_success() => return Finding::ok("it is ready"),
        Ok(answer) => excerpt(&String::from_utf8_lossy(&answer.body)),
        Err(error) => cause(error),
    };
    Finding::problem(format!("it is not ready: {why}"))
        .fix("its log says more; after a disk error it has to be started again")
}

/// Compares the server's `Date` with this machine's time, in milliseconds since 1970.
fn clock(answer: &Answer, now: i64) -> Option<Finding> {
    let date = answer.headers.get(DATE)?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(&date.replace("GMT", "+0000")).ok()?;
    let difference = now.saturating_sub(date.timestamp().as_millisecond());
    let size = Duration::from_millis(difference.unsigned_abs());
    let text = format!(
        "this machine's clock is {} s {} the server's",
        size.as_secs(),
        if difference > 0 { "ahead of" } else { "behind" }
    );
    let fix = "signatures are valid for 5 minutes: set the clock, by NTP for example";
    Some(if size <= NEGLIGIBLE_CLOCK_SKEW {
        Finding::ok("this machine's clock agrees with the server's")
    } else if size <= MAX_CLOCK_SKEW {
        Finding::note(text).fix(fix)
    } else {
        Finding::problem(text).fix(fix)
    })
}

/// Says that the user's own credentials are not tried, and how to try them.
fn unused_credentials(machine: &Machine) -> Option<Finding> {
    let whose = whose_credentials(machine)?;
    let text = format!(
        "{whose} is not tried: the doctor signs with a development key, since any program may \
         listen at that port"
    );
    Some(Finding::note(text).fix(TRY_A_KEY))
}

const TRY_A_KEY: &str =
    "to try a key that Keyfront knows: --access-key-id ID --secret-access-key SECRET";

/// The credentials that the clients will use, unless they are ours.
fn whose_credentials(machine: &Machine) -> Option<String> {
    match &machine.credentials {
        Credentials::Ours(_) => None,
        Credentials::InEnvironment(id) => Some(format!("the access key {}", excerpt(id))),
        Credentials::InProfile(profile) => Some(format!("the profile {}", excerpt(profile))),
    }
}

/// One of the two APIs of a Keyfront.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Plane {
    Control,
    Data,
}

impl Plane {
    /// The name of the service in the scope of a signature.
    pub(super) fn service(self) -> &'static str {
        match self {
            Self::Control => "cloudfront",
            Self::Data => "cloudfront-keyvaluestore",
        }
    }
}

/// The path of a request that changes nothing.
pub(super) fn path(machine: &Machine, plane: Plane) -> String {
    let account = &machine.account;
    match plane {
        Plane::Control => "/2020-05-31/key-value-store?MaxItems=1".to_owned(),
        Plane::Data => format!(
            "/key-value-stores/arn%3Aaws%3Acloudfront%3A%3A{account}%3Akey-value-store%2F{MISSING_STORE}"
        ),
    }
}

/// A request whose signature and answer are checked.
struct Check {
    what: &'static str,
    plane: Plane,
    algorithm: Algorithm,
    clients: &'static str,
}

const CHECKS: [Check; 3] = [
    Check {
        what: "control plane, SigV4",
        plane: Plane::Control,
        algorithm: Algorithm::Hmac,
        clients: "all clients",
    },
    Check {
        what: "data plane, SigV4A",
        plane: Plane::Data,
        algorithm: Algorithm::Ecdsa,
        clients: "all clients",
    },
    Check {
        what: "data plane, SigV4",
        plane: Plane::Data,
        algorithm: Algorithm::Hmac,
        clients: "clients told to do so",
    },
];

impl Check {
    fn region(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Ecdsa => "*",
            Algorithm::Hmac => "us-east-1",
        }
    }
}

async fn send_signed(
    machine: &Machine,
    client: &HttpClient,
    check: &Check,
    key: &AccessKey,
) -> anyhow::Result<Answer> {
    let keys = SigningKeys::new(key.id.as_str(), &key.secret);
    let signer = Signer {
        keys: &keys,
        algorithm: check.algorithm,
        region: check.region(),
        service: check.plane.service(),
        session_token: None,
    };
    let mut request = client.request(&path(machine, check.plane))?;
    let now = jiff::Timestamp::from_millisecond(SystemClock.now().millis())?;
    signer.sign(&mut request, &Payload::of(b""), now)?;
    client.send(request).await
}

fn judge(machine: &Machine, check: &Check, key: &AccessKey, answer: &Answer) -> Finding {
    let what = format!("{} ({}), access key {}", check.what, check.clients, key.id);
    let code = error_code(answer);
    if answer.status.is_success() || code == "ResourceNotFoundException" {
        return Finding::ok(format!("{what}: accepted"));
    }
    if let Some(whose) = whose_credentials(machine) {
        return Finding::note(format!("{what}: {code}; the clients will use {whose}"));
    }
    if refuses_the_host(answer) {
        let name = machine.endpoint.name().unwrap_or("NAME");
        return Finding::problem(format!(
            "{what}: Keyfront takes no development key at this host, which a web page could have"
        ))
        .fix(format!(
            "keyfront serve --host {name}, or with a credentials file: --credentials FILE"
        ));
    }
    if code.starts_with("AccessDenied") {
        let account = &machine.account;
        return Finding::note(format!("{what}: the signature is accepted, but {code}")).fix(
            format!(
                "the key may lack a policy, or be of another account than {account}: --account ID"
            ),
        );
    }
    Finding::problem(format!("{what}: {code}")).fix(remedy(&code))
}

/// Whether a development key was refused for the request's Host. The text then names the option of
/// `keyfront serve` that allows the host.
fn refuses_the_host(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN
        && String::from_utf8_lossy(&answer.body).contains("--host ")
}

fn remedy(code: &str) -> &'static str {
    match code {
        "UnrecognizedClientException" | "InvalidClientTokenId" => {
            "Keyfront does not know this key, or knows it with a session token, which the doctor does \
             not send: without --credentials it knows test/test and 12-digit ids; with them, give a \
             key of the file: --access-key-id ID --secret-access-key SECRET"
        }
        "InvalidSignatureException" | "SignatureDoesNotMatch" => {
            "the secret is another than Keyfront's (--secret-access-key), or the clock is wrong"
        }
        _ => "the server's log says which step failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Grade;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| {
            (
                http::HeaderName::from_static(name),
                http::HeaderValue::from_static(value),
            )
        });
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect(),
            body: body.into(),
        }
    }

    #[test]
    fn knows_keyfront_from_another_server() {
        let ours = answer(200, &[], r#"{"edition":"keyfront","version":"1.2.3"}"#);
        assert_eq!(version(&ours).as_deref(), Some("1.2.3"));
        assert_eq!(
            version(&answer(
                200,
                &[],
                r#"{"edition":"community","version":"4"}"#
            )),
            None
        );
        assert_eq!(version(&answer(404, &[], "<html>")), None);
        for version_text in ["", "1\\u001b[2J", "1\\nok all is well", &"1".repeat(65)] {
            let body = format!(r#"{{"edition":"keyfront","version":"{version_text}"}}"#);
            assert_eq!(version(&answer(200, &[], &body)), None, "{body}");
        }
    }

    #[test]
    fn compares_clocks() {
        let answer = answer(200, &[("date", "Sun, 30 Aug 2015 12:36:00 GMT")], "");
        let there = 1_440_938_160_000;
        for (difference, grade) in [
            (0, Grade::Ok),
            (-5_000, Grade::Ok),
            (60_000, Grade::Note),
            (-300_000, Grade::Note),
            (301_000, Grade::Problem),
        ] {
            let finding = clock(&answer, there + difference).unwrap();
            assert_eq!(finding.grade, grade, "{difference}");
        }
        let text = clock(&answer, there - 600_000).unwrap().text;
        assert_eq!(text, "this machine's clock is 600 s behind the server's");
    }

    #[test]
    fn reads_errors_of_both_planes() {
        let data = answer(
            403,
            &[("x-amzn-errortype", "AccessDeniedException:http://x")],
            "{}",
        );
        assert_eq!(error_code(&data), "AccessDeniedException");
        let control = answer(
            403,
            &[],
            "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
        );
        assert_eq!(error_code(&control), "AccessDenied");
        assert_eq!(error_code(&answer(502, &[], "")), "502 Bad Gateway");
        let forged = "<Code>x\nok       all is well</Code>";
        assert_eq!(error_code(&answer(403, &[], forged)), "403 Forbidden");
    }

    #[test]
    fn a_policy_is_no_problem_and_an_unknown_key_is() {
        let machine = Machine::plain([].into());
        let judge = |code| {
            let answer = answer(403, &[("x-amzn-errortype", code)], "");
            let key = AccessKey::development(&machine.account);
            judge(&machine, &CHECKS[1], &key, &answer).grade
        };
        assert_eq!(judge("ResourceNotFoundException"), Grade::Ok);
        assert_eq!(judge("AccessDeniedException"), Grade::Note);
        assert_eq!(judge("UnrecognizedClientException"), Grade::Problem);
        assert_eq!(judge("InvalidSignatureException"), Grade::Problem);
    }

    #[test]
    fn a_host_that_is_refused_can_be_allowed() {
        let machine = Machine::plain([].into()).at("http://kvs.example:4566");
        let key = AccessKey::development(&machine.account);
        let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>A page could have been \
                    loaded from kvs.example. Start Keyfront with --host kvs.example to allow it.\
                    </Message></Error></ErrorResponse>";
        let finding = judge(&machine, &CHECKS[0], &key, &answer(403, &[], body));
        assert_eq!(finding.grade, Grade::Problem);
        assert!(
            finding.fixes[0].starts_with("keyfront serve --host kvs.example"),
            "{finding:?}"
        );
    }
}

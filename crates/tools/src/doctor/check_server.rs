use std::io;
use std::time::Duration;

use http::header::DATE;
use keyfront_model::{Clock, SystemClock};
use keyfront_signature::{Algorithm, Payload, Signer, SigningKeys};
use tokio_rustls::rustls::{CertificateError, Error as TlsError};

use super::http_client::{Answer, Probe};
use super::report::Finding;
use crate::machine::Machine;
use crate::target::{AccessKey, Credentials, development_key};

/// A signature is good for five minutes before and after its time.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// A difference that is no more than the way of a request and a rounded second.
const NEGLIGIBLE: Duration = Duration::from_secs(5);

/// A store that nobody has: no id that is given out looks like this.
pub(super) const NOBODYS_STORE: &str = "00000000-0000-0000-0000-000000000000";

/// Checks the server, and tells whether it serves.
pub(super) async fn check(machine: &Machine, probe: &Probe) -> (Vec<Finding>, bool) {
    let health = match get(probe, "/_localstack/health").await {
        Ok(answer) => answer,
        Err(error) => return (vec![no_answer(machine, &error)], false),
    };
    let Some(version) = version(&health) else {
        return (vec![another(machine)], false);
    };
    let mut findings = vec![Finding::ok(format!(
        "Keyfront {version} answers at {}",
        machine.endpoint
    ))];
    findings.push(readiness(&get(probe, "/readyz").await));
    findings.extend(clock(&health, SystemClock.now().millis()));
    for check in CHECKS {
        findings.push(signed(machine, probe, check).await);
    }
    (findings, true)
}

async fn get(probe: &Probe, path: &str) -> anyhow::Result<Answer> {
    probe.send(probe.request(path)?).await
}

fn no_answer(machine: &Machine, error: &anyhow::Error) -> Finding {
    let tls = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    if let Some(TlsError::InvalidCertificate(reason)) = tls.and_then(|error| error.downcast_ref()) {
        return untrusted(machine, reason);
    }
    Finding::problem(format!(
        "nothing answers at {}: {error:#}",
        machine.endpoint
    ))
    .fix("start it: keyfront serve")
    .fix("or say where it is: --endpoint URL, or KEYFRONT_ENDPOINT=URL")
}

fn untrusted(machine: &Machine, reason: &CertificateError) -> Finding {
    let endpoint = &machine.endpoint;
    let reason = match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name"
        }
        CertificateError::UnknownIssuer => "who signed it is not trusted",
        _ => "it can't be checked",
    };
    Finding::problem(format!(
        "the certificate of {endpoint} is not accepted: {reason}"
    ))
    .fix("the AWS CLI, boto3: AWS_CA_BUNDLE=FILE names who signed it; the doctor reads it, too")
    .fix("JavaScript: NODE_EXTRA_CA_CERTS=FILE; Go, Rust: SSL_CERT_FILE=FILE; Java: a trust store")
    .fix("one that signed itself must not be an authority's: basicConstraints=CA:FALSE")
}

fn another(machine: &Machine) -> Finding {
    let endpoint = &machine.endpoint;
    Finding::problem(format!(
        "another server than Keyfront answers at {endpoint}"
    ))
    .fix("say where Keyfront is: --endpoint URL, or KEYFRONT_ENDPOINT=URL")
    .fix("or let it listen elsewhere: keyfront serve --listen 127.0.0.1:4567")
}

/// The version of a Keyfront; none if it is another server.
fn version(health: &Answer) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&health.body).ok()?;
    let is_keyfront = body["edition"] == "keyfront";
    body["version"]
        .as_str()
        .filter(|_| is_keyfront)
        .map(str::to_owned)
}

fn readiness(answer: &anyhow::Result<Answer>) -> Finding {
    let why = match answer {
        Ok(answer) if answer.status.is_success() => return Finding::ok("it is ready"),
        Ok(answer) => answer.text(),
        Err(error) => format!("{error:#}"),
    };
    Finding::problem(format!("it is not ready: {why}"))
        .fix("its log tells more; after a failing disk it has to be started again")
}

/// Compares the server's `Date` with the time here.
fn clock(answer: &Answer, now: i64) -> Option<Finding> {
    let date = answer.headers.get(DATE)?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(&date.replace("GMT", "+0000")).ok()?;
    let difference = now - date.timestamp().as_millisecond();
    let size = Duration::from_millis(difference.unsigned_abs());
    let text = format!(
        "this machine's clock is {} s {} the server's",
        size.as_secs(),
        if difference > 0 { "ahead of" } else { "behind" }
    );
    let fix = "signatures are good for 5 minutes: set the clock, by NTP for example";
    Some(if size <= NEGLIGIBLE {
        Finding::ok("this machine's clock agrees with the server's")
    } else if size <= SKEW {
        Finding::note(text).fix(fix)
    } else {
        Finding::problem(text).fix(fix)
    })
}

/// A request whose signature and answer are checked.
struct Check {
    what: &'static str,
    data: bool,
    algorithm: Algorithm,
    clients: &'static str,
}

const CHECKS: [Check; 3] = [
    Check {
        what: "control plane, SigV4",
        data: false,
        algorithm: Algorithm::Hmac,
        clients: "all clients",
    },
    Check {
        what: "data plane, SigV4A",
        data: true,
        algorithm: Algorithm::Ecdsa,
        clients: "all clients",
    },
    Check {
        what: "data plane, SigV4",
        data: true,
        algorithm: Algorithm::Hmac,
        clients: "clients told to do so",
    },
];

impl Check {
    fn path(&self, machine: &Machine) -> String {
        if self.data {
            let account = &machine.account;
            format!(
                "/key-value-stores/arn%3Aaws%3Acloudfront%3A%3A{account}%3Akey-value-store%2F{NOBODYS_STORE}"
            )
        } else {
            "/2020-05-31/key-value-store?MaxItems=1".to_owned()
        }
    }

    fn service(&self) -> &'static str {
        if self.data {
            "cloudfront-keyvaluestore"
        } else {
            "cloudfront"
        }
    }

    fn region(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Ecdsa => "*",
            Algorithm::Hmac => "us-east-1",
        }
    }
}

async fn signed(machine: &Machine, probe: &Probe, check: Check) -> Finding {
    let key = match &machine.credentials {
        Credentials::Ours(key) | Credentials::InEnvironment(key) => key.clone(),
        Credentials::InProfile(_) => development_key(),
    };
    match send_signed(machine, probe, &check, &key).await {
        Ok(answer) => judge(machine, &check, &key, &answer),
        Err(error) => Finding::problem(format!("{}: {error:#}", check.what)),
    }
}

async fn send_signed(
    machine: &Machine,
    probe: &Probe,
    check: &Check,
    key: &AccessKey,
) -> anyhow::Result<Answer> {
    let keys = SigningKeys::new(key.id.as_str(), &key.secret);
    let signer = Signer {
        keys: &keys,
        algorithm: check.algorithm,
        region: check.region(),
        service: check.service(),
        session_token: key.session_token.as_deref(),
    };
    let mut request = probe.request(&check.path(machine))?;
    let now = jiff::Timestamp::from_millisecond(SystemClock.now().millis())?;
    signer.sign(&mut request, &Payload::of(b""), now)?;
    probe.send(request).await
}

fn judge(machine: &Machine, check: &Check, key: &AccessKey, answer: &Answer) -> Finding {
    let what = format!("{} ({}), access key {}", check.what, check.clients, key.id);
    let code = error_code(answer);
    if answer.status.is_success() || code == "ResourceNotFoundException" {
        return Finding::ok(format!("{what}: accepted"));
    }
    if let Credentials::InProfile(profile) = &machine.credentials {
        return Finding::note(format!(
            "{what}: {code}; clients will use the profile {profile}"
        ))
        .fix("give its key to have it checked: --access-key-id ID --secret-access-key SECRET");
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

fn remedy(code: &str) -> &'static str {
    match code {
        "UnrecognizedClientException" | "InvalidClientTokenId" => {
            "Keyfront does not know this key, or its session token: without --credentials it knows \
             test/test and 12-digit ids; with them, set AWS_ACCESS_KEY_ID to one of the file"
        }
        "InvalidSignatureException" | "SignatureDoesNotMatch" => {
            "the secret is another than Keyfront's (AWS_SECRET_ACCESS_KEY), or the clock is wrong"
        }
        _ => "the server's log says which step failed",
    }
}

/// The error's name in the format of either plane, or else the status.
fn error_code(answer: &Answer) -> String {
    let header = answer
        .headers
        .get("x-amzn-errortype")
        .and_then(|value| value.to_str().ok());
    let text = answer.text();
    let element = || {
        let (_, rest) = text.split_once("<Code>")?;
        Some(rest.split_once("</Code>")?.0)
    };
    match header.or_else(element) {
        Some(code) => code.split(':').next().unwrap_or(code).to_owned(),
        None => answer.status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Grade;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> Answer {
        let headers = headers.iter().map(|(name, value)| {
            (
                http::HeaderName::from_static(name),
                http::HeaderValue::from_static(value),
            )
        });
        Answer {
            status: http::StatusCode::from_u16(status).unwrap(),
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
    }

    #[test]
    fn a_policy_is_no_problem_and_an_unknown_key_is() {
        let machine = Machine::plain([].into());
        let judge = |code| {
            let answer = answer(403, &[("x-amzn-errortype", code)], "");
            judge(&machine, &CHECKS[1], &development_key(), &answer).grade
        };
        assert_eq!(judge("ResourceNotFoundException"), Grade::Ok);
        assert_eq!(judge("AccessDeniedException"), Grade::Note);
        assert_eq!(judge("UnrecognizedClientException"), Grade::Problem);
        assert_eq!(judge("InvalidSignatureException"), Grade::Problem);
    }
}

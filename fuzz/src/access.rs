use std::net::{IpAddr, Ipv4Addr};

use keyfront_access::{Action, Context, Decision, Denial, Resource, fuzzing};
use keyfront_model::Timestamp;

/// A part of the secrets in the seeds. No message repeats it.
const SECRET: &str = "wJalrXUtnFEMI";

/// A credentials file: the operator is told a place in it and no secret of it.
pub fn credentials_file(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Err((at, problem)) = fuzzing::read_credentials(text) {
        assert!(at <= text.len(), "the fault is at byte {at}");
        assert!(!problem.contains(SECRET), "{problem}");
    }
}

const DENY_ALL: &str = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;

const BY_NAME: &str = "arn:aws:cloudfront::123456789012:key-value-store/redirects";
const BY_ID: &str =
    "arn:aws:cloudfront::123456789012:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";
const OBJECT: &str = "arn:aws:s3:::team-a/alice/x:y.json";

/// A policy: read and judged. To have it twice says the same, and a deny goes before all.
pub fn policy(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let Some(decisions) = decide(&[text]) else {
        return;
    };
    assert_eq!(decide(&[text, text]), Some(decisions));
    let denied = [Decision::Denied(Denial::Explicit); QUESTIONS];
    for with_deny in [[text, DENY_ALL], [DENY_ALL, text]] {
        assert_eq!(decide(&with_deny), Some(denied));
    }
}

const QUESTIONS: usize = 4;

fn decide(documents: &[&str]) -> Option<[Decision; QUESTIONS]> {
    let action = |service, name| Action { service, name };
    let questions = [
        (
            action("cloudfront-keyvaluestore", "GetKey"),
            Resource::new(BY_ID),
        ),
        (
            action("cloudfront", "DeleteKeyValueStore"),
            Resource::with_name_and_id(BY_NAME, BY_ID),
        ),
        (
            action("cloudfront", "CreateKeyValueStore"),
            Resource::new(BY_NAME),
        ),
        (action("s3", "GetObject"), Resource::new(OBJECT)),
    ];
    let asked = questions.map(|(action, _)| action);
    let account = "123456789012".parse().expect("it has twelve digits");
    let key = fuzzing::key_with_policies(documents, account, "alice", &asked)?;
    let context = Context {
        source_ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        secure: true,
        now: Timestamp::from_millis(1_700_000_000_000),
        user_agent: Some("Boto3/1.44"),
    };
    Some(questions.map(|(action, resource)| key.decide(action, resource, &context)))
}

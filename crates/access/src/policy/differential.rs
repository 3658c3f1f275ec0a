//! The evaluator against another one, iam-rs, on generated policies.
//!
//! Only what iam-rs is right about is generated. Left out: `ArnEquals` with wildcards (it compares
//! the text), wildcards in `ArnLike` over a colon (it matches the whole text), `Null` with several
//! values (it reads the first), numbers for `String…` operators (it fails), and variables without a
//! value.

use iam_rs::{
    Arn as TheirArn, Context as TheirContext, ContextValue, Decision as TheirDecision, IAMPolicy,
    IAMRequest, Principal as TheirPrincipal, PrincipalId, evaluate_policies,
};
use keyfront_model::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::action::ActionPattern;
use super::*;

const ACTIONS: [&str; 6] = [
    "cloudfront:CreateKeyValueStore",
    "cloudfront:DescribeKeyValueStore",
    "cloudfront-keyvaluestore:DescribeKeyValueStore",
    "cloudfront-keyvaluestore:GetKey",
    "cloudfront-keyvaluestore:PutKey",
    "s3:GetObject",
];

const RESOURCES: [&str; 5] = [
    "arn:aws:cloudfront::123456789012:key-value-store/*",
    "arn:aws:cloudfront::123456789012:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11",
    "arn:aws:cloudfront::123456789012:key-value-store/00000000-0000-4000-8000-000000000000",
    "arn:aws:s3:::team-a/alice/x:y.json",
    "arn:aws:s3:::team-b/x.json",
];

const ADDRESSES: [&str; 4] = ["203.0.113.7", "10.1.2.3", "2001:db8::7", "192.0.2.1"];
const TIMES: [i64; 3] = [1_798_675_199, 1_798_675_200, 1_798_675_201];

/// Makes some of a text's characters wildcards, or writes them in the other case.
fn blurred(
    texts: &'static [&'static str],
    from: usize,
    case: bool,
) -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), 0..3, 0..6usize);
    (select(texts), proptest::collection::vec(change, 0..3)).prop_map(move |(text, changes)| {
        let mut text = text.to_owned();
        for (at, what, length) in changes {
            let start = from.max(if case {
                text.find(':').map_or(0, |i| i + 1)
            } else {
                0
            });
            let at = start + at.index(text.len() - start);
            let end = (at + length).min(text.len());
            match what {
                0 => text.replace_range(at..end, "*"),
                1 if at < end => text.replace_range(at..=at, "?"),
                _ if case => text = text.to_uppercase(),
                _ => {}
            }
        }
        text
    })
}

fn one_or_more(texts: impl Strategy<Value = String>) -> impl Strategy<Value = Value> {
    proptest::collection::vec(texts, 1..4).prop_map(|mut texts| match texts.len() {
        1 => json!(texts.remove(0)),
        _ => json!(texts),
    })
}

fn action() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just("*".to_owned()),
        6 => blurred(&ACTIONS, 0, true).prop_filter("well formed", |text| ActionPattern::new(text).is_ok()),
    ]
}

fn resource() -> impl Strategy<Value = String> {
    // Wildcards only from the account on, so that all six fields stay.
    let patterns = [
        "arn:aws:cloudfront::123456789012:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11",
        "arn:aws:cloudfront::*:key-value-store/*",
        "arn:*:cloudfront:*:1234567890??:*",
        "arn:aws:s3:::team-a/${aws:username}/*",
        "arn:aws:s3:::*/*.json",
        "arn:aws:s3:::team-?/${aws:username, 'nobody'}*",
    ];
    prop_oneof![
        1 => Just("*".to_owned()),
        3 => select(patterns.to_vec()).prop_map(str::to_owned),
        3 => blurred(&RESOURCES[..3], 39, false),
        3 => blurred(&RESOURCES[3..], 13, false),
    ]
}

fn condition() -> impl Strategy<Value = (String, String, Value)> {
    let texts = |operators: &[&'static str], keys: &[&'static str], values: &[&'static str]| {
        let values = proptest::collection::vec(select(values.to_vec()), 1..3);
        (
            select(operators.to_vec()),
            select(keys.to_vec()),
            values,
            any::<bool>(),
        )
            .prop_map(|(operator, key, values, if_exists)| {
                let if_exists = if if_exists { "IfExists" } else { "" };
                (
                    format!("{operator}{if_exists}"),
                    key.to_owned(),
                    json!(values),
                )
            })
    };
    prop_oneof![
        texts(
            &[
                "StringEquals",
                "StringNotEquals",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
                "StringLike",
                "StringNotLike",
            ],
            &[
                "aws:username",
                "aws:PrincipalAccount",
                "aws:PrincipalArn",
                "AWS:useragent"
            ],
            &[
                "alice",
                "ALICE",
                "a*",
                "?????",
                "123456789012",
                "*/alice",
                "Boto3*",
                "x"
            ],
        ),
        texts(
            &["ArnLike", "ArnNotLike"],
            &["aws:PrincipalArn"],
            &[
                "arn:aws:iam::123456789012:user/alice",
                "arn:aws:iam::123456789012:user/?*",
                "arn:aws:iam::123456789012:root",
            ],
        ),
        texts(
            &["IpAddress", "NotIpAddress"],
            &["aws:SourceIp"],
            &[
                "203.0.113.0/24",
                "10.0.0.0/8",
                "203.0.113.7",
                "2001:db8::/32",
                "::/0",
                "0.0.0.0/0"
            ],
        ),
        texts(
            &[
                "DateEquals",
                "DateNotEquals",
                "DateLessThan",
                "DateLessThanEquals",
                "DateGreaterThan",
                "DateGreaterThanEquals",
            ],
            &["aws:CurrentTime"],
            &[
                "2026-12-31T00:00:00Z",
                "2026-12-31T01:00:01+01:00",
                "1798675199"
            ],
        ),
        texts(
            &[
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ],
            &["aws:EpochTime"],
            &["1798675199", "1798675200", "1798675200.5"],
        ),
        texts(&["Bool"], &["aws:SecureTransport"], &["true", "false"]),
        (
            select(vec![
                "aws:username",
                "aws:SourceIp",
                "aws:UserAgent",
                "aws:CurrentTime"
            ]),
            any::<bool>()
        )
            .prop_map(|(key, absent)| (
                "Null".to_owned(),
                key.to_owned(),
                json!(absent.to_string())
            )),
    ]
}

fn statement() -> impl Strategy<Value = Value> {
    (
        any::<bool>(),
        (prop::bool::weighted(0.8), one_or_more(action())),
        (prop::bool::weighted(0.8), one_or_more(resource())),
        proptest::collection::vec(condition(), 0..3),
    )
        .prop_map(
            |(allow, (action, actions), (resource, resources), conditions)| {
                let mut statement = json!({
                    "Effect": if allow { "Allow" } else { "Deny" },
                    if action { "Action" } else { "NotAction" }: actions,
                    if resource { "Resource" } else { "NotResource" }: resources,
                });
                for (operator, key, values) in conditions {
                    statement["Condition"][operator][key] = values;
                }
                statement
            },
        )
}

fn document() -> impl Strategy<Value = Value> {
    proptest::collection::vec(statement(), 1..4)
        .prop_map(|statements| json!({"Version": "2012-10-17", "Statement": statements}))
}

#[derive(Debug, Clone)]
struct Question {
    action: &'static str,
    resource: &'static str,
    ip: Option<&'static str>,
    secure: bool,
    seconds: i64,
    user_agent: Option<&'static str>,
}

fn question() -> impl Strategy<Value = Question> {
    (
        select(&ACTIONS[..]),
        select(&RESOURCES[..]),
        prop::option::of(select(&ADDRESSES[..])),
        any::<bool>(),
        select(&TIMES[..]),
        prop::option::of(select(&["Boto3/1.44", "x"][..])),
    )
        .prop_map(
            |(action, resource, ip, secure, seconds, user_agent)| Question {
                action,
                resource,
                ip,
                secure,
                seconds,
                user_agent,
            },
        )
}

fn ours(documents: &[Value], question: &Question) -> Decision {
    let principal = Principal::new("123456789012".parse().unwrap(), Some("alice"));
    let policies: Vec<_> = documents
        .iter()
        .map(|document| {
            let document = Document::parse(&document.to_string(), &asked()).unwrap();
            Policy::new(&document, &principal).unwrap()
        })
        .collect();
    let request = Request {
        action: Action::new(question.action).unwrap(),
        resource: Arn::new(question.resource).unwrap(),
        by_id: None,
        principal: &principal,
        context: &Context {
            source_ip: question.ip.map(|ip| ip.parse().unwrap()),
            secure: question.secure,
            now: Timestamp::from_millis(question.seconds * 1_000 + 999),
            user_agent: question.user_agent,
        },
    };
    judge(&policies, &request)
}

fn theirs(documents: &[Value], question: &Question) -> Decision {
    let arn = "arn:aws:iam::123456789012:user/alice";
    let time = jiff::Timestamp::from_second(question.seconds).unwrap();
    let mut context = TheirContext::new()
        .with_string("aws:username", "alice")
        .with_string("aws:PrincipalAccount", "123456789012")
        .with_string("aws:PrincipalArn", arn)
        .with_string("aws:CurrentTime", time.to_string())
        .with_boolean("aws:SecureTransport", question.secure)
        .with_number("aws:EpochTime", question.seconds as f64);
    for (key, value) in [
        ("aws:SourceIp", question.ip),
        ("aws:UserAgent", question.user_agent),
    ] {
        if let Some(value) = value {
            context.insert(key.to_owned(), ContextValue::String(value.to_owned()));
        }
    }
    let request = IAMRequest::new_with_context(
        TheirPrincipal::Aws(PrincipalId::String(arn.to_owned())),
        question.action,
        TheirArn::parse(question.resource).unwrap(),
        context,
    );
    let policies: Vec<_> = documents
        .iter()
        .map(|document| IAMPolicy::from_json(&document.to_string()).unwrap())
        .collect();
    match evaluate_policies(&policies, &request).unwrap() {
        TheirDecision::Allow => Decision::Allowed,
        TheirDecision::Deny => Decision::Denied(Denial::Explicit),
        TheirDecision::NotApplicable => Decision::Denied(Denial::Implicit),
    }
}

/// How often it is tried, unless PROPTEST_CASES says more.
const CASES: u32 = 1_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(CASES)))]

    #[test]
    fn both_decide_alike(
        documents in proptest::collection::vec(document(), 1..3),
        questions in proptest::collection::vec(question(), 8),
    ) {
        for question in &questions {
            prop_assert_eq!(ours(&documents, question), theirs(&documents, question), "{:?}", question);
        }
    }
}

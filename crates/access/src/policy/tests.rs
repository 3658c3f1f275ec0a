//! What policies mean, each as a small table.

use keyfront_model::Timestamp;
use proptest::prelude::*;

use super::*;

const GET: &str = "cloudfront-keyvaluestore:GetKey";
const PUT: &str = "cloudfront-keyvaluestore:PutKey";
const STORE: &str =
    "arn:aws:cloudfront::123456789012:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";

/// 2026-12-31T00:00:00.999Z
const NOW: Timestamp = Timestamp::from_millis(1_798_675_200_999);

const CONTEXT: Context<'_> = Context {
    source_ip: None,
    secure: true,
    now: NOW,
    user_agent: Some("Boto3/1.44 md/x*"),
};

/// The actions that Keyfront's API asks about.
const ASKED: [&str; 16] = [
    "cloudfront:CreateKeyValueStore",
    "cloudfront:DescribeKeyValueStore",
    "cloudfront:UpdateKeyValueStore",
    "cloudfront:DeleteKeyValueStore",
    "cloudfront:ListKeyValueStores",
    "cloudfront:TagResource",
    "cloudfront:UntagResource",
    "cloudfront:ListTagsForResource",
    "cloudfront-keyvaluestore:DescribeKeyValueStore",
    GET,
    PUT,
    "cloudfront-keyvaluestore:DeleteKey",
    "cloudfront-keyvaluestore:ListKeys",
    "cloudfront-keyvaluestore:UpdateKeys",
    "s3:GetObject",
    "s3:GetBucketLocation",
];

pub(crate) fn asked() -> [Action<'static>; 16] {
    ASKED.map(|text| Action::new(text).unwrap())
}

fn principal(user: Option<&str>) -> Principal {
    Principal::new("123456789012".parse().unwrap(), user)
}

fn policy(text: &str, user: Option<&str>) -> Result<Policy, String> {
    let document = Document::parse(text, &asked()).map_err(|error| error.to_string())?;
    Policy::new(&document, &principal(user)).map_err(|problem| problem.to_string())
}

fn decide(policies: &[&str], action: &str, resource: &str) -> Decision {
    let policies: Vec<_> = policies
        .iter()
        .map(|text| policy(text, Some("alice")).unwrap())
        .collect();
    let request = Request {
        action: Action::new(action).unwrap(),
        resource: Arn::new(resource).unwrap(),
        by_id: None,
        principal: &principal(Some("alice")),
        context: &CONTEXT,
    };
    judge(&policies, &request)
}

const ALLOWED: Decision = Decision::Allowed;
const IMPLICIT: Decision = Decision::Denied(Denial::Implicit);
const EXPLICIT: Decision = Decision::Denied(Denial::Explicit);

#[test]
fn what_nothing_allows_is_denied_and_what_is_denied_stays_so() {
    let allow_all = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let allow_get = r#"{"Statement": {"Effect": "Allow", "Action": "cloudfront-keyvaluestore:Get*", "Resource": "*"}}"#;
    let deny_put = r#"{"Statement": {"Effect": "Deny", "Action": "cloudfront-keyvaluestore:put*", "Resource": "*"}}"#;
    assert_eq!(decide(&[], GET, STORE), IMPLICIT);
    assert_eq!(decide(&[allow_get], GET, STORE), ALLOWED);
    assert_eq!(decide(&[allow_get], PUT, STORE), IMPLICIT);
    assert_eq!(decide(&[allow_all, deny_put], GET, STORE), ALLOWED);
    assert_eq!(decide(&[allow_all, deny_put], PUT, STORE), EXPLICIT);
    assert_eq!(decide(&[deny_put, allow_all], PUT, STORE), EXPLICIT);
    assert_eq!(decide(&[deny_put], GET, STORE), IMPLICIT);
}

#[test]
fn not_action_and_not_resource_mean_all_others() {
    let not_put = r#"{"Statement": {"Effect": "Allow", "NotAction": ["cloudfront-keyvaluestore:PutKey", "s3:*"], "Resource": "*"}}"#;
    assert_eq!(decide(&[not_put], GET, STORE), ALLOWED);
    assert_eq!(decide(&[not_put], PUT, STORE), IMPLICIT);
    assert_eq!(
        decide(&[not_put], "s3:GetObject", "arn:aws:s3:::a/b"),
        IMPLICIT
    );
    let others =
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}}"#;
    assert_eq!(decide(&[others], GET, STORE), ALLOWED);
    assert_eq!(
        decide(&[others], "s3:GetObject", "arn:aws:s3:::a/b"),
        IMPLICIT
    );
}

#[test]
fn one_store_is_told_from_another_and_from_lists() {
    let one =
        format!(r#"{{"Statement": {{"Effect": "Allow", "Action": "*", "Resource": "{STORE}"}}}}"#);
    assert_eq!(decide(&[&one], PUT, STORE), ALLOWED);
    let other =
        "arn:aws:cloudfront::123456789012:key-value-store/00000000-0000-4000-8000-000000000000";
    assert_eq!(decide(&[&one], PUT, other), IMPLICIT);
    let every = "arn:aws:cloudfront::123456789012:key-value-store/*";
    assert_eq!(
        decide(&[&one], "cloudfront:ListKeyValueStores", every),
        IMPLICIT
    );
}

/// Whether the condition, in a policy of the given version, is met by [`CONTEXT`] from that address
/// by that user.
fn met_by(version: &str, condition: &str, ip: Option<&str>, user: Option<&str>) -> bool {
    let text = format!(
        r#"{{"Version": "{version}", "Statement": {{"Effect": "Allow", "Action": "*",
            "Resource": "*", "Condition": {{{condition}}}}}}}"#
    );
    let request = Request {
        action: Action::new(GET).unwrap(),
        resource: Arn::new(STORE).unwrap(),
        by_id: None,
        principal: &principal(user),
        context: &Context {
            source_ip: ip.map(|ip| ip.parse().unwrap()),
            ..CONTEXT
        },
    };
    let policy = policy(&text, user).unwrap_or_else(|problem| panic!("{condition}: {problem}"));
    judge(&[policy], &request) == Decision::Allowed
}

fn met(condition: &str) -> bool {
    met_by("2012-10-17", condition, Some("203.0.113.7"), Some("alice"))
}

#[test]
fn conditions_of_every_kind() {
    for (condition, expected) in [
        (r#""StringEquals": {"aws:username": "alice"}"#, true),
        (
            r#""StringEquals": {"AWS:UserName": ["bob", "alice"]}"#,
            true,
        ),
        (r#""StringEquals": {"aws:username": "Alice"}"#, false),
        (r#""StringEquals": {"aws:username": "a*"}"#, false),
        (
            r#""StringNotEquals": {"aws:username": ["bob", "carol"]}"#,
            true,
        ),
        (
            r#""StringNotEquals": {"aws:username": ["bob", "alice"]}"#,
            false,
        ),
        (
            r#""StringEqualsIgnoreCase": {"aws:username": "ALICE"}"#,
            true,
        ),
        (
            r#""StringNotEqualsIgnoreCase": {"aws:username": "ALICE"}"#,
            false,
        ),
        (
            r#""StringLike": {"aws:UserAgent": ["aws-cli/*", "Boto3/?.44*"]}"#,
            true,
        ),
        (r#""StringLike": {"aws:UserAgent": "boto3/*"}"#, false),
        (
            r#""StringNotLike": {"aws:UserAgent": ["aws-cli/*", "Boto3/*"]}"#,
            false,
        ),
        (
            r#""StringEquals": {"aws:PrincipalAccount": "123456789012"}"#,
            true,
        ),
        (
            r#""StringEquals": {"aws:PrincipalAccount": 123456789012}"#,
            true,
        ),
        (r#""StringEquals": {"aws:PrincipalType": "User"}"#, true),
        (
            r#""StringLike": {"aws:PrincipalArn": "arn:aws:iam::*/alice"}"#,
            true,
        ),
        (
            r#""ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/*"}"#,
            true,
        ),
        (
            r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/alice"}"#,
            true,
        ),
        (
            r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:alice"}"#,
            false,
        ),
        (
            r#""ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/b*"}"#,
            true,
        ),
        (r#""Bool": {"aws:SecureTransport": "true"}"#, true),
        (r#""Bool": {"aws:SecureTransport": false}"#, false),
        (
            r#""Bool": {"aws:SecureTransport": ["false", "true"]}"#,
            true,
        ),
        (r#""IpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#, true),
        (r#""IpAddress": {"aws:SourceIp": "203.0.113.99/24"}"#, true),
        (
            r#""IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.7"]}"#,
            true,
        ),
        (
            r#""IpAddress": {"aws:SourceIp": ["2001:db8::/32", "203.0.113.8"]}"#,
            false,
        ),
        (r#""IpAddress": {"aws:SourceIp": "::/0"}"#, false),
        (
            r#""NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}"#,
            false,
        ),
        (
            r#""NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}"#,
            true,
        ),
        (
            r#""DateGreaterThan": {"aws:CurrentTime": "2026-12-30"}"#,
            true,
        ),
        (
            r#""DateLessThan": {"aws:CurrentTime": "2026-12-31T00:00:00Z"}"#,
            false,
        ),
        (
            r#""DateEquals": {"aws:CurrentTime": "2026-12-31T01:00:00+01:00"}"#,
            true,
        ),
        (
            r#""DateNotEquals": {"aws:CurrentTime": ["2026-12-31", "2027-01-01"]}"#,
            false,
        ),
        (
            r#""DateLessThanEquals": {"aws:EpochTime": "1798675200"}"#,
            true,
        ),
        (
            r#""DateLessThanEquals": {"aws:EpochTime": 1798675199}"#,
            false,
        ),
        (
            r#""NumericGreaterThanEquals": {"aws:EpochTime": 1798675200}"#,
            true,
        ),
        (
            r#""NumericGreaterThan": {"aws:EpochTime": "1798675200.5"}"#,
            false,
        ),
        (
            r#""NumericNotEquals": {"aws:EpochTime": "1798675200"}"#,
            false,
        ),
        (r#""Null": {"aws:SourceIp": "false"}"#, true),
        (r#""Null": {"aws:SourceIp": true}"#, false),
        (
            r#""Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:username": "bob"}"#,
            false,
        ),
        (
            r#""StringEquals": {"aws:username": "alice", "aws:PrincipalAccount": "0"}"#,
            false,
        ),
        (
            r#""StringEquals": {"aws:username": "alice", "aws:PrincipalType": "User"}"#,
            true,
        ),
    ] {
        assert_eq!(met(condition), expected, "{condition}");
    }
}

#[test]
fn an_absent_key_matches_nothing() {
    let absent = |condition| met_by("2012-10-17", condition, None, None);
    for (condition, expected) in [
        (r#""StringEquals": {"aws:username": "alice"}"#, false),
        (r#""StringLike": {"aws:username": "*"}"#, false),
        (r#""StringEqualsIfExists": {"aws:username": "alice"}"#, true),
        (r#""StringNotEquals": {"aws:username": "alice"}"#, true),
        (
            r#""StringNotEqualsIfExists": {"aws:username": "alice"}"#,
            true,
        ),
        (r#""IpAddress": {"aws:SourceIp": "0.0.0.0/0"}"#, false),
        (
            r#""IpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}"#,
            true,
        ),
        (r#""NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}"#, true),
        (r#""Null": {"aws:SourceIp": "true"}"#, true),
        (r#""Null": {"aws:SourceIp": "false"}"#, false),
        (r#""Null": {"aws:username": ["false", "true"]}"#, true),
        (r#""StringEquals": {"aws:PrincipalType": "Account"}"#, true),
        (
            r#""ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:root"}"#,
            true,
        ),
    ] {
        assert_eq!(absent(condition), expected, "{condition}");
    }
    // IfExists changes nothing for a key that is there.
    assert!(!met(r#""StringEqualsIfExists": {"aws:username": "bob"}"#));
}

#[test]
fn an_ipv4_address_shown_as_ipv6_is_the_ipv4_address() {
    let condition = r#""IpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#;
    assert!(met_by(
        "2012-10-17",
        condition,
        Some("::ffff:203.0.113.9"),
        None
    ));
    let v6 = r#""IpAddress": {"aws:SourceIp": "2001:db8::/32"}"#;
    assert!(met_by("2012-10-17", v6, Some("2001:db8:1::1"), None));
}

#[test]
fn variables_in_values_and_only_in_the_newer_version() {
    let arn = r#""StringEquals": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}"}"#;
    assert!(met(arn));
    assert!(!met_by("2008-10-17", arn, None, Some("alice")));
    assert!(met(
        r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/${aws:username}"}"#
    ));
    // A star that is written so is a star.
    assert!(met(r#""StringLike": {"aws:UserAgent": "*x${*}"}"#));
    assert!(!met(r#""StringLike": {"aws:UserAgent": "Boto3${*}"}"#));
    assert!(met(
        r#""StringEquals": {"aws:UserAgent": "Boto3/1.44 md/x${*}"}"#
    ));
}

#[test]
fn what_can_not_be_evaluated_is_refused_by_name() {
    for (condition, named) in [
        (
            r#""StringEquals": {"aws:PrincipalTag/team": "a"}"#,
            "aws:PrincipalTag/team",
        ),
        (
            r#""StringEquals": {"aws:RequestedRegion": "eu-west-1"}"#,
            "aws:RequestedRegion",
        ),
        (r#""StringLike": {"s3:prefix": "x"}"#, "s3:prefix"),
        (
            r#""Null": {"aws:TokenIssueTime": "true"}"#,
            "aws:TokenIssueTime",
        ),
        (r#""StringEqual": {"aws:username": "a"}"#, "StringEqual"),
        (
            r#""ForAnyValue:StringEquals": {"aws:username": "a"}"#,
            "ForAnyValue:StringEquals",
        ),
        (
            r#""BinaryEquals": {"aws:username": "QQ=="}"#,
            "BinaryEquals",
        ),
        (
            r#""NullIfExists": {"aws:username": "true"}"#,
            "NullIfExists",
        ),
        (
            r#""StringEquals": {"aws:SourceIp": "203.0.113.7"}"#,
            "IpAddress or NotIpAddress",
        ),
        (
            r#""IpAddress": {"aws:UserAgent": "203.0.113.7"}"#,
            "a String operator",
        ),
        (
            r#""NumericEquals": {"aws:CurrentTime": "1"}"#,
            "a Date operator",
        ),
        (
            r#""IpAddress": {"aws:SourceIp": "203.0.113.*"}"#,
            "203.0.113.*",
        ),
        (
            r#""Bool": {"aws:SecureTransport": "yes"}"#,
            "neither true nor false",
        ),
        (
            r#""DateLessThan": {"aws:CurrentTime": "tomorrow"}"#,
            "tomorrow",
        ),
        (
            r#""DateLessThan": {"aws:CurrentTime": "${aws:CurrentTime}"}"#,
            "is no date",
        ),
        (r#""ArnLike": {"aws:PrincipalArn": "*"}"#, "six fields"),
        (
            r#""StringLike": {"aws:username": "${aws:userid}"}"#,
            "${aws:userid}",
        ),
    ] {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Deny", "Action": "*",
                "Resource": "*", "Condition": {{{condition}}}}}}}"#
        );
        let problem = policy(&text, Some("alice")).unwrap_err();
        assert!(problem.contains(named), "{problem}");
        assert!(problem.starts_with("statement 1: Condition: "), "{problem}");
    }
}

#[test]
fn statements_without_or_with_both_of_a_pair_are_refused() {
    for (members, named) in [
        (r#""Resource": "*""#, "Action or NotAction is missing"),
        (r#""Action": "*""#, "Resource or NotResource is missing"),
        (
            r#""Action": "*", "NotAction": "s3:*", "Resource": "*""#,
            "both Action and NotAction",
        ),
        (
            r#""Action": "*", "NotResource": "*", "Resource": "*""#,
            "both Resource and NotResource",
        ),
        (
            r#""NotAction": "GetKey", "Resource": "*""#,
            "NotAction: `GetKey`",
        ),
        (r#""Action": "*", "Resource": ["*", "x"]"#, "Resource: `x`"),
    ] {
        let text = format!(
            r#"{{"Statement": [{{"Effect": "Deny", "Action": "*", "Resource": "*"}},
                {{"Sid": "Mine", "Effect": "Allow", {members}}}]}}"#
        );
        let problem = policy(&text, Some("alice")).unwrap_err();
        assert!(problem.contains(named), "{problem}");
        assert!(problem.starts_with("statement 2 (Mine): "), "{problem}");
    }
}

const DESCRIBE: &str = "cloudfront:DescribeKeyValueStore";
const BY_NAME: &str = "arn:aws:cloudfront::123456789012:key-value-store/web-production";

/// What one statement says about the store that is `web-production` by name and [`STORE`] by id.
fn decide_both(effect: &str, resources: &str) -> Decision {
    let allow_all = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let others = if effect == "Deny" { allow_all } else { "" };
    let separator = if others.is_empty() { "" } else { "," };
    let text = format!(
        r#"{{"Statement": [{{"Effect": "{effect}", "Action": "*", {resources}}}{separator}{others}]}}"#
    );
    let request = Request {
        action: Action::new(DESCRIBE).unwrap(),
        resource: Arn::new(BY_NAME).unwrap(),
        by_id: Arn::new(STORE),
        principal: &principal(Some("alice")),
        context: &CONTEXT,
    };
    judge(&[policy(&text, Some("alice")).unwrap()], &request)
}

#[test]
fn a_store_is_judged_once_by_its_name_and_its_id() {
    const STORES: &str = "arn:aws:cloudfront::123456789012:key-value-store";
    const ID: &str = "7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";
    for (resource, matches) in [
        ("*".to_owned(), true),
        (format!("{STORES}/*"), true),
        (format!("{STORES}/web-production"), true),
        (format!("{STORES}/web-*"), true),
        (format!("{STORES}/{ID}"), true),
        (format!("arn:aws:cloudfront::*:*/{ID}"), true),
        (format!("{STORES}/test-*"), false),
        (format!("{STORES}/7*"), false),
        (
            format!("{STORES}/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a1?"),
            false,
        ),
        (
            format!("{STORES}/????????-????-????-????-????????????"),
            false,
        ),
        (format!("{STORES}/{}", ID.to_uppercase()), false),
        (
            format!("arn:aws:cloudfront::210987654321:key-value-store/{ID}"),
            false,
        ),
    ] {
        let positive = format!(r#""Resource": ["arn:aws:s3:::x/*", "{resource}"]"#);
        let negative = format!(r#""NotResource": ["arn:aws:s3:::x/*", "{resource}"]"#);
        let (allowed, denied) = match matches {
            true => (ALLOWED, EXPLICIT),
            false => (IMPLICIT, ALLOWED),
        };
        assert_eq!(decide_both("Allow", &positive), allowed, "{resource}");
        assert_eq!(decide_both("Deny", &positive), denied, "{resource}");
        let (allowed, denied) = match matches {
            true => (IMPLICIT, ALLOWED),
            false => (ALLOWED, EXPLICIT),
        };
        assert_eq!(decide_both("Allow", &negative), allowed, "Not {resource}");
        assert_eq!(decide_both("Deny", &negative), denied, "Not {resource}");
    }
}

#[test]
fn a_statement_that_concerns_no_request_is_skipped_whatever_it_holds() {
    let skipped = [
        r#""Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b",
           "Condition": {"StringLike": {"s3:prefix": ["x/*"]}}"#,
        r#""Effect": "Deny", "Action": ["cloudfront:CreateDistribution"], "Resource": "arn:aws:cloudfront:*""#,
        r#""Effect": "Allow", "Action": "sts:*", "Principal": "*", "Resource": "${aws:nothing}""#,
        r#""Effect": "Allow", "NotAction": ["cloudfront:*", "cloudfront-keyvaluestore:*", "s3:Get*"],
           "Resource": [], "Conditoin": null"#,
        r#""Effect": "Perhaps", "Action": "cloudfront-keyvaluestore:PutKeys""#,
    ];
    let grant =
        r#"{"Effect": "Allow", "Action": "cloudfront-keyvaluestore:Get*", "Resource": "*"}"#;
    for members in skipped {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{{{members}}}, {grant}]}}"#);
        assert_eq!(decide(&[&text], GET, STORE), ALLOWED, "{members}");
        assert_eq!(decide(&[&text], PUT, STORE), IMPLICIT, "{members}");
        let document = Document::parse(&text, &asked()).unwrap();
        let [warning] = &*warnings(&document, &asked()) else {
            panic!("one warning: {members}");
        };
        assert!(warning.starts_with("statement 1 is skipped: "), "{warning}");
        let alone = format!(r#"{{"Statement": {{{members}}}}}"#);
        assert_eq!(decide(&[&alone], GET, STORE), IMPLICIT, "{members}");
    }
}

#[test]
fn a_statement_that_could_concern_a_request_is_read_in_full() {
    for actions in [
        r#""Action": ["s3:ListBucket", "s3:GetObject"]"#,
        r#""Action": "s3:Get*""#,
        r#""Action": "*""#,
        r#""Action": "cloudfront:*KeyValueStore""#,
        r#""NotAction": "s3:*""#,
        r#""Action": ["s3:ListBucket", 7]"#,
        r#""Action": "s3ListBucket""#,
        r#""Action": "s3:ListBucket", "Action": "cloudfront:TagResource""#,
        r#""Action": "s3:ListBucket", "NotAction": "s3:ListBucket""#,
        r#""action": "s3:ListBucket""#,
    ] {
        let text = format!(
            r#"{{"Statement": {{"Effect": "Allow", {actions}, "Resource": "*",
                "Condition": {{"StringLike": {{"s3:prefix": "x"}}}}}}}}"#
        );
        assert!(policy(&text, Some("alice")).is_err(), "{actions}");
    }
}

/// Texts that are somewhat like a policy.
fn like_a_policy() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just(r#""*""#.to_owned()),
        Just("null".to_owned()),
        Just("[]".to_owned()),
        Just(r#"["*", "cloudfront:Get*"]"#.to_owned()),
        Just(r#""arn:aws:s3:::a/${aws:username}""#.to_owned()),
        Just(r#"{"StringLike": {"aws:username": ["${*}", 1, true]}}"#.to_owned()),
        Just(r#"{"IpAddress": {"aws:SourceIp": "::1/129"}}"#.to_owned()),
        any::<String>().prop_map(|text| serde_json::Value::String(text).to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
    ];
    let names = [
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "Sid",
        "Principal",
    ];
    let member = (proptest::sample::select(names.to_vec()), value)
        .prop_map(|(name, value)| format!(r#""{name}": {value}"#));
    proptest::collection::vec(member, 0..5).prop_map(|members| {
        let mut members = members;
        members.push(r#""Effect": "Allow""#.to_owned());
        format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{{}}}]}}"#,
            members.join(", ")
        )
    })
}

proptest! {
    #[test]
    fn anything_at_all_is_read_or_refused(text in any::<String>()) {
        prop_assert!(policy(&text, None).is_err());
    }

    #[test]
    fn anything_like_a_policy_is_read_or_refused(text in like_a_policy()) {
        let _ = policy(&text, None).map(|policy| format!("{policy:?}"));
        if let Ok(document) = Document::parse(&text, &asked()) {
            warnings(&document, &asked());
        }
    }

    /// A condition's value of any text is taken or refused, whatever it is a value of.
    #[test]
    fn any_value_of_a_condition_is_read_or_refused(
        operator in proptest::sample::select(vec![
            "StringLike", "ArnLike", "IpAddress", "Bool", "Null", "DateEquals", "NumericEquals",
        ]),
        key in proptest::sample::select(vec![
            "aws:username", "aws:PrincipalArn", "aws:SourceIp", "aws:SecureTransport", "aws:EpochTime",
        ]),
        value in "(\\$\\{|\\}|aws:username|'|, |:|arn|\\*|[0-9]{1,5}|-|T|Z|/|\\.|true|é){0,8}",
    ) {
        let text = serde_json::json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {operator: {key: value}}}}).to_string();
        if let Ok(policy) = policy(&text, Some("alice")) {
            let request = Request {
                action: Action::new(GET).unwrap(),
                resource: Arn::new(STORE).unwrap(),
        by_id: None,
                principal: &principal(Some("alice")),
                context: &CONTEXT,
            };
            judge(&[policy], &request);
        }
    }
}

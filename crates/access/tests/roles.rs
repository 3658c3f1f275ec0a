//! Roles of the shapes that deployments on AWS have: each loads, and judges as it does there.
//!
//! The shapes were met in public repositories; names and numbers are made up.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use keyfront_access::{Action, Context, Credentials, Decision, LoadError, Resource};
use keyfront_model::Timestamp;

const NAME: &str = "arn:aws:cloudfront::123456789012:key-value-store/web-production-redirects";
const ID: &str =
    "arn:aws:cloudfront::123456789012:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";
const OTHER_NAME: &str = "arn:aws:cloudfront::123456789012:key-value-store/shop-flags";
const OTHER_ID: &str =
    "arn:aws:cloudfront::123456789012:key-value-store/0b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a12";
const ALL: &str = "arn:aws:cloudfront::123456789012:key-value-store/*";

const CONTROL_PLANE: [&str; 8] = [
    "CreateKeyValueStore",
    "DescribeKeyValueStore",
    "UpdateKeyValueStore",
    "DeleteKeyValueStore",
    "ListKeyValueStores",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
];
const FUNCTIONS: [&str; 8] = [
    "CreateFunction",
    "DescribeFunction",
    "GetFunction",
    "UpdateFunction",
    "PublishFunction",
    "TestFunction",
    "DeleteFunction",
    "ListFunctions",
];
const DATA_PLANE: [&str; 6] = [
    "DescribeKeyValueStore",
    "GetKey",
    "PutKey",
    "DeleteKey",
    "ListKeys",
    "UpdateKeys",
];

fn asked() -> Vec<Action<'static>> {
    let of = |service, names: &[&'static str]| -> Vec<_> {
        names.iter().map(|name| Action { service, name }).collect()
    };
    [
        of("cloudfront", &CONTROL_PLANE),
        of("cloudfront", &FUNCTIONS),
        of("cloudfront-keyvaluestore", &DATA_PLANE),
        of("s3", &["GetObject", "GetBucketLocation"]),
    ]
    .concat()
}

fn load(role: &str) -> Result<Credentials, LoadError> {
    let roles = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/roles");
    let folder = tempfile::tempdir().unwrap();
    fs::copy(
        roles.join(format!("{role}.json")),
        folder.path().join("role.json"),
    )
    .unwrap();
    let credentials = folder.path().join("credentials.toml");
    let text = r#"
        [[access_key]]
        id = "AKIAROLE"
        secret = "a secret"
        account = "123456789012"
        user = "deployer"
        policies = ["role.json"]
    "#;
    fs::write(&credentials, text).unwrap();
    Credentials::load(&credentials, &asked())
}

/// Which of these actions a role may do with a resource.
fn allowed(
    credentials: &Credentials,
    service: &'static str,
    names: &[&'static str],
    resource: Resource<'_>,
) -> Vec<&'static str> {
    let key = credentials.find("AKIAROLE").unwrap();
    let context = Context {
        source_ip: Some(IpAddr::from([203, 0, 113, 7])),
        secure: true,
        now: Timestamp::from_millis(1_798_675_200_000),
        user_agent: None,
    };
    let may = |name: &&'static str| {
        key.decide(Action { service, name }, resource, &context) == Decision::Allowed
    };
    names.iter().copied().filter(may).collect()
}

/// What a role may do with a function of that name.
fn on_function(role: &str, name: &str) -> Vec<&'static str> {
    let arn = format!("arn:aws:cloudfront::123456789012:function/{name}");
    let credentials = load(role).unwrap();
    allowed(&credentials, "cloudfront", &FUNCTIONS, Resource::new(&arn))
}

/// What a role may do, as one line for each plane and each of two stores, and the actions that are
/// of no store.
fn rights(role: &str) -> [Vec<&'static str>; 5] {
    let credentials = load(role).unwrap();
    let allowed = |service, names: &[&'static str], resource: Resource<'_>| {
        allowed(&credentials, service, names, resource)
    };
    let of_a_store: Vec<_> = CONTROL_PLANE
        .into_iter()
        .filter(|name| !matches!(*name, "CreateKeyValueStore" | "ListKeyValueStores"))
        .collect();
    let object = allowed(
        "s3",
        &["GetObject"],
        Resource::new("arn:aws:s3:::redirect-source/live/a"),
    );
    let create = allowed("cloudfront", &CONTROL_PLANE[..1], Resource::new(NAME));
    let list = allowed("cloudfront", &CONTROL_PLANE[4..5], Resource::new(ALL));
    [
        allowed(
            "cloudfront",
            &of_a_store,
            Resource::with_name_and_id(NAME, ID),
        ),
        allowed(
            "cloudfront",
            &of_a_store,
            Resource::with_name_and_id(OTHER_NAME, OTHER_ID),
        ),
        allowed("cloudfront-keyvaluestore", &DATA_PLANE, Resource::new(ID)),
        allowed(
            "cloudfront-keyvaluestore",
            &DATA_PLANE,
            Resource::new(OTHER_ID),
        ),
        [create, list, object].concat(),
    ]
}

const NOTHING: [&str; 0] = [];
const ON_A_STORE: [&str; 6] = [
    "DescribeKeyValueStore",
    "UpdateKeyValueStore",
    "DeleteKeyValueStore",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
];
const CREATE_AND_LIST: [&str; 2] = ["CreateKeyValueStore", "ListKeyValueStores"];

#[test]
fn cdk_deployment() {
    let [store, other, keys, other_keys, rest] = rights("cdk-deployment");
    assert_eq!((&*store, &*other), (&ON_A_STORE[..], &ON_A_STORE[..]));
    // `cloudfront:*` is no action of the data plane.
    assert_eq!((&*keys, &*other_keys), (&NOTHING[..], &NOTHING[..]));
    assert_eq!(rest, CREATE_AND_LIST);
}

#[test]
fn sst_deployment() {
    let [store, other, keys, other_keys, rest] = rights("sst-deployment");
    assert_eq!((&*store, &*other), (&ON_A_STORE[..], &ON_A_STORE[..]));
    assert_eq!((&*keys, &*other_keys), (&DATA_PLANE[..], &DATA_PLANE[..]));
    assert_eq!(
        rest,
        ["CreateKeyValueStore", "ListKeyValueStores", "GetObject"]
    );
}

#[test]
fn terraform_apply() {
    let [store, other, keys, other_keys, rest] = rights("terraform-apply");
    assert_eq!(store, &ON_A_STORE[..3]);
    assert_eq!(other, &ON_A_STORE[..3]);
    assert_eq!(keys, ["DescribeKeyValueStore", "ListKeys", "UpdateKeys"]);
    assert_eq!(keys, other_keys);
    assert_eq!(rest, ["CreateKeyValueStore"]);
}

#[test]
fn production_deployment() {
    let [store, other, keys, other_keys, rest] = rights("production-deployment");
    assert_eq!((&*store, &*other), (&ON_A_STORE[..], &NOTHING[..]));
    // At AWS, too, the data plane knows a store by its id alone.
    assert_eq!((&*keys, &*other_keys), (&NOTHING[..], &NOTHING[..]));
    assert_eq!(rest, CREATE_AND_LIST);
    let credentials = load("production-deployment").unwrap();
    let warned = |text: &str| {
        credentials
            .warnings()
            .iter()
            .any(|warning| warning.contains(text))
    };
    assert!(warned(
        "statement 3 (Keys): `arn:aws:cloudfront::123456789012:key-value-store/web-"
    ));
    assert!(warned("statement 4 (TaggedDistributions) is skipped"));
    // There is another if the machine lets others read new files.
    let of_policies = |warning: &&String| warning.contains("statement");
    assert_eq!(credentials.warnings().iter().filter(of_policies).count(), 2);
}

#[test]
fn release_pipeline() {
    let [store, other, keys, other_keys, rest] = rights("release-pipeline");
    assert_eq!((&*store, &*other), (&NOTHING[..], &NOTHING[..]));
    assert_eq!(
        keys,
        ["DescribeKeyValueStore", "GetKey", "ListKeys", "UpdateKeys"]
    );
    assert_eq!((&*other_keys, &*rest), (&NOTHING[..], &NOTHING[..]));
    let credentials = load("release-pipeline").unwrap();
    let skipped = |warning: &&String| warning.contains(" is skipped: Keyfront never asks for ");
    assert_eq!(credentials.warnings().iter().filter(skipped).count(), 2);
    assert_eq!(
        on_function("release-pipeline", "redirects"),
        ["TestFunction"]
    );
    assert_eq!(on_function("release-pipeline", "other"), NOTHING);
}

#[test]
fn functions() {
    assert_eq!(on_function("cdk-deployment", "any"), FUNCTIONS);
    assert_eq!(
        on_function("edge-auth", "any"),
        ["CreateFunction", "PublishFunction", "TestFunction"]
    );
    assert_eq!(on_function("redirect-compiler", "any"), NOTHING);
}

#[test]
fn redirect_compiler() {
    let [store, other, keys, other_keys, rest] = rights("redirect-compiler");
    assert_eq!((&*store, &*other), (&NOTHING[..], &NOTHING[..]));
    assert_eq!(keys, ["DescribeKeyValueStore", "PutKey", "UpdateKeys"]);
    assert_eq!(other_keys, NOTHING);
    assert_eq!(rest, ["GetObject"]);
}

#[test]
fn auditor() {
    let [store, other, keys, other_keys, rest] = rights("auditor");
    assert_eq!(store, ["DescribeKeyValueStore", "ListTagsForResource"]);
    assert_eq!(store, other);
    assert_eq!(keys, ["DescribeKeyValueStore", "GetKey", "ListKeys"]);
    assert_eq!(keys, other_keys);
    assert_eq!(rest, ["ListKeyValueStores"]);
}

#[test]
fn edge_auth() {
    let [store, other, keys, other_keys, rest] = rights("edge-auth");
    assert_eq!((&*store, &*other), (&ON_A_STORE[..1], &ON_A_STORE[..1]));
    assert_eq!(keys, ["DescribeKeyValueStore", "PutKey", "DeleteKey"]);
    assert_eq!(keys, other_keys);
    assert_eq!(rest, CREATE_AND_LIST);
}

#[test]
fn power_user() {
    let [store, other, keys, other_keys, rest] = rights("power-user");
    let on_production = [
        "DescribeKeyValueStore",
        "TagResource",
        "UntagResource",
        "ListTagsForResource",
    ];
    assert_eq!(store, on_production);
    let on_others = ON_A_STORE.into_iter().filter(|name| *name != "TagResource");
    assert_eq!(other, on_others.collect::<Vec<_>>());
    assert_eq!((&*keys, &*other_keys), (&DATA_PLANE[..], &DATA_PLANE[..]));
    assert_eq!(
        rest,
        ["CreateKeyValueStore", "ListKeyValueStores", "GetObject"]
    );
}

#[test]
fn per_resource_kind() {
    let [store, other, keys, other_keys, rest] = rights("per-resource-kind");
    let manage = [
        "DescribeKeyValueStore",
        "DeleteKeyValueStore",
        "TagResource",
        "ListTagsForResource",
    ];
    assert_eq!((&*store, &*other), (&manage[..], &manage[..]));
    assert_eq!(
        (&*keys, &*other_keys, &*rest),
        (&NOTHING[..], &NOTHING[..], &NOTHING[..])
    );
}

/// Keyfront does not evaluate tags in policies, so a role that depends on them must not load.
#[test]
fn tagged_stores() {
    let refused = load("tagged-stores").unwrap_err().to_string();
    assert!(
        refused.contains("statement 1 (Tagged): Condition: StringEquals: the condition key `aws:ResourceTag/project`"),
        "{refused}"
    );
}

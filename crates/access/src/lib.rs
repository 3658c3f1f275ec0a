//! Who may do what: accounts, access keys and policies.
//!
//! [`Credentials`] are the access keys that there are, from a file or for development. An
//! [`AccessKey`] holds what its signatures are checked with, and [decides](AccessKey::decide) what
//! its user may do: everything in its account, or what its policies say. What a request's action
//! and resource are called, and which error a [`Denial`] becomes, is decided by who asks.
//!
//! ```
//! use keyfront_access::{Action, Context, Credentials, Decision, Resource};
//! use keyfront_model::Timestamp;
//!
//! let credentials = Credentials::development();
//! let key = credentials.find("123456789012").ok_or("no such access key")?;
//! assert!(key.check_session_token(None));
//!
//! let action = Action { service: "cloudfront-keyvaluestore", name: "GetKey" };
//! let arn = "arn:aws:cloudfront::000000000000:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";
//! let context = Context {
//!     source_ip: None,
//!     secure: false,
//!     now: Timestamp::from_millis(1_700_000_000_000),
//!     user_agent: None,
//! };
//! let Decision::Denied(denial) = key.decide(action, Resource::new(arn), &context) else {
//!     return Err("another account's store".into());
//! };
//! assert!(denial.message(key.arn(), action, arn).starts_with(
//!     "User: arn:aws:iam::123456789012:root is not authorized to perform: \
//!      cloudfront-keyvaluestore:GetKey on resource:"
//! ));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The credentials file
//!
//! ```toml
//! [[access_key]]
//! id = "AKIAEXAMPLE"             # letters, digits and . _ -
//! secret = "…"
//! account = "123456789012"
//! user = "alice"                 # optional: for messages, the audit trail and policies
//! session_token = "…"            # optional: requests must then have it
//! policies = ["read-only.json"]  # optional: beside the credentials file
//!
//! [[access_key]]
//! id = "AKIAOTHER"
//! secret = "…"
//! account = "123456789012"
//! import_from = ["arn:aws:s3:::team-a-*/*"]  # optional: all that it may import
//! ```
//!
//! - Without `policies` a key may do everything in its account. An empty list allows nothing, as a
//!   user of AWS to whom no policy is attached may do nothing.
//! - `import_from` is for keys without `policies`; beside them it is refused. An empty list lets the
//!   key import nothing.
//! - A key without `user` is the account's root user in messages and in policies.
//! - The file and the policy files must be regular files that only their owner may write; a
//!   credentials file that others may read is accepted with a warning.
//! - Unknown keys, ids given twice, and anything in a policy file that was not understood make the
//!   whole file be refused. No error and no `Debug` shows a secret.
//!
//! # Policies
//!
//! IAM's JSON documents, identity-based. A statement is skipped, with a warning and whatever else it
//! holds, if none of its actions is among those that the caller of [`Credentials::load`] ever asks
//! about: it can't open or close anything. In every other statement whatever is not in this list is
//! refused when the file is loaded, and never passed over: a misspelt `Condition` must not open a
//! policy.
//!
//! | element | what is taken |
//! |---|---|
//! | `Version` | `2012-10-17` or `2008-10-17`, which is the default; the older has no variables |
//! | `Id`, `Sid` | any text |
//! | `Statement` | an object, or a list of them |
//! | `Effect` | `Allow` or `Deny` |
//! | `Action`, `NotAction` | `*`, or `service:Name` with `*` and `?` in the name; case does not matter |
//! | `Resource`, `NotResource` | `*`, or an ARN of six fields with `*` and `?` in every field but the service; case matters |
//! | `Condition` | the operators and keys below; no empty ones |
//! | `Principal`, `NotPrincipal` | refused: the policy is of one access key |
//!
//! A [`Resource`] with two ARNs, by name and by id, is judged once. `Resource` applies if one of its
//! patterns matches either way, `NotResource` if none of its patterns does.
//!
//! Elements' names are written as AWS writes them; a member of a JSON object that comes twice, a
//! `null` and an empty list are refused.
//!
//! | condition key | operators | value |
//! |---|---|---|
//! | `aws:SourceIp` | `IpAddress`, `NotIpAddress` | [`Context::source_ip`] |
//! | `aws:SecureTransport` | `Bool` | [`Context::secure`] |
//! | `aws:CurrentTime` | `Date…` | [`Context::now`], to the second |
//! | `aws:EpochTime` | `Date…`, `Numeric…` | the same |
//! | `aws:UserAgent` | `String…` | [`Context::user_agent`] |
//! | `aws:username` | `String…` | the user's name; absent for a key without a user |
//! | `aws:PrincipalAccount` | `String…` | the account |
//! | `aws:PrincipalArn` | `Arn…`, `String…` | [`AccessKey::arn`] |
//! | `aws:PrincipalType` | `String…` | `User`; `Account` for a key without a user |
//!
//! Each operator can end with `IfExists`, and `Null` is for every key. `ForAllValues:` and
//! `ForAnyValue:` are refused, since no key has several values, and so are `Binary…` operators.
//! Several values mean any of them, for a negated operator none of them; several keys and several
//! operators must all be met. A key that the request lacks does not match: so a condition is false,
//! a negated one and one with `IfExists` true.
//!
//! The variables are `${aws:username}`, `${aws:PrincipalAccount}`, `${aws:PrincipalArn}` and
//! `${aws:PrincipalType}`, each with an optional default as in `${aws:username, 'nobody'}`, and
//! `${*}`, `${?}` and `${$}` for these characters. They stand in the last field of an ARN and in the
//! values of `String…` operators. One without a value is refused when the file is loaded.

mod access_key;
mod credentials;
mod decision;
mod development;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod import_from;
mod policy;
mod principal;
mod resource;

pub use access_key::AccessKey;
pub use credentials::Credentials;
pub use decision::{Context, Decision, Denial};
pub use error::LoadError;
pub use policy::Action;
pub use resource::Resource;

//! AWS request signatures, SigV4 and SigV4A: checking and making them.
//!
//! A request is checked in three steps. [`Claim::from_request`] says who claims to have signed it, so
//! that the caller can look up that access key; [`Claim::check`] checks all that needs no payload, so
//! that no payload is read for a signature that can't be valid; [`CheckedClaim::verify`] then checks the
//! signature against the request, its payload and the key. What an access key may do, and which error
//! code a [`Failure`] becomes, are not decided here. [`Signer`] makes the same signatures.
//!
//! AWS's own crate, `aws-sigv4`, makes signatures but checks none, so the checks are written here, and the
//! tests sign with it.
//!
//! Sources: "AWS Signature Version 4 for API requests" in the IAM user guide, AWS's signing test
//! suite (aws-c-auth), and requests recorded from the SDKs. The rules are those of every service
//! but S3: the path is encoded twice and the payload's hash is always signed.
//!
//! ```
//! use keyfront_signature::{Algorithm, Claim, Expected, Payload, Signer, SigningKeys};
//!
//! let keys = SigningKeys::new("AKIDEXAMPLE", "a secret");
//! let now: jiff::Timestamp = "2026-11-22T16:52:48Z".parse()?;
//! let (mut request, ()) = http::Request::get("http://kvs.example/key-value-stores/a/keys/b")
//!     .body(())?
//!     .into_parts();
//! let payload = Payload::of(b"");
//!
//! let signer = Signer {
//!     keys: &keys,
//!     algorithm: Algorithm::Ecdsa,
//!     region: "*",
//!     service: "cloudfront-keyvaluestore",
//!     session_token: None,
//! };
//! signer.sign(&mut request, &payload, now)?;
//!
//! let claim = Claim::from_request(&request)?.ok_or("not signed")?;
//! assert_eq!(claim.access_key_id(), "AKIDEXAMPLE");
//! let claim = claim.check(&request, now, &Expected::service("cloudfront-keyvaluestore"))?;
//! claim.verify(&request, &payload, &keys)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod amz_date;
mod canonical;
mod claim;
mod credential;
mod ecdsa;
mod failure;
mod header_form;
mod hex;
mod hmac;
mod keys;
mod path;
mod payload;
mod query;
mod query_form;
mod sign;
mod signed_headers;
mod verify;

pub use amz_date::AmzDate;
pub use claim::Claim;
pub use credential::Algorithm;
pub use failure::Failure;
pub use keys::SigningKeys;
pub use path::DotSegments;
pub use payload::Payload;
pub use query::query_parameters;
pub use sign::{Signer, Unsignable};
pub use verify::{CheckedClaim, Expected};

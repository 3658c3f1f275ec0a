//! The AWS APIs on the wire: routes, formats, errors.
//!
//! A request is routed by its raw path, its claim to a signature is checked, its body read, its signature
//! checked (the private module `stages`); then it is authorized, decoded, given to the service and
//! answered in the format of its plane (`operation`): REST-XML for the control plane, REST-JSON for the data plane. Failures
//! of every kind are answered in that format too, since clients read nothing else.
//!
//! Each operation is a type that declares all of it, and each plane has the list of its operations
//! ([`describe`] shows them); a test holds it against the service models of the AWS SDKs. Nothing here
//! decides a rule of the domain.
//!
//! ```
//! let endpoints = keyfront_api::describe::describe_all();
//! let text = serde_json::to_string(&endpoints)?;
//! assert!(text.contains("/key-value-stores/{KvsARN}/keys/{Key}"));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod authenticate;
mod authorize;
mod call;
mod control;
mod data;
pub mod describe;
mod development;
mod endpoint;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gateway;
mod log;
mod observer;
mod offload;
mod operation;
mod own_names;
mod plane;
mod probes;
#[cfg(test)]
mod refusals;
mod rejection;
mod repeats;
mod request_id;
mod stages;
mod text;
mod uri;

pub use describe::{actions, largest_body_bytes};
pub use development::{DevelopmentHosts, InvalidHost, may_come_from_page};
pub use gateway::{Api, CredentialsInForce};
pub use observer::{Answered, ObservedOperation, Observer, observed_operations};

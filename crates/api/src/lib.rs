//! The AWS APIs on the wire: routes, formats, errors.
//!
//! A request is read, routed by its raw path, authenticated, authorized, decoded, given to the
//! service and answered in the format of its plane: REST-XML for the control plane, REST-JSON for
//! the data plane. Failures of every kind are answered in that format too, since clients read
//! nothing else.
//!
//! A table for each plane says what there is ([`routes`] shows it); it is held against the service
//! models of the AWS SDKs by a test. Nothing here decides a rule of the domain.
//!
//! ```
//! let endpoints = keyfront_api::routes::describe_all();
//! let text = serde_json::to_string(&endpoints)?;
//! assert!(text.contains("/key-value-stores/{KvsARN}/keys/{Key}"));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod authenticate;
mod authorize;
mod control;
mod data;
mod endpoint;
mod error;
mod gateway;
mod path;
mod plane;
mod probes;
mod request_id;
pub mod routes;

pub use data::largest_body_bytes;
pub use gateway::{Api, CredentialsInForce};

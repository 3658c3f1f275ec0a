//! What is read of requests, for fuzz targets.

use http::Method;

use crate::control::ControlPlane;
pub use crate::control::fuzzing::*;
use crate::data::DataPlane;
pub use crate::data::fuzzing::*;
use crate::endpoint;
use crate::plane::Plane;
use crate::uri;

/// An operation's path as its model has it, and the labels of a request's path.
pub type Route<'p> = (&'static str, [&'p str; 2]);

/// The operations that a request is for: one of the control plane, one of the data plane.
pub fn route<'p>(method: &Method, path: &'p str, query: &str) -> [Option<Route<'p>>; 2] {
    fn of<'p, P: Plane>(method: &Method, path: &'p str, query: &str) -> Option<Route<'p>> {
        let (endpoint, labels) = endpoint::find::<P>(method, P::routed(path), query)?;
        let _ = endpoint.repeated(query);
        Some((endpoint.path, labels))
    }
    [
        of::<ControlPlane>(method, path, query),
        of::<DataPlane>(method, path, query),
    ]
}

/// A label of a path, decoded.
pub fn decode_label(raw: &str) -> Option<String> {
    uri::decode(raw)
}

/// The parameters of a query, decoded.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    uri::query_pairs(query).collect()
}

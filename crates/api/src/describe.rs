//! The operations, described to others than the server.

use keyfront_access::Action;
use keyfront_model::Limits;
use serde::Serialize;

use crate::authorize::IMPORT_RIGHTS;
use crate::control::ControlPlane;
use crate::data::DataPlane;
use crate::endpoint::Endpoint;
use crate::error::Code;
use crate::plane::Plane;

/// An endpoint as `keyfront routes` prints it, for the test that holds the table against the models.
#[derive(Debug, Serialize)]
pub struct Description {
    plane: &'static str,
    operation: &'static str,
    method: String,
    uri: String,
    query: &'static [&'static str],
    request_headers: &'static [&'static str],
    response_headers: &'static [&'static str],
    status: u16,
    errors: Vec<ErrorDescription>,
}

#[derive(Debug, Serialize)]
struct ErrorDescription {
    code: &'static str,
    status: u16,
}

/// Every endpoint of both planes.
pub fn describe_all() -> Vec<Description> {
    let control = ControlPlane::endpoints().iter().map(describe);
    let data = DataPlane::endpoints().iter().map(describe);
    control.chain(data).collect()
}

/// Every action that is ever asked of a policy: one for each operation of both planes, and those at S3
/// that an import needs.
pub fn actions() -> Vec<Action<'static>> {
    fn of<P: Plane>() -> impl Iterator<Item = Action<'static>> {
        P::endpoints().iter().map(|endpoint| Action {
            service: P::SERVICE,
            name: endpoint.name,
        })
    }
    let of_planes = of::<ControlPlane>().chain(of::<DataPlane>());
    of_planes.chain(IMPORT_RIGHTS).collect()
}

/// The most bytes that the body of any request has, under these quotas.
pub fn largest_body_bytes(limits: &Limits) -> u64 {
    fn of<P: Plane>(limits: &Limits) -> impl Iterator<Item = u64> {
        P::endpoints()
            .iter()
            .map(|endpoint| (endpoint.max_body_bytes)(limits))
    }
    let largest = of::<ControlPlane>(limits).chain(of::<DataPlane>(limits));
    largest.max().unwrap_or_default()
}

fn describe<P: Plane>(endpoint: &Endpoint<P>) -> Description {
    let fixed = endpoint
        .fixed_query
        .map(|(name, value)| format!("?{name}={value}"));
    let error = |code: &P::Code| ErrorDescription {
        code: code.name(),
        status: code.status().as_u16(),
    };
    Description {
        plane: P::NAME,
        operation: endpoint.name,
        method: endpoint.method.to_string(),
        uri: format!("{}{}", endpoint.path, fixed.unwrap_or_default()),
        query: endpoint.query,
        request_headers: endpoint.request_headers,
        response_headers: endpoint.response_headers,
        status: endpoint.success.as_u16(),
        errors: endpoint.errors.iter().map(error).collect(),
    }
}

//! What there is, told to others than the server.

use serde::Serialize;

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
    let control = ControlPlane::endpoints()
        .iter()
        .map(|endpoint| describe("control", endpoint));
    let data = DataPlane::endpoints()
        .iter()
        .map(|endpoint| describe("data", endpoint));
    control.chain(data).collect()
}

fn describe<O, C: Code>(plane: &'static str, endpoint: &Endpoint<O, C>) -> Description {
    let fixed = endpoint
        .fixed_query
        .map(|(name, value)| format!("?{name}={value}"));
    let error = |code: &C| ErrorDescription {
        code: code.name(),
        status: code.status().as_u16(),
    };
    Description {
        plane,
        operation: endpoint.name,
        method: endpoint.method.to_string(),
        uri: format!("{}{}", endpoint.path, fixed.unwrap_or_default()),
        query: endpoint.query,
        request_headers: endpoint.request_headers,
        response_headers: endpoint.response_headers,
        status: endpoint.success,
        errors: endpoint.errors.iter().map(error).collect(),
    }
}

//! What an observer learns of each request that was answered. A program counts requests by it.

use std::time::Duration;

use crate::control::ControlPlane;
use crate::data::DataPlane;
use crate::error::Code;
use crate::log::UNKNOWN;
use crate::plane::Plane;

/// The code of a request whose operation was performed.
const PERFORMED: &str = "OK";

/// Learns of each request that the API answers. It is called on the threads that serve, so it must not wait
/// for anything. `()` ignores what it learns.
pub trait Observer: Send + Sync + 'static {
    /// Called once for each request, when its answer is ready.
    fn answered(&self, answered: &Answered);
}

impl Observer for () {
    fn answered(&self, _: &Answered) {}
}

/// A request that was answered.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// The index of its operation in [`observed_operations`].
    pub operation: usize,
    /// The index of its code in [`ObservedOperation::codes`].
    pub code: usize,
    /// The time from the arrival of its headers until the answer was there to be sent.
    pub took: Duration,
}

/// An operation of a plane as an [`Observer`] sees it.
#[derive(Debug, Clone)]
pub struct ObservedOperation {
    /// `control` or `data`.
    pub plane: &'static str,
    /// The operation's name in its model, or `unknown` for requests that name no operation.
    pub name: &'static str,
    /// `OK` for a request that was performed, then the error codes of the plane.
    pub codes: Vec<&'static str>,
}

/// All that an [`Observer`] can see: the operations of both planes, and for each plane one more, for requests
/// that name no operation.
pub fn observed_operations() -> Vec<ObservedOperation> {
    fn of<P: Plane>() -> impl Iterator<Item = ObservedOperation> {
        let names = P::endpoints().iter().map(|endpoint| endpoint.name);
        let codes = P::Code::ALL.iter().map(|code| code.name());
        let codes: Vec<_> = std::iter::once(PERFORMED).chain(codes).collect();
        names.chain([UNKNOWN]).map(move |name| ObservedOperation {
            plane: P::NAME,
            name,
            codes: codes.clone(),
        })
    }
    of::<ControlPlane>().chain(of::<DataPlane>()).collect()
}

/// A plane whose operations are among [`observed_operations`].
pub(crate) trait ObservedPlane: Plane {
    /// The index of its first operation.
    fn first_index() -> usize;
}

impl ObservedPlane for ControlPlane {
    fn first_index() -> usize {
        0
    }
}

impl ObservedPlane for DataPlane {
    fn first_index() -> usize {
        ControlPlane::endpoints().len() + 1
    }
}

/// What an observer learns of a request for the named operation. There is a code if it was refused.
pub(crate) fn answered<P: ObservedPlane>(
    operation: &str,
    code: Option<P::Code>,
    took: Duration,
) -> Answered {
    let endpoints = P::endpoints();
    let index = endpoints
        .iter()
        .position(|endpoint| endpoint.name == operation);
    let code = code.and_then(|code| P::Code::ALL.iter().position(|other| *other == code));
    Answered {
        operation: P::first_index() + index.unwrap_or(endpoints.len()),
        code: code.map_or(0, |index| index + 1),
        took,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::ControlCode;
    use crate::data::DataCode;

    fn named<P: ObservedPlane>(operation: &str, code: Option<P::Code>) -> [&'static str; 3] {
        let answered = answered::<P>(operation, code, Duration::ZERO);
        let operation = &observed_operations()[answered.operation];
        [
            operation.plane,
            operation.name,
            operation.codes[answered.code],
        ]
    }

    #[test]
    fn each_operation_and_code_of_each_plane_has_an_index_of_its_own() {
        for endpoint in ControlPlane::endpoints() {
            let name = endpoint.name;
            assert_eq!(named::<ControlPlane>(name, None), ["control", name, "OK"]);
        }
        for endpoint in DataPlane::endpoints() {
            let name = endpoint.name;
            assert_eq!(named::<DataPlane>(name, None), ["data", name, "OK"]);
        }
        for code in ControlCode::ALL {
            let found = named::<ControlPlane>(UNKNOWN, Some(*code));
            assert_eq!(found, ["control", "unknown", code.name()]);
        }
        for code in DataCode::ALL {
            let found = named::<DataPlane>("GetKey", Some(*code));
            assert_eq!(found, ["data", "GetKey", code.name()]);
        }
    }
}

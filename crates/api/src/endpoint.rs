//! What there is: every operation, where it is found, and what it may answer.

use http::Method;
use keyfront_signature::DotSegments;
use serde::Serialize;

use crate::control::{ControlCode, ControlOperation};
use crate::data::{DataCode, DataOperation};
use crate::error::Code;
use crate::path;

/// One operation of a plane, as the service model binds it.
#[derive(Debug)]
pub struct Endpoint<O, C: 'static> {
    /// The operation.
    pub(crate) operation: O,
    /// Its name in the model.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// Its path; a segment in braces is a label.
    pub(crate) path: &'static str,
    /// A parameter by which it is told from others on the same path.
    pub(crate) fixed_query: Option<(&'static str, &'static str)>,
    /// The parameters that it reads.
    pub(crate) query: &'static [&'static str],
    /// The headers that it reads.
    pub(crate) request_headers: &'static [&'static str],
    /// The headers that carry a part of its answer.
    pub(crate) response_headers: &'static [&'static str],
    /// The status of its success.
    pub(crate) success: u16,
    /// The error codes that its model lists.
    pub(crate) errors: &'static [C],
}

const IF_MATCH: &[&str] = &["If-Match"];
const ETAG: &[&str] = &["ETag"];

use ControlCode as C;
use DataCode as D;

/// The control plane: CloudFront, API version 2020-05-31.
pub(crate) static CONTROL: [Endpoint<ControlOperation, ControlCode>; 8] = [
    Endpoint {
        operation: ControlOperation::CreateKeyValueStore,
        name: "CreateKeyValueStore",
        method: Method::POST,
        path: "/2020-05-31/key-value-store",
        fixed_query: None,
        query: &[],
        request_headers: &[],
        response_headers: &["ETag", "Location"],
        success: 201,
        errors: &[
            C::AccessDenied,
            C::EntityLimitExceeded,
            C::EntityAlreadyExists,
            C::EntitySizeLimitExceeded,
            C::InvalidArgument,
            C::UnsupportedOperation,
        ],
    },
    Endpoint {
        operation: ControlOperation::ListKeyValueStores,
        name: "ListKeyValueStores",
        method: Method::GET,
        path: "/2020-05-31/key-value-store",
        fixed_query: None,
        query: &["Marker", "MaxItems", "Status"],
        request_headers: &[],
        response_headers: &[],
        success: 200,
        errors: &[C::AccessDenied, C::InvalidArgument, C::UnsupportedOperation],
    },
    Endpoint {
        operation: ControlOperation::DescribeKeyValueStore,
        name: "DescribeKeyValueStore",
        method: Method::GET,
        path: "/2020-05-31/key-value-store/{Name}",
        fixed_query: None,
        query: &[],
        request_headers: &[],
        response_headers: ETAG,
        success: 200,
        errors: &[
            C::AccessDenied,
            C::EntityNotFound,
            C::InvalidArgument,
            C::UnsupportedOperation,
        ],
    },
    Endpoint {
        operation: ControlOperation::UpdateKeyValueStore,
        name: "UpdateKeyValueStore",
        method: Method::PUT,
        path: "/2020-05-31/key-value-store/{Name}",
        fixed_query: None,
        query: &[],
        request_headers: IF_MATCH,
        response_headers: ETAG,
        success: 200,
        errors: &[
            C::AccessDenied,
            C::EntityNotFound,
            C::InvalidArgument,
            C::InvalidIfMatchVersion,
            C::PreconditionFailed,
            C::UnsupportedOperation,
        ],
    },
    Endpoint {
        operation: ControlOperation::DeleteKeyValueStore,
        name: "DeleteKeyValueStore",
        method: Method::DELETE,
        path: "/2020-05-31/key-value-store/{Name}",
        fixed_query: None,
        query: &[],
        request_headers: IF_MATCH,
        response_headers: &[],
        success: 204,
        errors: &[
            C::AccessDenied,
            C::CannotDeleteEntityWhileInUse,
            C::EntityNotFound,
            C::InvalidIfMatchVersion,
            C::PreconditionFailed,
            C::UnsupportedOperation,
        ],
    },
    Endpoint {
        operation: ControlOperation::ListTagsForResource,
        name: "ListTagsForResource",
        method: Method::GET,
        path: "/2020-05-31/tagging",
        fixed_query: None,
        query: &["Resource"],
        request_headers: &[],
        response_headers: &[],
        success: 200,
        errors: &[
            C::AccessDenied,
            C::InvalidArgument,
            C::InvalidTagging,
            C::NoSuchResource,
        ],
    },
    Endpoint {
        operation: ControlOperation::TagResource,
        name: "TagResource",
        method: Method::POST,
        path: "/2020-05-31/tagging",
        fixed_query: Some(("Operation", "Tag")),
        query: &["Resource"],
        request_headers: &[],
        response_headers: &[],
        success: 204,
        errors: &[
            C::AccessDenied,
            C::InvalidArgument,
            C::InvalidTagging,
            C::NoSuchResource,
        ],
    },
    Endpoint {
        operation: ControlOperation::UntagResource,
        name: "UntagResource",
        method: Method::POST,
        path: "/2020-05-31/tagging",
        fixed_query: Some(("Operation", "Untag")),
        query: &["Resource"],
        request_headers: &[],
        response_headers: &[],
        success: 204,
        errors: &[
            C::AccessDenied,
            C::InvalidArgument,
            C::InvalidTagging,
            C::NoSuchResource,
        ],
    },
];

const READ: &[DataCode] = &[
    D::AccessDeniedException,
    D::ConflictException,
    D::InternalServerException,
    D::ResourceNotFoundException,
];
const WRITE: &[DataCode] = &[
    D::AccessDeniedException,
    D::ConflictException,
    D::InternalServerException,
    D::ResourceNotFoundException,
    D::ServiceQuotaExceededException,
    D::ValidationException,
];

/// The data plane: CloudFront KeyValueStore, API version 2022-07-26.
pub(crate) static DATA: [Endpoint<DataOperation, DataCode>; 6] = [
    Endpoint {
        operation: DataOperation::GetKey,
        name: "GetKey",
        method: Method::GET,
        path: "/key-value-stores/{KvsARN}/keys/{Key}",
        fixed_query: None,
        query: &[],
        request_headers: &[],
        response_headers: &[],
        success: 200,
        errors: READ,
    },
    Endpoint {
        operation: DataOperation::PutKey,
        name: "PutKey",
        method: Method::PUT,
        path: "/key-value-stores/{KvsARN}/keys/{Key}",
        fixed_query: None,
        query: &[],
        request_headers: IF_MATCH,
        response_headers: ETAG,
        success: 200,
        errors: WRITE,
    },
    Endpoint {
        operation: DataOperation::DeleteKey,
        name: "DeleteKey",
        method: Method::DELETE,
        path: "/key-value-stores/{KvsARN}/keys/{Key}",
        fixed_query: None,
        query: &[],
        request_headers: IF_MATCH,
        response_headers: ETAG,
        success: 200,
        errors: WRITE,
    },
    Endpoint {
        operation: DataOperation::ListKeys,
        name: "ListKeys",
        method: Method::GET,
        path: "/key-value-stores/{KvsARN}/keys",
        fixed_query: None,
        query: &["NextToken", "MaxResults"],
        request_headers: &[],
        response_headers: &[],
        success: 200,
        errors: &[
            D::AccessDeniedException,
            D::ConflictException,
            D::InternalServerException,
            D::ResourceNotFoundException,
            D::ValidationException,
        ],
    },
    Endpoint {
        operation: DataOperation::UpdateKeys,
        name: "UpdateKeys",
        method: Method::POST,
        path: "/key-value-stores/{KvsARN}/keys",
        fixed_query: None,
        query: &[],
        request_headers: IF_MATCH,
        response_headers: ETAG,
        success: 200,
        errors: WRITE,
    },
    Endpoint {
        operation: DataOperation::DescribeKeyValueStore,
        name: "DescribeKeyValueStore",
        method: Method::GET,
        path: "/key-value-stores/{KvsARN}",
        fixed_query: None,
        query: &[],
        request_headers: &[],
        response_headers: ETAG,
        success: 200,
        errors: READ,
    },
];

impl<O, C> Endpoint<O, C> {
    /// A key may be `.` or `..`, which clients fold in the path that they sign; nothing else that a
    /// path names can be.
    pub(crate) fn dot_segments(&self) -> DotSegments {
        if self.path.ends_with("/{Key}") {
            DotSegments::LastFolded
        } else {
            DotSegments::Kept
        }
    }
}

/// The labels of a path, still encoded. No operation has more than two.
pub(crate) type Labels<'a> = [&'a str; 2];

/// The endpoint that a request is for, and the labels of its path.
pub(crate) fn find<'e, 'p, O, C>(
    endpoints: &'e [Endpoint<O, C>],
    method: &Method,
    path: &'p str,
    query: &str,
) -> Option<(&'e Endpoint<O, C>, Labels<'p>)> {
    endpoints
        .iter()
        .filter(|endpoint| endpoint.method == *method)
        .find_map(|endpoint| {
            let labels = match_path(endpoint.path, path)?;
            let fixed = endpoint.fixed_query;
            fixed
                .is_none_or(|(name, value)| {
                    path::query_value(query, name).as_deref() == Some(value)
                })
                .then_some((endpoint, labels))
        })
}

fn match_path<'p>(template: &str, path: &'p str) -> Option<Labels<'p>> {
    let mut labels = [""; 2];
    let mut found = 0;
    let mut segments = path::segments(path);
    for expected in path::segments(template) {
        let segment = segments.next()?;
        if expected.starts_with('{') {
            *labels.get_mut(found)? = segment;
            found += 1;
        } else if expected != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(labels)
}

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
    let control = CONTROL.iter().map(|endpoint| describe("control", endpoint));
    let data = DATA.iter().map(|endpoint| describe("data", endpoint));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn data(method: Method, path: &str) -> Option<(&'static str, Labels<'_>)> {
        find(&DATA, &method, path, "").map(|(endpoint, labels)| (endpoint.name, labels))
    }

    #[test]
    fn a_key_is_one_segment_of_the_raw_path() {
        assert_eq!(
            data(Method::GET, "/key-value-stores/arn%3Aaws/keys/a%2Fb"),
            Some(("GetKey", ["arn%3Aaws", "a%2Fb"]))
        );
        assert_eq!(
            data(Method::GET, "/key-value-stores/arn/keys/.."),
            Some(("GetKey", ["arn", ".."]))
        );
        assert_eq!(
            data(Method::GET, "/key-value-stores/arn/keys"),
            Some(("ListKeys", ["arn", ""]))
        );
        assert_eq!(data(Method::GET, "/key-value-stores/arn/keys/a/b"), None);
        assert_eq!(data(Method::PATCH, "/key-value-stores/arn/keys"), None);
    }

    #[test]
    fn tagging_is_told_apart_by_its_query() {
        let find = |query| find(&CONTROL, &Method::POST, "/2020-05-31/tagging", query);
        let name = |query| find(query).map(|(endpoint, _)| endpoint.name);
        assert_eq!(name("Operation=Untag&Resource=x"), Some("UntagResource"));
        assert_eq!(name("Resource=x&Operation=Tag"), Some("TagResource"));
        assert_eq!(name("Resource=x"), None);
    }
}

use http::Method;

use super::DataCode as D;
use super::DataOperation;
use crate::endpoint::Endpoint;

const IF_MATCH: &[&str] = &["If-Match"];
const ETAG: &[&str] = &["ETag"];

const READ: &[D] = &[
    D::AccessDeniedException,
    D::ConflictException,
    D::InternalServerException,
    D::ResourceNotFoundException,
];
const WRITE: &[D] = &[
    D::AccessDeniedException,
    D::ConflictException,
    D::InternalServerException,
    D::ResourceNotFoundException,
    D::ServiceQuotaExceededException,
    D::ValidationException,
];

/// The data plane: CloudFront KeyValueStore, API version 2022-07-26.
pub(super) static ENDPOINTS: [Endpoint<DataOperation, D>; 6] = [
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

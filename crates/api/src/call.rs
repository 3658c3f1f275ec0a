use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http::request::Parts;
use keyfront_access::AccessKey;
use keyfront_model::{Limits, Timestamp};
use keyfront_server::{Peer, Received};
use keyfront_service::{Author, Caller};

use crate::endpoint::Labels;
use crate::log::RequestLog;
use crate::request_id::RequestId;
use crate::uri;

/// A request that has arrived whole and whose sender is known: what an operation is decoded from.
pub(crate) struct Call<'a> {
    pub(crate) parts: &'a Parts,
    /// The labels of the path, still encoded.
    pub(crate) labels: Labels<'a>,
    /// The body. It counts in the shares of its caller until the call ends.
    pub(crate) received: Received,
    pub(crate) key: Arc<AccessKey>,
    pub(crate) peer: Peer,
    pub(crate) now: Timestamp,
    pub(crate) request_id: RequestId,
    /// The log of the request.
    pub(crate) log: &'a RequestLog<'a>,
    /// The quotas in force.
    pub(crate) limits: &'a Limits,
}

impl Call<'_> {
    /// The caller, for the record of what was changed.
    pub(crate) fn author(&self) -> Author {
        Author::Caller(Caller {
            account: self.key.account,
            user: Some(self.key.user.clone()),
            access_key: self.key.id.clone(),
            request: self.request_id.to_string().into(),
        })
    }

    /// The text of a header; `None` if it is missing, empty, no text, or there twice.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.parts.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        (!value.is_empty() && values.next().is_none()).then_some(value)
    }

    /// The one value of a query parameter, decoded; `None` if it is missing.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        uri::query_value(self.parts.uri.query().unwrap_or_default(), name)
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.received.bytes
    }

    /// Whether the call changes nothing.
    pub(crate) fn is_read(&self) -> bool {
        self.parts.method == Method::GET
    }
}

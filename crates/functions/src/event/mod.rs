//! What goes into a run and comes out of it: events, outputs, logs and failures, and what CloudFront
//! refuses in them.
//!
//! An [`Event`] is what a function is given, from the object of a test ([`Event::from_test`]) or from
//! the parts of a real request. An [`Output`] is what it returned, once it is valid. Both are typed:
//! what CloudFront does not know is not there. A [`Failure`] is why there is no output. This module
//! runs nothing, and knows of no HTTP server; the edge gets pure functions to translate what is on the
//! wire ([`headers`], [`query`], [`cookies`]).
//!
//! Sources are named by page of the CloudFront developer guide, or by the public repository in which
//! somebody saw it. Where AWS is silent, `docs/differences.md` has the decision.
//!
//! ```
//! use keyfront_functions::event::{Event, Output};
//!
//! let event = Event::from_test(
//!     br#"{"context":{"eventType":"viewer-request"},"request":{"method":"GET","uri":"/old"}}"#,
//! )?;
//! let returned = r#"{"statusCode":302,"headers":{"location":{"value":"/new"}}}"#;
//! let output = Output::from_json(Some(returned), &event)?;
//! assert_eq!(
//!     output.to_test_json(),
//!     r#"{"response":{"headers":{"location":{"value":"/new"}},"cookies":{},"statusCode":302}}"#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod cookies;
mod failure;
mod fault;
mod fields;
pub mod headers;
mod lazy;
mod logs;
mod output;
mod parse;
mod print;
pub mod query;
mod read_only;
mod test_event;
#[cfg(test)]
mod tests;
pub mod texts;

use serde::Serialize;

pub use failure::Failure;
pub use fault::Fault;
pub use fields::{Field, FieldValue, Fields};
pub use logs::{Logs, MAX_LOG_BYTES};
pub use output::{Body, Encoding, Output, Query, RequestOutput, ResponseOutput};
pub use test_event::EventError;

/// The length that URI and query string stay below together, in characters (developer guide,
/// "Restrictions on all edge functions").
pub const MAX_URI_CHARACTERS: usize = 8192;

/// The longest event object of a test, in bytes (service model, `FunctionEventObject`).
pub const MAX_EVENT_BYTES: usize = 40_960;

/// What a function is given (developer guide, "CloudFront Functions event structure").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where and when the event happened.
    pub context: Context,
    /// Who sent the request. A test may leave it out.
    pub viewer: Option<Viewer>,
    /// The request, in a viewer-response event as the viewer-request function left it (observed:
    /// mrled/hedgerules, aws-samples/ab-testing-at-edge#11).
    pub request: Request,
    /// The response, in viewer-response events alone.
    response: Option<Response>,
}

/// Where an event happened, and to which request. A test may leave out all of it. The type of the
/// event, which stands in its context too, is [`Event::event_type`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// The domain name of a standard distribution.
    pub distribution_domain_name: Option<String>,
    /// The domain name of the connection group of a multi-tenant distribution.
    pub endpoint: Option<String>,
    /// The id of the distribution.
    pub distribution_id: Option<String>,
    /// The id of the request, as in `x-amz-cf-id`.
    pub request_id: Option<String>,
}

/// When a function runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum EventType {
    /// Before the request goes to the cache or the origin.
    #[serde(rename = "viewer-request")]
    ViewerRequest,
    /// Before the response goes to the viewer.
    #[serde(rename = "viewer-response")]
    ViewerResponse,
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Viewer {
    /// The address of the TCP peer. A test may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
}

/// A viewer's request, never with its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path, as it was sent.
    pub uri: String,
    /// The parameters of the query string.
    pub querystring: Fields,
    /// The headers, names in lower case, without `Cookie`.
    pub headers: Fields,
    /// The cookies.
    pub cookies: Fields,
    /// The query string as it was sent, without `?`; `None` without `?`. A function gets it from
    /// `rawQueryString()` (developer guide, "General helper methods").
    pub raw_query: Option<String>,
}

/// The response that a viewer-response function is given, never with its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status_code: u16,
    /// The status code in words.
    pub status_description: Option<String>,
    /// The headers, names in lower case, without `Set-Cookie`.
    pub headers: Fields,
    /// The cookies that are set.
    pub cookies: Fields,
}

impl Request {
    /// The request from what is on the wire: `target` is path and query.
    pub fn from_wire<'a>(
        method: &str,
        target: &[u8],
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])> + Clone,
    ) -> Self {
        let target = headers::text_of(target);
        let (uri, raw_query) = match target.split_once('?') {
            Some((uri, query)) => (uri, Some(query)),
            None => (target.as_ref(), None),
        };
        Self {
            method: method.to_owned(),
            uri: uri.to_owned(),
            querystring: raw_query.map(query::parse).unwrap_or_default(),
            cookies: with_name(headers.clone(), "cookie", |values| {
                cookies::parse_cookie(values)
            }),
            headers: headers::from_wire(headers),
            raw_query: raw_query.map(str::to_owned),
        }
    }
}

impl Response {
    /// The response from what is on the wire.
    pub fn from_wire<'a>(
        status_code: u16,
        status_description: Option<&str>,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])> + Clone,
    ) -> Self {
        Self {
            status_code,
            status_description: status_description.map(str::to_owned),
            cookies: with_name(headers.clone(), "set-cookie", |values| {
                cookies::parse_set_cookie(values)
            }),
            headers: headers::from_wire(headers),
        }
    }
}

/// What `parse` makes of the headers of a name.
fn with_name<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    wanted: &str,
    parse: impl FnOnce(Vec<&str>) -> Fields,
) -> Fields {
    let wanted = headers
        .into_iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let values: Vec<_> = wanted.map(|(_, value)| headers::text_of(value)).collect();
    parse(values.iter().map(AsRef::as_ref).collect())
}

impl Event {
    /// The event of a request that arrived.
    pub fn viewer_request(context: Context, viewer: Viewer, request: Request) -> Self {
        Self {
            context,
            viewer: Some(viewer),
            request,
            response: None,
        }
    }

    /// The event of a response that is about to leave.
    pub fn viewer_response(
        context: Context,
        viewer: Viewer,
        request: Request,
        response: Response,
    ) -> Self {
        Self {
            context,
            viewer: Some(viewer),
            request,
            response: Some(response),
        }
    }

    /// When the function runs.
    pub fn event_type(&self) -> EventType {
        match self.response {
            None => EventType::ViewerRequest,
            Some(_) => EventType::ViewerResponse,
        }
    }

    /// The response, in a viewer-response event.
    pub fn response(&self) -> Option<&Response> {
        self.response.as_ref()
    }

    /// What `event.request.rawQueryString()` returns: the query string as the viewer sent it, `None` if
    /// there was not even a `?`. In a test it is rebuilt from `querystring`, and `None` if that is
    /// empty.
    pub fn raw_query(&self) -> Option<&str> {
        self.request.raw_query.as_deref()
    }
}

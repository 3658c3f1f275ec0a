//! Events as functions get them, and outputs as TestFunction prints them.
//!
//! The order of members of an output is AWS's (observed in the samples' READMEs): it is not the order
//! in which the function wrote them. That of headers is as in a hash table there; here it is the
//! function's.

use serde::Serialize;

use super::{
    Body, Event, EventType, Fields, Output, Query, Request, RequestOutput, Response,
    ResponseOutput, Viewer,
};

#[derive(Serialize)]
struct PrintedEvent<'a> {
    version: &'static str,
    context: PrintedContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    viewer: Option<&'a Viewer>,
    request: &'a Request,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'a Response>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrintedContext<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution_domain_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution_id: Option<&'a str>,
    event_type: EventType,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Event {
    /// The event as JSON, as the function gets it.
    pub fn to_json(&self) -> String {
        written(&self.printed())
    }

    /// The event as the function gets it.
    pub(crate) fn printed(&self) -> impl Serialize {
        let context = PrintedContext {
            distribution_domain_name: self.context.distribution_domain_name.as_deref(),
            endpoint: self.context.endpoint.as_deref(),
            distribution_id: self.context.distribution_id.as_deref(),
            event_type: self.event_type(),
            request_id: self.context.request_id.as_deref(),
        };
        PrintedEvent {
            version: "1.0",
            context,
            viewer: self.viewer.as_ref(),
            request: &self.request,
            response: self.response(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Printed<'a> {
    Request {
        headers: &'a Fields,
        method: &'a str,
        querystring: &'a Query,
        uri: &'a str,
        cookies: &'a Fields,
    },
    #[serde(rename_all = "camelCase")]
    Response {
        headers: &'a Fields,
        #[serde(skip_serializing_if = "Option::is_none")]
        status_description: Option<&'a str>,
        cookies: &'a Fields,
        status_code: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<&'a Body>,
    },
}

impl Output {
    /// The text of `FunctionOutput`. What the function left out is empty, but for a `statusDescription`
    /// and a `body`, which are left out.
    pub fn to_test_json(&self) -> String {
        let printed = match self {
            Self::Request(request) => request.printed(),
            Self::Response(response) => response.printed(),
        };
        written(&printed)
    }
}

/// What most events and outputs are shorter than as JSON, in bytes.
const ROOM: usize = 2048;

fn written(printed: &impl Serialize) -> String {
    let mut json = Vec::with_capacity(ROOM);
    // Writing strings and maps with names into memory can't fail, and what is written is UTF-8.
    let done = serde_json::to_writer(&mut json, printed);
    let text = done.ok().and_then(|()| String::from_utf8(json).ok());
    text.unwrap_or_default()
}

impl RequestOutput {
    fn printed(&self) -> Printed<'_> {
        Printed::Request {
            headers: &self.headers,
            method: &self.method,
            querystring: &self.querystring,
            uri: &self.uri,
            cookies: &self.cookies,
        }
    }
}

impl ResponseOutput {
    fn printed(&self) -> Printed<'_> {
        Printed::Response {
            headers: &self.headers,
            status_description: self.status_description.as_deref(),
            cookies: &self.cookies,
            status_code: self.status_code,
            body: self.body.as_ref(),
        }
    }
}

//! Events as functions get them, and outputs as TestFunction prints them.
//!
//! The order of members of an output is AWS's (observed in the samples' READMEs): it is not the order
//! in which the function wrote them. That of headers is as in a hash table there; here it is the
//! function's.

use serde::Serialize;

use super::{Body, Event, EventType, Fields, Output, Query, RequestOutput, ResponseOutput};

/// An event whose objects are printed, or stood for: a `C` is the context, a `V` the viewer, and an `F` the fields of a name.
#[derive(Serialize)]
pub(super) struct PrintedEvent<'a, C, V, F> {
    version: &'static str,
    context: C,
    #[serde(skip_serializing_if = "Option::is_none")]
    viewer: Option<V>,
    request: PrintedRequest<'a, F>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<PrintedResponse<'a, F>>,
}

#[derive(Serialize)]
struct PrintedRequest<'a, F> {
    method: &'a str,
    uri: &'a str,
    querystring: F,
    headers: F,
    cookies: F,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrintedResponse<'a, F> {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<&'a str>,
    headers: F,
    cookies: F,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PrintedContext<'a> {
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

/// The fields of an event, by where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldsOf {
    Query,
    Headers,
    Cookies,
    ResponseHeaders,
    ResponseCookies,
}

impl FieldsOf {
    pub(super) const ALL: [Self; 5] = [
        Self::Query,
        Self::Headers,
        Self::Cookies,
        Self::ResponseHeaders,
        Self::ResponseCookies,
    ];
}

impl Event {
    /// The event as JSON, as the function gets it.
    pub fn to_json(&self) -> String {
        let fields = |_, fields| fields;
        written(&self.printed(self.printed_context(), self.viewer.as_ref(), fields))
    }

    /// The event as the function gets it, with what stands for its objects.
    pub(super) fn printed<'a, C, V, F>(
        &'a self,
        context: C,
        viewer: Option<V>,
        fields: impl Fn(FieldsOf, &'a Fields) -> F,
    ) -> PrintedEvent<'a, C, V, F> {
        let request = &self.request;
        PrintedEvent {
            version: "1.0",
            context,
            viewer,
            request: PrintedRequest {
                method: &request.method,
                uri: &request.uri,
                querystring: fields(FieldsOf::Query, &request.querystring),
                headers: fields(FieldsOf::Headers, &request.headers),
                cookies: fields(FieldsOf::Cookies, &request.cookies),
            },
            response: self.response().map(|response| PrintedResponse {
                status_code: response.status_code,
                status_description: response.status_description.as_deref(),
                headers: fields(FieldsOf::ResponseHeaders, &response.headers),
                cookies: fields(FieldsOf::ResponseCookies, &response.cookies),
            }),
        }
    }

    pub(super) fn printed_context(&self) -> PrintedContext<'_> {
        PrintedContext {
            distribution_domain_name: self.context.distribution_domain_name.as_deref(),
            endpoint: self.context.endpoint.as_deref(),
            distribution_id: self.context.distribution_id.as_deref(),
            event_type: self.event_type(),
            request_id: self.context.request_id.as_deref(),
        }
    }

    /// The fields of a place, if the event has it.
    pub(super) fn fields(&self, which: FieldsOf) -> Option<&Fields> {
        match which {
            FieldsOf::Query => Some(&self.request.querystring),
            FieldsOf::Headers => Some(&self.request.headers),
            FieldsOf::Cookies => Some(&self.request.cookies),
            FieldsOf::ResponseHeaders => self.response().map(|response| &response.headers),
            FieldsOf::ResponseCookies => self.response().map(|response| &response.cookies),
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

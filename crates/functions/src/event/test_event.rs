//! The event object of TestFunction.

use super::fault::{Fault, Object, Place};
use super::fields::Kind;
use super::texts::Rule;
use super::{Context, Event, Fields, MAX_EVENT_BYTES, Request, Response, Viewer, parse, query};
use crate::json;

/// The methods that a distribution can allow (developer guide, "How CloudFront processes HTTP
/// methods").
const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];

/// Why an event object is refused. AWS's text is not known; the code is InvalidArgument.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// It is longer than AWS allows.
    #[error("The event object is longer than {MAX_EVENT_BYTES} bytes.")]
    Length,
    /// It is no UTF-8.
    #[error("The event object is not valid UTF-8.")]
    Encoding(#[source] std::str::Utf8Error),
    /// It is no JSON.
    #[error("The event object is not valid JSON: {0}.")]
    Json(#[source] serde_json::Error),
    /// It is not of the form of an event.
    #[error("The event object is not valid: {0}.")]
    Form(Fault),
}

impl From<Fault> for EventError {
    fn from(fault: Fault) -> Self {
        Self::Form(fault)
    }
}

impl Event {
    /// The event object of a test. `version`, `viewer`, and all of `context` but its `eventType` may be
    /// missing; so may `headers`, `querystring` and `cookies`, which the function finds empty then
    /// (developer guide, "Test functions"; TestFunction's own output shows `cookies` that the event did
    /// not have). What CloudFront does not know is dropped, as it is in TestFunction's output.
    ///
    /// # Errors
    /// If it is no JSON, or no event: [`EventError`] says where.
    pub fn from_test(object: &[u8]) -> Result<Self, EventError> {
        if object.len() > MAX_EVENT_BYTES {
            return Err(EventError::Length);
        }
        let text = std::str::from_utf8(object).map_err(EventError::Encoding)?;
        let text = json::without_lone_surrogates(text);
        let json = json::read(&text).map_err(EventError::Json)?;
        Ok(event(Object::of(Place::Named("event"), json)?)?)
    }
}

fn event(mut event: Object) -> Result<Event, Fault> {
    if event.has("version") && event.string("version")? != "1.0" {
        return Err(Fault::new("version", Rule::Version));
    }
    let (context, is_response) = context(&mut event)?;
    let viewer = member(&mut event, "viewer")?;
    let viewer = viewer
        .map(|mut viewer| viewer.optional_string("ip"))
        .transpose()?;
    let request = request(required(&mut event, "request")?)?;
    let response = match is_response {
        true => Some(response(required(&mut event, "response")?)?),
        false => None,
    };
    Ok(Event {
        context,
        viewer: viewer.map(|ip| Viewer { ip }),
        request,
        response,
    })
}

/// A member of the event, which is named without `event.` in messages, as AWS does.
fn member<'a>(event: &mut Object<'a>, name: &'a str) -> Result<Option<Object<'a>>, Fault> {
    event
        .take(name)
        .map(|json| Object::of(Place::Named(name), json))
        .transpose()
}

fn required<'a>(event: &mut Object<'a>, name: &'a str) -> Result<Object<'a>, Fault> {
    member(event, name)?.ok_or_else(|| Fault::new(name, Rule::Object))
}

/// The context, and whether the event is a viewer-response.
fn context(event: &mut Object) -> Result<(Context, bool), Fault> {
    let mut context = required(event, "context")?;
    let is_response = match context.optional_string("eventType")?.as_deref() {
        Some("viewer-request") => false,
        Some("viewer-response") => true,
        _ => return Err(context.fault("eventType", Rule::EventType)),
    };
    let context = Context {
        distribution_domain_name: context.optional_string("distributionDomainName")?,
        endpoint: context.optional_string("endpoint")?,
        distribution_id: context.optional_string("distributionId")?,
        request_id: context.optional_string("requestId")?,
    };
    Ok((context, is_response))
}

fn request(mut request: Object) -> Result<Request, Fault> {
    let method = request.string("method")?;
    if !METHODS.contains(&method.as_str()) {
        return Err(request.fault("method", Rule::Method));
    }
    let uri = parse::uri(&mut request)?;
    let querystring = Fields::of_member(&mut request, "querystring", Kind::Query)?;
    let raw_query = (!querystring.is_empty()).then(|| query::build(&querystring));
    parse::check_length(&request, &uri, raw_query.as_deref().unwrap_or_default())?;
    Ok(Request {
        method,
        uri,
        querystring,
        headers: Fields::of_member(&mut request, "headers", Kind::Headers)?,
        cookies: Fields::of_member(&mut request, "cookies", Kind::Cookies)?,
        raw_query,
    })
}

fn response(mut response: Object) -> Result<Response, Fault> {
    Ok(Response {
        status_code: parse::status_code(&mut response)?,
        status_description: parse::status_description(&mut response)?,
        headers: Fields::of_member(&mut response, "headers", Kind::Headers)?,
        cookies: Fields::of_member(&mut response, "cookies", Kind::SetCookies)?,
    })
}

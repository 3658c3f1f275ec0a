//! What a function returned, once it is valid.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::failure::Failure;
use super::fault::{Fault, Object, Place, Returned};
use super::fields::Kind;
use super::texts::Rule;
use super::{Event, EventType, Fields, Request, Response, headers, parse, query};
use crate::json::{self, Json};

/// The name of what was returned, in messages.
const RETURNED: &str = "the returned value";

/// What a function returned: a request to go on with, or a response to the viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A viewer-request function lets the request go on.
    Request(RequestOutput),
    /// A viewer-request function answers at once, or a viewer-response function lets the response go.
    Response(ResponseOutput),
}

/// A request that a function returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestOutput {
    /// The method.
    pub method: String,
    /// The path.
    pub uri: String,
    /// The query string.
    pub querystring: Query,
    /// The headers.
    pub headers: Fields,
    /// The cookies.
    pub cookies: Fields,
}

/// A query string: of parameters, or as a function wrote it. CloudFront accepts a string that is
/// assigned to `request.querystring` (observed in AWS's own sample
/// `normalize-query-string-parameters`), and TestFunction prints it as a string (observed in a public
/// probe).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Query {
    /// Its parameters.
    Parameters(Fields),
    /// Its text, without `?`.
    Raw(String),
}

/// A response that a function returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseOutput {
    /// The status code.
    pub status_code: u16,
    /// The status code in words.
    pub status_description: Option<String>,
    /// The headers.
    pub headers: Fields,
    /// The cookies that are set.
    pub cookies: Fields,
    /// The body. A viewer-response function that gives none keeps the origin's; an empty one removes it
    /// (developer guide, "Status code and body").
    pub body: Option<Body>,
}

/// A response's body, as the function wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Body {
    /// A string.
    Text(String),
    /// An object that names its encoding.
    Encoded {
        /// How the data is encoded.
        encoding: Encoding,
        /// The data, which is valid.
        data: String,
    },
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// As text.
    Text,
    /// In base64, standard alphabet with padding.
    Base64,
}

impl Output {
    /// What a function returned, as `JSON.stringify` writes it; `None` for what has no JSON, as
    /// `undefined`.
    ///
    /// A viewer-request function returns a request, or a response, which has a `statusCode`; a
    /// viewer-response function a response (developer guide, "CloudFront Functions event structure").
    /// Read-only headers are not checked, as TestFunction doesn't: [`Output::check_read_only`] does.
    ///
    /// # Errors
    /// [`Failure::Validation`] if CloudFront would refuse it.
    pub fn from_json(returned: Option<&str>, event: &Event) -> Result<Self, Failure> {
        let text = returned.map(json::without_lone_surrogates);
        match text.as_deref().map(json::read) {
            None => Self::of(Json::Null, event),
            Some(Ok(json)) => Self::of(json, event),
            Some(Err(_)) => Err(Fault::new(RETURNED, Rule::Json).into()),
        }
    }

    /// What a function returned, as [`Self::from_json`] has it.
    pub(crate) fn of(returned: Returned<'_>, event: &Event) -> Result<Self, Failure> {
        let output = parse_output(returned, event)?;
        output.check_disallowed(event)?;
        Ok(output)
    }

    /// Whether this is a response that a viewer-request function made.
    pub fn is_generated(&self, event: &Event) -> bool {
        matches!(self, Self::Response(_)) && event.event_type() == EventType::ViewerRequest
    }

    /// The headers.
    pub fn headers(&self) -> &Fields {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The headers that the function was given in the same place: of the request, of the origin's
    /// response, or none if it made the response itself.
    pub(super) fn headers_before<'a>(&self, event: &'a Event) -> Option<&'a Fields> {
        match self {
            Self::Request(_) => Some(&event.request.headers),
            Self::Response(_) => event.response().map(|response| &response.headers),
        }
    }

    /// Disallowed headers may not be added, in tests either. Functions never see one in production; one
    /// that stands in a test's event and comes back as it was is not added.
    fn check_disallowed(&self, event: &Event) -> Result<(), Failure> {
        let before = self.headers_before(event);
        if before == Some(self.headers()) {
            return Ok(());
        }
        for (name, field) in self.headers().iter() {
            let added = || before.and_then(|before| before.get(name)) != Some(field);
            if headers::is_disallowed(name) && added() {
                return Err(Failure::disallowed_header());
            }
        }
        Ok(())
    }
}

fn parse_output(json: Returned<'_>, event: &Event) -> Result<Output, Fault> {
    let expected = match event.event_type() {
        EventType::ViewerRequest => Rule::RequestOrResponse,
        EventType::ViewerResponse => Rule::Response,
    };
    let Ok(mut object) = Object::of(Place::Named(RETURNED), json) else {
        return Err(Fault::new(RETURNED, expected));
    };
    if object.has("statusCode") {
        object.place = Place::Named("response");
        return response(object).map(Output::Response);
    }
    if !object.has("uri") && object.has("context") && object.has("request") {
        return Err(Fault::new(RETURNED, Rule::NotTheEvent));
    }
    if event.event_type() == EventType::ViewerResponse
        || !(object.has("uri") || object.has("method"))
    {
        return Err(Fault::new(RETURNED, expected));
    }
    object.place = Place::Named("request");
    request(object, event).map(Output::Request)
}

fn request(mut request: Object, event: &Event) -> Result<RequestOutput, Fault> {
    let method = request.optional_string("method")?;
    let uri = parse::uri(&mut request)?;
    let querystring = query_of(&mut request)?;
    let raw = querystring.build(event.raw_query().unwrap_or_default());
    parse::check_length(&request, &uri, &raw)?;
    Ok(RequestOutput {
        method: method.unwrap_or_else(|| event.request.method.clone()),
        uri,
        querystring,
        headers: Fields::of_member(&mut request, "headers", Kind::Headers)?,
        cookies: Fields::of_member(&mut request, "cookies", Kind::Cookies)?,
    })
}

fn query_of(request: &mut Object) -> Result<Query, Fault> {
    match request.take("querystring") {
        None => Ok(Query::Parameters(Fields::default())),
        Some(Json::String(raw)) if query::is_valid(&raw) => Ok(Query::Raw(raw.into_owned())),
        Some(Json::String(_)) => Err(request.fault("querystring", Rule::Query)),
        Some(json) => {
            let place = request.place.member("querystring");
            Fields::of(place, json, Kind::Query).map(Query::Parameters)
        }
    }
}

fn response(mut response: Object) -> Result<ResponseOutput, Fault> {
    Ok(ResponseOutput {
        status_code: parse::status_code(&mut response)?,
        status_description: parse::status_description(&mut response)?,
        headers: Fields::of_member(&mut response, "headers", Kind::Headers)?,
        cookies: Fields::of_member(&mut response, "cookies", Kind::SetCookies)?,
        body: body(&mut response)?,
    })
}

/// A body is a string, or an object with `encoding` and `data` (developer guide, "Status code and
/// body").
fn body(response: &mut Object) -> Result<Option<Body>, Fault> {
    let mut body = match response.take("body") {
        None => return Ok(None),
        Some(Json::String(text)) => return Ok(Some(Body::Text(text.into_owned()))),
        Some(json) => Object::of(response.place.member("body"), json)?,
    };
    let encoding = match body.optional_string("encoding")?.as_deref() {
        None | Some("text") => Encoding::Text,
        Some("base64") => Encoding::Base64,
        Some(_) => return Err(body.fault("encoding", Rule::Encoding)),
    };
    let data = body.string("data")?;
    if encoding == Encoding::Base64 && STANDARD.decode(&data).is_err() {
        return Err(body.fault("data", Rule::Base64));
    }
    Ok(Some(Body::Encoded { encoding, data }))
}

impl Query {
    /// The raw query that this stands for, where the viewer's was `before`.
    fn build(&self, before: &str) -> String {
        match self {
            Self::Parameters(parameters) => query::rebuild(parameters, before),
            Self::Raw(raw) => raw.clone(),
        }
    }
}

impl RequestOutput {
    /// The request that goes on, where the function was given `before`: changes of several values are
    /// applied, and a query string that was not changed stays byte for byte (observed:
    /// KensioSoftware/yulin#1024).
    pub fn apply(&self, before: &Request) -> Request {
        let (raw_query, querystring) = match &self.querystring {
            Query::Parameters(after) if *after == before.querystring => {
                (before.raw_query.clone(), after.clone())
            }
            Query::Parameters(after) => {
                let changed = after.changed_from(&before.querystring);
                let raw = before.raw_query.as_deref().unwrap_or_default();
                let raw = (!changed.is_empty()).then(|| query::rebuild(&changed, raw));
                (raw, changed)
            }
            Query::Raw(raw) => ((!raw.is_empty()).then(|| raw.clone()), query::parse(raw)),
        };
        Request {
            method: self.method.clone(),
            uri: self.uri.clone(),
            querystring,
            headers: self.headers.changed_from(&before.headers),
            cookies: self.cookies.changed_from(&before.cookies),
            raw_query,
        }
    }
}

impl ResponseOutput {
    /// The response that goes to the viewer, where a viewer-response function was given `before`:
    /// changes of several values are applied. The body is apart.
    pub fn apply(&self, before: Option<&Response>) -> Response {
        let changed = |after: &Fields, before: Option<&Fields>| match before {
            Some(before) => after.changed_from(before),
            None => after.changed_from(&Fields::default()),
        };
        Response {
            status_code: self.status_code,
            status_description: self.status_description.clone(),
            headers: changed(&self.headers, before.map(|before| &before.headers)),
            cookies: changed(&self.cookies, before.map(|before| &before.cookies)),
        }
    }
}

impl Body {
    /// The bytes that are sent.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(data)
            | Self::Encoded {
                encoding: Encoding::Text,
                data,
            } => data.clone().into_bytes(),
            // The data was decoded once when it was checked.
            Self::Encoded {
                encoding: Encoding::Base64,
                data,
            } => STANDARD.decode(data).unwrap_or_default(),
        }
    }
}

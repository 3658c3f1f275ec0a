//! What events and outputs have in common.

use super::fault::{Fault, Object};
use super::headers;
use super::texts::Rule;
use super::{Fields, MAX_URI_CHARACTERS};
use crate::json::Json;

/// The URI of a request: it begins with a slash.
pub(super) fn uri(request: &mut Object) -> Result<String, Fault> {
    let uri = request.string("uri")?;
    if !uri.starts_with('/') {
        return Err(request.fault("uri", Rule::Slash));
    }
    if !headers::is_value(&uri) {
        return Err(request.fault("uri", Rule::HeaderValue));
    }
    Ok(uri)
}

/// URI and query string stay below 8192 characters together.
pub(super) fn check_length(request: &Object, uri: &str, query: &str) -> Result<(), Fault> {
    let mark = usize::from(!query.is_empty());
    if uri.chars().count() + mark + query.chars().count() >= MAX_URI_CHARACTERS {
        return Err(request.fault("uri", Rule::UriLength));
    }
    Ok(())
}

/// The status code of a response: an integer, not a string.
pub(super) fn status_code(response: &mut Object) -> Result<u16, Fault> {
    match response.take("statusCode") {
        Some(Json::Number(code)) if (100.0..600.0).contains(&code) && code.fract() == 0.0 => {
            Ok(code as u16)
        }
        _ => Err(response.fault("statusCode", Rule::Status)),
    }
}

/// The status code in words, if they are given.
pub(super) fn status_description(response: &mut Object) -> Result<Option<String>, Fault> {
    let text = response.optional_string("statusDescription")?;
    if text.as_deref().is_some_and(|text| !headers::is_value(text)) {
        return Err(response.fault("statusDescription", Rule::HeaderValue));
    }
    Ok(text)
}

/// The values of a field, or nothing.
pub(super) fn values_of<'a>(fields: &'a Fields, name: &str) -> &'a [super::FieldValue] {
    fields.get(name).map_or(&[], super::Field::values)
}

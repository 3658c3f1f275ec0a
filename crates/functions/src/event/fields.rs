//! Headers, query parameters and cookies: names with one value or several.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::fault::{Fault, Object, Place, Returned, ReturnedMembers};
use super::headers;
use super::query;
use super::texts::Rule;
use crate::json::Json;

/// Headers, query parameters or cookies by name, in their order. A name occurs once; what occurs more
/// often on the wire has several values (developer guide, "Structure for a query string, header, or
/// cookie"). A copy is the same memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields(Arc<[(String, Field)]>);

/// What a name stands for: a value, and all values if there are several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The first value.
    pub first: FieldValue,
    /// All values, the first one included, if `multiValue` is given.
    pub multi_value: Option<Vec<FieldValue>>,
}

/// A value, of a response's cookie with its attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct FieldValue {
    /// The attributes of a cookie that is set: `Path=/; HttpOnly`. TestFunction prints them before the
    /// value (observed in the samples of AWS).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<String>,
    /// The value as it stands in the request or response: not decoded.
    pub value: String,
}

/// What fields are, which decides what their names and values may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Headers,
    Query,
    /// The cookies of a request.
    Cookies,
    /// The cookies that a response sets.
    SetCookies,
}

impl Kind {
    /// Whether a name or a value stays in its place on the wire.
    fn allows(self, text: &str) -> bool {
        match self {
            Self::Query => query::is_valid(text),
            Self::Headers | Self::Cookies | Self::SetCookies => headers::is_value(text),
        }
    }

    /// The rule that a name or a value breaks otherwise.
    fn rule(self) -> Rule {
        match self {
            Self::Query => Rule::Query,
            Self::Headers | Self::Cookies | Self::SetCookies => Rule::HeaderValue,
        }
    }
}

impl FieldValue {
    /// A value without attributes.
    pub fn new(value: impl Into<String>) -> Self {
        Self {
            attributes: None,
            value: value.into(),
        }
    }
}

impl Field {
    /// The values as they are given: `multiValue` if it has any, else the one value.
    pub fn values(&self) -> &[FieldValue] {
        match self.multi_value.as_deref() {
            None | Some([]) => std::slice::from_ref(&self.first),
            Some(values) => values,
        }
    }

    /// The values after a function changed `before` into this: a `multiValue` that was modified applies
    /// and `value` is ignored; else a modified `value` replaces the first one, and the rest stays
    /// (developer guide, "Duplicate query strings, headers, and cookies"). An object that was put there
    /// without `multiValue` has its one value.
    fn changed_from(&self, before: &Self) -> Vec<FieldValue> {
        if self.multi_value != before.multi_value {
            return self.values().to_vec();
        }
        let mut values = before.values().to_vec();
        if let (Some(first), true) = (values.first_mut(), self.first != before.first) {
            first.clone_from(&self.first);
        }
        values
    }

    /// A field with these values, unless there are none.
    fn of(values: Vec<FieldValue>) -> Option<Self> {
        let first = values.first()?.clone();
        let multi_value = (values.len() > 1).then_some(values);
        Some(Self { first, multi_value })
    }
}

impl Fields {
    /// Collects names and values in the order of the wire. What has the same name becomes one field.
    pub fn collect(pairs: impl IntoIterator<Item = (String, FieldValue)>) -> Self {
        let mut collected: Vec<(String, Vec<FieldValue>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (name, value) in pairs {
            match places.entry(name) {
                Entry::Occupied(place) => {
                    if let Some((_, values)) = collected.get_mut(*place.get()) {
                        values.push(value);
                    }
                }
                Entry::Vacant(place) => {
                    collected.push((place.key().clone(), vec![value]));
                    place.insert(collected.len() - 1);
                }
            }
        }
        let fields = collected.into_iter();
        Self(
            fields
                .filter_map(|(name, values)| Some((name, Field::of(values)?)))
                .collect(),
        )
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The field of a name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, field)| field)
    }

    /// Each name with its field.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Field)> {
        self.0.iter().map(|(name, field)| (name.as_str(), field))
    }

    /// Each name with each of its values, as given.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &FieldValue)> {
        self.iter()
            .flat_map(|(name, field)| field.values().iter().map(move |value| (name, value)))
    }

    /// What a function means that was given `before` and returned this, by the rule of [`Field`]'s
    /// values.
    pub fn changed_from(&self, before: &Self) -> Self {
        let before: HashMap<&str, &Field> = before.iter().collect();
        let changed = self.iter().filter_map(|(name, field)| {
            let values = match before.get(name) {
                Some(before) => field.changed_from(before),
                None => field.values().to_vec(),
            };
            Some((name.to_owned(), Field::of(values)?))
        });
        Self(changed.collect())
    }

    /// The fields of an object.
    pub(super) fn parse(object: Object, kind: Kind) -> Result<Self, Fault> {
        let place = object.place;
        let members = object.into_members();
        if kind == Kind::Headers {
            check_header_names(place, &members)?;
        }
        let mut fields = Vec::with_capacity(members.len());
        for (name, json) in members {
            let place = place.member(&name);
            // The names of headers are checked above, and more strictly.
            if kind != Kind::Headers && !kind.allows(&name) {
                return Err(Fault::new(place, kind.rule()));
            }
            let field = Field::parse(place, json, kind)?;
            fields.push((name.into_owned(), field));
        }
        Ok(Self(fields.into()))
    }

    /// The fields of a member that may be missing, and is then empty.
    pub(super) fn of_member(object: &mut Object, name: &str, kind: Kind) -> Result<Self, Fault> {
        match object.take(name) {
            None => Ok(Self::default()),
            Some(json) => Self::of(object.place.member(name), json, kind),
        }
    }

    /// The fields that a value is.
    pub(super) fn of(place: Place<'_>, json: Returned<'_>, kind: Kind) -> Result<Self, Fault> {
        match json {
            Json::Unseen(fields) if fields.are(kind) => Ok(fields.clone()),
            _ => Self::parse(Object::of(place, json)?, kind),
        }
    }

    /// Whether these could be fields of a kind: [`Self::parse`] has no fault to find, and nothing to drop.
    fn are(&self, kind: Kind) -> bool {
        self.0.iter().all(|(name, field)| {
            let allows_name = match kind {
                Kind::Headers => is_header_name(name),
                _ => kind.allows(name),
            };
            let mut values = field.multi_value.iter().flatten();
            allows_name && field.first.is(kind) && values.all(|value| value.is(kind))
        })
    }

    /// The members of an object with these fields.
    pub(super) fn members(&self) -> ReturnedMembers<'_> {
        self.iter()
            .map(|(name, field)| (name.into(), field.json()))
            .collect()
    }
}

fn is_header_name(name: &str) -> bool {
    headers::is_name(name) && !name.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn check_header_names(headers: Place<'_>, members: &ReturnedMembers<'_>) -> Result<(), Fault> {
    for (name, _) in members {
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(Fault::new(headers, Rule::LowerCase));
        }
        if !headers::is_name(name) {
            return Err(Fault::new(headers, Rule::HeaderName));
        }
    }
    Ok(())
}

impl Field {
    /// The object that [`Self::parse`] makes this of.
    fn json(&self) -> Returned<'_> {
        let mut members = self.first.members();
        if let Some(values) = &self.multi_value {
            let values = values.iter().map(|value| Json::Object(value.members()));
            members.push(("multiValue".into(), Json::Array(values.collect())));
        }
        Json::Object(members)
    }

    fn parse(place: Place<'_>, json: Returned<'_>, kind: Kind) -> Result<Self, Fault> {
        let mut object = Object::of(place, json)?;
        let multi_value = multi_value(&mut object, kind)?;
        let first = FieldValue::parse(&mut object, kind)?;
        let first = first
            .or_else(|| multi_value.as_ref()?.first().cloned())
            .ok_or_else(|| Fault::new(place, Rule::Value))?;
        Ok(Self { first, multi_value })
    }
}

fn multi_value(object: &mut Object, kind: Kind) -> Result<Option<Vec<FieldValue>>, Fault> {
    let items = match object.take("multiValue") {
        None => return Ok(None),
        Some(Json::Array(items)) => items,
        Some(_) => return Err(object.fault("multiValue", Rule::Objects)),
    };
    let place = object.place.member("multiValue");
    let value = |(at, item)| {
        let mut item = Object::of(place.item(at), item)?;
        FieldValue::parse(&mut item, kind)?.ok_or_else(|| item.fault("value", Rule::String))
    };
    items
        .into_iter()
        .enumerate()
        .map(value)
        .collect::<Result<_, _>>()
        .map(Some)
}

impl FieldValue {
    /// Whether [`Self::parse`] would take it as it is.
    fn is(&self, kind: Kind) -> bool {
        let allows_attributes = match &self.attributes {
            Some(attributes) => kind == Kind::SetCookies && headers::is_value(attributes),
            None => true,
        };
        allows_attributes && kind.allows(&self.value)
    }

    fn members(&self) -> ReturnedMembers<'_> {
        let attributes = self.attributes.as_deref();
        let attributes = attributes.map(|text| ("attributes".into(), string(text)));
        let value = ("value".into(), string(&self.value));
        attributes.into_iter().chain([value]).collect()
    }

    /// The value that an object has; `None` if it has none.
    fn parse(object: &mut Object, kind: Kind) -> Result<Option<Self>, Fault> {
        let Some(value) = object.optional_string("value")? else {
            return Ok(None);
        };
        if !kind.allows(&value) {
            return Err(object.fault("value", kind.rule()));
        }
        let attributes = match kind {
            Kind::SetCookies => object.optional_string("attributes")?,
            Kind::Headers | Kind::Query | Kind::Cookies => None,
        };
        if attributes
            .as_deref()
            .is_some_and(|attributes| !headers::is_value(attributes))
        {
            return Err(object.fault("attributes", Rule::HeaderValue));
        }
        Ok(Some(Self { attributes, value }))
    }
}

fn string(text: &str) -> Returned<'_> {
    Json::String(Cow::Borrowed(text))
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if let Some(attributes) = &self.first.attributes {
            map.serialize_entry("attributes", attributes)?;
        }
        map.serialize_entry("value", &self.first.value)?;
        if let Some(values) = &self.multi_value {
            map.serialize_entry("multiValue", values)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn fields(text: &str, kind: Kind) -> Result<Fields, String> {
        let object = Object::of(Place::Named("part"), json::read(text).unwrap()).unwrap();
        Fields::parse(object, kind).map_err(|fault| fault.to_string())
    }

    fn headers(text: &str) -> Fields {
        fields(text, Kind::Headers).unwrap()
    }

    fn values(fields: &Fields) -> String {
        let pairs: Vec<_> = fields
            .pairs()
            .map(|(name, value)| format!("{name}={}", value.value))
            .collect();
        pairs.join(" ")
    }

    #[test]
    fn a_changed_value_replaces_the_first_and_a_changed_list_wins() {
        const BEFORE: &str =
            r#"{"a":{"value":"1","multiValue":[{"value":"1"},{"value":"2"}]},"b":{"value":"3"}}"#;
        for (after, expected) in [
            (BEFORE, "a=1 a=2 b=3"),
            (
                r#"{"a":{"value":"9","multiValue":[{"value":"1"},{"value":"2"}]},"b":{"value":"8"}}"#,
                "a=9 a=2 b=8",
            ),
            (
                r#"{"a":{"value":"9","multiValue":[{"value":"1"},{"value":"7"}]}}"#,
                "a=1 a=7",
            ),
            (r#"{"a":{"value":"1","multiValue":[{"value":"1"}]}}"#, "a=1"),
            (
                r#"{"a":{"multiValue":[{"value":"5"},{"value":"6"}]}}"#,
                "a=5 a=6",
            ),
            (r#"{"a":{"value":"9"}}"#, "a=9"),
            (r#"{"a":{"value":"9","multiValue":[]}}"#, "a=9"),
            (
                r#"{"b":{"value":"9","multiValue":[{"value":"1"},{"value":"2"}]}}"#,
                "b=1 b=2",
            ),
            (
                r#"{"c":{"value":"9","multiValue":[{"value":"1"},{"value":"2"}]}}"#,
                "c=1 c=2",
            ),
        ] {
            let changed = headers(after).changed_from(&headers(BEFORE));
            assert_eq!(values(&changed), expected, "{after}");
        }
    }

    #[test]
    fn what_is_no_field_is_refused_with_its_name() {
        for (text, refusal) in [
            (r#"{"a":"x"}"#, "part.a must be an object"),
            (r#"{"a":null}"#, "part.a must be an object"),
            (r#"{"a":{"value":5}}"#, "part.a.value must be a string"),
            (
                r#"{"a":{}}"#,
                "part.a must have a value, or a multiValue that is not empty",
            ),
            (
                r#"{"a":{"multiValue":[]}}"#,
                "part.a must have a value, or a multiValue that is not empty",
            ),
            (
                r#"{"a":{"value":"","multiValue":{}}}"#,
                "part.a.multiValue must be an array of objects with a value",
            ),
            (
                r#"{"a":{"value":"","multiValue":["x"]}}"#,
                "part.a.multiValue[0] must be an object",
            ),
            (
                r#"{"a":{"value":"","multiValue":[{"value":""},{}]}}"#,
                "part.a.multiValue[1].value must be a string",
            ),
            (
                r#"{"X-Up":{"value":"1"}}"#,
                "part must have header names in lower case",
            ),
            (
                r#"{"a b":{"value":"1"}}"#,
                "part must have valid header names",
            ),
            (r#"{"":{"value":"1"}}"#, "part must have valid header names"),
            (
                r#"{"a":{"value":"1\r\nb: 2"}}"#,
                "part.a.value must not contain control characters",
            ),
        ] {
            assert_eq!(
                fields(text, Kind::Headers),
                Err(refusal.to_owned()),
                "{text}"
            );
        }
        let spaced = fields(r#"{"a b":{"value":"1"}}"#, Kind::Query);
        let refusal = "part[\"a b\"] must not contain spaces, control characters or #";
        assert_eq!(spaced, Err(refusal.to_owned()));
        assert!(fields(r#"{"a":{"value":"1#"}}"#, Kind::Query).is_err());
        assert!(fields(r#"{"ID":{"value":"a b"},"":{"value":""}}"#, Kind::Cookies).is_ok());
        assert!(fields(r#"{"a":{"value":"","attributes":"\n"}}"#, Kind::SetCookies).is_err());
        assert!(fields(r#"{"a\n":{"value":""}}"#, Kind::SetCookies).is_err());
    }

    #[test]
    fn what_cloudfront_does_not_know_is_dropped() {
        let text = r#"{"a":{"multivalue":[{"value":"2"}],"value":"1","attributes":"Path=/"}}"#;
        let print = |kind| serde_json::to_string(&fields(text, kind).unwrap()).unwrap();
        assert_eq!(print(Kind::Cookies), r#"{"a":{"value":"1"}}"#);
        assert_eq!(
            print(Kind::SetCookies),
            r#"{"a":{"attributes":"Path=/","value":"1"}}"#
        );
    }
}

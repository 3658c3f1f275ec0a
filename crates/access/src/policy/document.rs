//! The form of a policy's JSON. What could concern a request is read strictly: nothing that was not
//! understood is passed over.

use std::fmt;
use std::marker::PhantomData;

use keyfront_model::JsonObject;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Action;
use super::outline::{Outline, Skipped};

/// A policy as it is written.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) version: Version,
    /// The statements that could concern a request, each with its number in the policy, from 1.
    pub(crate) statements: Vec<(usize, StatementForm)>,
    /// The statements that can't, in the same way.
    pub(crate) skipped: Vec<(usize, Skipped)>,
}

/// The members of a policy (IAM user guide, "Grammar of the IAM JSON policy language").
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct DocumentForm<'t> {
    #[serde(default, deserialize_with = "given")]
    version: Option<Version>,
    #[expect(
        dead_code,
        reason = "a name for people; read so that its form is checked"
    )]
    #[serde(default, deserialize_with = "given")]
    id: Option<String>,
    /// How a statement is read depends on what it says.
    #[serde(borrow)]
    statement: &'t RawValue,
}

/// A version of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Version {
    /// The one with policy variables.
    #[serde(rename = "2012-10-17")]
    V2012,
    /// The one that a document without a version is of.
    #[serde(rename = "2008-10-17")]
    V2008,
}

/// A statement as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct StatementForm {
    #[serde(default, deserialize_with = "given")]
    pub(crate) sid: Option<String>,
    pub(crate) effect: Effect,
    #[serde(default, deserialize_with = "given")]
    pub(crate) action: Option<OneOrMore<String>>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) not_action: Option<OneOrMore<String>>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) resource: Option<OneOrMore<String>>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) not_resource: Option<OneOrMore<String>>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) condition: Option<Members<Members<OneOrMore<Scalar>>>>,
    #[expect(dead_code, reason = "always refused")]
    #[serde(default, deserialize_with = "no_principal")]
    principal: (),
    #[expect(dead_code, reason = "always refused")]
    #[serde(default, deserialize_with = "no_principal")]
    not_principal: (),
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

impl Document {
    /// Reads a policy. Statements that name none of the actions that are ever asked are skipped,
    /// whatever else they hold.
    pub(crate) fn parse(text: &str, asked: &[Action<'_>]) -> Result<Self, serde_json::Error> {
        let JsonObject(form) = serde_json::from_str::<JsonObject<DocumentForm<'_>>>(text)?;
        let mut document = Self {
            // What AWS takes a document without a version for.
            version: form.version.unwrap_or(Version::V2008),
            statements: Vec::new(),
            skipped: Vec::new(),
        };
        let list = in_its_place(text, form.statement.get());
        let statements = match form.statement.get().as_bytes() {
            [b'{', ..] => vec![serde_json::from_str::<&RawValue>(&list)?],
            _ => serde_json::from_str::<OneOrMore<&RawValue>>(&list)?.0,
        };
        for (statement, number) in statements.into_iter().zip(1..) {
            let statement = in_its_place(&list, statement.get());
            let JsonObject(outline) = serde_json::from_str::<JsonObject<Outline>>(&statement)?;
            match outline.skipped(asked) {
                Some(skipped) => document.skipped.push((number, skipped)),
                None => {
                    let JsonObject(form) = serde_json::from_str(&statement)?;
                    document.statements.push((number, form));
                }
            }
        }
        Ok(document)
    }
}

/// A part of a text, with blanks for all that precedes it in that text: so an error's line and
/// column are those of the whole text.
fn in_its_place(text: &str, part: &str) -> String {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    let before = text.as_bytes().get(..start).unwrap_or_default();
    let blank = |byte: &u8| if *byte == b'\n' { '\n' } else { ' ' };
    let mut placed: String = before.iter().map(blank).collect();
    placed.push_str(part);
    placed
}

/// Reads a member that may be absent, but not `null`: `"Condition": null` is no absent condition.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

fn no_principal<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(D::Error::custom(
        "Principal and NotPrincipal belong to policies of resources; the policy of an access key \
         speaks of that key alone, so leave them out",
    ))
}

/// The members of a JSON object, in their order. One that comes twice is refused: JSON's readers
/// differ in which of the two they take.
#[derive(Debug)]
pub(crate) struct Members<T>(pub(crate) Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct MembersVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for MembersVisitor<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<T>, A::Error> {
                let mut members: Vec<(String, T)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    // Of operators and condition keys: the latter's case does not matter.
                    if members.iter().any(|(n, _)| n.eq_ignore_ascii_case(&name)) {
                        return Err(A::Error::custom(format!("`{name}` is given twice")));
                    }
                    members.push((name, map.next_value()?));
                }
                if members.is_empty() {
                    return Err(A::Error::custom(
                        "an empty condition says nothing; leave it out",
                    ));
                }
                Ok(Members(members))
            }
        }

        from.deserialize_map(MembersVisitor(PhantomData))
    }
}

/// One value, or a list of them that is not empty.
#[derive(Debug)]
pub(crate) struct OneOrMore<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);

        fn one<'de, T, E, V>(value: V) -> Result<OneOrMore<T>, E>
        where
            T: Deserialize<'de>,
            E: Error,
            V: IntoDeserializer<'de, E>,
        {
            T::deserialize(value.into_deserializer()).map(|value| OneOrMore(vec![value]))
        }

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = OneOrMore<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or a list of values")
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<OneOrMore<T>, E> {
                one(value)
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<OneOrMore<T>, E> {
                one(value)
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<OneOrMore<T>, E> {
                one(value)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<OneOrMore<T>, E> {
                one(value)
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<OneOrMore<T>, E> {
                one(value)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMore<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|value| OneOrMore(vec![value]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMore<T>, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                if values.is_empty() {
                    return Err(A::Error::custom("the list is empty"));
                }
                Ok(OneOrMore(values))
            }
        }

        from.deserialize_any(ListVisitor(PhantomData))
    }
}

/// A value in a condition: a string, or a boolean or a whole number, which AWS takes as their text.
#[derive(Debug)]
pub(crate) struct Scalar(pub(crate) String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;

        impl Visitor<'_> for ScalarVisitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a boolean or a whole number")
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(value.to_owned()))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
        }

        from.deserialize_any(ScalarVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: [Action<'static>; 1] = [Action {
        service: "cloudfront",
        name: "TagResource",
    }];

    fn parse(text: &str) -> Result<Document, serde_json::Error> {
        Document::parse(text, &ASKED)
    }

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn one_statement_or_a_list_and_one_action_or_a_list() {
        let one = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": ["*"]}}"#;
        let document = parse(one).unwrap();
        assert_eq!(document.version, Version::V2008);
        assert_eq!(document.statements.len(), 1);
        let two = r#"{"Version": "2012-10-17", "Id": "x", "Statement": [
            {"Sid": "A", "Effect": "Allow", "NotAction": ["a:B", "c:D"], "NotResource": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {"Bool": {"aws:SecureTransport": [false, "true", 1]}}}]}"#;
        let document = parse(two).unwrap();
        assert_eq!(document.version, Version::V2012);
        assert_eq!(document.statements.len(), 2);
    }

    #[test]
    fn unknown_members_are_named_with_their_place() {
        let text = "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\",\n\
                    \"Resource\": \"*\", \"Conditoin\": {}}}";
        let refusal = refusal(text);
        assert!(refusal.contains("unknown field `Conditoin`"), "{refusal}");
        assert!(refusal.contains("line 2 column 28"), "{refusal}");
    }

    #[test]
    fn principals_are_refused_with_a_reason() {
        for name in ["Principal", "NotPrincipal"] {
            let text = format!(
                r#"{{"Statement": {{"Effect": "Allow", "{name}": "*", "Action": "*", "Resource": "*"}}}}"#
            );
            assert!(refusal(&text).contains("policies of resources"), "{name}");
        }
    }

    #[test]
    fn whatever_is_not_of_the_form_is_refused() {
        let statement =
            |members: &str| format!(r#"{{"Statement": {{"Effect": "Allow", {members}}}}}"#);
        for text in [
            "".to_owned(),
            "null".to_owned(),
            "{}".to_owned(),
            "[]".to_owned(),
            r#"["2012-10-17", "x", []]"#.to_owned(),
            r#"{"Statement": []}"#.to_owned(),
            r#"{"Statement": [["A", "Allow"]]}"#.to_owned(),
            r#"{"Statement": null}"#.to_owned(),
            r#"{"Version": "2012-10-18", "Statement": {"Effect": "Allow"}}"#.to_owned(),
            r#"{"version": "2012-10-17", "Statement": {"Effect": "Allow"}}"#.to_owned(),
            r#"{"Statement": {"Effect": "allow"}}"#.to_owned(),
            r#"{"Statement": {"Action": "*"}}"#.to_owned(),
            r#"{"Statement": {"Effect": "Allow"}} x"#.to_owned(),
            r#"{"Statement": {"Effect": "Allow"}, "Statement": {"Effect": "Deny"}}"#.to_owned(),
            statement(r#""Effect": "Deny""#),
            statement(r#""Action": []"#),
            statement(r#""Action": [["*"]]"#),
            statement(r#""Action": 1"#),
            statement(r#""Action": null"#),
            statement(r#""Sid": null"#),
            statement(r#""Condition": null"#),
            statement(r#""Condition": {}"#),
            statement(r#""Condition": {"Bool": {}}"#),
            statement(r#""Condition": {"Bool": {"k": []}}"#),
            statement(r#""Condition": {"Bool": {"k": null}}"#),
            statement(r#""Condition": {"Bool": {"k": 1.5}}"#),
            statement(r#""Condition": {"Bool": {"k": {"x": "y"}}}"#),
            statement(r#""Condition": {"Bool": {"k": "true", "K": "true"}}"#),
            statement(r#""Condition": {"Bool": {"k": "true"}, "Bool": {"l": "true"}}"#),
            statement(r#""Condition": [{"Bool": {"k": "true"}}]"#),
        ] {
            assert!(parse(&text).is_err(), "{text}");
        }
    }
}

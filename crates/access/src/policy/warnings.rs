use keyfront_model::StoreId;

use super::action::{Action, ActionPattern};
use super::arn::Arn;
use super::document::{Document, OneOrMore, StatementForm, Version};

/// What is legal in a policy, and yet likely not what its author meant.
pub(crate) fn warnings(document: &Document, known: &[Action<'_>]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (at, form) in document.statements.0.iter().enumerate() {
        let name = super::name(at, &form.0);
        let texts = of_statement(&form.0, document.version(), known);
        warnings.extend(texts.map(|text| format!("{name}: {text}")));
    }
    warnings
}

fn of_statement(
    form: &StatementForm,
    version: Version,
    known: &[Action<'_>],
) -> impl Iterator<Item = String> {
    let actions = texts(&form.action).chain(texts(&form.not_action));
    let no_actions = actions
        .filter(|text| ActionPattern::new(text).is_ok_and(|pattern| pattern.names_nothing(known)))
        .map(|text| format!("there is no action `{text}` here"));
    let resources = || texts(&form.resource).chain(texts(&form.not_resource));
    let no_stores = resources()
        .filter(|text| names_no_store(text))
        .map(|text| format!("`{text}`: a store's ARN ends with its id, in lower case"));
    let no_variables = resources()
        .chain(condition_values(form))
        .filter(move |text| version == Version::V2008 && text.contains("${"))
        .map(|text| {
            format!("`{text}` is taken as it stands; variables need \"Version\": \"2012-10-17\"")
        });
    no_actions.chain(no_stores).chain(no_variables)
}

fn texts(list: &Option<OneOrMore<String>>) -> impl Iterator<Item = &str> {
    list.iter().flat_map(|texts| &texts.0).map(String::as_str)
}

fn condition_values(form: &StatementForm) -> impl Iterator<Item = &str> {
    let keys = form
        .condition
        .iter()
        .flat_map(|operators| &operators.0)
        .flat_map(|(_, keys)| &keys.0);
    keys.flat_map(|(_, values)| &values.0)
        .map(|value| value.0.as_str())
}

/// Whether it is the ARN of a store by something that is no id, a name for instance.
fn names_no_store(resource: &str) -> bool {
    let is_id = |text: &str| {
        text.parse::<StoreId>()
            .is_ok_and(|id| id.to_string() == text)
    };
    Arn::new(resource)
        .filter(|arn| arn.service == "cloudfront")
        .and_then(|arn| arn.resource.strip_prefix("key-value-store/"))
        .is_some_and(|id| !id.contains(['*', '?', '$']) && !is_id(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(members: &str) -> Vec<String> {
        let text = format!(r#"{{"Statement": {{"Sid": "A", "Effect": "Deny", {members}}}}}"#);
        let known = Action::new("cloudfront:DescribeKeyValueStore").unwrap();
        warnings(&Document::parse(&text).unwrap(), &[known])
    }

    #[test]
    fn slips_of_the_pen_are_named_with_their_statement() {
        let found =
            warned(r#""Action": ["cloudfront:Describe*", "cloudfront:Foo"], "Resource": "*""#);
        assert_eq!(
            found,
            ["statement 1 (A): there is no action `cloudfront:Foo` here"]
        );
    }

    #[test]
    fn a_store_by_its_name_is_noticed() {
        for (id, expected) in [
            ("redirects", 1),
            ("7B6F1D0E-5F0A-4C7E-9D1C-2F6F2F7C9A11", 1),
            ("7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11", 0),
            ("*", 0),
        ] {
            let found = warned(&format!(
                r#""Action": "*", "Resource": "arn:aws:cloudfront::123456789012:key-value-store/{id}""#
            ));
            assert_eq!(found.len(), expected, "{id}");
        }
    }

    #[test]
    fn variables_without_the_version_that_has_them_are_noticed() {
        let found = warned(
            r#""Action": "*", "NotResource": "arn:aws:s3:::team/${aws:username}",
               "Condition": {"StringLike": {"aws:UserAgent": "${aws:username}*"}}"#,
        );
        assert_eq!(found.len(), 2);
    }
}

use keyfront_model::StoreId;

use super::Action;
use super::action::ActionPattern;
use super::arn::Arn;
use super::document::{Document, OneOrMore, StatementForm, Version};
use super::statement::Selection;

/// The service whose actions are matched against a store's ARN by id alone.
const DATA_PLANE: &str = "cloudfront-keyvaluestore";

/// What is legal in a policy, and yet likely not what its author meant; and what is skipped.
pub(crate) fn warnings(document: &Document, asked: &[Action<'_>]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (number, skipped) in &document.skipped {
        let name = super::name(*number, skipped.sid.as_deref());
        warnings.push(format!("{name} is skipped: {}", skipped.reason));
    }
    for (number, form) in &document.statements {
        let name = super::name(*number, form.sid.as_deref());
        let texts = of_statement(form, document.version, asked);
        warnings.extend(texts.map(|text| format!("{name}: {text}")));
    }
    warnings
}

fn of_statement(
    form: &StatementForm,
    version: Version,
    asked: &[Action<'_>],
) -> impl Iterator<Item = String> {
    let actions = texts(&form.action).chain(texts(&form.not_action));
    let no_actions = actions
        .filter(|text| ActionPattern::new(text).is_ok_and(|pattern| pattern.names_nothing(asked)))
        .map(|text| format!("there is no action `{text}` here"));
    let resources = || texts(&form.resource).chain(texts(&form.not_resource));
    let only_names = concerns_keys(form, asked) && !resources().any(may_match_by_id);
    let no_stores = resources()
        .filter(move |text| only_names && is_of_stores(text))
        .map(|text| {
            format!(
                "`{text}` matches no store for the actions of {DATA_PLANE}, which know a store by \
                 its id, in lower case, and not by its name"
            )
        });
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

/// Whether a statement covers actions of the data plane.
fn concerns_keys(form: &StatementForm, asked: &[Action<'_>]) -> bool {
    let actions = Selection::new("Action", &form.action, &form.not_action, |text| {
        ActionPattern::new(text)
    });
    let Ok(actions) = actions else {
        return false;
    };
    let mut of_keys = asked.iter().filter(|action| action.is_of(DATA_PLANE));
    of_keys.any(|action| actions.holds(|pattern| pattern.matches(*action)))
}

/// What a resource that is written for stores has in place of a store's id.
fn store_part(resource: &str) -> Option<&str> {
    let arn = Arn::new(resource).filter(|arn| arn.service == "cloudfront")?;
    arn.resource.strip_prefix("key-value-store/")
}

fn is_of_stores(resource: &str) -> bool {
    store_part(resource).is_some()
}

/// Whether a resource may match a store by its id. It is not looked at closely if it is written for
/// more than stores.
fn may_match_by_id(resource: &str) -> bool {
    match store_part(resource) {
        Some(id) => may_match_an_id(id),
        None => Arn::new(resource).is_none_or(|arn| {
            arn.service == "cloudfront" && arn.resource.starts_with(['*', '?', 'k'])
        }),
    }
}

/// Whether ids may begin as a pattern does before its first wildcard or variable.
fn may_match_an_id(pattern: &str) -> bool {
    const ANY_ID: &str = "00000000-0000-0000-0000-000000000000";
    let fixed = pattern.split(['*', '?', '$']).next().unwrap_or_default();
    let is_whole = fixed.len() == pattern.len();
    let completed = match ANY_ID.get(fixed.len()..) {
        Some(rest) if !is_whole => format!("{fixed}{rest}"),
        _ => fixed.to_owned(),
    };
    completed
        .parse::<StoreId>()
        .is_ok_and(|id| id.to_string() == completed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(members: &str) -> Vec<String> {
        let text = format!(r#"{{"Statement": {{"Sid": "A", "Effect": "Deny", {members}}}}}"#);
        let asked = [
            "cloudfront:DescribeKeyValueStore",
            "cloudfront-keyvaluestore:GetKey",
            "s3:GetObject",
        ];
        let asked = asked.map(|text| Action::new(text).unwrap());
        warnings(&Document::parse(&text, &asked).unwrap(), &asked)
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
    fn a_store_by_its_name_is_noticed_where_only_its_id_matches() {
        for (id, matches) in [
            ("redirects", false),
            ("web-*", false),
            ("7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11-*", false),
            ("7B6F1D0E-5F0A-4C7E-9D1C-2F6F2F7C9A11", false),
            ("7B6F*", false),
            ("7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11", true),
            ("7b6f1d0e-5*", true),
            ("?b6f*", true),
            ("${aws:username}", true),
            ("*", true),
        ] {
            let found = |actions: &str, more: &str| {
                let warned = warned(&format!(
                    r#""Action": {actions}, "Resource": [
                       "arn:aws:cloudfront::123456789012:key-value-store/{id}"{more}]"#
                ));
                let by_name = warned.iter().filter(|text| text.contains("by its name"));
                by_name.count()
            };
            let expected = usize::from(!matches);
            let both = r#"["cloudfront:Describe*", "cloudfront-keyvaluestore:*"]"#;
            assert_eq!(
                found(r#""cloudfront-keyvaluestore:*""#, ""),
                expected,
                "{id}"
            );
            assert_eq!(found(both, r#", "arn:aws:s3:::b/*""#), expected, "{id}");
            assert_eq!(found(both, r#", "*""#), 0, "{id}");
            assert_eq!(found(r#""cloudfront:Describe*""#, ""), 0, "{id}");
        }
    }

    #[test]
    fn a_skipped_statement_is_named_with_its_actions() {
        for (members, reason) in [
            (
                r#""Action": "s3:PutObject", "Resource": {"Fn::GetAtt": "x"}"#,
                "Keyfront never asks for `s3:PutObject`",
            ),
            (
                r#""Action": ["a:A", "b:*", "c:C", "d:D", "e:E"], "Condition": 7"#,
                "Keyfront never asks for `a:A`, `b:*`, `c:C` and 2 more",
            ),
            (
                r#""NotAction": ["cloudfront:*", "cloudfront-keyvaluestore:*", "s3:*"], "Resource": 1"#,
                "Keyfront asks for no action that its NotAction leaves",
            ),
        ] {
            assert_eq!(
                warned(members),
                [format!("statement 1 (A) is skipped: {reason}")]
            );
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

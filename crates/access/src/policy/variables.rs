use super::{Principal, Problem};

/// A part of a text after its variables were replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// As the policy has it; `*` and `?` may be wildcards.
    Written(String),
    /// What a variable stands for; `*` and `?` are themselves.
    Literal(String),
}

/// Replaces the variables of a text of a policy of version 2012-10-17 (IAM user guide, "Variables
/// and tags").
///
/// All variables that are known describe the caller, so they are replaced once, when the policy is
/// loaded for an access key. The others that AWS has are refused, and so is one without a value:
/// what AWS makes of that differs from place to place.
pub(crate) fn expand(text: &str, principal: &Principal) -> Result<Vec<Part>, Problem> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (variable, after) = after
            .split_once('}')
            .ok_or_else(|| Problem::new(format!("`{text}`: `${{` without `}}`")))?;
        parts.push(Part::Written(before.to_owned()));
        parts.push(Part::Literal(value(variable, principal)?));
        rest = after;
    }
    parts.push(Part::Written(rest.to_owned()));
    Ok(parts)
}

/// The same for a text without wildcards.
pub(crate) fn expand_text(text: &str, principal: &Principal) -> Result<String, Problem> {
    let parts = expand(text, principal)?;
    Ok(parts
        .into_iter()
        .map(|part| match part {
            Part::Written(text) | Part::Literal(text) => text,
        })
        .collect())
}

fn value(variable: &str, principal: &Principal) -> Result<String, Problem> {
    if let "*" | "?" | "$" = variable {
        return Ok(variable.to_owned());
    }
    let (key, default) = split_default(variable)?;
    let value = match key.to_ascii_lowercase().as_str() {
        "aws:username" => principal.user.as_deref(),
        "aws:principalaccount" => Some(&*principal.account),
        "aws:principalarn" => Some(&*principal.arn),
        "aws:principaltype" => Some(principal.kind()),
        _ => return Err(unknown(key)),
    };
    value
        .or(default)
        .map(str::to_owned)
        .ok_or_else(|| without_value(key))
}

/// `aws:username, 'nobody'` is the key and what to take where it has no value.
fn split_default(variable: &str) -> Result<(&str, Option<&str>), Problem> {
    let Some((key, default)) = variable.split_once(',') else {
        return Ok((variable, None));
    };
    default
        .trim_start()
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .map(|default| (key, Some(default)))
        .ok_or_else(|| {
            Problem::new(format!(
                "`${{{variable}}}`: a default value is written as ${{{key}, 'value'}}"
            ))
        })
}

fn unknown(key: &str) -> Problem {
    Problem::new(format!(
        "the policy variable `${{{key}}}` is not known here; use aws:username, \
         aws:PrincipalAccount, aws:PrincipalArn or aws:PrincipalType"
    ))
}

fn without_value(key: &str) -> Problem {
    Problem::new(format!(
        "the policy variable `${{{key}}}` has no value for an access key without a user: give \
         the access key a `user`, or the variable a default, as in ${{{key}, 'nobody'}}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str, user: Option<&str>) -> Result<String, Problem> {
        let account = "123456789012".parse().unwrap();
        expand_text(text, &Principal::new(account, user))
    }

    #[test]
    fn what_is_known_of_the_caller_is_put_in() {
        for (text, value) in [
            ("plain $ { } *", "plain $ { } *"),
            ("a/${aws:username}/b", "a/alice/b"),
            (
                "${AWS:UserName}${aws:PrincipalAccount}",
                "alice123456789012",
            ),
            (
                "${aws:PrincipalArn}",
                "arn:aws:iam::123456789012:user/alice",
            ),
            ("${aws:PrincipalType}", "User"),
            ("${*}${?}${$}{x}", "*?${x}"),
            ("${aws:username, 'nobody'}", "alice"),
        ] {
            assert_eq!(expanded(text, Some("alice")).unwrap(), value);
        }
        assert_eq!(
            expanded("${aws:username,'nobody'}", None).unwrap(),
            "nobody"
        );
        assert_eq!(expanded("${aws:PrincipalType}", None).unwrap(), "Account");
    }

    #[test]
    fn replaced_text_is_told_from_what_was_written() {
        let account = "123456789012".parse().unwrap();
        let parts = expand("x*${*}", &Principal::new(account, None)).unwrap();
        let expected = [
            Part::Written("x*".to_owned()),
            Part::Literal("*".to_owned()),
            Part::Written(String::new()),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for text in [
            "${aws:userid}",
            "${aws:SourceIp}",
            "${s3:prefix}",
            "${}",
            "${ aws:username }",
            "${aws:username",
            "${aws:username, nobody}",
            "${aws:username, '}",
        ] {
            assert!(expanded(text, Some("alice")).is_err(), "{text}");
        }
        let problem = expanded("${aws:username}", None).unwrap_err();
        assert!(problem.to_string().contains("give the access key a `user`"));
    }
}

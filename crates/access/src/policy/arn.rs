use super::pattern::{Case, Pattern};
use super::variables::{self, Part};
use super::{Principal, Problem, Request, Version};

/// An ARN, cut at its first five colons:
/// `arn:<partition>:<service>:<region>:<account>:<resource>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    /// The rest, colons included.
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(crate) fn new(text: &'a str) -> Option<Self> {
        let mut fields = text.strip_prefix("arn:")?.splitn(5, ':');
        Some(Self {
            partition: fields.next()?,
            service: fields.next()?,
            region: fields.next()?,
            account: fields.next()?,
            resource: fields.next().filter(|resource| !resource.is_empty())?,
        })
    }
}

/// The resources that one entry of `Resource` or `NotResource` names.
#[derive(Debug)]
pub(crate) enum ResourcePattern {
    /// `*`
    Any,
    Like(ArnPattern),
}

impl ResourcePattern {
    pub(crate) fn new(
        text: &str,
        version: Version,
        principal: &Principal,
    ) -> Result<Self, Problem> {
        match text {
            "*" => Ok(Self::Any),
            _ => ArnPattern::new(text, version, principal).map(Self::Like),
        }
    }

    /// Whether it matches a request's resource under either of its ARNs.
    pub(crate) fn matches(&self, request: &Request<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Like(pattern) => {
                let by_id = request.by_id.as_ref();
                pattern.matches(&request.resource)
                    || by_id.is_some_and(|arn| pattern.matches_id(arn))
            }
        }
    }
}

/// An ARN with wildcards. Each field is compared with its own, so a wildcard stays in its field;
/// that of the resource goes on to the end, over slashes and colons.
///
/// AWS lets a star at the end of a field go on over colons, so that `arn:aws:s3:*` is everything
/// of S3. Here all six fields must be written, and then the two say the same of every resource.
#[derive(Debug)]
pub(crate) struct ArnPattern {
    partition: Pattern,
    service: Box<str>,
    region: Pattern,
    account: Pattern,
    resource: Pattern,
}

impl ArnPattern {
    pub(crate) fn new(
        text: &str,
        version: Version,
        principal: &Principal,
    ) -> Result<Self, Problem> {
        let arn = Arn::new(text).ok_or_else(|| malformed(text, "it has not six fields"))?;
        check(&arn).map_err(|why| malformed(text, why))?;
        let resource = match version {
            Version::V2012 => variables::expand(arn.resource, principal)?,
            Version::V2008 => vec![Part::Written(arn.resource.to_owned())],
        };
        let pattern = |field| Pattern::new(field, Case::Matters);
        Ok(Self {
            partition: pattern(arn.partition),
            service: arn.service.into(),
            region: pattern(arn.region),
            account: pattern(arn.account),
            resource: Pattern::of_parts(&resource, Case::Matters),
        })
    }

    pub(crate) fn matches(&self, arn: &Arn<'_>) -> bool {
        *self.service == *arn.service
            && self.account.matches(arn.account)
            && self.resource.matches(arn.resource)
            && self.region.matches(arn.region)
            && self.partition.matches(arn.partition)
    }

    /// Whether it matches an ARN that ends with an id, and writes that id out.
    fn matches_id(&self, arn: &Arn<'_>) -> bool {
        let id = arn.resource.rsplit('/').next().unwrap_or_default();
        self.matches(arn) && self.resource.text_at_the_end().len() >= id.len()
    }
}

/// Looks at the fields before the resource, which differs from service to service. A pattern that
/// can match nothing is a mistake, and in a statement that denies a dangerous one.
fn check(arn: &Arn<'_>) -> Result<(), &'static str> {
    let wildcard = |b: u8| matches!(b, b'*' | b'?');
    let in_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fields = [arn.partition, arn.service, arn.region, arn.account];
    if fields.iter().any(|field| field.contains("${")) {
        return Err("a policy variable can only stand after the fifth colon");
    }
    if arn.service.is_empty() || !arn.service.bytes().all(in_name) {
        return Err("the service (third field) is lower-case letters, without wildcards");
    }
    let in_pattern = |b: u8| in_name(b) || wildcard(b);
    if arn.partition.is_empty() || !arn.partition.bytes().all(in_pattern) {
        return Err("the partition (second field) is lower-case letters, as in aws");
    }
    if !arn.region.bytes().all(in_pattern) {
        return Err("the region (fourth field) is lower-case letters and digits, or nothing");
    }
    check_account(arn.account)
}

/// An account is twelve digits, or nothing for resources that have none, or `aws` for what
/// belongs to AWS itself, as its managed policies do.
fn check_account(account: &str) -> Result<(), &'static str> {
    let in_pattern = |b: u8| b.is_ascii_digit() || matches!(b, b'*' | b'?');
    let open = account.contains('*');
    let length = account.bytes().filter(|b| *b != b'*').count();
    let fits = if open { length <= 12 } else { length == 12 };
    if account.is_empty() || account == "aws" || (fits && account.bytes().all(in_pattern)) {
        Ok(())
    } else {
        Err("the account (fifth field) is 12 digits, or nothing")
    }
}

fn malformed(text: &str, why: &str) -> Problem {
    Problem::new(format!(
        "`{text}`: {why}; write the whole ARN, as in \
         arn:aws:cloudfront::123456789012:key-value-store/* or arn:aws:s3:::bucket/*"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Result<ArnPattern, Problem> {
        let principal = Principal::new("123456789012".parse().unwrap(), Some("alice"));
        ArnPattern::new(text, Version::V2012, &principal)
    }

    fn matches(text: &str, arn: &str) -> bool {
        pattern(text).unwrap().matches(&Arn::new(arn).unwrap())
    }

    const STORE: &str =
        "arn:aws:cloudfront::123456789012:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";

    #[test]
    fn wildcards_stand_in_every_field_but_the_service() {
        for text in [
            STORE,
            "arn:aws:cloudfront::123456789012:key-value-store/*",
            "arn:aws:cloudfront::123456789012:key-value-store/7b6f*9a1?",
            "arn:aws:cloudfront::*:*",
            "arn:*:cloudfront:*:1234567890??:key-value-store/*",
        ] {
            assert!(matches(text, STORE), "{text}");
        }
        for text in [
            "arn:aws:cloudfront::123456789012:KEY-value-store/*",
            "arn:aws:cloudfront::123456789013:*",
            "arn:aws:cloudfront:us-east-1:123456789012:*",
            "arn:aws:s3::123456789012:*",
            "arn:aws-cn:cloudfront::123456789012:*",
        ] {
            assert!(!matches(text, STORE), "{text}");
        }
    }

    #[test]
    fn a_wildcard_stays_in_its_field_and_the_last_goes_to_the_end() {
        let object = "arn:aws:s3:::other/a:b:team-a/x";
        assert!(matches("arn:aws:s3:::*/x", object));
        assert!(!matches("arn:aws:s3:*:*:team-a/*", object));
    }

    #[test]
    fn the_callers_name_stands_in_the_resource() {
        let text = "arn:aws:s3:::team/${aws:username}/*";
        assert!(matches(text, "arn:aws:s3:::team/alice/x.json"));
        assert!(!matches(text, "arn:aws:s3:::team/bob/x.json"));
    }

    #[test]
    fn a_variable_is_plain_text_in_the_older_version() {
        let principal = Principal::new("123456789012".parse().unwrap(), Some("alice"));
        let text = "arn:aws:s3:::team/${aws:username}";
        let pattern = ArnPattern::new(text, Version::V2008, &principal).unwrap();
        assert!(pattern.matches(&Arn::new(text).unwrap()));
        assert!(!pattern.matches(&Arn::new("arn:aws:s3:::team/alice").unwrap()));
    }

    #[test]
    fn an_id_is_matched_where_it_is_written_out() {
        const ID: &str = "7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";
        let matches_id = |resource: &str| {
            let text = format!("arn:aws:cloudfront::123456789012:{resource}");
            pattern(&text)
                .unwrap()
                .matches_id(&Arn::new(STORE).unwrap())
        };
        for resource in [
            format!("key-value-store/{ID}"),
            format!("*/{ID}"),
            format!("*{ID}"),
        ] {
            assert!(matches_id(&resource), "{resource}");
        }
        for resource in [
            "*".to_owned(),
            "key-value-store/*".to_owned(),
            "key-value-store/7*".to_owned(),
            format!("key-value-store/{ID}*"),
            format!("key-value-store/?{}", &ID[1..]),
            format!("key-value-store/*{}", &ID[1..]),
            format!("key-value-store/{}", ID.to_uppercase()),
            "key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a12".to_owned(),
        ] {
            assert!(!matches_id(&resource), "{resource}");
        }
    }

    #[test]
    fn resources_of_another_form_are_refused() {
        for text in [
            "",
            "*",
            "**",
            "7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11",
            "arn:aws:s3:*",
            "arn:aws:cloudfront::123456789012",
            "arn:aws:cloudfront::123456789012:",
            "arn:aws:cloudfront::12345678901:key-value-store/*",
            "arn:aws:cloudfront::${aws:PrincipalAccount}:key-value-store/*",
            "arn:aws:*::123456789012:key-value-store/*",
            "arn::cloudfront::123456789012:key-value-store/*",
            "arn:aws:CloudFront::123456789012:key-value-store/*",
            " arn:aws:cloudfront::123456789012:key-value-store/*",
            "arn:aws:s3:::team/${aws:nobody}",
        ] {
            assert!(pattern(text).is_err(), "{text}");
        }
    }
}

use crate::policy::{Action, Arn, Case, Pattern};

/// The objects that one entry of `import_from` names: `arn:aws:s3:::BUCKET/KEY` with wildcards in
/// both parts. That of the bucket's part stays in it.
#[derive(Debug)]
pub(crate) struct ImportPattern {
    bucket: Pattern,
    key: Pattern,
}

impl ImportPattern {
    pub(crate) fn new(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "write it as arn:aws:s3:::BUCKET/KEY, with `*` and `?` where anything \
                            may stand, as in arn:aws:s3:::team-a-*/*";
        let rest = text.strip_prefix("arn:aws:s3:::").ok_or(FORM)?;
        let (bucket, key) = rest.split_once('/').ok_or(FORM)?;
        let in_bucket = |b: u8| b.is_ascii_alphanumeric() || b".-_*?".contains(&b);
        if bucket.is_empty() || key.is_empty() || !bucket.bytes().all(in_bucket) {
            return Err(FORM);
        }
        if key.contains("${") {
            return Err("policy variables have no meaning here; give each user a policy instead");
        }
        Ok(Self {
            bucket: Pattern::new(bucket, Case::Matters),
            key: Pattern::new(key, Case::Matters),
        })
    }

    fn matches(&self, bucket: &str, key: Option<&str>) -> bool {
        self.bucket.matches(bucket) && key.is_none_or(|key| self.key.matches(key))
    }
}

/// Whether the patterns let a request through: one that is not of S3, one for an object that is
/// matched, or one for a bucket in which objects may be matched.
pub(crate) fn allow(patterns: &[ImportPattern], action: Action<'_>, resource: &Arn<'_>) -> bool {
    if !action.is_of("s3") && resource.service != "s3" {
        return true;
    }
    let (bucket, key) = match resource.resource.split_once('/') {
        Some((bucket, key)) => (bucket, Some(key)),
        None => (resource.resource, None),
    };
    let in_s3 = resource.service == "s3" && resource.partition == "aws";
    in_s3 && patterns.iter().any(|pattern| pattern.matches(bucket, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(pattern: &str, action: &str, resource: &str) -> bool {
        allow(
            &[ImportPattern::new(pattern).unwrap()],
            Action::new(action).unwrap(),
            &Arn::new(resource).unwrap(),
        )
    }

    #[test]
    fn objects_and_their_buckets_pass() {
        let pattern = "arn:aws:s3:::team-a-*/live/*.json";
        assert!(allowed(
            pattern,
            "s3:GetObject",
            "arn:aws:s3:::team-a-x/live/a/b.json"
        ));
        assert!(allowed(
            pattern,
            "s3:GetBucketLocation",
            "arn:aws:s3:::team-a-x"
        ));
        assert!(!allowed(
            pattern,
            "s3:GetObject",
            "arn:aws:s3:::team-a-x/old/b.json"
        ));
        assert!(!allowed(
            pattern,
            "s3:GetObject",
            "arn:aws:s3:::team-a-x/y/live/b.json"
        ));
        assert!(!allowed(
            pattern,
            "S3:getobject",
            "arn:aws:s3:::team-b/live/b.json"
        ));
        assert!(!allowed(
            pattern,
            "s3:GetBucketLocation",
            "arn:aws:s3:::team-b"
        ));
    }

    #[test]
    fn everything_else_is_not_its_business() {
        let store = "arn:aws:cloudfront::123456789012:key-value-store/x";
        let pattern = "arn:aws:s3:::team-a/*";
        assert!(allowed(pattern, "cloudfront-keyvaluestore:PutKey", store));
        assert!(!allowed(pattern, "s3:GetObject", store));
    }

    #[test]
    fn patterns_of_another_form_are_refused() {
        for text in [
            "",
            "*",
            "team-a/*",
            "arn:aws:s3:::team-a",
            "arn:aws:s3:::team-a/",
            "arn:aws:s3:::/x",
            "arn:aws:s3:::*",
            "arn:aws:s3:::te am/*",
            "arn:*:s3:::team-a/*",
            "arn:aws:s3:::team-a/${aws:username}/*",
        ] {
            assert!(ImportPattern::new(text).is_err(), "{text}");
        }
    }
}

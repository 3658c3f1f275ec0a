use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{AccountId, FunctionName, Invalid, StoreId, StoreName};

/// The name of a key value store across accounts:
/// `arn:aws:cloudfront::<account>:key-value-store/<id>` (AWS documentation).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreArn {
    /// The account that owns the store.
    pub account: AccountId,
    /// The store's id, never its name.
    pub id: StoreId,
}

impl FromStr for StoreArn {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        const FORM: Invalid =
            Invalid("a store's ARN is arn:aws:cloudfront::ACCOUNT:key-value-store/ID");
        let rest = text.strip_prefix("arn:aws:cloudfront::").ok_or(FORM)?;
        let (account, resource) = rest.split_once(':').ok_or(FORM)?;
        let id = resource.strip_prefix("key-value-store/").ok_or(FORM)?;
        Ok(Self {
            account: account.parse()?,
            id: id.parse()?,
        })
    }
}

// Every request for a key is judged by its store's ARN, which is therefore written in one piece.
impl fmt::Display for StoreArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"arn:aws:cloudfront::000000000000:key-value-store/\
                          00000000-0000-0000-0000-000000000000";
        text[20..32].copy_from_slice(&self.account.digits());
        self.id.write(&mut text[49..]);
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

/// The ARN of a store by its name, which a statement on the control plane's actions names (AWS's
/// service reference: `key-value-store/${Name}`).
pub fn named_store_arn(account: AccountId, name: &StoreName) -> String {
    format!("arn:aws:cloudfront::{account}:key-value-store/{name}")
}

/// The ARN of all stores of an account.
pub fn any_store_arn(account: AccountId) -> String {
    format!("arn:aws:cloudfront::{account}:key-value-store/*")
}

/// The name of a function across accounts: `arn:aws:cloudfront::<account>:function/<name>` (AWS
/// documentation).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionArn {
    /// The account that owns the function.
    pub account: AccountId,
    /// The function's name.
    pub name: FunctionName,
}

impl FromStr for FunctionArn {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        const FORM: Invalid =
            Invalid("a function's ARN is arn:aws:cloudfront::ACCOUNT:function/NAME");
        let rest = text.strip_prefix("arn:aws:cloudfront::").ok_or(FORM)?;
        let (account, resource) = rest.split_once(':').ok_or(FORM)?;
        let name = resource.strip_prefix("function/").ok_or(FORM)?;
        Ok(Self {
            account: account.parse()?,
            name: name.parse()?,
        })
    }
}

impl fmt::Display for FunctionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:aws:cloudfront::{}:function/{}",
            self.account, self.name
        )
    }
}

/// The ARN of all functions of an account.
pub fn any_function_arn(account: AccountId) -> String {
    format!("arn:aws:cloudfront::{account}:function/*")
}

/// The ARN of a resource of CloudFront's that Keyfront has, of whichever kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ResourceArn {
    /// A store's.
    Store(StoreArn),
    /// A function's.
    Function(FunctionArn),
}

impl FromStr for ResourceArn {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let store = text.parse().map(Self::Store);
        store.or_else(|_| text.parse().map(Self::Function))
    }
}

/// The place of an object in S3: `arn:aws:s3:::<bucket>/<key>`.
///
/// The bucket's name obeys the part of S3's naming rules that keeps it one path segment and one
/// host name; the key is any 1 to 1,024 bytes of UTF-8 (S3 documentation).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct S3Arn {
    bucket: String,
    key: String,
}

impl S3Arn {
    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The object's key, without a leading slash.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The ARN of the bucket alone, which is what a policy on `s3:GetBucketLocation` names.
    pub fn bucket_arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.bucket)
    }
}

impl FromStr for S3Arn {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let rest = text
            .strip_prefix("arn:aws:s3:::")
            .ok_or(Invalid("an object's ARN is arn:aws:s3:::BUCKET/KEY"))?;
        let (bucket, key) = rest
            .split_once('/')
            .ok_or(Invalid("the ARN names a bucket and no object in it"))?;
        check_bucket(bucket)?;
        if key.is_empty() || key.len() > 1024 {
            return Err(Invalid("an object's key is 1 to 1,024 bytes"));
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        })
    }
}

/// S3's rules for a bucket's name: 3 to 63 of lower-case letters, digits, dots and hyphens (old
/// buckets also have capitals and underscores), beginning and ending with a letter or a digit.
fn check_bucket(name: &str) -> Result<(), Invalid> {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let bytes = name.as_bytes();
    let ends = bytes.first().zip(bytes.last());
    let ends_well =
        ends.is_some_and(|(a, z)| a.is_ascii_alphanumeric() && z.is_ascii_alphanumeric());
    if (3..=63).contains(&name.len())
        && name.bytes().all(inner)
        && ends_well
        && !name.contains("..")
    {
        Ok(())
    } else {
        Err(Invalid("the ARN's bucket is no valid bucket name"))
    }
}

impl fmt::Display for S3Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:aws:s3:::{}/{}", self.bucket, self.key)
    }
}

impl TryFrom<String> for S3Arn {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<S3Arn> for String {
    fn from(arn: S3Arn) -> Self {
        arn.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";

    #[test]
    fn a_store_arn_survives_the_round_trip() {
        let text = format!("arn:aws:cloudfront::123456789012:key-value-store/{ID}");
        assert_eq!(text.parse::<StoreArn>().unwrap().to_string(), text);
    }

    #[test]
    fn store_arns_of_another_form_are_refused() {
        for text in [
            String::new(),
            ID.to_owned(),
            format!("arn:aws-cn:cloudfront::123456789012:key-value-store/{ID}"),
            format!("arn:aws:cloudfront:us-east-1:123456789012:key-value-store/{ID}"),
            format!("arn:aws:cloudfront::123456789012:distribution/{ID}"),
            format!("arn:aws:cloudfront::123456789012:key-value-store/{ID}/keys"),
            format!("arn:aws:cloudfront::12345678901:key-value-store/{ID}"),
            "arn:aws:cloudfront::123456789012:key-value-store/redirects".to_owned(),
        ] {
            assert!(text.parse::<StoreArn>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_function_arn_survives_the_round_trip() {
        let text = "arn:aws:cloudfront::123456789012:function/re-Directs_9";
        assert_eq!(text.parse::<FunctionArn>().unwrap().to_string(), text);
        assert!(matches!(text.parse(), Ok(ResourceArn::Function(_))));
        for text in [
            "",
            "arn:aws:cloudfront::123456789012:function/",
            "arn:aws:cloudfront::123456789012:function/*",
            "arn:aws:cloudfront::123456789012:function/a/b",
            "arn:aws:cloudfront::12345678901:function/a",
            "arn:aws:lambda::123456789012:function/a",
        ] {
            assert!(text.parse::<FunctionArn>().is_err(), "{text}");
            assert!(text.parse::<ResourceArn>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_object_arn_is_split_at_the_first_slash() {
        let arn: S3Arn = "arn:aws:s3:::team-a/2026/redirects.json".parse().unwrap();
        assert_eq!((arn.bucket(), arn.key()), ("team-a", "2026/redirects.json"));
        assert_eq!(arn.bucket_arn(), "arn:aws:s3:::team-a");
    }

    #[test]
    fn object_arns_of_another_form_are_refused() {
        for text in [
            "s3://team-a/x.json",
            "arn:aws:s3:::team-a",
            "arn:aws:s3:::team-a/",
            "arn:aws:s3:::../x.json",
            "arn:aws:s3:::a..b/x.json",
            "arn:aws:s3:::ab/x.json",
            "arn:aws:s3:us-east-1:123456789012:team-a/x.json",
        ] {
            assert!(text.parse::<S3Arn>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_store_arn_that_is_read_is_written_as_it_was_but_for_its_case(
            text in "\\PC*|arn:aws:cloudfront::[0-9]{11,13}:key-value-store/[0-9a-fA-F]{8}(-[0-9a-f]{4}){3}-?[0-9a-f]{12}[}]?",
        ) {
            if let Ok(arn) = text.parse::<StoreArn>() {
                prop_assert_eq!(arn.to_string(), text.to_ascii_lowercase());
            }
        }

        #[test]
        fn an_object_arn_that_is_read_is_written_as_it_was(
            text in "\\PC*|arn:aws:s3:::[a-zA-Z0-9._-]{0,70}/?\\PC*",
        ) {
            if let Ok(arn) = text.parse::<S3Arn>() {
                prop_assert_eq!(arn.to_string(), text);
            }
        }
    }
}

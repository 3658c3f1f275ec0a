use std::fmt::Display;
use std::str::FromStr;

use keyfront_api::fuzzing;
use keyfront_model::{
    AccountId, ETag, FunctionArn, FunctionId, FunctionName, IfMatch, S3Arn, StoreArn, StoreId,
    StoreName,
};
use keyfront_storage::RecordId;

/// Whether a text is parsed. What is written of the value is the text, or the same in lower case.
fn survives<T: FromStr + Display>(text: &str) -> bool {
    let Ok(value) = text.parse::<T>() else {
        return false;
    };
    let written = value.to_string();
    assert!(
        written == text || written == text.to_ascii_lowercase(),
        "{text} became {written}"
    );
    let again = written.parse::<T>().map(|value| value.to_string());
    assert!(again.is_ok_and(|again| again == written), "{written}");
    true
}

/// ARNs, and the names in them.
pub fn arn(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    survives::<AccountId>(text);
    survives::<StoreId>(text);
    survives::<StoreName>(text);
    survives::<FunctionId>(text);
    survives::<FunctionName>(text);
    survives::<RecordId>(text);
    let is_store = survives::<StoreArn>(text);
    let is_function = survives::<FunctionArn>(text);
    assert!(!(is_store && is_function));
    if survives::<S3Arn>(text) {
        assert!(!is_store);
        let arn: S3Arn = text.parse().expect("it was parsed before");
        assert!(!arn.bucket().contains('/') && !arn.key().is_empty());
    }
}

/// ETags, and the value of an `If-Match` header.
pub fn etag(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let is_etag = text.parse::<ETag>().is_ok_and(|etag| {
        assert_eq!(etag.to_string(), text, "an ETag has one spelling");
        true
    });
    let quoted = format!("\"{text}\"");
    match IfMatch::parse(text) {
        IfMatch::Version(etag) => {
            let written = etag.to_string();
            assert!(text == written || text == format!("\"{written}\""));
            assert_eq!(IfMatch::parse(&written), IfMatch::Version(etag));
        }
        IfMatch::NotAnETag => assert!(!is_etag),
    }
    let is_version = matches!(IfMatch::parse(&quoted), IfMatch::Version(_));
    assert_eq!(is_version, is_etag, "one pair of quotes is taken off");
}

/// The NextToken of ListKeys.
pub fn next_token(input: &[u8]) {
    let store = StoreId::from_random(7);
    if let Ok(key) = std::str::from_utf8(input)
        && !key.is_empty()
    {
        let token = fuzzing::write_token(store, key);
        assert_eq!(fuzzing::read_token(store, &token).as_deref(), Some(key));
        assert_eq!(fuzzing::read_token(StoreId::from_random(8), &token), None);
    }
    let Ok(token) = std::str::from_utf8(input) else {
        return;
    };
    if let Some(key) = fuzzing::read_token(store, token) {
        assert_eq!(
            fuzzing::write_token(store, &key),
            token,
            "a token has one spelling"
        );
    }
}

use std::error::Error;
use std::iter;

use futures_util::TryStreamExt;
use keyfront_model::S3Arn;
use keyfront_service::ports::ObjectError;
use object_store::client::{HttpError, HttpErrorKind, HttpResponse};
use reqwest::StatusCode;

use crate::{no_such_bucket, no_such_object, refused};

/// How many bytes of an answer are searched for S3's error code.
const MAX_SEARCHED_BYTES: usize = 16 * 1024;

/// S3's answer that it won't give the object.
#[derive(Debug, thiserror::Error)]
#[error("S3 answered {status} {code}")]
pub(super) struct Refusal {
    status: StatusCode,
    /// S3's name of the error (`NoSuchBucket`), empty if it gave none.
    code: String,
}

impl Refusal {
    /// Reads it from an answer.
    pub(super) async fn read(response: HttpResponse) -> Self {
        let status = response.status();
        let mut pieces = response.into_body().bytes_stream();
        let mut body = Vec::new();
        while let Ok(Some(piece)) = pieces.try_next().await {
            body.extend_from_slice(&piece);
            if body.len() > MAX_SEARCHED_BYTES {
                break;
            }
        }
        Self {
            status,
            code: code(&String::from_utf8_lossy(&body)),
        }
    }

    fn tell(&self, object: &S3Arn) -> ObjectError {
        match (self.status.as_u16(), self.code.as_str()) {
            (404, "NoSuchBucket") => no_such_bucket(object),
            (404, _) => no_such_object(object),
            (300..=399, _) | (_, "AuthorizationHeaderMalformed" | "PermanentRedirect") => refused(
                object,
                "is in another region than the one that Keyfront is set to",
            ),
            (
                _,
                "InvalidAccessKeyId"
                | "NotSignedUp"
                | "SignatureDoesNotMatch"
                | "InvalidToken"
                | "ExpiredToken"
                | "RequestTimeTooSkewed",
            ) => refused(
                object,
                &format!(
                    "can't be read: S3 does not accept Keyfront's credentials ({})",
                    self.code
                ),
            ),
            // Without the right to list a bucket, S3 answers so for an absent object as well.
            (403, "AccessDenied" | "") => refused(
                object,
                "does not exist, or Keyfront's credentials do not allow to read it",
            ),
            _ => refused(object, &format!("can't be read: {self}")),
        }
    }
}

/// What stands in the element `Code`, if that looks like a code.
fn code(body: &str) -> String {
    let inner = body
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"))
        .map(|(code, _)| code.trim());
    let is_code = |code: &&str| code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric());
    inner.filter(is_code).unwrap_or_default().to_owned()
}

/// The text of an error for the store's owner; the log has all of it.
pub(super) fn tell(object: &S3Arn, error: &object_store::Error) -> ObjectError {
    tracing::debug!(%object, %error, "an import's object can't be read from S3");
    if let Some(refusal) = find::<Refusal>(error) {
        return refusal.tell(object);
    }
    let reason = match find::<HttpError>(error).map(HttpError::kind) {
        Some(HttpErrorKind::Connect) => "S3 can't be reached",
        Some(HttpErrorKind::Timeout) => "S3 does not answer in time",
        Some(_) => "the connection to S3 broke off",
        None => "S3 could not answer",
    };
    ObjectError::Unavailable(reason.to_owned())
}

pub(super) fn no_credentials(object: &S3Arn, error: &object_store::Error) -> ObjectError {
    tracing::debug!(%object, %error, "there are no credentials to read an import's object from S3");
    ObjectError::Unavailable("Keyfront finds no credentials for S3".to_owned())
}

/// The first error of this type among an error and its sources.
fn find<E: Error + 'static>(error: &object_store::Error) -> Option<&E> {
    let first: &(dyn Error + 'static) = error;
    iter::successors(Some(first), |error| (*error).source()).find_map(|error| error.downcast_ref())
}

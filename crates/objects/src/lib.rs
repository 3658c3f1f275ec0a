//! Where an import's file is read from: a folder of buckets, or S3.
//!
//! [`FolderSource`] takes a folder's sub-folders for buckets, [`S3Source`] asks AWS or a server that speaks
//! S3. A setting of Keyfront chooses between them, never the environment. Neither judges what it reads, nor
//! how much of it: both hand on an object's bytes as they come, and the service stops reading at its quota.
//! The right to import was judged before a source is opened.
//!
//! ```
//! use futures_util::TryStreamExt;
//! use keyfront_objects::FolderSource;
//! use keyfront_service::ports::ObjectSource;
//!
//! # let folder = tempfile::tempdir()?;
//! # std::fs::create_dir(folder.path().join("example"))?;
//! # std::fs::write(folder.path().join("example/redirects.json"), r#"{"data":[]}"#)?;
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # let bytes = runtime.block_on(async {
//! let source = FolderSource::new(folder.path().to_owned());
//! let object = "arn:aws:s3:::example/redirects.json".parse()?;
//! let pieces: Vec<bytes::Bytes> = source.open(&object).await?.try_collect().await?;
//! # Ok::<_, Box<dyn std::error::Error>>(pieces.concat())
//! # })?;
//! # assert_eq!(bytes, br#"{"data":[]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod folder;
mod readers;
mod s3;

pub use folder::FolderSource;
pub use s3::{S3Options, S3OptionsError, S3Source};

use keyfront_model::S3Arn;
use keyfront_service::ports::ObjectError;

/// A refusal to give an object, with the reason.
fn refused(object: &S3Arn, reason: &str) -> ObjectError {
    let (bucket, key) = (object.bucket(), object.key());
    ObjectError::Refused(format!(
        "the object {key:?} of the bucket {bucket:?} {reason}"
    ))
}

fn no_such_object(object: &S3Arn) -> ObjectError {
    refused(object, "does not exist")
}

fn no_such_bucket(object: &S3Arn) -> ObjectError {
    ObjectError::Refused(format!("the bucket {:?} does not exist", object.bucket()))
}

/// Refuses the keys that can't be a path: S3 takes them for names of their own, but a file system and
/// HTTP clients resolve dots and drop empty segments, and would fetch another object.
fn check_segments(object: &S3Arn) -> Result<(), ObjectError> {
    let mut segments = object.key().split('/');
    if segments.any(|segment| matches!(segment, "" | "." | "..")) {
        let reason = "can't be asked for: its key has an empty segment, \".\" or \"..\"";
        return Err(refused(object, reason));
    }
    if object.key().contains(|c: char| c.is_ascii_control()) {
        return Err(refused(
            object,
            "can't be asked for: its key has a control character",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::path::PathBuf;

use bytes::{Bytes, BytesMut};
use cap_fs_ext::OpenOptionsSyncExt;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream;
use keyfront_model::S3Arn;
use keyfront_service::ports::{ObjectBody, ObjectError, ObjectSource};
use rustix::io::Errno;
use tokio::sync::{mpsc, oneshot};

use crate::readers::Readers;
use crate::{check_segments, no_such_bucket, no_such_object, refused};

/// How much is read in one piece.
const PIECE_BYTES: usize = 256 * 1024;

/// A folder whose sub-folders are buckets: `arn:aws:s3:::bucket/path/key.json` is the file
/// `bucket/path/key.json` in it. Names are taken as they are, nothing is decoded.
///
/// Only regular files are read, and only such as lie in their bucket's folder: a relative link to
/// another place in the same bucket is followed, one that leads out of the bucket is refused, and so
/// is every absolute one. (A bucket itself may be a relative link to another folder beside it.) The
/// kernel resolves each path beneath the bucket, hence nothing can be exchanged between a check and
/// its use.
///
/// Each file is read by a thread of its own, whose number is bounded: a file system that hangs takes no
/// thread that other work needs.
#[derive(Debug, Clone)]
pub struct FolderSource {
    folder: PathBuf,
    readers: Readers,
}

impl FolderSource {
    /// Takes the folder, which need not be there yet: it is looked for at each import.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            readers: Readers::default(),
        }
    }

    /// Opens an object's file; blocks.
    fn open_blocking(&self, object: &S3Arn) -> Result<std::fs::File, ObjectError> {
        check_segments(object)?;
        let folder = Dir::open_ambient_dir(&self.folder, ambient_authority())
            .map_err(|error| self.fault(object, &error, || no_folder(object)))?;
        let bucket = folder
            .open_dir(object.bucket())
            .map_err(|error| self.fault(object, &error, || no_such_bucket(object)))?;
        open_regular(&bucket, object.key())
            .map_err(|error| self.fault(object, &error, || no_such_object(object)))?
            .ok_or_else(|| refused(object, "is not a regular file"))
    }

    /// The text of an error for the store's owner; the log has all of it.
    fn fault(
        &self,
        object: &S3Arn,
        error: &io::Error,
        absent: impl FnOnce() -> ObjectError,
    ) -> ObjectError {
        tracing::debug!(%object, folder = %self.folder.display(), %error, "an import's file can't be opened");
        use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
        if Errno::from_io_error(error) == Some(Errno::LOOP) {
            return refused(object, "is a link that leads in a circle");
        }
        match error.kind() {
            // A name that is too long for the file system is no file's name.
            NotFound | NotADirectory | InvalidFilename => absent(),
            io::ErrorKind::PermissionDenied if error.raw_os_error().is_some() => {
                refused(object, "may not be read by Keyfront")
            }
            // The error is cap-std's own.
            io::ErrorKind::PermissionDenied => {
                refused(object, "is a link that leads out of its bucket")
            }
            _ => failed(error),
        }
    }
}

impl ObjectSource for FolderSource {
    fn open<'a>(&'a self, object: &'a S3Arn) -> BoxFuture<'a, Result<ObjectBody, ObjectError>> {
        async move {
            let (source, object) = (self.clone(), object.clone());
            let (opened, opening) = oneshot::channel();
            let (pieces, received) = mpsc::channel(1);
            self.readers
                .spawn(move || match source.open_blocking(&object) {
                    Ok(file) => {
                        if opened.send(Ok(())).is_ok() {
                            read_pieces(file, &pieces);
                        }
                    }
                    Err(error) => drop(opened.send(Err(error))),
                })?;
            opening.await.unwrap_or_else(|_| Err(reader_lost()))?;
            Ok(stream::unfold(received, |mut received| async move {
                received.recv().await.map(|piece| (piece, received))
            })
            .boxed())
        }
        .boxed()
    }
}

/// Opens a regular file; `None` if it is something else.
fn open_regular(bucket: &Dir, key: &str) -> io::Result<Option<std::fs::File>> {
    // A device is not even opened, which alone may have effects.
    match bucket.metadata(key)?.is_file() {
        true => open_file(bucket, key),
        false => Ok(None),
    }
}

/// Opens what was a regular file a moment ago. Should a FIFO have taken its place, that must not wait
/// for a writer.
fn open_file(bucket: &Dir, key: &str) -> io::Result<Option<std::fs::File>> {
    let mut options = OpenOptions::new();
    options.read(true).nonblock(true);
    let file = bucket.open_with(key, &options)?;
    Ok(file.metadata()?.is_file().then(|| file.into_std()))
}

/// Reads a file piece by piece, for as long as somebody wants the pieces.
fn read_pieces(mut file: std::fs::File, pieces: &mpsc::Sender<Result<Bytes, ObjectError>>) {
    loop {
        let mut piece = BytesMut::zeroed(PIECE_BYTES);
        let read = match file.read(&mut piece) {
            Ok(0) => return,
            Ok(length) => {
                piece.truncate(length);
                Ok(piece.freeze())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                tracing::debug!(%error, "an import's file can't be read");
                Err(failed(&error))
            }
        };
        let is_last = read.is_err();
        if pieces.blocking_send(read).is_err() || is_last {
            return;
        }
    }
}

fn reader_lost() -> ObjectError {
    ObjectError::Unavailable("the file could not be read".to_owned())
}

fn no_folder(object: &S3Arn) -> ObjectError {
    ObjectError::Refused(format!(
        "the bucket {:?} does not exist, nor does the folder of buckets; \
         Keyfront's operator gives it with --buckets",
        object.bucket()
    ))
}

/// Nothing is said of the path: the kind of an error does not hold it.
fn failed(error: &io::Error) -> ObjectError {
    ObjectError::Unavailable(format!("the file could not be read: {}", error.kind()))
}

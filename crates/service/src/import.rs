use std::time::Duration;

use futures_util::TryStreamExt;
use keyfront_model::S3Arn;
use keyfront_model::import::ImportDocument;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::{ObjectError, Service};

/// Longer than any source is tried again.
const A_LONG_TIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The longest that a source which fails is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// How long the last attempt may take beyond the time in which attempts begin.
const LAST_ATTEMPT: Duration = Duration::from_secs(5);

impl Service {
    /// Reads and checks an import's file. The error is for the owner of the store.
    pub(crate) async fn import(
        &self,
        object: &S3Arn,
        at_once: &Semaphore,
    ) -> Result<ImportDocument, String> {
        let (bytes, _place) = self
            .read_patiently(object, at_once)
            .await
            .map_err(|error| error.to_string())?;
        let limits = self.limits().clone();
        let parsed = tokio::task::spawn_blocking(move || ImportDocument::parse(&bytes, &limits));
        match parsed.await {
            Ok(parsed) => parsed.map_err(|error| error.to_string()),
            Err(_) => Err("the file could not be checked".to_owned()),
        }
    }

    /// Reads an object, trying again for a while when its source fails. Its place among the imports
    /// that are read at once, which comes with the bytes, is free in between: a source that fails
    /// holds no other import up.
    async fn read_patiently<'a>(
        &self,
        object: &S3Arn,
        at_once: &'a Semaphore,
    ) -> Result<(Vec<u8>, Option<SemaphorePermit<'a>>), ObjectError> {
        let began = Instant::now();
        let give_up = began
            .checked_add(self.parts.settings.import_retry)
            .unwrap_or(began + A_LONG_TIME);
        let mut pause = Duration::from_millis(100);
        loop {
            // None if it is closed, which it never is.
            let place = at_once.acquire().await.ok();
            let attempt = tokio::time::timeout_at(give_up + LAST_ATTEMPT, self.read_object(object));
            let timed_out =
                || ObjectError::Unavailable("the source of the import is too slow".to_owned());
            let outcome = attempt.await.unwrap_or_else(|_| Err(timed_out()));
            match outcome {
                Err(ObjectError::Unavailable(reason)) if Instant::now() + pause < give_up => {
                    tracing::info!(%object, %reason, "an import's source fails; it is tried again");
                    drop(place);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE);
                }
                outcome => return outcome.map(|bytes| (bytes, place)),
            }
        }
    }

    async fn read_object(&self, object: &S3Arn) -> Result<Vec<u8>, ObjectError> {
        let most = self.limits().import_bytes;
        let mut body = self.parts.objects.open(object).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = body.try_next().await? {
            if (bytes.len() + piece.len()) as u64 > most {
                let reason = format!("the file is larger than {most} bytes");
                return Err(ObjectError::Refused(reason));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

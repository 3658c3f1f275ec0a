use std::time::Duration;

use futures_util::TryStreamExt;
use keyfront_model::{AccountId, S3Arn};
use tokio::time::{Instant, sleep, timeout};

use super::shares::{Permit, Shares};
use crate::Parts;
use crate::ports::ObjectError;

/// The pause after the first attempt that fails.
const FIRST_RETRY_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause between two attempts.
const MAX_RETRY_PAUSE: Duration = Duration::from_secs(5);

/// How long the last attempt may take beyond the time in which attempts begin.
const LAST_ATTEMPT_DEADLINE: Duration = Duration::from_secs(5);

/// Reads a whole object, and tries again for a while if its source fails. Returns the bytes with the permit
/// to import that they are held under.
///
/// The permit is released between two attempts, so that a source that fails holds up no other import; and the
/// time of waiting for a permit does not count. That is why the loop is written here: a retry library knows
/// of neither.
pub(super) async fn fetch(
    parts: &Parts,
    imports: &Shares,
    account: AccountId,
    object: &S3Arn,
) -> Result<(Vec<u8>, Permit), ObjectError> {
    let budget = parts.settings.import_retry;
    let mut spent = Duration::ZERO;
    let mut pause = FIRST_RETRY_PAUSE;
    loop {
        let permit = imports.permit(account).await;
        let began = Instant::now();
        let left = budget
            .saturating_add(LAST_ATTEMPT_DEADLINE)
            .saturating_sub(spent);
        let outcome = timeout(left, read(parts, object))
            .await
            .unwrap_or_else(|_| Err(too_slow()));
        spent += began.elapsed();
        match outcome {
            Err(ObjectError::Unavailable(reason)) if spent + pause < budget => {
                tracing::info!(%object, %reason, "an import's source fails; another try follows");
                drop(permit);
                sleep(pause).await;
                spent += pause;
                pause = (pause * 2).min(MAX_RETRY_PAUSE);
            }
            outcome => return outcome.map(|bytes| (bytes, permit)),
        }
    }
}

fn too_slow() -> ObjectError {
    ObjectError::Unavailable("the source of the import is too slow".to_owned())
}

async fn read(parts: &Parts, object: &S3Arn) -> Result<Vec<u8>, ObjectError> {
    let max_bytes = parts.settings.limits.import_bytes;
    let mut body = parts.objects.open(object).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = body.try_next().await? {
        if (bytes.len() + piece.len()) as u64 > max_bytes {
            let reason = format!("the file is larger than {max_bytes} bytes");
            return Err(ObjectError::Refused(reason));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

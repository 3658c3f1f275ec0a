use bytes::Bytes;
use tokio::task::JoinError;

/// A larger body is hashed and parsed on a thread of its own, since it would hold up the threads that serve
/// for milliseconds. How many of these threads there are is bounded by how many large bodies are read at a
/// time.
const LARGE_BODY_BYTES: usize = 64 * 1024;

/// Works on a body: in place if it is small, else on a thread of its own.
pub(crate) async fn with_body<T: Send + 'static>(
    body: &Bytes,
    work: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<T, JoinError> {
    if body.len() <= LARGE_BODY_BYTES {
        return Ok(work(body));
    }
    let body = body.clone();
    tokio::task::spawn_blocking(move || work(&body)).await
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[tokio::test]
    async fn only_a_large_body_is_worked_on_elsewhere() {
        let here = thread::current().id();
        let worked_on = async |bytes| {
            let body = Bytes::from(vec![b' '; bytes]);
            with_body(&body, |body| (body.len(), thread::current().id())).await
        };
        assert_eq!(worked_on(LARGE_BODY_BYTES).await.unwrap(), (65536, here));
        let (bytes, thread) = worked_on(LARGE_BODY_BYTES + 1).await.unwrap();
        assert_eq!(bytes, 65537);
        assert_ne!(thread, here);
    }
}

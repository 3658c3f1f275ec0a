use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Mutex;

/// For how many times as long as it took to write a page it is given out again. However often the metrics are
/// asked for, they take a tenth of one processor at most.
const REUSE_FACTOR: u32 = 9;

/// Gives out the page of metrics. One is written at a time, on a thread where that holds up no request.
pub(super) struct Scrapes {
    write: Arc<dyn Fn() -> Result<String, fmt::Error> + Send + Sync>,
    last: Arc<Mutex<Option<Written>>>,
}

struct Written {
    page: Bytes,
    at: Instant,
    took: Duration,
}

impl Written {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < self.took * REUSE_FACTOR
    }
}

impl Scrapes {
    pub(super) fn new(
        write: impl Fn() -> Result<String, fmt::Error> + Send + Sync + 'static,
    ) -> Self {
        Self {
            write: Arc::new(write),
            last: Arc::default(),
        }
    }

    /// The page; `None` if it can't be written.
    pub(super) async fn page(&self) -> Option<Bytes> {
        let mut last = self.last.clone().lock_owned().await;
        if let Some(written) = &*last
            && written.is_fresh()
        {
            return Some(written.page.clone());
        }
        let write = self.write.clone();
        // The thread has the lock, so that a client that goes away does not let another page be begun
        // before this one is written.
        let writing = tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            let page = Bytes::from(write()?);
            let at = Instant::now();
            *last = Some(Written {
                page: page.clone(),
                at,
                took: at - began,
            });
            Ok::<_, fmt::Error>(page)
        });
        match writing.await {
            Ok(Ok(page)) => Some(page),
            Ok(Err(error)) => {
                tracing::error!(%error, "the metrics can't be written");
                None
            }
            Err(error) => {
                tracing::error!(%error, "the thread that writes the metrics has ended");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// How long the tests' page takes to be written.
    const WRITING: Duration = Duration::from_millis(20);

    /// How long a page that was written may stay the same. A slow machine writes it slowly, too.
    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test(flavor = "multi_thread")]
    async fn however_many_ask_and_go_one_page_is_written_at_a_time() {
        let (writing, written) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (busy, count) = (writing.clone(), written.clone());
        let scrapes = Arc::new(Scrapes::new(move || {
            assert_eq!(busy.fetch_add(1, Ordering::SeqCst), 0, "two at a time");
            std::thread::sleep(WRITING);
            busy.fetch_sub(1, Ordering::SeqCst);
            Ok(count.fetch_add(1, Ordering::SeqCst).to_string())
        }));
        let clients: Vec<_> = (0..100)
            .map(|number| {
                let scrapes = scrapes.clone();
                let client = tokio::spawn(async move { scrapes.page().await });
                if number % 2 == 0 {
                    client.abort();
                }
                client
            })
            .collect();
        for client in clients {
            if let Ok(page) = client.await {
                assert!(page.is_some());
            }
        }
        let pages = written.load(Ordering::SeqCst);
        assert!((1..50).contains(&pages), "{pages}");
        assert_eq!(writing.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_page_is_written_again_when_it_is_no_longer_fresh() {
        let count = AtomicUsize::new(0);
        let scrapes = Scrapes::new(move || {
            std::thread::sleep(WRITING);
            Ok(count.fetch_add(1, Ordering::SeqCst).to_string())
        });
        assert_eq!(scrapes.page().await.unwrap(), "0");
        let deadline = Instant::now() + PATIENCE;
        while scrapes.page().await.unwrap() == "0" {
            assert!(Instant::now() < deadline, "the page is never written again");
            tokio::time::sleep(WRITING).await;
        }
    }

    #[tokio::test]
    async fn a_page_that_can_not_be_written_is_none() {
        let scrapes = Scrapes::new(|| Err(fmt::Error));
        assert!(scrapes.page().await.is_none());
    }
}

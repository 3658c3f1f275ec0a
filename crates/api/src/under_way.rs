use std::time::Duration;

use tokio::sync::watch;

/// How many requests of a connection are under way. Of HTTP/2, the library that speaks it does not
/// tell when a connection is idle.
#[derive(Default)]
pub(crate) struct UnderWay(watch::Sender<usize>);

impl UnderWay {
    /// Counts another request, until what is returned is dropped.
    pub(crate) fn another(&self) -> One {
        self.0.send_modify(|count| *count += 1);
        One(self.0.clone())
    }

    /// Returns when none has been under way for so long.
    pub(crate) async fn none_for(&self, time: Duration) {
        let mut count = self.0.subscribe();
        // It fails only without a sender, and `self` is one.
        while count.wait_for(|count| *count == 0).await.is_ok() {
            if tokio::time::timeout(time, count.changed()).await.is_err() {
                return;
            }
        }
    }
}

/// One request that is under way.
pub(crate) struct One(watch::Sender<usize>);

impl Drop for One {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn idle_is_who_has_had_nothing_under_way_for_the_whole_time() {
        let under_way = UnderWay::default();
        let requests = async {
            sleep(Duration::from_secs(9)).await;
            let first = under_way.another();
            sleep(Duration::from_secs(30)).await;
            drop(first);
            sleep(Duration::from_secs(9)).await;
            drop(under_way.another());
        };
        let began = Instant::now();
        let idle = under_way.none_for(Duration::from_secs(10));
        tokio::join!(idle, requests);
        assert_eq!(began.elapsed(), Duration::from_secs(9 + 30 + 9 + 10));
    }
}

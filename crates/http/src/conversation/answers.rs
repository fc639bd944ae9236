//! The answers that are being given, so that a stop can wait until they are put away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Counts answers that are being given.
#[derive(Clone, Default)]
pub struct RunningAnswers(Arc<Count>);

#[derive(Default)]
struct Count {
    running: AtomicUsize,
    events: AtomicU64,
    fewer: Notify,
}

/// One answer that is being given, until it is dropped.
pub(crate) struct RunningAnswer(Arc<Count>);

impl RunningAnswers {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.running.load(Ordering::Acquire)
    }

    /// How many events were sent to readers since the start.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.0.events.load(Ordering::Relaxed)
    }

    /// Waits until there are none, at most this long, and says whether there are none.
    pub async fn finished(&self, within: Duration) -> bool {
        let all_done = async {
            loop {
                let fewer = self.0.fewer.notified();
                if self.count() == 0 {
                    return;
                }
                fewer.await;
            }
        };
        actix_web::rt::time::timeout(within, all_done).await.is_ok()
    }

    pub(crate) fn count_event(&self) {
        self.0.events.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn begin(&self) -> RunningAnswer {
        self.0.running.fetch_add(1, Ordering::AcqRel);
        RunningAnswer(Arc::clone(&self.0))
    }
}

impl Drop for RunningAnswer {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
        self.0.fewer.notify_waiters();
    }
}

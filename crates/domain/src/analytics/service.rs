//! Analytics: taking what happened, storing it in batches, and reporting it.

use std::sync::Arc;

use crate::analytics::{
    AnalyticsQueue, AnalyticsRepository, Day, Days, InvalidDays, MAX_TRACKED_COUNTS, Report, ServerEvent,
    TrackedEvent, TrackedId, TrackedInput,
};
use crate::error::PortError;
use crate::events::Event;
use crate::id::IdSource;

/// Takes what happened, and tells of it.
pub struct AnalyticsService {
    queue: AnalyticsQueue,
    store: Arc<dyn AnalyticsRepository>,
    ids: IdSource,
}

/// What came of storing what waited.
#[derive(Debug, Default)]
pub struct Written {
    /// How many rows were written: one for each kind of counted event, one for each tracked one.
    pub rows: u64,
    /// How many events are lost since the last time, because there was no room for them.
    pub lost: u64,
    /// Why something could not be stored. It waits again.
    pub failures: Vec<PortError>,
}

/// No report could be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Of too many days, or of none.
    #[error(transparent)]
    Days(#[from] InvalidDays),
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl AnalyticsService {
    /// The rows that are stored in one transaction at most: others that write wait for one of them.
    const AT_ONCE: usize = 100;

    /// A service over this store.
    #[must_use]
    pub fn new(store: Arc<dyn AnalyticsRepository>, ids: IdSource) -> Self {
        Self { queue: AnalyticsQueue::default(), store, ids }
    }

    /// Counts what happened, if it is counted. It waits for nothing.
    pub fn count(&self, event: &Event) {
        for counted in ServerEvent::of(event) {
            self.queue.count(Day::of(self.ids.now()), counted);
        }
    }

    /// Takes what a front end tracked. It waits for nothing and never fails; without room it is lost, which
    /// is told by [`Self::write`].
    pub fn track(&self, input: TrackedInput) {
        match TrackedId::generate(&self.ids) {
            Ok(id) => self.queue.track(TrackedEvent { id, input, at: self.ids.now() }),
            Err(_) => self.queue.lose(1),
        }
    }

    /// Notes that something that a front end tracked was not taken, because it could not be known whether it
    /// may be.
    pub fn lose(&self) {
        self.queue.lose(1);
    }

    /// Stores what waits. What could not be stored waits again, as far as there is room.
    pub async fn write(&self) -> Written {
        let batch = self.queue.take();
        let mut written = Written::default();
        let mut counts = batch.counts;
        while !counts.is_empty() {
            let rest = counts.split_off(counts.len().min(Self::AT_ONCE));
            if let Err(failure) = self.store.add(&counts).await {
                self.queue.put_back_counts([counts, rest].concat());
                written.failures.push(failure);
                break;
            }
            written.rows += counts.len() as u64;
            counts = rest;
        }
        let mut tracked = batch.tracked;
        while !tracked.is_empty() {
            let rest = tracked.split_off(tracked.len().min(Self::AT_ONCE));
            if let Err(failure) = self.store.track(&tracked).await {
                self.queue.put_back_tracked([tracked, rest].concat());
                written.failures.push(failure);
                break;
            }
            written.rows += tracked.len() as u64;
            tracked = rest;
        }
        written.lost = self.queue.take_lost();
        written
    }

    /// Gives up what waits, because nobody will store it any more, and says how many events are lost by it.
    #[must_use]
    pub fn abandon(&self) -> u64 {
        self.queue.abandon()
    }

    /// What happened on the last `days` days of UTC, of which today is the last.
    pub async fn report(&self, days: u32) -> Result<Report, ReportError> {
        let days = Days::until(self.ids.now(), days)?;
        let counted = self.store.counted(days).await?;
        let tracked = self.store.tracked(days, MAX_TRACKED_COUNTS + 1).await?;
        Ok(Report::new(days, counted, tracked))
    }
}

//! What waits to be stored. It is bounded, and neither who is counted nor who tracks ever waits for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::analytics::{Day, ServerCount, ServerEvent, TrackedEvent};

/// What is stored at once.
#[derive(Debug, Default)]
pub struct Batch {
    /// What the server counted.
    pub counts: Vec<ServerCount>,
    /// What front ends tracked, in the order in which it came.
    pub tracked: Vec<TrackedEvent>,
}

/// What waits to be stored: each kind of event that the server counts as one number, and each tracked event.
#[derive(Default)]
pub struct AnalyticsQueue {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    counts: BTreeMap<(Day, ServerEvent), u64>,
    tracked: Vec<TrackedEvent>,
    lost: u64,
}

impl AnalyticsQueue {
    /// The most kinds of counted events that wait, however often each of them happened. There are as many as
    /// placements and limits on a day, so that the bound is never met unless days pass without a store.
    pub const MAX_COUNTS: usize = 4_096;
    /// The most tracked events that wait.
    pub const MAX_TRACKED: usize = 1_024;

    /// Counts an event on a day.
    pub fn count(&self, day: Day, event: ServerEvent) {
        self.waiting().count(day, event, 1);
    }

    /// Takes a tracked event; one more than there may be is lost.
    pub fn track(&self, event: TrackedEvent) {
        let mut waiting = self.waiting();
        if waiting.tracked.len() < Self::MAX_TRACKED {
            waiting.tracked.push(event);
        } else {
            waiting.lost += 1;
        }
    }

    /// Notes that as many events are lost.
    pub fn lose(&self, events: u64) {
        self.waiting().lost += events;
    }

    /// Gives away all that waits.
    #[must_use]
    pub fn take(&self) -> Batch {
        let mut waiting = self.waiting();
        let counts = std::mem::take(&mut waiting.counts).into_iter();
        Batch {
            counts: counts.map(|((day, event), count)| ServerCount { day, event, count }).collect(),
            tracked: std::mem::take(&mut waiting.tracked),
        }
    }

    /// Takes back counts that could not be stored.
    pub fn put_back_counts(&self, counts: Vec<ServerCount>) {
        let mut waiting = self.waiting();
        for ServerCount { day, event, count } in counts {
            waiting.count(day, event, count);
        }
    }

    /// Takes back tracked events that could not be stored, before those that came meanwhile. There is no more
    /// room than for others.
    pub fn put_back_tracked(&self, mut tracked: Vec<TrackedEvent>) {
        let mut waiting = self.waiting();
        tracked.append(&mut waiting.tracked);
        let too_many = tracked.len().saturating_sub(Self::MAX_TRACKED);
        tracked.truncate(Self::MAX_TRACKED);
        waiting.lost += too_many as u64;
        waiting.tracked = tracked;
    }

    /// How many events are lost since this was asked last.
    #[must_use]
    pub fn take_lost(&self) -> u64 {
        std::mem::take(&mut self.waiting().lost)
    }

    /// Gives up what waits, and says how many events are lost by it.
    #[must_use]
    pub fn abandon(&self) -> u64 {
        let waiting = std::mem::take(&mut *self.waiting());
        let counted = waiting.counts.values().fold(0u64, |sum, count| sum.saturating_add(*count));
        counted.saturating_add(waiting.tracked.len() as u64).saturating_add(waiting.lost)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn count(&mut self, day: Day, event: ServerEvent, count: u64) {
        let (key, has_room) = ((day, event), self.counts.len() < AnalyticsQueue::MAX_COUNTS);
        match self.counts.get_mut(&key) {
            Some(counted) => *counted = counted.saturating_add(count),
            None if has_room => drop(self.counts.insert(key, count)),
            None => self.lost = self.lost.saturating_add(count),
        }
    }
}

//! What happened, in memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use async_trait::async_trait;
use autorisen_domain::analytics::{
    AnalyticsRepository, Day, Days, Label, ServerCount, ServerEvent, TrackedCount, TrackedEvent,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::InMemoryStore;

#[derive(Default)]
pub(super) struct Analytics {
    counts: BTreeMap<(Day, ServerEvent), u64>,
    pub(super) tracked: Vec<TrackedEvent>,
}

fn is_within(days: Days, day: Day) -> bool {
    (days.first..=days.last).contains(&day)
}

#[async_trait]
impl AnalyticsRepository for InMemoryStore {
    async fn add(&self, counts: &[ServerCount]) -> Result<(), PortError> {
        self.run("count events", |tables| {
            for ServerCount { day, event, count } in counts {
                *tables.analytics.counts.entry((*day, event.clone())).or_default() += count;
            }
        })
        .await
    }

    async fn track(&self, events: &[TrackedEvent]) -> Result<(), PortError> {
        self.run("track events", |tables| {
            for event in events {
                if tables.analytics.tracked.iter().all(|kept| kept.id != event.id) {
                    tables.analytics.tracked.push(event.clone());
                }
            }
        })
        .await
    }

    async fn counted(&self, days: Days) -> Result<Vec<ServerCount>, PortError> {
        self.run("report counted events", |tables| {
            let counts = tables.analytics.counts.iter().filter(|((day, _), _)| is_within(days, *day));
            counts
                .map(|((day, event), count)| ServerCount { day: *day, event: event.clone(), count: *count })
                .collect()
        })
        .await
    }

    async fn tracked(&self, days: Days, limit: u32) -> Result<Vec<TrackedCount>, PortError> {
        self.run("report tracked events", |tables| {
            let mut counts: BTreeMap<(String, Option<String>), u64> = BTreeMap::new();
            for event in tables.analytics.tracked.iter().filter(|event| is_within(days, Day::of(event.at))) {
                let step = event.input.step.as_ref().map(Label::as_str).map(str::to_owned);
                *counts.entry((event.input.event_type.as_str().to_owned(), step)).or_default() += 1;
            }
            let mut counts: Vec<_> = counts
                .into_iter()
                .map(|((event_type, step), count)| TrackedCount { event_type, step, count })
                .collect();
            counts.sort_by_key(|counted| Reverse(counted.count));
            counts.truncate(limit as usize);
            counts
        })
        .await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.run("sweep events", |tables| {
            let analytics = &mut tables.analytics;
            let mut swept = 0;
            analytics.counts.retain(|(day, _), _| {
                let is_over = day.begins() < before && swept < u64::from(limit);
                swept += u64::from(is_over);
                !is_over
            });
            analytics.tracked.retain(|event| {
                let is_over = event.at < before && swept < u64::from(limit);
                swept += u64::from(is_over);
                !is_over
            });
            swept
        })
        .await
    }
}

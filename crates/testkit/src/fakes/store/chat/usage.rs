//! Counts of what is used, in memory.

use async_trait::async_trait;
use autorisen_domain::chat::{Quota, QuotaExceeded, UsageLedger, Used};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::super::InMemoryStore;
use super::Chat;

#[async_trait]
impl UsageLedger for InMemoryStore {
    async fn charge(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        self.run("charge usage", |tables| {
            let before = tables.chat.usage.clone();
            let added = add(&mut tables.chat, used, quota);
            if added.is_err() {
                tables.chat.usage = before;
            }
            added
        })
        .await
    }

    async fn note(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        self.run("note usage", |tables| add(&mut tables.chat, used, quota)).await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        let before = before.utc_day();
        self.run("sweep usage", |tables| {
            let is_over = |(_, _, day): &(_, _, String), _: &mut u64| !day.is_empty() && *day < before;
            tables.chat.usage.extract_if(.., is_over).take(limit as usize).count() as u64
        })
        .await
    }
}

fn add(chat: &mut Chat, used: Used, quota: Quota) -> Result<(), QuotaExceeded> {
    let tomorrow = Some(used.at.next_utc_day().since(used.at));
    let mut result = Ok(());
    for (owner, day, limit, retry_after) in [
        (Some(used.user), String::new(), quota.user_total, None),
        (Some(used.user), used.at.utc_day(), quota.user_day, tomorrow),
        (None, used.at.utc_day(), quota.all_day, tomorrow),
    ] {
        let Some(limit) = limit else { continue };
        let total = chat.usage.entry((owner, used.usage, day)).or_default();
        *total += used.amount;
        if *total > limit && result.is_ok() {
            result = Err(QuotaExceeded { usage: used.usage, retry_after });
        }
    }
    result
}

//! Counted tries in memory.

use async_trait::async_trait;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::digest::Digest;
use autorisen_domain::error::PortError;
use autorisen_domain::rate_limit::{LimitDecision, LimitPolicy, RateLimiter};

use super::{Counted, InMemoryStore};

impl InMemoryStore {
    /// How many keys the limits remember.
    pub fn limit_keys(&self) -> usize {
        self.tables().tallies.len()
    }
}

#[async_trait]
impl RateLimiter for InMemoryStore {
    async fn charge(
        &self,
        key: Digest,
        policy: LimitPolicy,
        now: Timestamp,
    ) -> Result<LimitDecision, PortError> {
        self.run("charge limit", |tables| {
            let counted = tables.tallies.entry(*key.as_bytes()).or_default();
            let decision = counted.tally.charge(policy, now);
            counted.stale_from = Some(counted.tally.stale_from(policy));
            decision
        })
        .await
    }

    async fn refund(&self, key: Digest, at: Timestamp) -> Result<(), PortError> {
        self.run("refund limit", |tables| {
            if let Some(counted) = tables.tallies.get_mut(key.as_bytes()) {
                counted.tally.refund(at);
            }
        })
        .await
    }

    async fn clear(&self, key: Digest) -> Result<(), PortError> {
        self.run("clear limit", |tables| {
            tables.tallies.remove(key.as_bytes());
        })
        .await
    }

    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.run("sweep limits", |tables| {
            let is_stale = |counted: &Counted| counted.stale_from.is_none_or(|from| from <= now);
            let stale = tables.tallies.extract_if(.., |_, counted| is_stale(counted));
            stale.take(limit as usize).count() as u64
        })
        .await
    }

    async fn trim(&self, now: Timestamp, keep: u32) -> Result<u64, PortError> {
        self.run("trim limits", |tables| {
            let excess = tables.tallies.len().saturating_sub(keep as usize);
            let is_blocked = |counted: &Counted| counted.tally.blocked_until.is_some_and(|until| until > now);
            let mut keys: Vec<_> = tables.tallies.iter().collect();
            keys.sort_by_key(|(_, counted)| (is_blocked(counted), counted.stale_from));
            let forgotten: Vec<_> = keys.into_iter().take(excess).map(|(key, _)| *key).collect();
            for key in &forgotten {
                tables.tallies.remove(key);
            }
            forgotten.len() as u64
        })
        .await
    }
}

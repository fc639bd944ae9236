//! Hosted sessions in memory.

use std::cmp::Reverse;

use async_trait::async_trait;
use autorisen_domain::chat::{DueHostedSession, HostedSessionId, HostedSessionRepository, KeptHostedSession};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::super::sessions::record_of;
use super::super::{InMemoryStore, Tables};

/// A session, and when somebody may cancel it.
pub(in super::super) struct KeptHosted {
    pub(in super::super) session: KeptHostedSession,
    next_try_at: Timestamp,
    tries: u32,
}

#[async_trait]
impl HostedSessionRepository for InMemoryStore {
    async fn add(&self, session: &KeptHostedSession) -> Result<bool, PortError> {
        self.run("keep hosted session", |tables| {
            let next_try_at = session.created_at;
            tables.hosted.push(KeptHosted { session: session.clone(), next_try_at, tries: 0 });
            is_live(tables, session, session.created_at)
        })
        .await
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueHostedSession>, PortError> {
        self.run("claim hosted sessions", |tables| {
            let is_due = |kept: &KeptHosted| {
                kept.session.expires_at > now
                    && kept.next_try_at <= now
                    && !is_live(tables, &kept.session, now)
            };
            let mut due: Vec<usize> =
                (0..tables.hosted.len()).filter(|&at| is_due(&tables.hosted[at])).collect();
            due.sort_by_key(|&at| Reverse(tables.hosted[at].session.expires_at));
            due.truncate(limit as usize);
            let claimed = due.into_iter().map(|at| {
                let kept = &mut tables.hosted[at];
                (kept.next_try_at, kept.tries) = (until, kept.tries + 1);
                let KeptHostedSession { id, user, session, .. } = kept.session.clone();
                DueHostedSession { id, user, session, tries: kept.tries }
            });
            claimed.collect()
        })
        .await
    }

    async fn postpone(&self, id: &HostedSessionId, at: Timestamp) -> Result<(), PortError> {
        self.run("postpone hosted session", |tables| {
            for kept in tables.hosted.iter_mut().filter(|kept| kept.session.id == *id) {
                kept.next_try_at = at;
            }
        })
        .await
    }

    async fn forget(&self, id: &HostedSessionId) -> Result<(), PortError> {
        self.run("forget hosted session", |tables| tables.hosted.retain(|kept| kept.session.id != *id)).await
    }

    async fn sweep(&self, ended_before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.run("sweep hosted sessions", |tables| {
            let over = tables.hosted.extract_if(.., |kept| kept.session.expires_at < ended_before);
            over.take(limit as usize).count() as u64
        })
        .await
    }
}

fn is_live(tables: &Tables, session: &KeptHostedSession, now: Timestamp) -> bool {
    record_of(tables, session.session).is_some_and(|record| record.is_live(now))
}

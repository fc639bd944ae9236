//! Sessions in memory, by their owners.

use std::cmp::Reverse;

use async_trait::async_trait;
use autorisen_domain::audit::AuditEntry;
use autorisen_domain::auth::{Session, SessionDirectory, SessionId, SessionSummary, UserId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::sessions::record_of;
use super::{InMemoryStore, Tables};

#[async_trait]
impl SessionDirectory for InMemoryStore {
    async fn list(&self, user: UserId, now: Timestamp, limit: u32) -> Result<Vec<SessionSummary>, PortError> {
        self.run("list sessions", |tables| {
            let mut live: Vec<&Session> =
                tables.sessions.values().filter(|session| is_live(tables, user, session.id, now)).collect();
            live.sort_by_key(|session| Reverse((session.last_used_at, session.id)));
            live.into_iter().take(limit as usize).map(summary_of).collect()
        })
        .await
    }

    async fn end_own(&self, user: UserId, session: SessionId, entry: &AuditEntry) -> Result<bool, PortError> {
        let at = entry.at;
        self.run("end own session", |tables| {
            let is_own = is_live(tables, user, session, at);
            let own = tables.sessions.get_mut(&session).filter(|_| is_own);
            let ended = own.map(|session| session.revoked_at = Some(at)).is_some();
            tables.audit_if(ended, entry)
        })
        .await
    }

    async fn end_others(&self, user: UserId, keep: SessionId, entry: &AuditEntry) -> Result<bool, PortError> {
        self.run("end other sessions", |tables| {
            if !is_live(tables, user, keep, entry.at) {
                return false;
            }
            let epoch = tables.user_mut(user).map(|user| {
                user.session_epoch += 1;
                user.session_epoch
            });
            let (Some(kept), Some(epoch)) = (tables.sessions.get_mut(&keep), epoch) else {
                return false;
            };
            kept.epoch = epoch;
            tables.audit_if(true, entry)
        })
        .await
    }
}

fn is_live(tables: &Tables, user: UserId, session: SessionId, at: Timestamp) -> bool {
    record_of(tables, session).is_some_and(|record| record.user.id == user && record.is_live(at))
}

fn summary_of(session: &Session) -> SessionSummary {
    SessionSummary {
        id: session.id,
        client: session.client,
        user_agent: session.user_agent.clone(),
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
    }
}

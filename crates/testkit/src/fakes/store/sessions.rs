//! Sessions in memory.

use async_trait::async_trait;
use autorisen_domain::audit::AuditEntry;
use autorisen_domain::auth::{
    KeepAlive, PreviousRefresh, RefreshState, Rotation, Session, SessionEnd, SessionId, SessionRecord,
    SessionRepository, UserId,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::{InMemoryStore, Tables};

#[async_trait]
impl SessionRepository for InMemoryStore {
    async fn start(&self, session: &Session, entry: &AuditEntry) -> Result<bool, PortError> {
        self.run("start session", |tables| {
            let may_start = |user: &&mut _| is_active_in(user, session.epoch);
            let Some(user) = tables.user_mut(session.user).filter(may_start) else {
                return false;
            };
            user.last_login_at = Some(session.created_at);
            tables.sessions.insert(session.id, session.clone());
            tables.audit.append(entry);
            true
        })
        .await
    }

    async fn find(&self, id: SessionId) -> Result<Option<SessionRecord>, PortError> {
        self.run("find session", |tables| record_of(tables, id)).await
    }

    async fn rotate(&self, rotation: &Rotation) -> Result<Option<(UserId, Timestamp)>, PortError> {
        self.run("rotate refresh token", |tables| {
            let record = record_of(tables, rotation.session)?;
            if !record.is_live(rotation.at) || record.session.refresh.current != rotation.presented {
                return None;
            }
            let session = tables.sessions.get_mut(&rotation.session)?;
            session.refresh = RefreshState {
                current: rotation.successor,
                previous: Some(PreviousRefresh {
                    digest: rotation.presented,
                    replaced_at: rotation.at,
                    successor: rotation.sealed_successor.clone(),
                }),
            };
            session.last_used_at = rotation.at;
            session.expires_at = rotation.expires_at.min(session.absolute_expires_at);
            Some((session.user, session.expires_at))
        })
        .await
    }

    async fn keep_alive(&self, keep: &KeepAlive) -> Result<Option<Timestamp>, PortError> {
        self.run("keep session alive", |tables| {
            let record = record_of(tables, keep.session)?;
            if !record.is_live(keep.at) || record.session.last_used_at > keep.last_renewed_by {
                return None;
            }
            let session = tables.sessions.get_mut(&keep.session)?;
            session.last_used_at = keep.at;
            session.expires_at = keep.expires_at.min(session.absolute_expires_at);
            Some(session.expires_at)
        })
        .await
    }

    async fn end(&self, id: SessionId, _reason: SessionEnd, entry: &AuditEntry) -> Result<bool, PortError> {
        self.run("end session", |tables| {
            let alive = tables.sessions.get_mut(&id).filter(|session| session.revoked_at.is_none());
            let ended = alive.map(|session| session.revoked_at = Some(entry.at)).is_some();
            tables.audit_if(ended, entry)
        })
        .await
    }

    async fn end_all(&self, user: UserId, entry: &AuditEntry) -> Result<bool, PortError> {
        self.run("end all sessions", |tables| {
            let ended = tables.user_mut(user).map(|user| user.session_epoch += 1).is_some();
            tables.audit_if(ended, entry)
        })
        .await
    }

    async fn sweep(&self, ended_before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.run("sweep sessions", |tables| {
            let over = tables.sessions.extract_if(.., |_, session| ended_at(session) < ended_before);
            over.take(limit as usize).count() as u64
        })
        .await
    }
}

pub(super) fn record_of(tables: &Tables, id: SessionId) -> Option<SessionRecord> {
    let session = tables.sessions.get(&id)?.clone();
    let user = tables.user(session.user)?.clone();
    Some(SessionRecord { session, user })
}

const fn is_active_in(user: &autorisen_domain::auth::User, epoch: i64) -> bool {
    user.is_active && user.session_epoch == epoch
}

fn ended_at(session: &Session) -> Timestamp {
    let limit = session.expires_at.min(session.absolute_expires_at);
    session.revoked_at.map_or(limit, |revoked_at| revoked_at.min(limit))
}

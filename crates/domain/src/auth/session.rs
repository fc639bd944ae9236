//! Sessions: what a login makes and everything else hangs on.

use std::time::Duration;

use crate::auth::{User, UserId};
use crate::clock::Timestamp;
use crate::context::ClientAddress;
use crate::digest::Digest;
use crate::id::entity_id;

entity_id! {
    /// The id of a session. It is no secret: it gives no access.
    SessionId
}

/// How long sessions and their tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Life of an access token.
    pub access_ttl: Duration,
    /// A session that is not renewed for this long ends.
    pub idle: Duration,
    /// A session ends after this long, however often it is renewed.
    pub absolute: Duration,
    /// A refresh token that was just replaced still gets the answer of its replacement for this
    /// long, so that two tabs or a lost answer log nobody out.
    pub refresh_grace: Duration,
}

impl SessionPolicy {
    /// A session in use by its cookie is renewed no more often than this: each renewal is a write.
    #[must_use]
    pub fn renewal_step(&self) -> Duration {
        Duration::from_hours(1).min(self.idle / 24)
    }
}

/// One login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The account's epoch when the session began.
    pub epoch: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last renewed.
    pub last_used_at: Timestamp,
    /// It ends then unless it is renewed.
    pub expires_at: Timestamp,
    /// It ends then in any case.
    pub absolute_expires_at: Timestamp,
    /// When it was ended, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Its refresh tokens.
    pub refresh: RefreshState,
    /// The digest of the browser's cookie.
    pub cookie: Digest,
    /// Where the login came from.
    pub client: ClientAddress,
    /// What the client said it is.
    pub user_agent: Option<String>,
}

/// The refresh tokens of a session, as digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshState {
    /// The one that is good.
    pub current: Digest,
    /// The one before, if there was one.
    pub previous: Option<PreviousRefresh>,
}

/// The refresh token that was replaced last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousRefresh {
    /// Its digest.
    pub digest: Digest,
    /// When it was replaced.
    pub replaced_at: Timestamp,
    /// Its replacement, hidden so that only who holds the replaced one can recover it.
    pub successor: Vec<u8>,
}

/// Replaces the refresh token of a session.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The session.
    pub session: SessionId,
    /// The token that was shown; it must be the current one.
    pub presented: Digest,
    /// The token that takes its place.
    pub successor: Digest,
    /// The same, hidden for whoever holds the presented one.
    pub sealed_successor: Vec<u8>,
    /// When.
    pub at: Timestamp,
    /// The session's new idle limit; the store cuts it at the absolute one.
    pub expires_at: Timestamp,
}

/// Keeps a session from ending, since its cookie was just used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepAlive {
    /// The session.
    pub session: SessionId,
    /// When it was used.
    pub at: Timestamp,
    /// It is renewed only when it was last renewed then or earlier.
    pub last_renewed_by: Timestamp,
    /// Its new idle limit; the store cuts it at the absolute one.
    pub expires_at: Timestamp,
}

/// Why a session was ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// Its owner signed out.
    Logout,
    /// Its owner ended it from the list of sessions.
    Owner,
    /// An administrator ended it.
    Administrator,
    /// Its browser signed in again, and forgot its cookie for a newer one.
    Replaced,
    /// One of its spent refresh tokens was shown again.
    RefreshReuse,
}

impl SessionEnd {
    /// The word for it in tables and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Owner => "owner",
            Self::Administrator => "administrator",
            Self::Replaced => "replaced",
            Self::RefreshReuse => "refresh_reuse",
        }
    }
}

/// A session and its account as they are stored, alive or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The session.
    pub session: Session,
    /// The account.
    pub user: User,
}

impl SessionRecord {
    /// Whether the session may be used at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        let Self { session, user } = self;
        session.revoked_at.is_none()
            && now < session.expires_at
            && now < session.absolute_expires_at
            && user.is_active
            && session.epoch == user.session_epoch
    }
}

/// Who makes a request: the account, by way of a session that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub user: User,
    /// The session.
    pub session: SessionId,
    /// When the session ends unless it is renewed.
    pub session_expires_at: Timestamp,
}

impl From<SessionRecord> for Principal {
    fn from(record: SessionRecord) -> Self {
        let SessionRecord { session, user } = record;
        Self { user, session: session.id, session_expires_at: session.expires_at }
    }
}

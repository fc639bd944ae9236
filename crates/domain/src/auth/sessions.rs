//! Living with a session: who asks, renewing it, ending it.

use std::sync::Arc;

use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{
    AccessClaims, AccessTokens, AuthenticateError, Issued, KeepAlive, LogoutError, OpaqueKind, OpaqueTokens,
    Principal, RefreshError, RefreshState, Rotation, SessionEnd, SessionId, SessionIssuer, SessionRecord,
    SessionRepository, TokenRefusal, UserId,
};
use crate::clock::{Clock, Timestamp};
use crate::context::Context;
use crate::digest::Digest;
use crate::error::PortError;
use crate::events::{Event, EventSink, LogoutFailure, RefreshFailure};

/// What a request shows to say who sends it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ShownCredentials<'a> {
    /// An access token, from the `Authorization` header.
    pub bearer: Option<&'a str>,
    /// The browser's session cookie.
    pub cookie: Option<&'a str>,
}

/// A request to sign out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Logout<'a> {
    /// Who asks.
    pub shown: ShownCredentials<'a>,
    /// The refresh token, from its cookie.
    pub refresh: Option<&'a str>,
    /// Whether all sessions of the account shall end.
    pub all_devices: bool,
}

/// What a client gets when its session was renewed.
#[derive(Debug, Clone)]
pub struct RefreshedTokens {
    /// For requests.
    pub access: Issued,
    /// For the next renewal.
    pub refresh: Issued,
    /// A browser may keep its cookie until then. That is no promise: the session may end sooner,
    /// and lives past the limit of `refresh` while its cookie is used.
    pub keep_until: Timestamp,
}

/// What [`SessionService`] needs from outside.
pub struct SessionServicePorts {
    /// The sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// Verifies access tokens.
    pub access: Arc<dyn AccessTokens>,
    /// Makes and reads opaque tokens.
    pub opaque: Arc<dyn OpaqueTokens>,
    /// Makes access tokens.
    pub issuer: Arc<SessionIssuer>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Says who asks, renews sessions and ends them.
pub struct SessionService {
    ports: SessionServicePorts,
}

impl SessionService {
    /// A service over these ports.
    #[must_use]
    pub const fn new(ports: SessionServicePorts) -> Self {
        Self { ports }
    }

    /// Says who sends a request. The session is looked up every time: what has ended does not pass.
    ///
    /// Where a bearer token and a cookie are both shown, the token says who it is, and a cookie of
    /// somebody else's live session is refused as a contradiction. A session that
    /// is shown by its cookie alone is kept from ending: a browser has no other way to renew it.
    pub async fn authenticate(&self, shown: ShownCredentials<'_>) -> Result<Principal, AuthenticateError> {
        let now = self.ports.clock.now();
        let record = self.recognise(shown, now).await?;
        let renewed = match shown.bearer {
            Some(_) => None,
            None => self.keep_alive(&record, now).await,
        };
        let mut principal = Principal::from(record);
        if let Some(expires_at) = renewed {
            principal.session_expires_at = expires_at;
        }
        Ok(principal)
    }

    /// Renews a session.
    ///
    /// A refresh token is good once. Shown again within the grace period it gets the same
    /// successor; shown later, or after its successor was used, it was stolen or leaked, and the
    /// session ends.
    pub async fn refresh(&self, ctx: &Context, token: Option<&str>) -> Result<RefreshedTokens, RefreshError> {
        let ports = &self.ports;
        ports.events.record(ctx, &Event::RefreshAttempted);
        let Some(token) = token else {
            return Err(self.refuse_refresh(ctx, RefreshFailure::Missing));
        };
        let Some(read) = ports.opaque.read(OpaqueKind::Refresh, token) else {
            return Err(self.refuse_refresh(ctx, RefreshFailure::Unknown));
        };

        let session = SessionId::from_bytes(read.names);
        let now = ports.clock.now();
        let successor = ports.opaque.mint(OpaqueKind::Refresh, session.as_bytes())?;
        let rotation = Rotation {
            session,
            presented: read.digest,
            successor: successor.digest,
            sealed_successor: ports.opaque.seal_successor(token, &successor.token),
            at: now,
            expires_at: now.plus(ports.issuer.policy().idle),
        };
        if let Some((user, expires_at)) = ports.sessions.rotate(&rotation).await? {
            let refresh = Issued { token: successor.token, expires_at };
            return self.renewed(ctx, user, session, refresh);
        }

        let record = ports.sessions.find(session).await?;
        let Some(record) = record else {
            return Err(self.refuse_refresh(ctx, RefreshFailure::Unknown));
        };
        if !record.is_live(now) {
            return Err(self.refuse_refresh(ctx, RefreshFailure::SessionEnded));
        }
        if let Some(refresh) = self.replay_within_grace(&record, token, &rotation) {
            return self.renewed(ctx, record.user.id, session, refresh);
        }
        if record.session.refresh.current == read.digest {
            // It was good a moment ago and is good now, but not in between: the clock or the
            // account changed. Nothing was spent, so the client may try again.
            return Err(self.refuse_refresh(ctx, RefreshFailure::SessionEnded));
        }
        let reason = SessionEnd::RefreshReuse;
        ports.sessions.end(session, reason, &end_of(ctx, now, record.user.id, session, reason)).await?;
        ports.events.record(ctx, &Event::RefreshReused { user: record.user.id, session });
        Err(RefreshError::Invalid)
    }

    /// Ends the session that the request shows, or all sessions of its account. Doing so again, or
    /// with nothing to end, is no failure.
    ///
    /// An access token whose time is over may still end its own session, but not others.
    pub async fn logout(&self, ctx: &Context, logout: Logout<'_>) -> Result<(), LogoutError> {
        self.ports.events.record(ctx, &Event::LogoutAttempted);
        let now = self.ports.clock.now();
        let ended = match self.recognise(logout.shown, now).await {
            Ok(record) => Some((record.user.id, record.session.id)),
            Err(AuthenticateError::Port(cause)) => return Err(cause.into()),
            Err(AuthenticateError::Invalid) if logout.shown.bearer.is_some() => {
                return Err(self.refuse_logout(ctx, LogoutError::Invalid));
            }
            Err(AuthenticateError::Expired) => match self.expired_owner(logout.shown, now) {
                Some(_) if logout.all_devices => {
                    return Err(self.refuse_logout(ctx, LogoutError::Expired));
                }
                owner => owner,
            },
            // A cookie that cannot be read is one to be rid of, like one that is over.
            Err(AuthenticateError::Missing | AuthenticateError::Invalid | AuthenticateError::Revoked) => {
                self.live_owner_of_refresh(logout.refresh, now).await?
            }
        };
        let Some((user, session)) = ended else {
            return Ok(());
        };

        let did_end = if logout.all_devices {
            let entry = AuditEntry::new(ctx, now, AuditAction::AllSessionsEnded);
            self.ports.sessions.end_all(user, &entry.of(user).in_session(session)).await?
        } else {
            let reason = SessionEnd::Logout;
            self.ports.sessions.end(session, reason, &end_of(ctx, now, user, session, reason)).await?
        };
        if did_end {
            let event = Event::LogoutSucceeded { user, session, all_devices: logout.all_devices };
            self.ports.events.record(ctx, &event);
        }
        Ok(())
    }

    /// Ends the live session of a cookie, since its browser has a newer one in its place. Any other
    /// cookie means nothing.
    pub async fn replace(&self, ctx: &Context, cookie: &str) -> Result<(), PortError> {
        let now = self.ports.clock.now();
        let shown = ShownCredentials { bearer: None, cookie: Some(cookie) };
        let (user, session) = match self.recognise(shown, now).await {
            Ok(record) => (record.user.id, record.session.id),
            Err(AuthenticateError::Port(cause)) => return Err(cause),
            Err(_) => return Ok(()),
        };
        let reason = SessionEnd::Replaced;
        if self.ports.sessions.end(session, reason, &end_of(ctx, now, user, session, reason)).await? {
            self.ports.events.record(ctx, &Event::SessionReplaced { user, session });
        }
        Ok(())
    }

    /// The live session that is shown.
    async fn recognise(
        &self,
        shown: ShownCredentials<'_>,
        now: Timestamp,
    ) -> Result<SessionRecord, AuthenticateError> {
        let (session, user, cookie) = match shown {
            ShownCredentials { bearer: None, cookie: None } => return Err(AuthenticateError::Missing),
            ShownCredentials { bearer: None, cookie: Some(cookie) } => {
                let read =
                    self.ports.opaque.read(OpaqueKind::Cookie, cookie).ok_or(AuthenticateError::Invalid)?;
                (SessionId::from_bytes(read.names), None, Some(read.digest))
            }
            ShownCredentials { bearer: Some(bearer), cookie } => {
                let claims = self.ports.access.verify(bearer, now).map_err(|refusal| match refusal {
                    TokenRefusal::Expired(_) => AuthenticateError::Expired,
                    TokenRefusal::Invalid => AuthenticateError::Invalid,
                })?;
                if self.is_of_another_account(cookie, &claims, now).await? {
                    return Err(AuthenticateError::Invalid);
                }
                (claims.session, Some(claims.user), None)
            }
        };

        let record = self.ports.sessions.find(session).await?.ok_or(AuthenticateError::Revoked)?;
        let belongs = user.is_none_or(|user| user == record.user.id)
            && cookie.is_none_or(|digest| digest == record.session.cookie);
        if !belongs {
            return Err(AuthenticateError::Invalid);
        }
        if !record.is_live(now) {
            return Err(AuthenticateError::Revoked);
        }
        Ok(record)
    }

    /// The session's new idle limit, if it was time for one. A store that cannot write now does not
    /// keep out whom it recognised: the next request tries again.
    async fn keep_alive(&self, record: &SessionRecord, now: Timestamp) -> Option<Timestamp> {
        let policy = self.ports.issuer.policy();
        let last_renewed_by = now.minus(policy.renewal_step());
        if record.session.last_used_at > last_renewed_by {
            return None;
        }
        let expires_at = now.plus(policy.idle);
        let keep = KeepAlive { session: record.session.id, at: now, last_renewed_by, expires_at };
        self.ports.sessions.keep_alive(&keep).await.ok().flatten()
    }

    /// Whether the cookie is a live session of somebody else than the access token's owner. Another
    /// session of the same account is only another tab's, and a dead cookie says nothing.
    async fn is_of_another_account(
        &self,
        cookie: Option<&str>,
        claims: &AccessClaims,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        let read = cookie.and_then(|cookie| self.ports.opaque.read(OpaqueKind::Cookie, cookie));
        let Some(read) = read.filter(|read| SessionId::from_bytes(read.names) != claims.session) else {
            return Ok(false);
        };
        let record = self.ports.sessions.find(SessionId::from_bytes(read.names)).await?;
        Ok(record.is_some_and(|record| {
            record.is_live(now) && record.session.cookie == read.digest && record.user.id != claims.user
        }))
    }

    fn expired_owner(&self, shown: ShownCredentials<'_>, now: Timestamp) -> Option<(UserId, SessionId)> {
        match self.ports.access.verify(shown.bearer?, now) {
            Ok(claims) | Err(TokenRefusal::Expired(claims)) => Some((claims.user, claims.session)),
            Err(TokenRefusal::Invalid) => None,
        }
    }

    async fn live_owner_of_refresh(
        &self,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<(UserId, SessionId)>, PortError> {
        let Some(read) = token.and_then(|token| self.ports.opaque.read(OpaqueKind::Refresh, token)) else {
            return Ok(None);
        };
        let record = self.ports.sessions.find(SessionId::from_bytes(read.names)).await?;
        Ok(record
            .filter(|record| record.is_live(now) && holds(&record.session.refresh, &read.digest))
            .map(|record| (record.user.id, record.session.id)))
    }

    /// The successor of a token that was replaced a moment ago, for a client that lost the answer.
    fn replay_within_grace(&self, record: &SessionRecord, token: &str, shown: &Rotation) -> Option<Issued> {
        let previous = record.session.refresh.previous.as_ref()?;
        let in_time = shown.at.since(previous.replaced_at) <= self.ports.issuer.policy().refresh_grace;
        if previous.digest != shown.presented || !in_time {
            return None;
        }
        let token = self.ports.opaque.open_successor(token, &previous.successor)?;
        Some(Issued { token, expires_at: record.session.expires_at })
    }

    fn renewed(
        &self,
        ctx: &Context,
        user: UserId,
        session: SessionId,
        refresh: Issued,
    ) -> Result<RefreshedTokens, RefreshError> {
        let access = self.ports.issuer.access(user, session, refresh.expires_at)?;
        self.ports.events.record(ctx, &Event::RefreshSucceeded { user, session });
        let keep_until = self.ports.clock.now().plus(self.ports.issuer.policy().absolute);
        Ok(RefreshedTokens { access, refresh, keep_until })
    }

    fn refuse_refresh(&self, ctx: &Context, reason: RefreshFailure) -> RefreshError {
        self.ports.events.record(ctx, &Event::RefreshFailed { reason });
        RefreshError::Invalid
    }

    fn refuse_logout(&self, ctx: &Context, error: LogoutError) -> LogoutError {
        let reason = match error {
            LogoutError::Invalid => LogoutFailure::InvalidToken,
            LogoutError::Expired => LogoutFailure::ExpiredToken,
            LogoutError::Port(_) => return error,
        };
        self.ports.events.record(ctx, &Event::LogoutFailed { reason });
        error
    }
}

/// What the audit gets of the end of a session.
fn end_of(ctx: &Context, at: Timestamp, user: UserId, session: SessionId, reason: SessionEnd) -> AuditEntry {
    AuditEntry::new(ctx, at, AuditAction::SessionEnded(reason)).of(user).in_session(session)
}

/// Whether the token of this digest is the current one or the one before. Who lost the answer of
/// the last renewal holds the latter, and must be able to sign out with it.
fn holds(refresh: &RefreshState, digest: &Digest) -> bool {
    let is_previous = refresh.previous.as_ref().is_some_and(|previous| previous.digest == *digest);
    refresh.current == *digest || is_previous
}

//! Makes sessions and the tokens that hang on them.

use std::sync::Arc;

use secrecy::SecretString;

use crate::auth::{
    AccessClaims, AccessTokens, OpaqueKind, OpaqueTokens, RefreshState, Session, SessionId, SessionPolicy,
    User, UserId,
};
use crate::clock::Timestamp;
use crate::context::Context;
use crate::error::PortError;
use crate::id::IdSource;

/// A token as it leaves the server.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The token.
    pub token: SecretString,
    /// When its time is over.
    pub expires_at: Timestamp,
}

/// What a client gets when its user has signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account.
    pub user: User,
    /// The session.
    pub session: SessionId,
    /// For requests.
    pub access: Issued,
    /// For renewal.
    pub refresh: Issued,
    /// For a browser's cookie; ends with the session.
    pub cookie: Issued,
}

/// What [`SessionIssuer`] needs from outside.
pub struct SessionIssuerPorts {
    /// Signs access tokens.
    pub access: Arc<dyn AccessTokens>,
    /// Makes the opaque tokens.
    pub opaque: Arc<dyn OpaqueTokens>,
    /// Tells the time and gives ids.
    pub ids: IdSource,
}

/// Makes sessions and tokens. It stores nothing: what it makes counts once a repository has it.
pub struct SessionIssuer {
    ports: SessionIssuerPorts,
    policy: SessionPolicy,
}

impl SessionIssuer {
    /// An issuer with these rules.
    #[must_use]
    pub const fn new(ports: SessionIssuerPorts, policy: SessionPolicy) -> Self {
        Self { ports, policy }
    }

    /// The rules.
    #[must_use]
    pub const fn policy(&self) -> &SessionPolicy {
        &self.policy
    }

    /// Makes a session for `user` and the tokens for its client.
    pub fn open(&self, ctx: &Context, user: &User) -> Result<(Session, SignedIn), PortError> {
        let now = self.ports.ids.now();
        let id = SessionId::generate(&self.ports.ids)?;
        let refresh = self.ports.opaque.mint(OpaqueKind::Refresh, id.as_bytes())?;
        let cookie = self.ports.opaque.mint(OpaqueKind::Cookie, id.as_bytes())?;
        let absolute_expires_at = now.plus(self.policy.absolute);
        let expires_at = now.plus(self.policy.idle).min(absolute_expires_at);

        let session = Session {
            id,
            user: user.id,
            epoch: user.session_epoch,
            created_at: now,
            last_used_at: now,
            expires_at,
            absolute_expires_at,
            revoked_at: None,
            refresh: RefreshState { current: refresh.digest, previous: None },
            cookie: cookie.digest,
            client: ctx.client,
            user_agent: ctx.user_agent.clone(),
        };
        let signed_in = SignedIn {
            user: user.clone(),
            session: id,
            access: self.access(user.id, id, expires_at)?,
            refresh: Issued { token: refresh.token, expires_at },
            cookie: Issued { token: cookie.token, expires_at: absolute_expires_at },
        };
        Ok((session, signed_in))
    }

    /// Makes an access token that ends no later than its session, to the whole second.
    pub fn access(
        &self,
        user: UserId,
        session: SessionId,
        session_expires_at: Timestamp,
    ) -> Result<Issued, PortError> {
        let now = self.ports.ids.now();
        let end = now.plus(self.policy.access_ttl).min(session_expires_at);
        let claims = AccessClaims {
            user,
            session,
            issued_at: Timestamp::from_secs(now.secs()),
            expires_at: Timestamp::from_secs(end.secs()),
        };
        let token = self.ports.access.sign(&claims)?;
        Ok(Issued { token, expires_at: claims.expires_at })
    }
}

//! Who may speak the protocol: the holder of a chat token, or who is signed in.

use std::sync::Arc;

use crate::auth::{AuthenticateError, SessionRepository, SessionService, ShownCredentials};
use crate::chat::{Caller, ChatTokens, PlacementName};
use crate::clock::Clock;

/// What [`ChatAccess`] needs from outside.
pub struct ChatAccessPorts {
    /// Verifies chat tokens.
    pub tokens: Arc<dyn ChatTokens>,
    /// The sessions that they hang on.
    pub repository: Arc<dyn SessionRepository>,
    /// Knows who is signed in.
    pub sessions: Arc<SessionService>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// Says who speaks the protocol.
pub struct ChatAccess {
    ports: ChatAccessPorts,
}

impl ChatAccess {
    /// A service over these ports.
    #[must_use]
    pub const fn new(ports: ChatAccessPorts) -> Self {
        Self { ports }
    }

    /// Says who sends a request. A chat token holds its caller to its placement, and is good only while
    /// its session lives; who shows a live session instead may name a placement.
    pub async fn authenticate(
        &self,
        shown: ShownCredentials<'_>,
        placement: Option<PlacementName>,
    ) -> Result<Caller, AuthenticateError> {
        let now = self.ports.clock.now();
        let claims = shown.bearer.and_then(|token| self.ports.tokens.verify(token, now));
        let Some(claims) = claims else {
            let principal = self.ports.sessions.authenticate(shown).await?;
            return Ok(Caller { user: principal.user.id, session: principal.session, placement });
        };
        let record = self.ports.repository.find(claims.session).await?;
        match record {
            Some(record) if record.is_live(now) && record.user.id == claims.user => {
                let placement = Some(claims.placement);
                Ok(Caller { user: claims.user, session: claims.session, placement })
            }
            _ => Err(AuthenticateError::Revoked),
        }
    }
}

//! The sessions of an account, as its owner sees them and ends them.

use std::sync::Arc;

use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{
    EndOthersError, EndSessionError, Principal, SessionDirectory, SessionEnd, SessionId, UserId,
};
use crate::clock::{Clock, Timestamp};
use crate::context::{ClientAddress, Context};
use crate::error::PortError;
use crate::events::{EndSessionFailure, Event, EventSink};

/// What its owner is shown of a session. Nothing of it gives access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// Its id.
    pub id: SessionId,
    /// Where the login came from.
    pub client: ClientAddress,
    /// What the client said it is.
    pub user_agent: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last renewed.
    pub last_used_at: Timestamp,
    /// It ends then unless it is renewed.
    pub expires_at: Timestamp,
}

/// What [`SessionOverview`] needs from outside.
pub struct SessionOverviewPorts {
    /// The sessions, by their owners.
    pub directory: Arc<dyn SessionDirectory>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Shows users their sessions and ends those that they point at.
pub struct SessionOverview {
    ports: SessionOverviewPorts,
}

impl SessionOverview {
    /// How many sessions are shown at most.
    pub const MAX_LISTED: u32 = 100;

    /// A service over these ports.
    #[must_use]
    pub const fn new(ports: SessionOverviewPorts) -> Self {
        Self { ports }
    }

    /// The live sessions of who asks, the one that was used last first; of very many, those used last.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<SessionSummary>, PortError> {
        self.list_of(principal.user.id).await
    }

    /// The same of any account, for whoever may see that.
    pub async fn list_of(&self, user: UserId) -> Result<Vec<SessionSummary>, PortError> {
        self.ports.directory.list(user, self.ports.clock.now(), Self::MAX_LISTED).await
    }

    /// Ends a live session of who asks, which may be the one that asks. When this has returned, no
    /// replica accepts it. Somebody else's session is no more to be found than one that has ended.
    pub async fn end(
        &self,
        ctx: &Context,
        principal: &Principal,
        session: SessionId,
    ) -> Result<(), EndSessionError> {
        let user = principal.user.id;
        let action = AuditAction::SessionEnded(SessionEnd::Owner);
        let entry = AuditEntry::new(ctx, self.ports.clock.now(), action).of(user).in_session(session);
        if self.ports.directory.end_own(user, session, &entry).await? {
            self.ports.events.record(ctx, &Event::SessionEnded { user, session });
            return Ok(());
        }
        let event = Event::SessionNotEnded { user, reason: EndSessionFailure::NotFound };
        self.ports.events.record(ctx, &event);
        Err(EndSessionError::NotFound)
    }

    /// Ends all sessions of who asks but the one that asks, also those that begin meanwhile. When
    /// this has returned, no replica accepts them.
    pub async fn end_others(&self, ctx: &Context, principal: &Principal) -> Result<(), EndOthersError> {
        let (user, session) = (principal.user.id, principal.session);
        let action = AuditAction::OtherSessionsEnded;
        let entry = AuditEntry::new(ctx, self.ports.clock.now(), action).of(user).in_session(session);
        if !self.ports.directory.end_others(user, session, &entry).await? {
            return Err(EndOthersError::SessionEnded);
        }
        self.ports.events.record(ctx, &Event::OtherSessionsEnded { user, session });
        Ok(())
    }
}

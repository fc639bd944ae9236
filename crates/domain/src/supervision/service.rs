//! The use cases of administrators.

use std::sync::Arc;

use crate::audit::{AuditAction, AuditEntry, AuditTrail, Look};
use crate::auth::{
    AccountAdministration, AccountChange, AccountPage, AddressPrefix, EmailAddress, SessionEnd, SessionId,
    SessionOverview, SessionRepository, SessionSummary, User, UserId,
};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::PortError;
use crate::events::{Event, EventSink};
use crate::supervision::{Administrator, AuditPage, EndTheirSessionError, SuperviseError, UnknownAccount};

/// What [`Supervision`] needs from outside.
pub struct SupervisionPorts {
    /// Finds and changes accounts, as operators do.
    pub accounts: Arc<AccountAdministration>,
    /// Lists sessions, as their owners see them.
    pub overview: Arc<SessionOverview>,
    /// Ends sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// What happened.
    pub trail: Arc<dyn AuditTrail>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Serves administrators.
pub struct Supervision {
    ports: SupervisionPorts,
}

impl Supervision {
    /// How many accounts are on a page.
    pub const ACCOUNTS: u32 = 50;
    /// How many rows of the audit are on a page.
    pub const ROWS: u32 = 100;

    /// A service over these ports.
    #[must_use]
    pub const fn new(ports: SupervisionPorts) -> Self {
        Self { ports }
    }

    /// A page of the accounts whose addresses begin with `prefix`, in the order of their addresses.
    pub async fn accounts(
        &self,
        ctx: &Context,
        by: &Administrator,
        prefix: &AddressPrefix,
        after: Option<&EmailAddress>,
    ) -> Result<AccountPage, PortError> {
        let page = self.ports.accounts.list(prefix, after, Self::ACCOUNTS).await?;
        self.looked(ctx, by, Look::Accounts, None).await?;
        Ok(page)
    }

    /// One account.
    pub async fn account(
        &self,
        ctx: &Context,
        by: &Administrator,
        account: UserId,
    ) -> Result<User, UnknownAccount> {
        let user = self.find(account).await?;
        self.looked(ctx, by, Look::Account, Some(account)).await?;
        Ok(user)
    }

    /// Lets an account be used, or no longer, and ends its sessions: when this returns, no replica accepts
    /// any of them. Nobody shuts out their own account; another administrator may, and the command line.
    pub async fn set_active(
        &self,
        ctx: &Context,
        by: &Administrator,
        account: UserId,
        is_active: bool,
    ) -> Result<User, SuperviseError> {
        if account == by.id() && !is_active {
            return Err(SuperviseError::OwnAccount);
        }
        Ok(self.change(ctx, by, account, AccountChange::SetActive(is_active)).await?)
    }

    /// The live sessions of an account, the one that was used last first; of very many, those used last.
    pub async fn sessions(
        &self,
        ctx: &Context,
        by: &Administrator,
        account: UserId,
    ) -> Result<Vec<SessionSummary>, UnknownAccount> {
        self.find(account).await?;
        let sessions = self.ports.overview.list_of(account).await?;
        self.looked(ctx, by, Look::Sessions, Some(account)).await?;
        Ok(sessions)
    }

    /// Ends all sessions of an account: when this returns, no replica accepts any of them.
    pub async fn end_sessions(
        &self,
        ctx: &Context,
        by: &Administrator,
        account: UserId,
    ) -> Result<(), UnknownAccount> {
        self.change(ctx, by, account, AccountChange::EndSessions).await.map(drop)
    }

    /// Ends a live session of an account. When this has returned, no replica accepts it.
    pub async fn end_session(
        &self,
        ctx: &Context,
        by: &Administrator,
        account: UserId,
        session: SessionId,
    ) -> Result<(), EndTheirSessionError> {
        let (ports, now) = (&self.ports, self.ports.clock.now());
        let found = ports.sessions.find(session).await?;
        if !found.is_some_and(|record| record.user.id == account && record.is_live(now)) {
            return Err(EndTheirSessionError::NotFound);
        }
        let end = SessionEnd::Administrator;
        let entry = AuditEntry::new(&ctx.acting(by.id()), now, AuditAction::SessionEnded(end));
        if !ports.sessions.end(session, end, &entry.of(account).in_session(session)).await? {
            return Err(EndTheirSessionError::NotFound);
        }
        ports.events.record(ctx, &Event::SessionEnded { user: account, session });
        Ok(())
    }

    /// A page of the audit: of an account alone, if one is named, and before the row `before`.
    pub async fn audit(
        &self,
        ctx: &Context,
        by: &Administrator,
        account: Option<UserId>,
        before: Option<i64>,
    ) -> Result<AuditPage, PortError> {
        // One more than is shown says whether there is another page.
        let mut rows = self.ports.trail.latest(account, before, Self::ROWS + 1).await?;
        let has_more = rows.len() > Self::ROWS as usize;
        rows.truncate(Self::ROWS as usize);
        let next = rows.last().filter(|_| has_more).map(|last| last.seq);
        self.looked(ctx, by, Look::Audit, account).await?;
        Ok(AuditPage { rows, next })
    }

    async fn find(&self, account: UserId) -> Result<User, UnknownAccount> {
        self.ports.accounts.find(account).await?.ok_or(UnknownAccount::NotFound)
    }

    async fn change(
        &self,
        ctx: &Context,
        by: &Administrator,
        account: UserId,
        change: AccountChange,
    ) -> Result<User, UnknownAccount> {
        let user = self.find(account).await?;
        // An address stays with its account for good.
        let changed = self.ports.accounts.change(&ctx.acting(by.id()), &user.email, change).await?;
        changed.ok_or(UnknownAccount::NotFound)
    }

    /// Tells the audit of a look.
    async fn looked(
        &self,
        ctx: &Context,
        by: &Administrator,
        look: Look,
        account: Option<UserId>,
    ) -> Result<(), PortError> {
        let ctx = ctx.acting(by.id());
        let entry = AuditEntry::new(&ctx, self.ports.clock.now(), AuditAction::Looked(look));
        self.ports.trail.append(&AuditEntry { account, ..entry }).await
    }
}

impl From<UnknownAccount> for SuperviseError {
    fn from(error: UnknownAccount) -> Self {
        match error {
            UnknownAccount::NotFound => Self::NotFound,
            UnknownAccount::Port(cause) => Self::Port(cause),
        }
    }
}

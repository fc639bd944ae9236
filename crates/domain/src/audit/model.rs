//! What a row of the audit says.

use crate::audit::LinkHash;
use crate::auth::{AccountChange, SessionEnd, SessionId, UserId};
use crate::clock::Timestamp;
use crate::context::Context;
use crate::events::LoginFailure;

/// What an administrator looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A page of accounts.
    Accounts,
    /// One account.
    Account,
    /// The sessions of an account.
    Sessions,
    /// A page of the audit: of an account, if the row names one.
    Audit,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// Somebody registered, and was signed in.
    Registered,
    /// An operator made an account.
    Created,
    /// A session began.
    LoggedIn,
    /// A login was refused.
    LoginRefused(LoginFailure),
    /// A login was refused since there were too many.
    LoginLimited,
    /// A session ended.
    SessionEnded(SessionEnd),
    /// All sessions of an account ended.
    AllSessionsEnded,
    /// All sessions of an account ended but one.
    OtherSessionsEnded,
    /// The owner changed the password.
    PasswordChanged,
    /// An operator set the password.
    PasswordSet,
    /// The same password was hashed anew.
    PasswordRehashed,
    /// An operator or an administrator changed the account.
    Changed(AccountChange),
    /// An administrator looked at what is of others.
    Looked(Look),
    /// All of this is from a backup, and every session that it had ended.
    Restored,
    /// An operator had the data of the system that was here before brought over.
    Imported,
}

impl AuditAction {
    /// The word for it in tables, which keeps its meaning for good.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "account.registered",
            Self::Created => "account.created",
            Self::LoggedIn => "login.succeeded",
            Self::LoginRefused(LoginFailure::UnknownAccount) => "login.refused.unknown_account",
            Self::LoginRefused(LoginFailure::WrongPassword) => "login.refused.wrong_password",
            Self::LoginRefused(LoginFailure::Disabled) => "login.refused.disabled",
            Self::LoginRefused(LoginFailure::NotChecked) => "login.refused.not_checked",
            Self::LoginRefused(LoginFailure::BotCheck) => "login.refused.bot_check",
            Self::LoginLimited => "login.refused.limited",
            Self::SessionEnded(SessionEnd::Logout) => "session.ended.logout",
            Self::SessionEnded(SessionEnd::Owner) => "session.ended.owner",
            Self::SessionEnded(SessionEnd::Administrator) => "session.ended.administrator",
            Self::SessionEnded(SessionEnd::Replaced) => "session.ended.replaced",
            Self::SessionEnded(SessionEnd::RefreshReuse) => "session.ended.refresh_reuse",
            Self::AllSessionsEnded => "sessions.ended.all",
            Self::OtherSessionsEnded => "sessions.ended.others",
            Self::PasswordChanged => "password.changed",
            Self::PasswordSet => "password.set",
            Self::PasswordRehashed => "password.rehashed",
            Self::Changed(AccountChange::SetActive(true)) => "account.enabled",
            Self::Changed(AccountChange::SetActive(false)) => "account.disabled",
            Self::Changed(AccountChange::SetRole(_)) => "account.role_changed",
            Self::Changed(AccountChange::EndSessions) => "account.sessions_ended",
            Self::Changed(AccountChange::SetAdministrator(true)) => "account.administrator_granted",
            Self::Changed(AccountChange::SetAdministrator(false)) => "account.administrator_revoked",
            Self::Looked(Look::Accounts) => "administrator.looked.accounts",
            Self::Looked(Look::Account) => "administrator.looked.account",
            Self::Looked(Look::Sessions) => "administrator.looked.sessions",
            Self::Looked(Look::Audit) => "administrator.looked.audit",
            Self::Restored => "database.restored",
            Self::Imported => "legacy.imported",
        }
    }
}

/// One thing that happened, before it has its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: AuditAction,
    /// To which account, if it is known.
    pub account: Option<UserId>,
    /// To which session, if it is one.
    pub session: Option<SessionId>,
    /// By which administrator, if by one.
    pub actor: Option<UserId>,
    /// The address that the call came from; a loopback one for the command line.
    pub client_ip: String,
    /// The id of the call, which the log has too.
    pub request_id: String,
}

impl AuditEntry {
    /// That this happened in this call.
    #[must_use]
    pub fn new(ctx: &Context, at: Timestamp, action: AuditAction) -> Self {
        Self {
            at,
            action,
            account: None,
            session: None,
            actor: ctx.actor,
            client_ip: ctx.client.to_string(),
            request_id: ctx.request_id.clone(),
        }
    }

    /// To this account.
    #[must_use]
    pub const fn of(mut self, account: UserId) -> Self {
        self.account = Some(account);
        self
    }

    /// To this session.
    #[must_use]
    pub const fn in_session(mut self, session: SessionId) -> Self {
        self.session = Some(session);
        self
    }

    /// The row that this becomes as number `seq`.
    #[must_use]
    pub fn into_row(self, seq: i64, previous: &LinkHash) -> AuditRow {
        let mut row = AuditRow {
            seq,
            at: self.at,
            action: self.action.as_str().to_owned(),
            account: self.account.map(|account| account.to_string()),
            session: self.session.map(|session| session.to_string()),
            actor: self.actor.map(|actor| actor.to_string()),
            client_ip: self.client_ip,
            request_id: self.request_id,
            hash: *previous,
        };
        row.hash = row.expected_hash(previous);
        row
    }
}

/// A row as it is stored. Its texts are what the table says, whatever that is: a check must be able
/// to look at a row that was tampered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number: one more than that of the row before it.
    pub seq: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened; see [`AuditAction::as_str`].
    pub action: String,
    /// The account, if it is known.
    pub account: Option<String>,
    /// The session, if it is one.
    pub session: Option<String>,
    /// The account of the administrator who did it or looked, if one did.
    pub actor: Option<String>,
    /// Where the call came from.
    pub client_ip: String,
    /// The id of the call.
    pub request_id: String,
    /// What binds it to the row before it.
    pub hash: LinkHash,
}

//! What happened, as the domain tells it. One adapter writes it down.

use std::time::Duration;

use crate::auth::{AccountChange, SessionId, UserId};
use crate::chat::{HostedCall, HostedFault, ThreadId};
use crate::context::Context;

/// Is told what happened.
pub trait EventSink: Send + Sync {
    /// Takes note. It neither fails nor waits.
    fn record(&self, ctx: &Context, event: &Event);
}

/// How much attention an event wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// What the service does.
    Info,
    /// Something was refused or is degraded.
    Warn,
}

/// What a request that may be limited wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// A CSRF token.
    Csrf,
    /// An account.
    Register,
    /// A session.
    Login,
    /// To renew a session.
    Refresh,
    /// To end a session.
    Logout,
    /// Another password.
    PasswordChange,
    /// To show a session and be answered by it.
    Session,
    /// A chat token.
    ChatToken,
    /// To have something noted for analytics.
    Track,
}

/// Why a login failed; for the log alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginFailure {
    /// No account has the address.
    UnknownAccount,
    /// The account has another password.
    WrongPassword,
    /// The account may not be used.
    Disabled,
    /// The password could not be checked: there was too much to do, or nobody to ask.
    NotChecked,
    /// The proof of a person was refused.
    BotCheck,
}

/// Why a registration failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterFailure {
    /// Another account has the address.
    EmailTaken,
    /// The registration token is missing, forged or used.
    InvalidToken,
    /// The registration token is too old.
    ExpiredToken,
    /// The password is made of what everybody may know of the account.
    PersonalPassword,
    /// The proof of a person is missing, or was refused.
    BotCheck,
    /// Nobody registers here by themselves.
    Closed,
}

/// Why a session was not renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshFailure {
    /// No token was shown.
    Missing,
    /// The token is not of this server, or its session is gone.
    Unknown,
    /// The session has ended.
    SessionEnded,
}

/// Why a logout failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutFailure {
    /// What was shown is not of this server.
    InvalidToken,
    /// All sessions were to end, and the token's time is over.
    ExpiredToken,
}

/// Why a session was not ended from the list of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndSessionFailure {
    /// The account has no such live session; perhaps another has.
    NotFound,
}

/// Why a password was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordChangeFailure {
    /// The current password is another one.
    WrongPassword,
    /// The new password is the current one.
    SamePassword,
    /// The new password is made of what everybody may know of the account.
    PersonalPassword,
    /// The session ended meanwhile.
    SessionEnded,
}

/// Why no chat token was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatTokenRefusal {
    /// Nobody is signed in.
    NotAuthenticated,
    /// There is no such placement, or it is not the thread's.
    Placement,
    /// The user has no such thread.
    Thread,
    /// The user was given as many as anybody may have.
    Quota,
    /// The session ends too soon for a hosted session.
    SessionEnding,
    /// The session ended while a hosted session was being opened.
    SessionEnded,
}

/// How an answer in a thread ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerEnd {
    /// It is whole.
    Finished,
    /// The reader stopped it or was lost.
    Stopped,
    /// It was refused with words for the user.
    Refused,
    /// It failed.
    Failed,
    /// The session ended, or the thread is gone.
    Revoked,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the name and the fields of each event are its documentation")]
pub enum Event {
    RateLimited {
        action: Action,
        retry_after: Duration,
    },
    RegisterAttempted,
    RegisterStarted,
    RegisterSucceeded {
        user: UserId,
        session: SessionId,
    },
    RegisterFailed {
        reason: RegisterFailure,
    },
    LoginAttempted,
    LoginSucceeded {
        user: UserId,
        session: SessionId,
    },
    LoginFailed {
        reason: LoginFailure,
    },
    RefreshAttempted,
    RefreshSucceeded {
        user: UserId,
        session: SessionId,
    },
    RefreshFailed {
        reason: RefreshFailure,
    },
    RefreshReused {
        user: UserId,
        session: SessionId,
    },
    LogoutAttempted,
    LogoutSucceeded {
        user: UserId,
        session: SessionId,
        all_devices: bool,
    },
    LogoutFailed {
        reason: LogoutFailure,
    },
    SessionEnded {
        user: UserId,
        session: SessionId,
    },
    SessionReplaced {
        user: UserId,
        session: SessionId,
    },
    SessionNotEnded {
        user: UserId,
        reason: EndSessionFailure,
    },
    OtherSessionsEnded {
        user: UserId,
        session: SessionId,
    },
    PasswordChangeAttempted,
    PasswordChangeSucceeded {
        user: UserId,
        session: SessionId,
    },
    PasswordChangeFailed {
        user: UserId,
        reason: PasswordChangeFailure,
    },
    PasswordUpgraded {
        user: UserId,
    },
    PasswordUpgradeFailed {
        user: UserId,
    },
    ChatTokenIssued {
        user: UserId,
        session: SessionId,
        thread: ThreadId,
        placement: String,
    },
    ChatTokenRefused {
        reason: ChatTokenRefusal,
    },
    ChatAnswerStarted {
        user: UserId,
        thread: ThreadId,
        placement: String,
        first: bool,
    },
    ChatAnswerEnded {
        user: UserId,
        thread: ThreadId,
        placement: String,
        first: bool,
        end: AnswerEnd,
        characters: u64,
    },
    ChatToolCalled {
        user: UserId,
        thread: ThreadId,
        tool: String,
        succeeded: bool,
    },
    ChatThreadDeleted {
        user: UserId,
        thread: ThreadId,
    },
    HostedOpened {
        call: HostedCall,
    },
    HostedOpenFailed {
        call: HostedCall,
        fault: HostedFault,
    },
    HostedCancelled {
        call: HostedCall,
    },
    HostedCancelFailed {
        call: HostedCall,
        fault: HostedFault,
        retry_after: Duration,
    },
    AccountCreated {
        user: UserId,
    },
    AccountChanged {
        user: UserId,
        change: AccountChange,
    },
    AccountPasswordSet {
        user: UserId,
    },
    KeysRotated {
        current: String,
    },
    KeyRevoked {
        key: String,
    },
}

/// The fields of an event: each name means one thing everywhere.
pub type Fields = Vec<(&'static str, String)>;

impl Event {
    /// The event's name, `feature.action.outcome`. It keeps its meaning for good.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RateLimited { action, .. } => match action {
                Action::Csrf => "auth.csrf.rate_limited",
                Action::Register => "auth.register.rate_limited",
                Action::Login => "auth.login.rate_limited",
                Action::Refresh => "auth.refresh.rate_limited",
                Action::Logout => "auth.logout.rate_limited",
                Action::PasswordChange => "auth.password_change.rate_limited",
                Action::Session => "auth.session.rate_limited",
                Action::ChatToken => "chatkit.token.rate_limited",
                Action::Track => "analytics.track.rate_limited",
            },
            Self::RegisterAttempted => "auth.register.attempt",
            Self::RegisterStarted => "auth.register.started",
            Self::RegisterSucceeded { .. } => "auth.register.success",
            Self::RegisterFailed { .. } => "auth.register.failure",
            Self::LoginAttempted => "auth.login.attempt",
            Self::LoginSucceeded { .. } => "auth.login.success",
            Self::LoginFailed { .. } => "auth.login.failure",
            Self::RefreshAttempted => "auth.refresh.attempt",
            Self::RefreshSucceeded { .. } => "auth.refresh.success",
            Self::RefreshFailed { .. } => "auth.refresh.failure",
            Self::RefreshReused { .. } => "auth.refresh.reuse",
            Self::LogoutAttempted => "auth.logout.attempt",
            Self::LogoutSucceeded { .. } => "auth.logout.success",
            Self::LogoutFailed { .. } => "auth.logout.failure",
            Self::SessionReplaced { .. } => "auth.session.replaced",
            Self::SessionEnded { .. } => "auth.end_session.success",
            Self::SessionNotEnded { .. } => "auth.end_session.failure",
            Self::OtherSessionsEnded { .. } => "auth.end_others.success",
            Self::PasswordChangeAttempted => "auth.password_change.attempt",
            Self::PasswordChangeSucceeded { .. } => "auth.password_change.success",
            Self::PasswordChangeFailed { .. } => "auth.password_change.failure",
            Self::PasswordUpgraded { .. } => "auth.password_upgrade.success",
            Self::PasswordUpgradeFailed { .. } => "auth.password_upgrade.failure",
            Self::ChatTokenIssued { .. } => "chatkit.token.issued",
            Self::ChatTokenRefused { .. } => "chatkit.token.refused",
            Self::ChatAnswerStarted { .. } => "chatkit.answer.start",
            Self::ChatAnswerEnded { end, .. } => match end {
                AnswerEnd::Failed => "chatkit.answer.failure",
                AnswerEnd::Refused => "chatkit.answer.refused",
                _ => "chatkit.answer.end",
            },
            Self::ChatToolCalled { .. } => "chatkit.tool.call",
            Self::ChatThreadDeleted { .. } => "chatkit.thread.delete",
            Self::HostedOpened { .. } => "chatkit.hosted_open.success",
            Self::HostedOpenFailed { .. } => "chatkit.hosted_open.failure",
            Self::HostedCancelled { .. } => "chatkit.hosted_cancel.success",
            Self::HostedCancelFailed { .. } => "chatkit.hosted_cancel.failure",
            Self::AccountCreated { .. } => "account.create.success",
            Self::AccountChanged { .. } => "account.change.success",
            Self::AccountPasswordSet { .. } => "account.set_password.success",
            Self::KeysRotated { .. } => "keys.rotate.success",
            Self::KeyRevoked { .. } => "keys.revoke.success",
        }
    }

    /// Whether logins may have ended by it. What it says is a hint to look soon, and no more: what has
    /// ended is read from the store.
    #[must_use]
    pub const fn may_end_sessions(&self) -> bool {
        matches!(
            self,
            Self::RefreshReused { .. }
                | Self::LogoutSucceeded { .. }
                | Self::SessionEnded { .. }
                | Self::SessionReplaced { .. }
                | Self::OtherSessionsEnded { .. }
                | Self::PasswordChangeSucceeded { .. }
                | Self::AccountChanged { .. }
                | Self::AccountPasswordSet { .. }
                | Self::ChatTokenRefused { reason: ChatTokenRefusal::SessionEnded }
        )
    }

    /// How much attention it wants.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::RateLimited { .. }
            | Self::RegisterFailed { .. }
            | Self::LoginFailed { .. }
            | Self::RefreshFailed { .. }
            | Self::RefreshReused { .. }
            | Self::LogoutFailed { .. }
            | Self::SessionNotEnded { .. }
            | Self::PasswordChangeFailed { .. }
            | Self::PasswordUpgradeFailed { .. }
            | Self::ChatTokenRefused { .. }
            | Self::HostedOpenFailed { .. }
            | Self::HostedCancelFailed { .. }
            | Self::ChatAnswerEnded { end: AnswerEnd::Failed | AnswerEnd::Refused, .. } => Severity::Warn,
            _ => Severity::Info,
        }
    }

    /// What else is known. Never a password, token, key or e-mail address.
    #[must_use]
    pub fn fields(&self) -> Fields {
        match self {
            Self::RegisterAttempted
            | Self::RegisterStarted
            | Self::LoginAttempted
            | Self::RefreshAttempted
            | Self::LogoutAttempted
            | Self::PasswordChangeAttempted => Vec::new(),
            Self::RateLimited { retry_after, .. } => {
                vec![("retry_after", retry_after.as_secs().to_string())]
            }
            Self::RegisterSucceeded { user, session }
            | Self::LoginSucceeded { user, session }
            | Self::RefreshSucceeded { user, session }
            | Self::RefreshReused { user, session }
            | Self::SessionEnded { user, session }
            | Self::SessionReplaced { user, session }
            | Self::OtherSessionsEnded { user, session }
            | Self::PasswordChangeSucceeded { user, session } => who(*user, *session),
            Self::LogoutSucceeded { user, session, all_devices } => {
                let mut fields = who(*user, *session);
                fields.push(("all_devices", all_devices.to_string()));
                fields
            }
            Self::SessionNotEnded { user, reason } => {
                vec![("user_id", user.to_string()), ("reason", reason.as_str().to_owned())]
            }
            Self::ChatTokenIssued { user, session, thread, placement } => {
                let mut fields = who(*user, *session);
                fields.push(("thread_id", thread.to_string()));
                fields.push(("placement", placement.clone()));
                fields
            }
            Self::RegisterFailed { reason } => because(reason.as_str()),
            Self::LoginFailed { reason } => because(reason.as_str()),
            Self::RefreshFailed { reason } => because(reason.as_str()),
            Self::LogoutFailed { reason } => because(reason.as_str()),
            Self::ChatTokenRefused { reason } => because(reason.as_str()),
            Self::ChatAnswerStarted { user, thread, placement, first } => {
                let mut fields = in_thread(*user, *thread);
                fields.push(("placement", placement.clone()));
                fields.push(("first", first.to_string()));
                fields
            }
            Self::ChatAnswerEnded { user, thread, placement, first, end, characters } => {
                let mut fields = in_thread(*user, *thread);
                fields.push(("placement", placement.clone()));
                fields.push(("first", first.to_string()));
                fields.push(("reason", end.as_str().to_owned()));
                fields.push(("characters", characters.to_string()));
                fields
            }
            Self::ChatToolCalled { user, thread, tool, succeeded } => {
                let mut fields = in_thread(*user, *thread);
                fields.push(("tool", tool.clone()));
                fields.push(("succeeded", succeeded.to_string()));
                fields
            }
            Self::ChatThreadDeleted { user, thread } => in_thread(*user, *thread),
            Self::HostedOpened { call } | Self::HostedCancelled { call } => hosted(call),
            Self::HostedOpenFailed { call, fault } => {
                let mut fields = hosted(call);
                fields.push(("reason", fault.as_str().to_owned()));
                fields
            }
            Self::HostedCancelFailed { call, fault, retry_after } => {
                let mut fields = hosted(call);
                fields.push(("reason", fault.as_str().to_owned()));
                fields.push(("retry_after", retry_after.as_secs().to_string()));
                fields
            }
            Self::PasswordChangeFailed { user, reason } => {
                vec![("user_id", user.to_string()), ("reason", reason.as_str().to_owned())]
            }
            Self::AccountCreated { user }
            | Self::AccountPasswordSet { user }
            | Self::PasswordUpgraded { user }
            | Self::PasswordUpgradeFailed { user } => vec![("user_id", user.to_string())],
            Self::AccountChanged { user, change } => {
                vec![("user_id", user.to_string()), ("change", change.as_str().to_owned())]
            }
            Self::KeysRotated { current: kid } | Self::KeyRevoked { key: kid } => vec![("kid", kid.clone())],
        }
    }
}

fn who(user: UserId, session: SessionId) -> Fields {
    vec![("user_id", user.to_string()), ("session_id", session.to_string())]
}

fn in_thread(user: UserId, thread: ThreadId) -> Fields {
    vec![("user_id", user.to_string()), ("thread_id", thread.to_string())]
}

fn hosted(call: &HostedCall) -> Fields {
    let mut fields = who(call.user, call.session);
    fields.extend(call.request.as_ref().map(|request| ("upstream_request_id", request.to_string())));
    fields
}

fn because(reason: &str) -> Fields {
    vec![("reason", reason.to_owned())]
}

impl Action {
    /// Everything that may be wanted.
    pub const ALL: [Self; 9] = [
        Self::Csrf,
        Self::Register,
        Self::Login,
        Self::Refresh,
        Self::Logout,
        Self::PasswordChange,
        Self::Session,
        Self::ChatToken,
        Self::Track,
    ];

    /// The word for it in metrics and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csrf => "csrf",
            Self::Register => "register",
            Self::Login => "login",
            Self::Refresh => "refresh",
            Self::Logout => "logout",
            Self::PasswordChange => "password_change",
            Self::Session => "session",
            Self::ChatToken => "chat_token",
            Self::Track => "track",
        }
    }

    /// What this word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }
}

impl LoginFailure {
    /// The word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::WrongPassword => "wrong_password",
            Self::Disabled => "disabled",
            Self::NotChecked => "not_checked",
            Self::BotCheck => "bot_check",
        }
    }
}

impl RegisterFailure {
    /// The word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailTaken => "email_taken",
            Self::InvalidToken => "invalid_token",
            Self::ExpiredToken => "expired_token",
            Self::PersonalPassword => "personal_password",
            Self::BotCheck => "bot_check",
            Self::Closed => "closed",
        }
    }
}

impl RefreshFailure {
    /// The word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing_token",
            Self::Unknown => "unknown_token",
            Self::SessionEnded => "session_ended",
        }
    }
}

impl LogoutFailure {
    /// The word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidToken => "invalid_token",
            Self::ExpiredToken => "expired_token",
        }
    }
}

impl EndSessionFailure {
    /// The word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
        }
    }
}

impl PasswordChangeFailure {
    /// The word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong_password",
            Self::SamePassword => "same_password",
            Self::PersonalPassword => "personal_password",
            Self::SessionEnded => "session_ended",
        }
    }
}

impl ChatTokenRefusal {
    /// The word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAuthenticated => "not_authenticated",
            Self::Placement => "placement",
            Self::Thread => "thread",
            Self::Quota => "quota",
            Self::SessionEnding => "session_ending",
            Self::SessionEnded => "session_ended",
        }
    }
}

impl AnswerEnd {
    /// The word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Revoked => "revoked",
        }
    }
}

impl AccountChange {
    /// The word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SetActive(true) => "enable",
            Self::SetActive(false) => "disable",
            Self::SetRole(_) => "set_role",
            Self::SetAdministrator(true) => "grant_administrator",
            Self::SetAdministrator(false) => "revoke_administrator",
            Self::EndSessions => "end_sessions",
        }
    }
}

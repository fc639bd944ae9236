//! What accounts and sessions need from outside.
//!
//! A method that changes an account or a session takes the entry that the audit gets of it: if it
//! changes something, the entry is written in the same transaction; otherwise it is not written. The
//! entry's time is the time of the change.

use async_trait::async_trait;

use crate::audit::AuditEntry;
use crate::auth::{
    AddressPrefix, EmailAddress, KeepAlive, Password, PasswordAttempt, PasswordHash, PendingRegistration,
    Profile, RegistrationId, Role, Rotation, Session, SessionEnd, SessionId, SessionRecord, SessionSummary,
    User, UserId,
};
use crate::clock::Timestamp;
use crate::error::PortError;

/// An account and what proves whose it is.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// Its password, hashed.
    pub hash: PasswordHash,
    /// Since when it is the password: since its owner or an operator chose it, whatever hash it has.
    pub password_since: Timestamp,
}

/// Everything that comes into being with an account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The account.
    pub user: User,
    /// Its password, hashed.
    pub hash: PasswordHash,
    /// What its owner said of themselves.
    pub profile: Profile,
    /// Its first session, if it is to be signed in at once.
    pub session: Option<Session>,
    /// The pending registration that this finishes, if it was begun in steps.
    pub finishes: Option<RegistrationId>,
}

/// Why an account was not stored.
#[derive(Debug, thiserror::Error)]
pub enum RegisterAccountError {
    /// Another account has the address.
    #[error("the address is taken")]
    EmailTaken,
    /// The pending registration was finished before, or is gone.
    #[error("the registration is spent")]
    RegistrationSpent,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Stores accounts.
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Stores the account with all that belongs to it, or nothing at all. Of any number of
    /// concurrent calls with one address, or with one pending registration, exactly one succeeds.
    async fn register(&self, account: &NewAccount, entry: &AuditEntry) -> Result<(), RegisterAccountError>;

    /// Whether an account has this address.
    async fn is_taken(&self, email: &EmailAddress) -> Result<bool, PortError>;

    /// Finds an account by its address; `None` when there is none.
    async fn find_credentials(&self, email: &EmailAddress) -> Result<Option<Credentials>, PortError>;
}

/// Keeps registrations that were begun and not finished.
#[async_trait]
pub trait PendingRegistrationRepository: Send + Sync {
    /// Keeps one.
    async fn add(&self, pending: &PendingRegistration) -> Result<(), PortError>;

    /// Finds one, whether its time is over or not; `None` when there is none or it was finished.
    async fn find(&self, id: RegistrationId) -> Result<Option<PendingRegistration>, PortError>;

    /// Forgets those whose time was over at `now`, at most `limit` of them, and says how many.
    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<u64, PortError>;
}

/// Stores sessions.
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Starts a session and notes the login at the account, provided the account is active and
    /// still in the session's epoch. Otherwise it does nothing and says `false`.
    async fn start(&self, session: &Session, entry: &AuditEntry) -> Result<bool, PortError>;

    /// Finds a session with its account, alive or not.
    async fn find(&self, id: SessionId) -> Result<Option<SessionRecord>, PortError>;

    /// Replaces the refresh token of a live session whose current one is the presented one, and
    /// gives its owner and its new idle limit. Otherwise it does nothing and gives `None`.
    /// Of any number of concurrent calls with one presented token, exactly one succeeds.
    async fn rotate(&self, rotation: &Rotation) -> Result<Option<(UserId, Timestamp)>, PortError>;

    /// Renews a live session that was last renewed early enough, and gives its new idle limit.
    /// Otherwise it does nothing and gives `None`. Of any number of concurrent calls for one use,
    /// at most one renews it.
    async fn keep_alive(&self, keep: &KeepAlive) -> Result<Option<Timestamp>, PortError>;

    /// Ends a session. `false` when it had ended before or there is none. It stays ended.
    async fn end(&self, id: SessionId, reason: SessionEnd, entry: &AuditEntry) -> Result<bool, PortError>;

    /// Ends all sessions of an account, also those that begin while this runs from what was
    /// checked before it. `false` when there is no such account.
    async fn end_all(&self, user: UserId, entry: &AuditEntry) -> Result<bool, PortError>;

    /// Forgets sessions that ended before `ended_before`, at most `limit` of them, and says how many.
    async fn sweep(&self, ended_before: Timestamp, limit: u32) -> Result<u64, PortError>;
}

/// Finds and ends the sessions of one account, for its owner.
#[async_trait]
pub trait SessionDirectory: Send + Sync {
    /// The sessions of an account that are live at `now`, the one that was used last first, at most
    /// `limit` of them.
    async fn list(&self, user: UserId, now: Timestamp, limit: u32) -> Result<Vec<SessionSummary>, PortError>;

    /// Ends a session of the account that is live at the entry's time. `false` when the account has no such
    /// session. Of any number of concurrent calls for one session, exactly one ends it.
    async fn end_own(&self, user: UserId, session: SessionId, entry: &AuditEntry) -> Result<bool, PortError>;

    /// Ends all sessions of the account but one that is live at the entry's time, also those that begin while
    /// this runs from what was checked before it. When the account has no such session to keep, it
    /// does nothing and says `false`.
    async fn end_others(&self, user: UserId, keep: SessionId, entry: &AuditEntry) -> Result<bool, PortError>;
}

/// Hashes and checks passwords, slowly.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password with a new salt.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError>;

    /// Whether there is room for one more check now; the refusal is the one that [`PasswordHasher::verify`] would
    /// answer at once. Room may be gone a moment later.
    fn admit(&self) -> Result<(), PortError>;

    /// Whether the attempt is the password that was hashed. Without a hash it is not, and takes as
    /// long to say so as with one.
    async fn verify(&self, attempt: &PasswordAttempt, hash: Option<&PasswordHash>)
    -> Result<bool, PortError>;

    /// Whether a hash that was not made here is of a form that a password can match.
    fn reads(&self, hash: &PasswordHash) -> bool;

    /// A new hash of an attempt that just matched `hash`, if a new hash of it would be of another
    /// kind or cost. `None` if there is nothing to gain, or if the attempt cannot be kept whole.
    async fn renew(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Option<PasswordHash>, PortError>;
}

/// A new password, chosen by the owner of an account.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The new password, hashed.
    pub hash: PasswordHash,
    /// The epoch that the account was in when its old password was checked.
    pub epoch: i64,
    /// The session that its owner goes on with, of the epoch after that one.
    pub session: Session,
}

/// Replaces what proves whose an account is.
#[async_trait]
pub trait PasswordRepository: Send + Sync {
    /// Stores the new hash and when it came, ends all sessions of the account and starts the new
    /// one, in one, provided the account is active and still in the epoch that was read. Otherwise
    /// it does nothing and says `false`. Of any number of concurrent calls in one epoch, exactly one
    /// succeeds.
    async fn change(&self, change: &PasswordChange, entry: &AuditEntry) -> Result<bool, PortError>;

    /// Stores a new hash and when it came, and ends all sessions of the account, in one. `None` when
    /// there is no such account; otherwise the account as it is then. The entry need not name the account.
    async fn set(
        &self,
        email: &EmailAddress,
        hash: &PasswordHash,
        entry: &AuditEntry,
    ) -> Result<Option<User>, PortError>;

    /// Replaces a hash by another one of the same password, provided the account still has it; its
    /// sessions live on. Otherwise it does nothing and says `false`.
    async fn upgrade(
        &self,
        user: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        entry: &AuditEntry,
    ) -> Result<bool, PortError>;
}

/// One change to an account by an operator or an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    /// Lets the account be used, or no longer.
    SetActive(bool),
    /// Gives it another role.
    SetRole(Role),
    /// Makes it an administrator's, or no longer.
    SetAdministrator(bool),
    /// Ends its sessions and nothing else.
    EndSessions,
}

/// A page of accounts, by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage {
    /// The accounts, in the order of their addresses.
    pub users: Vec<User>,
    /// Where the next page begins: after this address. `None` on the last page.
    pub next: Option<EmailAddress>,
}

/// Lists and changes accounts for an operator.
#[async_trait]
pub trait AccountDirectory: Send + Sync {
    /// The accounts whose addresses begin with `prefix` and come after `after`, at most `limit`.
    async fn list(
        &self,
        prefix: &AddressPrefix,
        after: Option<&EmailAddress>,
        limit: u32,
    ) -> Result<AccountPage, PortError>;

    /// Finds an account; `None` when there is none.
    async fn find(&self, id: UserId) -> Result<Option<User>, PortError>;

    /// Applies the change and ends all sessions of the account, in one. `None` when there is no
    /// such account; otherwise the account as it is then.
    async fn change(
        &self,
        email: &EmailAddress,
        change: AccountChange,
        entry: &AuditEntry,
    ) -> Result<Option<User>, PortError>;
}

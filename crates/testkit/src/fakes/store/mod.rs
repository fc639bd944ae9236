//! A store in memory: every port with storage behind it, over the same few maps.

mod accounts;
mod analytics;
mod audit;
mod chat;
mod keys;
mod limits;
mod onboarding;
mod own_sessions;
mod passwords;
mod registrations;
mod sessions;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use autorisen_domain::analytics::TrackedEvent;
use autorisen_domain::audit::{AuditEntry, AuditRow};
use autorisen_domain::auth::{
    EmailAddress, PasswordHash, PendingRegistration, Profile, RegistrationId, Session, SessionId, User,
    UserId,
};
use autorisen_domain::chat::{KeptHostedSession, Thread};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::digest::Digest;
use autorisen_domain::error::PortError;
use autorisen_domain::keys::SigningKey;
use autorisen_domain::onboarding::Checklist;
use autorisen_domain::rate_limit::Tally;

use crate::contracts::Stores;

/// Keeps everything in memory, and can be made to fail.
#[derive(Default)]
pub struct InMemoryStore {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    is_down: bool,
    broken: Option<&'static str>,
    accounts: BTreeMap<EmailAddress, Account>,
    pending: BTreeMap<RegistrationId, PendingRegistration>,
    sessions: BTreeMap<SessionId, Session>,
    tallies: BTreeMap<[u8; Digest::LENGTH], Counted>,
    keys: Vec<SigningKey>,
    chat: chat::Chat,
    hosted: Vec<chat::hosted::KeptHosted>,
    checklists: BTreeMap<UserId, Checklist>,
    analytics: analytics::Analytics,
    audit: audit::Audit,
}

struct Account {
    user: User,
    hash: PasswordHash,
    password_since: Timestamp,
    profile: Profile,
}

#[derive(Default)]
struct Counted {
    tally: Tally,
    stale_from: Option<Timestamp>,
}

impl InMemoryStore {
    /// All ports over this store.
    pub fn ports(self: &Arc<Self>) -> Stores {
        Stores {
            users: Arc::<Self>::clone(self),
            directory: Arc::<Self>::clone(self),
            passwords: Arc::<Self>::clone(self),
            pending: Arc::<Self>::clone(self),
            sessions: Arc::<Self>::clone(self),
            own_sessions: Arc::<Self>::clone(self),
            limiter: Arc::<Self>::clone(self),
            keys: Arc::<Self>::clone(self),
            threads: Arc::<Self>::clone(self),
            thread_directory: Arc::<Self>::clone(self),
            items: Arc::<Self>::clone(self),
            attachments: Arc::<Self>::clone(self),
            attachment_bytes: Arc::<Self>::clone(self),
            ledger: Arc::<Self>::clone(self),
            hosted: Arc::<Self>::clone(self),
            checklists: Arc::<Self>::clone(self),
            analytics: Arc::<Self>::clone(self),
            trail: Arc::<Self>::clone(self),
        }
    }

    /// From now on every call fails.
    pub fn go_down(&self) {
        self.tables().is_down = true;
    }

    /// From now on every call that does this fails, such as "find session"; others work.
    pub fn break_down(&self, operation: &'static str) {
        self.tables().broken = Some(operation);
    }

    /// Calls work again, on what was stored before.
    pub fn come_back(&self) {
        let mut tables = self.tables();
        (tables.is_down, tables.broken) = (false, None);
    }

    /// The account with this address, and what its owner said of themselves.
    pub fn account(&self, address: &EmailAddress) -> Option<(User, Profile)> {
        let tables = self.tables();
        tables.accounts.get(address).map(|account| (account.user.clone(), account.profile.clone()))
    }

    /// The stored hash of an account's password.
    pub fn hash_of(&self, address: &EmailAddress) -> Option<PasswordHash> {
        self.tables().accounts.get(address).map(|account| account.hash.clone())
    }

    /// Gives an account a hash, as an import does.
    pub fn import_hash(&self, address: &EmailAddress, hash: PasswordHash) {
        self.tables().accounts.get_mut(address).expect("the account is stored").hash = hash;
    }

    /// Removes an account with all that is its own, as no port can.
    pub fn delete_account(&self, user: UserId) {
        let mut tables = self.tables();
        tables.accounts.retain(|_, account| account.user.id != user);
        tables.sessions.retain(|_, session| session.user != user);
        tables.chat.forget_user(user);
        tables.checklists.remove(&user);
    }

    /// The sessions of an account, alive or not, oldest first.
    pub fn sessions_of(&self, user: UserId) -> Vec<Session> {
        self.tables().sessions.values().filter(|session| session.user == user).cloned().collect()
    }

    /// The threads of an account, oldest first.
    pub fn threads_of(&self, user: UserId) -> Vec<Thread> {
        let tables = self.tables();
        let threads = tables.chat.threads.iter().map(|kept| &kept.thread);
        threads.filter(|thread| thread.user == user).cloned().collect()
    }

    /// What is kept of hosted sessions, the oldest first.
    pub fn hosted_sessions(&self) -> Vec<KeptHostedSession> {
        self.tables().hosted.iter().map(|kept| kept.session.clone()).collect()
    }

    /// What front ends tracked, in the order in which it was kept.
    pub fn tracked_events(&self) -> Vec<TrackedEvent> {
        self.tables().analytics.tracked.clone()
    }

    /// The rows of the audit, oldest first.
    pub fn audit_rows(&self) -> Vec<AuditRow> {
        self.tables().audit.rows.clone()
    }

    /// How many registrations were begun and neither finished nor forgotten.
    pub fn pending_count(&self) -> usize {
        self.tables().pending.len()
    }

    /// Does `work` on the tables, at once; another task may come first, as with any store.
    async fn run<R>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Tables) -> R + Send,
    ) -> Result<R, PortError> {
        tokio::task::yield_now().await;
        let mut tables = self.tables();
        if tables.is_down || tables.broken == Some(operation) {
            Err(PortError::new(operation, "the store is down"))
        } else {
            Ok(work(&mut tables))
        }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    /// Notes what happened, if it did; gives whether it did.
    fn audit_if(&mut self, happened: bool, entry: &AuditEntry) -> bool {
        if happened {
            self.audit.append(entry);
        }
        happened
    }

    fn user(&self, id: UserId) -> Option<&User> {
        self.accounts.values().map(|account| &account.user).find(|user| user.id == id)
    }

    fn user_mut(&mut self, id: UserId) -> Option<&mut User> {
        self.accounts.values_mut().map(|account| &mut account.user).find(|user| user.id == id)
    }
}

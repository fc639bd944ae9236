//! The ports with storage behind them, over one and the same store.

use std::sync::Arc;

use autorisen_domain::analytics::AnalyticsRepository;
use autorisen_domain::audit::AuditTrail;
use autorisen_domain::auth::{
    AccountDirectory, PasswordRepository, PendingRegistrationRepository, Session, SessionDirectory,
    SessionRecord, SessionRepository, User, UserRepository,
};
use autorisen_domain::chat::{
    AttachmentBytes, AttachmentRepository, HostedSessionRepository, ItemRepository, ThreadDirectory,
    ThreadRepository, UsageLedger,
};
use autorisen_domain::keys::SigningKeyRepository;
use autorisen_domain::onboarding::ChecklistRepository;
use autorisen_domain::rate_limit::RateLimiter;

use crate::fixtures;

/// The ports with storage behind them, over one and the same store, which is empty at first.
#[derive(Clone)]
pub struct Stores {
    /// Accounts.
    pub users: Arc<dyn UserRepository>,
    /// Accounts, for an operator.
    pub directory: Arc<dyn AccountDirectory>,
    /// Passwords.
    pub passwords: Arc<dyn PasswordRepository>,
    /// Registrations that were begun.
    pub pending: Arc<dyn PendingRegistrationRepository>,
    /// Sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// Sessions, for their owners.
    pub own_sessions: Arc<dyn SessionDirectory>,
    /// Counted tries.
    pub limiter: Arc<dyn RateLimiter>,
    /// Signing keys.
    pub keys: Arc<dyn SigningKeyRepository>,
    /// Threads.
    pub threads: Arc<dyn ThreadRepository>,
    /// Threads, as they are listed, changed and answered in.
    pub thread_directory: Arc<dyn ThreadDirectory>,
    /// Items.
    pub items: Arc<dyn ItemRepository>,
    /// Files.
    pub attachments: Arc<dyn AttachmentRepository>,
    /// The bytes of files.
    pub attachment_bytes: Arc<dyn AttachmentBytes>,
    /// What is used.
    pub ledger: Arc<dyn UsageLedger>,
    /// What is open on OpenAI's side.
    pub hosted: Arc<dyn HostedSessionRepository>,
    /// What users have to do.
    pub checklists: Arc<dyn ChecklistRepository>,
    /// What happened, for reports.
    pub analytics: Arc<dyn AnalyticsRepository>,
    /// The audit.
    pub trail: Arc<dyn AuditTrail>,
}

impl Stores {
    /// Stores an account with this address.
    pub async fn add_user(&self, address: &str) -> User {
        let user = fixtures::user(address);
        self.users
            .register(&fixtures::account(&user), &fixtures::noted(fixtures::NOW))
            .await
            .expect("the account is stored");
        user
    }

    /// Stores a session of `user`.
    pub async fn add_session(&self, user: &User) -> Session {
        let session = fixtures::session_for(user);
        assert!(
            self.sessions.start(&session, &fixtures::noted(fixtures::NOW)).await.unwrap(),
            "the session starts"
        );
        session
    }

    /// What is stored of `session`.
    pub async fn record_of(&self, session: &Session) -> SessionRecord {
        self.sessions.find(session.id).await.unwrap().expect("the session is stored")
    }
}

//! Signing in with a password.

use std::sync::Arc;

use crate::audit::{AuditAction, AuditEntry, AuditTrail};
use crate::auth::limits::PasswordCharge;
use crate::auth::{
    AuthLimits, BotGate, BotRefusal, ChargeError, Credentials, EmailAddress, LoginError, PasswordAttempt,
    PasswordHasher, PasswordRepository, SessionIssuer, SessionRepository, SignedIn, UserId, UserRepository,
};
use crate::context::Context;
use crate::error::PortError;
use crate::events::{Action, Event, EventSink, LoginFailure};

/// A request to sign in.
#[derive(Debug, Clone)]
pub struct Login {
    /// The account's address.
    pub email: EmailAddress,
    /// The password as typed.
    pub password: PasswordAttempt,
    /// What shows that a person asks, where the client asked its user for it.
    pub proof: Option<String>,
    /// What marks the device as one where the account signed in before.
    pub device: Option<String>,
}

impl Login {
    /// A request with these credentials and nothing besides.
    #[must_use]
    pub const fn new(email: EmailAddress, password: PasswordAttempt) -> Self {
        Self { email, password, proof: None, device: None }
    }
}

/// What [`LoginService`] needs from outside.
pub struct LoginPorts {
    /// The accounts.
    pub users: Arc<dyn UserRepository>,
    /// Replaces hashes of older kinds.
    pub passwords: Arc<dyn PasswordRepository>,
    /// The sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// Checks passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Makes sessions.
    pub issuer: Arc<SessionIssuer>,
    /// Limits tries.
    pub limits: Arc<AuthLimits>,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Signs users in.
pub struct LoginService {
    ports: LoginPorts,
    bots: Arc<BotGate>,
    trail: Arc<dyn AuditTrail>,
}

impl LoginService {
    /// A service over these ports, behind this gate, whose refusals are kept in this trail.
    #[must_use]
    pub const fn new(ports: LoginPorts, bots: Arc<BotGate>, trail: Arc<dyn AuditTrail>) -> Self {
        Self { ports, bots, trail }
    }

    /// Checks credentials and opens a session.
    ///
    /// Where no password can be checked now, that is said at once: a storm of logins costs the database nothing.
    /// The limit is charged before anybody is asked whether a person tries, and before the account is
    /// looked up. A missing or disabled account costs as much time as a wrong password, so neither tells a stranger which addresses exist.
    /// A hash of an older kind or another cost is replaced once its password was shown.
    /// A refusal is in the audit before it is answered; what could not be checked is no refusal.
    pub async fn login(&self, ctx: &Context, login: Login) -> Result<SignedIn, LoginError> {
        let ports = &self.ports;
        ports.events.record(ctx, &Event::LoginAttempted);
        if let Err(cause) = ports.hasher.admit() {
            ports.events.record(ctx, &Event::LoginFailed { reason: LoginFailure::NotChecked });
            return Err(cause.into());
        }
        let device = login.device.as_deref();
        let charged = ports.limits.charge_password(ctx, Action::Login, &login.email, device).await;
        let charge = self.unless_limited(ctx, charged).await?;

        if let Err(refusal) = self.bots.consider(ctx, login.proof.as_deref()).await {
            return Err(self.refuse_bot(ctx, &charge, refusal).await);
        }

        let found = ports.users.find_credentials(&login.email).await?;
        let password_since = found.as_ref().map(|credentials| credentials.password_since);
        let charged = ports.limits.doubt(ctx, Action::Login, &login.email, charge, password_since).await;
        let charge = self.unless_limited(ctx, charged).await?;
        let account = found.as_ref().map(|credentials| credentials.user.id);
        let hash = found.as_ref().map(|credentials| &credentials.hash);
        let matches = match ports.hasher.verify(&login.password, hash).await {
            Ok(matches) => matches,
            Err(cause) => {
                ports.limits.refund(&charge).await;
                ports.events.record(ctx, &Event::LoginFailed { reason: LoginFailure::NotChecked });
                return Err(cause.into());
            }
        };

        let credentials = match found {
            None => return Err(self.refuse(ctx, LoginFailure::UnknownAccount, None).await),
            Some(_) if !matches => {
                return Err(self.refuse(ctx, LoginFailure::WrongPassword, account).await);
            }
            Some(credentials) if !credentials.user.is_active => {
                return Err(self.refuse(ctx, LoginFailure::Disabled, account).await);
            }
            Some(credentials) => credentials,
        };

        let user = &credentials.user;
        let (session, signed_in) = ports.issuer.open(ctx, user)?;
        let entry = AuditEntry::new(ctx, session.created_at, AuditAction::LoggedIn);
        if !ports.sessions.start(&session, &entry.of(user.id).in_session(session.id)).await? {
            // Disabled, or its password changed, while we were checking the old one.
            return Err(self.refuse(ctx, LoginFailure::Disabled, account).await);
        }
        ports.limits.forgive(&charge).await?;
        ports.events.record(ctx, &Event::LoginSucceeded { user: user.id, session: session.id });
        self.upgrade(ctx, &login.password, &credentials).await;
        Ok(signed_in)
    }

    /// Replaces the hash where a new one would be better. The login stands whether that works or not:
    /// the next one tries again.
    async fn upgrade(&self, ctx: &Context, password: &PasswordAttempt, credentials: &Credentials) {
        let user = credentials.user.id;
        let event = match self.try_upgrade(ctx, password, credentials).await {
            // Nothing to do, or the password was changed meanwhile.
            Ok(false) => return,
            Ok(true) => Event::PasswordUpgraded { user },
            Err(_) => Event::PasswordUpgradeFailed { user },
        };
        self.ports.events.record(ctx, &event);
    }

    async fn try_upgrade(
        &self,
        ctx: &Context,
        password: &PasswordAttempt,
        credentials: &Credentials,
    ) -> Result<bool, PortError> {
        let Credentials { user, hash, .. } = credentials;
        match self.ports.hasher.renew(password, hash).await? {
            Some(renewed) => {
                let now = self.ports.limits.now();
                let entry = AuditEntry::new(ctx, now, AuditAction::PasswordRehashed).of(user.id);
                self.ports.passwords.upgrade(user.id, hash, &renewed, &entry).await
            }
            None => Ok(false),
        }
    }

    /// A refused proof counts as a try; that nobody could be asked does not.
    async fn refuse_bot(&self, ctx: &Context, charge: &PasswordCharge, refusal: BotRefusal) -> LoginError {
        match refusal {
            BotRefusal::Missing | BotRefusal::Refused => {
                match self.refuse(ctx, LoginFailure::BotCheck, None).await {
                    LoginError::InvalidCredentials => LoginError::BotRefused,
                    error => error,
                }
            }
            BotRefusal::Port(cause) => {
                self.ports.limits.refund(charge).await;
                self.ports.events.record(ctx, &Event::LoginFailed { reason: LoginFailure::NotChecked });
                cause.into()
            }
        }
    }

    /// The charge, or why there is none, once that is in the audit.
    async fn unless_limited(
        &self,
        ctx: &Context,
        charged: Result<PasswordCharge, ChargeError>,
    ) -> Result<PasswordCharge, LoginError> {
        if let Err(ChargeError::Limited(_)) = &charged {
            let entry = AuditEntry::new(ctx, self.ports.limits.now(), AuditAction::LoginLimited);
            self.trail.append(&entry).await?;
        }
        Ok(charged?)
    }

    /// Says why in the log and in the audit. A refusal that cannot be kept is no answer.
    async fn refuse(&self, ctx: &Context, reason: LoginFailure, account: Option<UserId>) -> LoginError {
        self.ports.events.record(ctx, &Event::LoginFailed { reason });
        let now = self.ports.limits.now();
        let entry = AuditEntry { account, ..AuditEntry::new(ctx, now, AuditAction::LoginRefused(reason)) };
        match self.trail.append(&entry).await {
            Ok(()) => LoginError::InvalidCredentials,
            Err(cause) => cause.into(),
        }
    }
}

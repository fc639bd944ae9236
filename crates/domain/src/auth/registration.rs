//! Registration: in two steps, as the existing clients do it, or in one.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{
    BotGate, CompanyName, EmailAddress, NewAccount, OpaqueKind, OpaqueTokens, Password, PasswordHash,
    PasswordHasher, PendingRegistrationRepository, PersonName, Profile, PublicFacts, RegisterAccountError,
    RegisterError, Role, SessionIssuer, SignedIn, User, UserId, UserRepository,
};
use crate::clock::Timestamp;
use crate::context::Context;
use crate::digest::Digest;
use crate::error::PortError;
use crate::events::{Event, EventSink, RegisterFailure};
use crate::id::{IdSource, entity_id};

entity_id! {
    /// The id of a registration that was begun.
    RegistrationId
}

/// What a person states to get an account.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The address.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// What the account shall be.
    pub role: Role,
    /// What shows that a person asks; an operator needs none.
    pub proof: Option<String>,
}

/// A registration between its two steps. It stays on the server; the client holds a token for it.
#[derive(Debug, Clone)]
pub struct PendingRegistration {
    /// Its id.
    pub id: RegistrationId,
    /// The digest of the client's token.
    pub token: Digest,
    /// The address.
    pub email: EmailAddress,
    /// The password, hashed.
    pub hash: PasswordHash,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// What the account shall be.
    pub role: Role,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When its time is over.
    pub expires_at: Timestamp,
}

/// What a client gets after the first step.
#[derive(Debug, Clone)]
pub struct StartedRegistration {
    /// For the second step; good once.
    pub token: SecretString,
    /// When its time is over.
    pub expires_at: Timestamp,
}

/// What [`RegistrationService`] needs from outside.
pub struct RegistrationPorts {
    /// The accounts.
    pub users: Arc<dyn UserRepository>,
    /// The registrations between their steps.
    pub pending: Arc<dyn PendingRegistrationRepository>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Makes and reads the token between the steps.
    pub opaque: Arc<dyn OpaqueTokens>,
    /// Makes the first session.
    pub issuer: Arc<SessionIssuer>,
    /// Tells the time and gives ids.
    pub ids: IdSource,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationMode {
    /// Everybody. Who tries a taken address is told so.
    Open,
    /// Nobody: operators make the accounts. All addresses get the same answer.
    Closed,
}

/// How registrations go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationPolicy {
    /// Who may register.
    pub mode: RegistrationMode,
    /// How long a begun registration is kept.
    pub pending_ttl: Duration,
}

/// Makes accounts for those who ask for one.
pub struct RegistrationService {
    ports: RegistrationPorts,
    bots: Arc<BotGate>,
    policy: RegistrationPolicy,
}

impl RegistrationService {
    /// A service over these ports, behind this gate.
    #[must_use]
    pub const fn new(ports: RegistrationPorts, bots: Arc<BotGate>, policy: RegistrationPolicy) -> Self {
        Self { ports, bots, policy }
    }

    /// First step: keeps what was stated and gives a token for the second.
    ///
    /// A taken address is told, because the existing clients rely on it; see
    /// [`RegistrationMode::Closed`].
    pub async fn begin(
        &self,
        ctx: &Context,
        registration: Registration,
    ) -> Result<StartedRegistration, RegisterError> {
        let ports = &self.ports;
        ports.events.record(ctx, &Event::RegisterAttempted);
        self.admit(ctx, registration.proof.as_deref()).await?;
        // The company comes with the second step, when there is no password left to compare it with.
        let hash = self.hash_for_new_address(ctx, &registration, None).await?;

        let id = RegistrationId::generate(&ports.ids)?;
        let minted = ports.opaque.mint(OpaqueKind::Registration, id.as_bytes())?;
        let now = ports.ids.now();
        let pending = PendingRegistration {
            id,
            token: minted.digest,
            email: registration.email,
            hash,
            first_name: registration.first_name,
            last_name: registration.last_name,
            role: registration.role,
            created_at: now,
            expires_at: now.plus(self.policy.pending_ttl),
        };
        ports.pending.add(&pending).await?;
        ports.events.record(ctx, &Event::RegisterStarted);
        Ok(StartedRegistration { token: minted.token, expires_at: pending.expires_at })
    }

    /// Second step: makes the account that the first one described, and signs its owner in.
    pub async fn finish(
        &self,
        ctx: &Context,
        token: Option<&str>,
        company_name: CompanyName,
        profile: Profile,
    ) -> Result<SignedIn, RegisterError> {
        self.refuse_if_closed(ctx)?;
        let pending = match self.find_pending(token).await {
            Ok(pending) => pending,
            Err(error) => return Err(self.refuse(ctx, error)),
        };
        let user = self.new_user(
            pending.email,
            (pending.first_name, pending.last_name),
            company_name,
            pending.role,
        )?;
        self.store(ctx, user, pending.hash, profile, Some(pending.id)).await
    }

    /// Both steps in one.
    pub async fn register(
        &self,
        ctx: &Context,
        registration: Registration,
        company_name: CompanyName,
        profile: Profile,
    ) -> Result<SignedIn, RegisterError> {
        self.ports.events.record(ctx, &Event::RegisterAttempted);
        self.admit(ctx, registration.proof.as_deref()).await?;
        let hash = self.hash_for_new_address(ctx, &registration, Some(&company_name)).await?;
        let names = (registration.first_name, registration.last_name);
        let user = self.new_user(registration.email, names, company_name, registration.role)?;
        self.store(ctx, user, hash, profile, None).await
    }

    /// Comes before anything is looked up or hashed, so that it tells nothing of any address.
    async fn admit(&self, ctx: &Context, proof: Option<&str>) -> Result<(), RegisterError> {
        self.refuse_if_closed(ctx)?;
        self.bots.demand(ctx, proof).await.map_err(|refusal| self.refuse(ctx, refusal.into()))
    }

    fn refuse_if_closed(&self, ctx: &Context) -> Result<(), RegisterError> {
        match self.policy.mode {
            RegistrationMode::Open => Ok(()),
            RegistrationMode::Closed => Err(self.refuse(ctx, RegisterError::Closed)),
        }
    }

    /// Hashes before it asks whether the address is taken, so that both answers take as long.
    async fn hash_for_new_address(
        &self,
        ctx: &Context,
        registration: &Registration,
        company_name: Option<&CompanyName>,
    ) -> Result<PasswordHash, RegisterError> {
        let facts = PublicFacts::of_registration(registration, company_name);
        facts.refuse_in(&registration.password).map_err(|error| self.refuse(ctx, error.into()))?;
        let hash = self.ports.hasher.hash(&registration.password).await?;
        if self.ports.users.is_taken(&registration.email).await? {
            return Err(self.refuse(ctx, RegisterError::EmailTaken));
        }
        Ok(hash)
    }

    async fn find_pending(&self, token: Option<&str>) -> Result<PendingRegistration, RegisterError> {
        let token = token.ok_or(RegisterError::TokenMissing)?;
        let read =
            self.ports.opaque.read(OpaqueKind::Registration, token).ok_or(RegisterError::TokenInvalid)?;
        let pending = self
            .ports
            .pending
            .find(RegistrationId::from_bytes(read.names))
            .await?
            .filter(|pending| pending.token == read.digest)
            .ok_or(RegisterError::TokenInvalid)?;
        if self.ports.ids.now() >= pending.expires_at {
            return Err(RegisterError::TokenExpired);
        }
        Ok(pending)
    }

    fn new_user(
        &self,
        email: EmailAddress,
        (first_name, last_name): (PersonName, PersonName),
        company_name: CompanyName,
        role: Role,
    ) -> Result<User, PortError> {
        Ok(User {
            id: UserId::generate(&self.ports.ids)?,
            email,
            email_verified: false,
            first_name,
            last_name,
            company_name,
            role,
            is_active: true,
            is_administrator: false,
            session_epoch: 1,
            created_at: self.ports.ids.now(),
            last_login_at: None,
        })
    }

    async fn store(
        &self,
        ctx: &Context,
        user: User,
        hash: PasswordHash,
        profile: Profile,
        finishes: Option<RegistrationId>,
    ) -> Result<SignedIn, RegisterError> {
        let (session, signed_in) = self.ports.issuer.open(ctx, &user)?;
        let (user_id, session_id) = (user.id, session.id);
        let entry = AuditEntry::new(ctx, session.created_at, AuditAction::Registered);
        let entry = entry.of(user_id).in_session(session_id);
        let account = NewAccount { user, hash, profile, session: Some(session), finishes };
        if let Err(error) = self.ports.users.register(&account, &entry).await {
            return Err(self.refuse(
                ctx,
                match error {
                    RegisterAccountError::EmailTaken => RegisterError::EmailTaken,
                    RegisterAccountError::RegistrationSpent => RegisterError::TokenInvalid,
                    RegisterAccountError::Port(cause) => RegisterError::Port(cause),
                },
            ));
        }
        self.ports.events.record(ctx, &Event::RegisterSucceeded { user: user_id, session: session_id });
        Ok(signed_in)
    }

    /// Records why, unless the reason is not about the request.
    fn refuse(&self, ctx: &Context, error: RegisterError) -> RegisterError {
        let reason = match error {
            RegisterError::Closed => RegisterFailure::Closed,
            RegisterError::BotProofMissing | RegisterError::BotRefused => RegisterFailure::BotCheck,
            RegisterError::EmailTaken => RegisterFailure::EmailTaken,
            RegisterError::TokenMissing | RegisterError::TokenInvalid => RegisterFailure::InvalidToken,
            RegisterError::TokenExpired => RegisterFailure::ExpiredToken,
            RegisterError::PersonalPassword(_) => RegisterFailure::PersonalPassword,
            RegisterError::Port(_) => return error,
        };
        self.ports.events.record(ctx, &Event::RegisterFailed { reason });
        error
    }
}

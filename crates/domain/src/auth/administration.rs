//! What an operator does with accounts from the command line, and an administrator in part.

use std::sync::Arc;

use crate::audit::{AuditAction, AuditEntry};
use crate::auth::{
    AccountChange, AccountDirectory, AccountPage, AddressPrefix, CompanyName, CreateAccountError,
    EmailAddress, NewAccount, Password, PasswordHash, PasswordHasher, PasswordRepository, PersonName,
    Profile, PublicFacts, RegisterAccountError, Registration, Role, SetPasswordError, User, UserId,
    UserRepository,
};
use crate::context::Context;
use crate::error::PortError;
use crate::events::{Event, EventSink};
use crate::id::IdSource;

/// What [`AccountAdministration`] needs from outside.
pub struct AccountAdministrationPorts {
    /// Lists and changes accounts.
    pub directory: Arc<dyn AccountDirectory>,
    /// Stores new ones.
    pub users: Arc<dyn UserRepository>,
    /// Replaces their passwords.
    pub passwords: Arc<dyn PasswordRepository>,
    /// Hashes their passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Tells the time and gives ids.
    pub ids: IdSource,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// An account of another system, which knows the password of its owner only as a hash.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// The address.
    pub email: EmailAddress,
    /// The hash.
    pub hash: PasswordHash,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// What the account shall be.
    pub role: Role,
}

/// Serves an operator, who may do all this by having the settings of the server.
pub struct AccountAdministration {
    ports: AccountAdministrationPorts,
}

impl AccountAdministration {
    /// A service over these ports.
    #[must_use]
    pub const fn new(ports: AccountAdministrationPorts) -> Self {
        Self { ports }
    }

    /// Makes an account whose address counts as verified, since the operator vouches for it.
    pub async fn create(
        &self,
        ctx: &Context,
        registration: Registration,
        company_name: CompanyName,
    ) -> Result<User, CreateAccountError> {
        PublicFacts::of_registration(&registration, Some(&company_name)).refuse_in(&registration.password)?;
        let hash = self.ports.hasher.hash(&registration.password).await?;
        let Registration { email, first_name, last_name, role, .. } = registration;
        self.store(ctx, Adoption { email, hash, first_name, last_name, role }, company_name).await
    }

    /// Makes an account whose owner goes on with the password that they have in another system. The
    /// hash is replaced when they sign in.
    pub async fn adopt(
        &self,
        ctx: &Context,
        adoption: Adoption,
        company_name: CompanyName,
    ) -> Result<User, CreateAccountError> {
        if !self.ports.hasher.reads(&adoption.hash) {
            return Err(CreateAccountError::UnknownHash);
        }
        self.store(ctx, adoption, company_name).await
    }

    async fn store(
        &self,
        ctx: &Context,
        Adoption { email, hash, first_name, last_name, role }: Adoption,
        company_name: CompanyName,
    ) -> Result<User, CreateAccountError> {
        let ports = &self.ports;
        let user = User {
            id: UserId::generate(&ports.ids)?,
            email,
            email_verified: true,
            first_name,
            last_name,
            company_name,
            role,
            is_active: true,
            is_administrator: false,
            session_epoch: 1,
            created_at: ports.ids.now(),
            last_login_at: None,
        };
        let account = NewAccount { user, hash, profile: Profile::default(), session: None, finishes: None };
        let entry = AuditEntry::new(ctx, account.user.created_at, AuditAction::Created).of(account.user.id);
        ports.users.register(&account, &entry).await.map_err(|error| match error {
            RegisterAccountError::EmailTaken => CreateAccountError::EmailTaken,
            RegisterAccountError::RegistrationSpent => {
                CreateAccountError::Port(PortError::new("register account", "no registration was named"))
            }
            RegisterAccountError::Port(cause) => CreateAccountError::Port(cause),
        })?;
        ports.events.record(ctx, &Event::AccountCreated { user: account.user.id });
        Ok(account.user)
    }

    /// Lists accounts whose addresses begin in this way, in the order of their addresses.
    pub async fn list(
        &self,
        prefix: &AddressPrefix,
        after: Option<&EmailAddress>,
        limit: u32,
    ) -> Result<AccountPage, PortError> {
        self.ports.directory.list(prefix, after, limit).await
    }

    /// Finds an account; `None` when there is none.
    pub async fn find(&self, id: UserId) -> Result<Option<User>, PortError> {
        self.ports.directory.find(id).await
    }

    /// Changes an account and ends all its sessions: when this returns, no replica accepts any of
    /// them. `None` when there is no account with this address.
    pub async fn change(
        &self,
        ctx: &Context,
        email: &EmailAddress,
        change: AccountChange,
    ) -> Result<Option<User>, PortError> {
        let entry = AuditEntry::new(ctx, self.ports.ids.now(), AuditAction::Changed(change));
        let changed = self.ports.directory.change(email, change, &entry).await?;
        if let Some(user) = &changed {
            self.ports.events.record(ctx, &Event::AccountChanged { user: user.id, change });
        }
        Ok(changed)
    }

    /// Sets the password of an account and ends all its sessions: when this returns, no replica
    /// accepts any of them. `None` when there is no account with this address.
    pub async fn set_password(
        &self,
        ctx: &Context,
        email: &EmailAddress,
        password: &Password,
    ) -> Result<Option<User>, SetPasswordError> {
        let ports = &self.ports;
        let Some(found) = ports.users.find_credentials(email).await? else {
            return Ok(None);
        };
        PublicFacts::of_user(&found.user).refuse_in(password)?;
        let hash = ports.hasher.hash(password).await?;
        let entry = AuditEntry::new(ctx, ports.ids.now(), AuditAction::PasswordSet).of(found.user.id);
        let changed = ports.passwords.set(email, &hash, &entry).await?;
        if let Some(user) = &changed {
            ports.events.record(ctx, &Event::AccountPasswordSet { user: user.id });
        }
        Ok(changed)
    }
}

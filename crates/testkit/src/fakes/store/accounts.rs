//! Accounts in memory.

use std::ops::Bound;

use async_trait::async_trait;
use autorisen_domain::audit::AuditEntry;
use autorisen_domain::auth::{
    AccountChange, AccountDirectory, AccountPage, AddressPrefix, Credentials, EmailAddress, NewAccount,
    RegisterAccountError, User, UserId, UserRepository,
};
use autorisen_domain::error::PortError;

use super::{Account, InMemoryStore, Tables};

#[async_trait]
impl UserRepository for InMemoryStore {
    async fn register(&self, account: &NewAccount, entry: &AuditEntry) -> Result<(), RegisterAccountError> {
        self.run("register account", |tables| register(tables, account, entry)).await?
    }

    async fn is_taken(&self, email: &EmailAddress) -> Result<bool, PortError> {
        self.run("look up address", |tables| tables.accounts.contains_key(email)).await
    }

    async fn find_credentials(&self, email: &EmailAddress) -> Result<Option<Credentials>, PortError> {
        self.run("find credentials", |tables| {
            let account = tables.accounts.get(email)?;
            Some(Credentials {
                user: account.user.clone(),
                hash: account.hash.clone(),
                password_since: account.password_since,
            })
        })
        .await
    }
}

#[async_trait]
impl AccountDirectory for InMemoryStore {
    async fn list(
        &self,
        prefix: &AddressPrefix,
        after: Option<&EmailAddress>,
        limit: u32,
    ) -> Result<AccountPage, PortError> {
        self.run("list accounts", |tables| {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let rest = tables.accounts.range::<EmailAddress, _>((from, Bound::Unbounded));
            let mut rest = rest.filter(|(email, _)| email.as_str().starts_with(prefix.as_str()));
            let users: Vec<User> =
                rest.by_ref().take(limit as usize).map(|(_, account)| account.user.clone()).collect();
            let next = rest.next().and(users.last()).map(|last| last.email.clone());
            AccountPage { users, next }
        })
        .await
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, PortError> {
        self.run("find account by id", |tables| tables.user(id).cloned()).await
    }

    async fn change(
        &self,
        email: &EmailAddress,
        change: AccountChange,
        entry: &AuditEntry,
    ) -> Result<Option<User>, PortError> {
        self.run("change account", |tables| {
            let user = &mut tables.accounts.get_mut(email)?.user;
            user.session_epoch += 1;
            match change {
                AccountChange::SetActive(is_active) => user.is_active = is_active,
                AccountChange::SetRole(role) => user.role = role,
                AccountChange::SetAdministrator(is_one) => user.is_administrator = is_one,
                AccountChange::EndSessions => {}
            }
            let user = user.clone();
            tables.audit.append(&entry.clone().of(user.id));
            Some(user)
        })
        .await
    }
}

fn register(
    tables: &mut Tables,
    account: &NewAccount,
    entry: &AuditEntry,
) -> Result<(), RegisterAccountError> {
    let NewAccount { user, hash, profile, session, finishes } = account;
    if tables.accounts.contains_key(&user.email) {
        return Err(RegisterAccountError::EmailTaken);
    }
    if let Some(registration) = finishes
        && tables.pending.remove(registration).is_none()
    {
        return Err(RegisterAccountError::RegistrationSpent);
    }
    let stored = Account {
        user: user.clone(),
        hash: hash.clone(),
        password_since: user.created_at,
        profile: profile.clone(),
    };
    tables.accounts.insert(user.email.clone(), stored);
    if let Some(session) = session {
        tables.sessions.insert(session.id, session.clone());
    }
    tables.audit.append(entry);
    Ok(())
}

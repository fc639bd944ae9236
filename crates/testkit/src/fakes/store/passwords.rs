//! Passwords in memory.

use async_trait::async_trait;
use autorisen_domain::audit::AuditEntry;
use autorisen_domain::auth::{EmailAddress, PasswordChange, PasswordHash, PasswordRepository, User, UserId};
use autorisen_domain::error::PortError;

use super::{Account, InMemoryStore, Tables};

#[async_trait]
impl PasswordRepository for InMemoryStore {
    async fn change(&self, change: &PasswordChange, entry: &AuditEntry) -> Result<bool, PortError> {
        self.run("change password", |tables| {
            let PasswordChange { hash, epoch, session } = change;
            let Some(account) = account_mut(tables, session.user) else {
                return false;
            };
            if !account.user.is_active || account.user.session_epoch != *epoch {
                return false;
            }
            account.hash = hash.clone();
            account.password_since = session.created_at;
            account.user.session_epoch = session.epoch;
            tables.sessions.insert(session.id, session.clone());
            tables.audit_if(true, entry)
        })
        .await
    }

    async fn set(
        &self,
        email: &EmailAddress,
        hash: &PasswordHash,
        entry: &AuditEntry,
    ) -> Result<Option<User>, PortError> {
        self.run("set password", |tables| {
            let account = tables.accounts.get_mut(email)?;
            account.hash = hash.clone();
            account.password_since = entry.at;
            account.user.session_epoch += 1;
            let user = account.user.clone();
            tables.audit.append(&entry.clone().of(user.id));
            Some(user)
        })
        .await
    }

    async fn upgrade(
        &self,
        user: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        entry: &AuditEntry,
    ) -> Result<bool, PortError> {
        self.run("upgrade password hash", |tables| {
            let has_it = |account: &&mut Account| account.hash.expose() == old.expose();
            let found = account_mut(tables, user).filter(has_it);
            let upgraded = found.map(|account| account.hash = new.clone()).is_some();
            tables.audit_if(upgraded, entry)
        })
        .await
    }
}

fn account_mut(tables: &mut Tables, user: UserId) -> Option<&mut Account> {
    tables.accounts.values_mut().find(|account| account.user.id == user)
}

//! Passwords in memory.

use async_trait::async_trait;
use autorisen_domain::auth::{EmailAddress, PasswordChange, PasswordHash, PasswordRepository, User, UserId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use super::{Account, InMemoryStore, Tables};

#[async_trait]
impl PasswordRepository for InMemoryStore {
    async fn change(&self, change: &PasswordChange) -> Result<bool, PortError> {
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
            true
        })
        .await
    }

    async fn set(
        &self,
        email: &EmailAddress,
        hash: &PasswordHash,
        at: Timestamp,
    ) -> Result<Option<User>, PortError> {
        self.run("set password", |tables| {
            let account = tables.accounts.get_mut(email)?;
            account.hash = hash.clone();
            account.password_since = at;
            account.user.session_epoch += 1;
            Some(account.user.clone())
        })
        .await
    }

    async fn upgrade(&self, user: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<bool, PortError> {
        self.run("upgrade password hash", |tables| {
            let has_it = |account: &&mut Account| account.hash.expose() == old.expose();
            account_mut(tables, user).filter(has_it).map(|account| account.hash = new.clone()).is_some()
        })
        .await
    }
}

fn account_mut(tables: &mut Tables, user: UserId) -> Option<&mut Account> {
    tables.accounts.values_mut().find(|account| account.user.id == user)
}

//! Table `users`, where a password is replaced.

use async_trait::async_trait;
use autorisen_domain::audit::AuditEntry;
use autorisen_domain::auth::{EmailAddress, PasswordChange, PasswordHash, PasswordRepository, User, UserId};
use autorisen_domain::error::PortError;
use diesel::prelude::*;

use crate::audit::append;
use crate::auth::session_row::SessionRow;
use crate::auth::user_row::{self, UserRow};
use crate::db::Db;
use crate::schema::{sessions, users};

/// Passwords in the table of accounts.
pub struct SqlPasswords {
    db: Db,
}

impl SqlPasswords {
    /// The passwords of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[async_trait]
impl PasswordRepository for SqlPasswords {
    async fn change(&self, change: &PasswordChange, entry: &AuditEntry) -> Result<bool, PortError> {
        let entry = entry.clone();
        let session = SessionRow::from(&change.session);
        let (user, at) = (change.session.user.to_string(), change.session.created_at.micros());
        let (epoch, next_epoch) = (change.epoch, change.session.epoch);
        let hash = change.hash.clone();
        self.db
            .transact("change password", move |conn| {
                // The write is the lock: of two changes, and of a change and a login, the second
                // finds another epoch.
                let account = users::table
                    .find(&user)
                    .filter(users::is_active.eq(true))
                    .filter(users::session_epoch.eq(epoch));
                let changed = diesel::update(account)
                    .set((
                        users::password_hash.eq(hash.expose()),
                        users::session_epoch.eq(next_epoch),
                        users::password_changed_at.eq(at),
                        users::updated_at.eq(at),
                    ))
                    .execute(conn)?
                    == 1;
                if changed {
                    diesel::insert_into(sessions::table).values(&session).execute(conn)?;
                    append(conn, &entry)?;
                }
                Ok(changed)
            })
            .await
    }

    async fn set(
        &self,
        email: &EmailAddress,
        hash: &PasswordHash,
        entry: &AuditEntry,
    ) -> Result<Option<User>, PortError> {
        let (email, hash, entry) = (email.as_str().to_owned(), hash.clone(), entry.clone());
        let at = entry.at;
        self.db
            .transact("set password", move |conn| {
                let row = diesel::update(users::table.filter(users::email.eq(&email)))
                    .set((
                        users::password_hash.eq(hash.expose()),
                        users::session_epoch.eq(users::session_epoch + 1),
                        users::password_changed_at.eq(at.micros()),
                        users::updated_at.eq(at.micros()),
                    ))
                    .returning(user_row::COLUMNS)
                    .get_result::<UserRow>(conn)
                    .optional()?;
                let Some(row) = row else {
                    return Ok(None);
                };
                let user = User::try_from(row)?;
                append(conn, &entry.clone().of(user.id))?;
                Ok(Some(user))
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
        let (user, old, new, entry) = (user.to_string(), old.clone(), new.clone(), entry.clone());
        self.db
            .transact("upgrade password hash", move |conn| {
                let account = users::table.find(&user).filter(users::password_hash.eq(old.expose()));
                let upgraded =
                    diesel::update(account).set(users::password_hash.eq(new.expose())).execute(conn)? == 1;
                if upgraded {
                    append(conn, &entry)?;
                }
                Ok(upgraded)
            })
            .await
    }
}

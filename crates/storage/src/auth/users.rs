//! Table `users`, and `user_profiles` that comes with it.

use async_trait::async_trait;
use autorisen_domain::audit::AuditEntry;
use autorisen_domain::auth::{
    Credentials, EmailAddress, NewAccount, PasswordHash, RegisterAccountError, User, UserRepository,
};
use autorisen_domain::error::PortError;
use diesel::dsl::{exists, select};
use diesel::prelude::*;

use crate::audit::append;
use crate::auth::session_row::SessionRow;
use crate::auth::user_row::{self, NewUserRow, UserRow};
use crate::db::{Abort, Db};
use crate::dialect::UniqueRule;
use crate::row;
use crate::schema::{registrations, sessions, user_profiles, users};

const ONE_ACCOUNT_AN_ADDRESS: UniqueRule =
    UniqueRule { constraint: "users_email_key", columns: "users.email" };

/// Accounts in a table.
pub struct SqlUsers {
    db: Db,
}

impl SqlUsers {
    /// The accounts of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[derive(Insertable)]
#[diesel(table_name = user_profiles)]
struct NewProfileRow {
    user_id: String,
    profile: String,
    updated_at: i64,
}

#[async_trait]
impl UserRepository for SqlUsers {
    async fn register(&self, account: &NewAccount, entry: &AuditEntry) -> Result<(), RegisterAccountError> {
        let entry = entry.clone();
        let user = NewUserRow::new(&account.user, &account.hash);
        let profile = NewProfileRow {
            user_id: account.user.id.to_string(),
            profile: account.profile.as_json().to_owned(),
            updated_at: account.user.created_at.micros(),
        };
        let session = account.session.as_ref().map(SessionRow::from);
        let finishes = account.finishes.map(|id| id.to_string());

        self.db
            .transact("register account", move |conn| {
                if let Some(id) = &finishes {
                    let finished = diesel::delete(registrations::table.find(id)).execute(conn)?;
                    if finished == 0 {
                        return Err(Abort::Refused(RegisterAccountError::RegistrationSpent));
                    }
                }
                match diesel::insert_into(users::table).values(&user).execute(conn) {
                    Err(error) if ONE_ACCOUNT_AN_ADDRESS.is_broken_by(&error) => {
                        return Err(Abort::Refused(RegisterAccountError::EmailTaken));
                    }
                    result => result?,
                };
                diesel::insert_into(user_profiles::table).values(&profile).execute(conn)?;
                if let Some(session) = &session {
                    diesel::insert_into(sessions::table).values(session).execute(conn)?;
                }
                append(conn, &entry)
            })
            .await
    }

    async fn is_taken(&self, email: &EmailAddress) -> Result<bool, PortError> {
        let email = email.as_str().to_owned();
        self.db
            .read("look up address", move |conn| {
                Ok(select(exists(users::table.filter(users::email.eq(&email)))).get_result(conn)?)
            })
            .await
    }

    async fn find_credentials(&self, email: &EmailAddress) -> Result<Option<Credentials>, PortError> {
        let email = email.as_str().to_owned();
        self.db
            .read("find account", move |conn| {
                let found = users::table
                    .filter(users::email.eq(&email))
                    .select((user_row::COLUMNS, users::password_hash, users::password_changed_at))
                    .get_result::<(UserRow, String, Option<i64>)>(conn)
                    .optional()?;
                match found {
                    None => Ok(None),
                    Some((user, hash, changed_at)) => {
                        let user = User::try_from(user)?;
                        let password_since = row::time(changed_at).unwrap_or(user.created_at);
                        Ok(Some(Credentials { user, hash: PasswordHash::new(hash), password_since }))
                    }
                }
            })
            .await
    }
}

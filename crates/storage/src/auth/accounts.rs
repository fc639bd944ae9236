//! Table `users`, as an operator sees and changes it.

use async_trait::async_trait;
use autorisen_domain::audit::AuditEntry;
use autorisen_domain::auth::{
    AccountChange, AccountDirectory, AccountPage, AddressPrefix, EmailAddress, User, UserId,
};
use autorisen_domain::error::PortError;
use diesel::prelude::*;

use crate::audit::append;
use crate::auth::user_row::{self, UserRow};
use crate::db::Db;
use crate::schema::users;

/// Accounts in a table.
pub struct SqlAccountDirectory {
    db: Db,
}

impl SqlAccountDirectory {
    /// The accounts of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

/// What a change sets; what is `None` stays as it is.
#[derive(AsChangeset)]
#[diesel(table_name = users)]
struct ChangedColumns {
    is_active: Option<bool>,
    role: Option<&'static str>,
    is_administrator: Option<bool>,
    updated_at: i64,
}

#[async_trait]
impl AccountDirectory for SqlAccountDirectory {
    async fn list(
        &self,
        prefix: &AddressPrefix,
        after: Option<&EmailAddress>,
        limit: u32,
    ) -> Result<AccountPage, PortError> {
        // Addresses are of the graphic characters of ASCII alone: what follows one comes no sooner than it
        // with a control character behind it, and what begins in some way comes before that with the last.
        let from = after.map_or_else(String::new, |email| format!("{}\u{1}", email.as_str()));
        let from = from.max(prefix.as_str().to_owned());
        let end = format!("{}\u{7f}", prefix.as_str());
        let size = limit as usize;
        self.db
            .read("list accounts", move |conn| {
                // One more than asked for says whether there is another page.
                let rows = users::table
                    .filter(users::email.ge(&from))
                    .filter(users::email.lt(&end))
                    .order(users::email.asc())
                    .limit(i64::from(limit) + 1)
                    .select(user_row::COLUMNS)
                    .load::<UserRow>(conn)?;
                let has_more = rows.len() > size;
                let users: Vec<User> =
                    rows.into_iter().take(size).map(User::try_from).collect::<Result<_, _>>()?;
                let next = users.last().filter(|_| has_more).map(|last| last.email.clone());
                Ok(AccountPage { users, next })
            })
            .await
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, PortError> {
        let id = id.to_string();
        self.db
            .read("find account by id", move |conn| {
                let row = users::table
                    .find(&id)
                    .select(user_row::COLUMNS)
                    .get_result::<UserRow>(conn)
                    .optional()?;
                Ok(row.map(User::try_from).transpose()?)
            })
            .await
    }

    async fn change(
        &self,
        email: &EmailAddress,
        change: AccountChange,
        entry: &AuditEntry,
    ) -> Result<Option<User>, PortError> {
        let email = email.as_str().to_owned();
        let mut changed = ChangedColumns {
            is_active: None,
            role: None,
            is_administrator: None,
            updated_at: entry.at.micros(),
        };
        match change {
            AccountChange::SetActive(is_active) => changed.is_active = Some(is_active),
            AccountChange::SetRole(role) => changed.role = Some(role.as_str()),
            AccountChange::SetAdministrator(is_one) => changed.is_administrator = Some(is_one),
            AccountChange::EndSessions => {}
        }
        let entry = entry.clone();
        self.db
            .transact("change account", move |conn| {
                let row = diesel::update(users::table.filter(users::email.eq(&email)))
                    .set((&changed, users::session_epoch.eq(users::session_epoch + 1)))
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
}

//! Accounts as rows.

use autorisen_domain::auth::{CompanyName, EmailAddress, PasswordHash, PersonName, Role, User, UserId};
use autorisen_domain::clock::Timestamp;
use diesel::prelude::*;

use crate::row::{self, BadRow};
use crate::schema::users;

/// The columns of an account, in the order of [`UserRow`].
pub(super) type Columns = (
    users::id,
    users::email,
    users::email_verified,
    users::first_name,
    users::last_name,
    users::company_name,
    users::role,
    users::is_active,
    users::is_administrator,
    users::session_epoch,
    users::created_at,
    users::last_login_at,
);

/// Selects [`Columns`].
pub(super) const COLUMNS: Columns = (
    users::id,
    users::email,
    users::email_verified,
    users::first_name,
    users::last_name,
    users::company_name,
    users::role,
    users::is_active,
    users::is_administrator,
    users::session_epoch,
    users::created_at,
    users::last_login_at,
);

/// An account as it is read.
#[derive(Queryable)]
pub(super) struct UserRow {
    id: String,
    email: String,
    email_verified: bool,
    first_name: String,
    last_name: String,
    company_name: String,
    role: String,
    is_active: bool,
    is_administrator: bool,
    session_epoch: i64,
    created_at: i64,
    last_login_at: Option<i64>,
}

impl TryFrom<UserRow> for User {
    type Error = BadRow;

    fn try_from(row: UserRow) -> Result<Self, BadRow> {
        Ok(Self {
            id: UserId::parse(&row.id).map_err(BadRow::of("id of an account"))?,
            email: EmailAddress::parse(&row.email).map_err(BadRow::of("address of an account"))?,
            email_verified: row.email_verified,
            first_name: PersonName::stored(&row.first_name).map_err(BadRow::of("first name"))?,
            last_name: PersonName::stored(&row.last_name).map_err(BadRow::of("last name"))?,
            company_name: CompanyName::parse(&row.company_name).map_err(BadRow::of("company name"))?,
            role: Role::parse(&row.role).map_err(BadRow::of("role"))?,
            is_active: row.is_active,
            is_administrator: row.is_administrator,
            session_epoch: row.session_epoch,
            created_at: Timestamp::from_micros(row.created_at),
            last_login_at: row::time(row.last_login_at),
        })
    }
}

/// An account as it is first written.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(super) struct NewUserRow {
    id: String,
    email: String,
    email_verified: bool,
    first_name: String,
    last_name: String,
    company_name: String,
    password_hash: String,
    role: &'static str,
    is_active: bool,
    is_administrator: bool,
    session_epoch: i64,
    created_at: i64,
    updated_at: i64,
    last_login_at: Option<i64>,
}

impl NewUserRow {
    /// The row of this account.
    pub(super) fn new(user: &User, hash: &PasswordHash) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.as_str().to_owned(),
            email_verified: user.email_verified,
            first_name: user.first_name.as_str().to_owned(),
            last_name: user.last_name.as_str().to_owned(),
            company_name: user.company_name.as_str().to_owned(),
            password_hash: hash.expose().to_owned(),
            role: user.role.as_str(),
            is_active: user.is_active,
            is_administrator: user.is_administrator,
            session_epoch: user.session_epoch,
            created_at: user.created_at.micros(),
            updated_at: user.created_at.micros(),
            last_login_at: user.last_login_at.map(Timestamp::micros),
        }
    }
}

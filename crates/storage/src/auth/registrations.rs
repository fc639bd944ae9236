//! Table `registrations`.

use async_trait::async_trait;
use autorisen_domain::auth::{
    EmailAddress, PasswordHash, PendingRegistration, PendingRegistrationRepository, PersonName,
    RegistrationId, Role,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::{Abort, Db};
use crate::dialect;
use crate::row::{self, BadRow};
use crate::schema::registrations;

/// Registrations between their steps, in a table.
pub struct SqlPendingRegistrations {
    db: Db,
}

impl SqlPendingRegistrations {
    /// The registrations of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = registrations)]
struct RegistrationRow {
    id: String,
    token_digest: Vec<u8>,
    email: String,
    password_hash: String,
    first_name: String,
    last_name: String,
    role: String,
    created_at: i64,
    expires_at: i64,
}

impl From<&PendingRegistration> for RegistrationRow {
    fn from(pending: &PendingRegistration) -> Self {
        Self {
            id: pending.id.to_string(),
            token_digest: pending.token.as_bytes().to_vec(),
            email: pending.email.as_str().to_owned(),
            password_hash: pending.hash.expose().to_owned(),
            first_name: pending.first_name.as_str().to_owned(),
            last_name: pending.last_name.as_str().to_owned(),
            role: pending.role.as_str().to_owned(),
            created_at: pending.created_at.micros(),
            expires_at: pending.expires_at.micros(),
        }
    }
}

impl TryFrom<RegistrationRow> for PendingRegistration {
    type Error = BadRow;

    fn try_from(row: RegistrationRow) -> Result<Self, BadRow> {
        Ok(Self {
            id: RegistrationId::parse(&row.id).map_err(BadRow::of("id of a registration"))?,
            token: row::digest("token of a registration", &row.token_digest)?,
            email: EmailAddress::parse(&row.email).map_err(BadRow::of("address of a registration"))?,
            hash: PasswordHash::new(row.password_hash),
            first_name: PersonName::stored(&row.first_name).map_err(BadRow::of("first name"))?,
            last_name: PersonName::stored(&row.last_name).map_err(BadRow::of("last name"))?,
            role: Role::parse(&row.role).map_err(BadRow::of("role"))?,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
        })
    }
}

#[async_trait]
impl PendingRegistrationRepository for SqlPendingRegistrations {
    async fn add(&self, pending: &PendingRegistration) -> Result<(), PortError> {
        let row = RegistrationRow::from(pending);
        self.db
            .write("keep registration", move |conn| {
                diesel::insert_into(registrations::table).values(&row).execute(conn)?;
                Ok(())
            })
            .await
    }

    async fn find(&self, id: RegistrationId) -> Result<Option<PendingRegistration>, PortError> {
        let id = id.to_string();
        self.db
            .read("find registration", move |conn| {
                let row = registrations::table.find(&id).get_result::<RegistrationRow>(conn).optional()?;
                row.map(PendingRegistration::try_from).transpose().map_err(Abort::from)
            })
            .await
    }

    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.db
            .sweep("sweep registrations", limit, move |conn| {
                let over = "expires_at <= $1 ORDER BY expires_at LIMIT $2";
                let forgotten = diesel::sql_query(dialect::delete_found(conn, "registrations", "id", over))
                    .bind::<BigInt, _>(now.micros())
                    .bind::<BigInt, _>(i64::from(limit))
                    .execute(conn)?;
                Ok(forgotten as u64)
            })
            .await
    }
}

//! Table `sessions`, as the owner of an account sees and changes it.

use std::net::IpAddr;

use async_trait::async_trait;
use autorisen_domain::audit::AuditEntry;
use autorisen_domain::auth::{SessionDirectory, SessionEnd, SessionId, SessionSummary, UserId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::context::ClientAddress;
use autorisen_domain::error::PortError;
use diesel::prelude::*;

use crate::audit::append;
use crate::db::{Abort, Db, DbConnection};
use crate::row::BadRow;
use crate::schema::{sessions, users};

/// The sessions of each account, in a table.
pub struct SqlSessionDirectory {
    db: Db,
}

impl SqlSessionDirectory {
    /// The sessions of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SummaryRow {
    id: String,
    client_ip: String,
    user_agent: Option<String>,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
}

impl TryFrom<SummaryRow> for SessionSummary {
    type Error = BadRow;

    fn try_from(row: SummaryRow) -> Result<Self, BadRow> {
        let client: IpAddr = row.client_ip.parse().map_err(BadRow::of("address of a client"))?;
        Ok(Self {
            id: SessionId::parse(&row.id).map_err(BadRow::of("id of a session"))?,
            client: ClientAddress::new(client),
            user_agent: row.user_agent,
            created_at: Timestamp::from_micros(row.created_at),
            last_used_at: Timestamp::from_micros(row.last_used_at),
            expires_at: Timestamp::from_micros(row.expires_at),
        })
    }
}

#[async_trait]
impl SessionDirectory for SqlSessionDirectory {
    async fn list(&self, user: UserId, now: Timestamp, limit: u32) -> Result<Vec<SessionSummary>, PortError> {
        let (user, now) = (user.to_string(), now.micros());
        self.db
            .read("list sessions", move |conn| {
                let rows = sessions::table
                    .inner_join(users::table)
                    .filter(sessions::user_id.eq(&user))
                    .filter(sessions::epoch.eq(users::session_epoch))
                    .filter(users::is_active.eq(true))
                    .filter(sessions::revoked_at.is_null())
                    .filter(sessions::expires_at.gt(now))
                    .filter(sessions::absolute_expires_at.gt(now))
                    .order((sessions::last_used_at.desc(), sessions::id.desc()))
                    .limit(i64::from(limit))
                    .select(SummaryRow::as_select())
                    .load::<SummaryRow>(conn)?;
                let found: Result<Vec<_>, BadRow> = rows.into_iter().map(SessionSummary::try_from).collect();
                Ok(found?)
            })
            .await
    }

    async fn end_own(&self, user: UserId, session: SessionId, entry: &AuditEntry) -> Result<bool, PortError> {
        let (user, session, entry) = (user.to_string(), session.to_string(), entry.clone());
        let at = entry.at.micros();
        self.db
            .transact("end own session", move |conn| {
                let Some(epoch) = lock_epoch(conn, &user, 0)? else {
                    return Ok(false);
                };
                let live = sessions::table
                    .find(&session)
                    .filter(sessions::user_id.eq(&user))
                    .filter(sessions::epoch.eq(epoch))
                    .filter(sessions::revoked_at.is_null())
                    .filter(sessions::expires_at.gt(at))
                    .filter(sessions::absolute_expires_at.gt(at));
                let ended = diesel::update(live)
                    .set((sessions::revoked_at.eq(at), sessions::end_reason.eq(SessionEnd::Owner.as_str())))
                    .execute(conn)?
                    == 1;
                if ended {
                    append(conn, &entry)?;
                }
                Ok(ended)
            })
            .await
    }

    async fn end_others(&self, user: UserId, keep: SessionId, entry: &AuditEntry) -> Result<bool, PortError> {
        let (user, keep, entry) = (user.to_string(), keep.to_string(), entry.clone());
        let at = entry.at.micros();
        let ended = self
            .db
            .transact("end other sessions", move |conn| {
                let Some(epoch) = lock_epoch(conn, &user, 1)? else {
                    return Err(Abort::Refused(NotEnded::NothingToKeep));
                };
                // Only from the epoch before: what ended with an earlier one stays ended.
                let live = sessions::table
                    .find(&keep)
                    .filter(sessions::user_id.eq(&user))
                    .filter(sessions::epoch.eq(epoch - 1))
                    .filter(sessions::revoked_at.is_null())
                    .filter(sessions::expires_at.gt(at))
                    .filter(sessions::absolute_expires_at.gt(at));
                if diesel::update(live).set(sessions::epoch.eq(epoch)).execute(conn)? == 0 {
                    return Err(Abort::Refused(NotEnded::NothingToKeep));
                }
                diesel::update(users::table.find(&user)).set(users::updated_at.eq(at)).execute(conn)?;
                append(conn, &entry)
            })
            .await;
        match ended {
            Ok(()) => Ok(true),
            Err(NotEnded::NothingToKeep) => Ok(false),
            Err(NotEnded::Port(cause)) => Err(cause),
        }
    }
}

/// Why other sessions were not ended; it undoes what was begun.
enum NotEnded {
    NothingToKeep,
    Port(PortError),
}

impl From<PortError> for NotEnded {
    fn from(cause: PortError) -> Self {
        Self::Port(cause)
    }
}

/// Locks an active account until the transaction ends, so that whatever else ends or starts its
/// sessions comes before or after it, and raises its epoch by `raise`. Gives the epoch it is then
/// in; `None` when there is no such account, or it is disabled.
fn lock_epoch(conn: &mut DbConnection, user: &str, raise: i64) -> QueryResult<Option<i64>> {
    diesel::update(users::table.find(user).filter(users::is_active.eq(true)))
        .set(users::session_epoch.eq(users::session_epoch + raise))
        .returning(users::session_epoch)
        .get_result(conn)
        .optional()
}

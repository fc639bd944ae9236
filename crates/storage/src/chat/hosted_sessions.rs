//! Table `hosted_sessions`.

use async_trait::async_trait;
use autorisen_domain::auth::{SessionId, UserId};
use autorisen_domain::chat::{DueHostedSession, HostedSessionId, HostedSessionRepository, KeptHostedSession};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::select;
use diesel::sql_types::{BigInt, Text};

use crate::db::{Abort, Db};
use crate::dialect;
use crate::row::BadRow;
use crate::schema::{hosted_sessions, sessions, users};

/// Hosted sessions in a table.
pub struct SqlHostedSessions {
    db: Db,
}

impl SqlHostedSessions {
    /// The hosted sessions of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

/// What is due. A login is live by the same rule as everywhere (`SessionRecord::is_live`).
const DUE: &str = "\
    SELECT hosted.id FROM hosted_sessions AS hosted \
    WHERE hosted.expires_at > $2 AND hosted.next_try_at <= $2 AND NOT EXISTS ( \
        SELECT 1 FROM sessions JOIN users ON users.id = sessions.user_id \
        WHERE sessions.id = hosted.session_id AND sessions.revoked_at IS NULL \
        AND sessions.expires_at > $2 AND sessions.absolute_expires_at > $2 \
        AND users.is_active AND sessions.epoch = users.session_epoch) \
    ORDER BY hosted.expires_at DESC LIMIT $3";

#[derive(Insertable)]
#[diesel(table_name = hosted_sessions)]
struct NewRow {
    id: String,
    user_id: String,
    session_id: String,
    created_at: i64,
    expires_at: i64,
    next_try_at: i64,
    tries: i64,
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    user_id: String,
    #[diesel(sql_type = Text)]
    session_id: String,
    #[diesel(sql_type = BigInt)]
    tries: i64,
}

impl TryFrom<DueRow> for DueHostedSession {
    type Error = BadRow;

    fn try_from(row: DueRow) -> Result<Self, BadRow> {
        Ok(Self {
            id: HostedSessionId::parse(&row.id).map_err(BadRow::of("id of a hosted session"))?,
            user: UserId::parse(&row.user_id).map_err(BadRow::of("id of an account"))?,
            session: SessionId::parse(&row.session_id).map_err(BadRow::of("id of a session"))?,
            tries: u32::try_from(row.tries).map_err(BadRow::of("number of tries"))?,
        })
    }
}

#[async_trait]
impl HostedSessionRepository for SqlHostedSessions {
    async fn add(&self, session: &KeptHostedSession) -> Result<bool, PortError> {
        let now = session.created_at.micros();
        let login = session.session.to_string();
        let row = NewRow {
            id: session.id.as_str().to_owned(),
            user_id: session.user.to_string(),
            session_id: login.clone(),
            created_at: now,
            expires_at: session.expires_at.micros(),
            next_try_at: now,
            tries: 0,
        };
        self.db
            .transact("keep hosted session", move |conn| {
                diesel::insert_into(hosted_sessions::table).values(&row).execute(conn)?;
                let live = sessions::table
                    .inner_join(users::table)
                    .filter(sessions::id.eq(&login))
                    .filter(sessions::epoch.eq(users::session_epoch))
                    .filter(users::is_active.eq(true))
                    .filter(sessions::revoked_at.is_null())
                    .filter(sessions::expires_at.gt(now))
                    .filter(sessions::absolute_expires_at.gt(now));
                Ok(select(exists(live)).get_result(conn)?)
            })
            .await
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueHostedSession>, PortError> {
        self.db
            .write("claim hosted sessions", move |conn| {
                let claim = format!(
                    "UPDATE hosted_sessions SET next_try_at = $1, tries = tries + 1 WHERE {} \
                     RETURNING id, user_id, session_id, tries",
                    dialect::is_found(conn, "id", DUE)
                );
                let rows = diesel::sql_query(claim)
                    .bind::<BigInt, _>(until.micros())
                    .bind::<BigInt, _>(now.micros())
                    .bind::<BigInt, _>(i64::from(limit))
                    .load::<DueRow>(conn)?;
                let due: Result<Vec<_>, BadRow> = rows.into_iter().map(DueHostedSession::try_from).collect();
                due.map_err(Abort::from)
            })
            .await
    }

    async fn postpone(&self, id: &HostedSessionId, at: Timestamp) -> Result<(), PortError> {
        let id = id.as_str().to_owned();
        self.db
            .write("postpone hosted session", move |conn| {
                diesel::update(hosted_sessions::table.find(&id))
                    .set(hosted_sessions::next_try_at.eq(at.micros()))
                    .execute(conn)?;
                Ok(())
            })
            .await
    }

    async fn forget(&self, id: &HostedSessionId) -> Result<(), PortError> {
        let id = id.as_str().to_owned();
        self.db
            .write("forget hosted session", move |conn| {
                diesel::delete(hosted_sessions::table.find(&id)).execute(conn)?;
                Ok(())
            })
            .await
    }

    async fn sweep(&self, ended_before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.db
            .sweep("sweep hosted sessions", limit, move |conn| {
                let over = "expires_at < $1 ORDER BY expires_at LIMIT $2";
                let forgotten = diesel::sql_query(dialect::delete_found(conn, "hosted_sessions", "id", over))
                    .bind::<BigInt, _>(ended_before.micros())
                    .bind::<BigInt, _>(i64::from(limit))
                    .execute(conn)?;
                Ok(forgotten as u64)
            })
            .await
    }
}

//! Table `sessions`.

use async_trait::async_trait;
use autorisen_domain::audit::AuditEntry;
use autorisen_domain::auth::{
    KeepAlive, Rotation, Session, SessionEnd, SessionId, SessionRecord, SessionRepository, UserId,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::dsl::{case_when, exists};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::audit::append;
use crate::auth::session_row::{self, SessionRow};
use crate::auth::user_row::{self, UserRow};
use crate::db::{Db, DbConnection, Found, GroupReader, Prepared, on_its_connection};
use crate::dialect;
use crate::row::BadRow;
use crate::schema::{sessions, users};

/// Sessions in a table.
pub struct SqlSessions {
    db: Db,
    records: GroupReader<SessionId, SessionRecord>,
}

impl SqlSessions {
    /// The sessions of this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { records: GroupReader::new("find session", db.clone(), records), db }
    }
}

/// Sessions with their accounts.
fn records(conn: &mut DbConnection, ids: &[SessionId]) -> QueryResult<Found<SessionId, SessionRecord>> {
    let joined = sessions::table.inner_join(users::table);
    let columns = (session_row::COLUMNS, user_row::COLUMNS);
    let rows: Vec<(SessionRow, UserRow)> = match ids {
        [id] => {
            let query = joined.filter(sessions::id.eq(id.to_string())).select(columns);
            on_its_connection!(conn, |conn| query.load(conn))?
        }
        ids => {
            let ids = ids.iter().map(ToString::to_string);
            let query = joined.filter(sessions::id.eq_any(ids)).select(columns);
            on_its_connection!(conn, |conn| query.load(conn))?
        }
    };
    // What was asked for by an id has one that can be read.
    let found = rows.into_iter().filter_map(|(session, user)| {
        let id = SessionId::parse(&session.id).ok()?;
        Some((id, record(session, user)))
    });
    Ok(found.collect())
}

fn record(session: SessionRow, user: UserRow) -> Result<SessionRecord, BadRow> {
    Ok(SessionRecord { session: session.try_into()?, user: user.try_into()? })
}

/// The hour is what has an index, for it seldom changes.
const OVER_BY_TIME: &str = "expiry_hour <= $1 / 3600000000 AND expires_at < $1 ORDER BY expiry_hour LIMIT $2";

/// How sessions end, each with an index of its own: asked for both at once, PostgreSQL would look at all
/// that are over before it deletes the first.
const OVER: [&str; 2] = [OVER_BY_TIME, "revoked_at < $1 ORDER BY revoked_at LIMIT $2"];

#[async_trait]
impl SessionRepository for SqlSessions {
    async fn start(&self, session: &Session, entry: &AuditEntry) -> Result<bool, PortError> {
        let entry = entry.clone();
        let row = SessionRow::from(session);
        let (user, epoch, at) = (session.user.to_string(), session.epoch, session.created_at.micros());
        self.db
            .transact("start session", move |conn| {
                // It also locks the account, so that whatever ends its sessions comes before this,
                // and is seen, or after it, and ends this one too.
                let account = users::table
                    .find(&user)
                    .filter(users::is_active.eq(true))
                    .filter(users::session_epoch.eq(epoch));
                let may_start = diesel::update(account).set(users::last_login_at.eq(at)).execute(conn)? == 1;
                if may_start {
                    diesel::insert_into(sessions::table).values(&row).execute(conn)?;
                    append(conn, &entry)?;
                }
                Ok(may_start)
            })
            .await
    }

    async fn find(&self, id: SessionId) -> Result<Option<SessionRecord>, PortError> {
        self.records.find(id).await
    }

    async fn rotate(&self, rotation: &Rotation) -> Result<Option<(UserId, Timestamp)>, PortError> {
        let rotation = rotation.clone();
        self.db
            .write("rotate refresh token", move |conn| {
                let mut renewed = try_to_rotate(conn, &rotation)?;
                if renewed.is_none() {
                    // On PostgreSQL a statement that waited for the session's row still sees the
                    // account as it was before: a session that was kept while the others ended
                    // looked dead to it. A new statement sees both as they are.
                    renewed = try_to_rotate(conn, &rotation)?;
                }
                match renewed {
                    None => Ok(None),
                    Some((user, expires_at)) => {
                        let user = UserId::parse(&user).map_err(BadRow::of("id of an account"))?;
                        Ok(Some((user, Timestamp::from_micros(expires_at))))
                    }
                }
            })
            .await
    }

    async fn keep_alive(&self, keep: &KeepAlive) -> Result<Option<Timestamp>, PortError> {
        let id = keep.session.to_string();
        let (at, last_renewed_by, expires_at) =
            (keep.at.micros(), keep.last_renewed_by.micros(), keep.expires_at.micros());
        self.db
            .write("keep session alive", move |conn| {
                let live = sessions::table
                    .find(&id)
                    .filter(sessions::last_used_at.le(last_renewed_by))
                    .filter(sessions::revoked_at.is_null())
                    .filter(sessions::expires_at.gt(at))
                    .filter(sessions::absolute_expires_at.gt(at))
                    .filter(exists(
                        users::table
                            .filter(users::id.eq(sessions::user_id))
                            .filter(users::is_active.eq(true))
                            .filter(users::session_epoch.eq(sessions::epoch)),
                    ));
                let idle_limit =
                    case_when(sessions::absolute_expires_at.lt(expires_at), sessions::absolute_expires_at)
                        .otherwise(expires_at);
                let renewal = diesel::update(live)
                    .set((sessions::last_used_at.eq(at), sessions::expires_at.eq(idle_limit)))
                    .returning(sessions::expires_at);
                let renewed =
                    on_its_connection!(conn, |conn| Prepared(renewal).get_result::<i64>(conn).optional())?;
                Ok(renewed.map(Timestamp::from_micros))
            })
            .await
    }

    async fn end(&self, id: SessionId, reason: SessionEnd, entry: &AuditEntry) -> Result<bool, PortError> {
        let (id, entry) = (id.to_string(), entry.clone());
        self.db
            .transact("end session", move |conn| {
                let ended = diesel::update(sessions::table.find(&id).filter(sessions::revoked_at.is_null()))
                    .set((
                        sessions::revoked_at.eq(entry.at.micros()),
                        sessions::end_reason.eq(reason.as_str()),
                    ))
                    .execute(conn)?
                    == 1;
                if ended {
                    append(conn, &entry)?;
                }
                Ok(ended)
            })
            .await
    }

    async fn end_all(&self, user: UserId, entry: &AuditEntry) -> Result<bool, PortError> {
        let (user, entry) = (user.to_string(), entry.clone());
        self.db
            .transact("end all sessions", move |conn| {
                let ended = diesel::update(users::table.find(&user))
                    .set((
                        users::session_epoch.eq(users::session_epoch + 1),
                        users::updated_at.eq(entry.at.micros()),
                    ))
                    .execute(conn)?
                    == 1;
                if ended {
                    append(conn, &entry)?;
                }
                Ok(ended)
            })
            .await
    }

    async fn sweep(&self, ended_before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.db
            .sweep("sweep sessions", limit, move |conn| {
                let mut left = i64::from(limit);
                for over in OVER {
                    let forgotten = diesel::sql_query(dialect::delete_found(conn, "sessions", "id", over))
                        .bind::<BigInt, _>(ended_before.micros())
                        .bind::<BigInt, _>(left)
                        .execute(conn)?;
                    left -= i64::try_from(forgotten).unwrap_or(left);
                }
                Ok(u64::from(limit) - u64::try_from(left).unwrap_or(0))
            })
            .await
    }
}

/// One statement that is its own lock: of two, the second finds another digest. Gives the owner and
/// the new idle limit.
fn try_to_rotate(conn: &mut DbConnection, rotation: &Rotation) -> QueryResult<Option<(String, i64)>> {
    let (at, expires_at) = (rotation.at.micros(), rotation.expires_at.micros());
    let live = sessions::table
        .find(rotation.session.to_string())
        .filter(sessions::refresh_digest.eq(rotation.presented.as_bytes().as_slice()))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(at))
        .filter(sessions::absolute_expires_at.gt(at))
        .filter(exists(
            users::table
                .filter(users::id.eq(sessions::user_id))
                .filter(users::is_active.eq(true))
                .filter(users::session_epoch.eq(sessions::epoch)),
        ));
    let idle_limit = case_when(sessions::absolute_expires_at.lt(expires_at), sessions::absolute_expires_at)
        .otherwise(expires_at);
    let renewal = diesel::update(live)
        .set((
            sessions::refresh_digest.eq(rotation.successor.as_bytes().as_slice()),
            sessions::previous_digest.eq(rotation.presented.as_bytes().as_slice()),
            sessions::sealed_successor.eq(&rotation.sealed_successor),
            sessions::replaced_at.eq(at),
            sessions::last_used_at.eq(at),
            sessions::expires_at.eq(idle_limit),
        ))
        .returning((sessions::user_id, sessions::expires_at));
    on_its_connection!(conn, |conn| Prepared(renewal).get_result(conn).optional())
}

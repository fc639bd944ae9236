//! Table `rate_limits`. The rule is the domain's; here it is kept, and applied by one at a time.

use async_trait::async_trait;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::digest::Digest;
use autorisen_domain::error::PortError;
use autorisen_domain::rate_limit::{LimitDecision, LimitPolicy, RateLimiter, Tally};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};

use crate::db::{Db, DbConnection, Prepared, on_its_connection};
use crate::dialect;
use crate::row::{self, BadRow};
use crate::schema::rate_limits;

/// Limits in a table, shared by all processes of a deployment.
pub struct SqlRateLimiter {
    db: Db,
}

impl SqlRateLimiter {
    /// The limits of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

/// Adds an empty row. When another process was faster it waits until that one is done.
const ADD: &str = "\
    INSERT INTO rate_limits (key, tries, stale_at) VALUES ($1, $2, $3) \
    ON CONFLICT (key) DO UPDATE SET stale_at = rate_limits.stale_at \
    RETURNING tries, blocked_until";

/// What goes to leave `$1` keys, at `$2`. The statement itself counts: of two that trim at once the
/// second does not forget as much again.
const TRIM: &str = "\
    DELETE FROM rate_limits WHERE key IN (\
        SELECT key FROM rate_limits \
        WHERE (SELECT COUNT(*) FROM rate_limits) > $1 AND (blocked_until IS NULL OR blocked_until <= $2) \
        ORDER BY stale_at \
        LIMIT (SELECT CASE WHEN COUNT(*) > $1 THEN COUNT(*) - $1 ELSE 0 END FROM rate_limits))";

/// The same, whether blocked or not.
const TRIM_BLOCKED: &str = "\
    DELETE FROM rate_limits WHERE key IN (\
        SELECT key FROM rate_limits ORDER BY stale_at \
        LIMIT (SELECT CASE WHEN COUNT(*) > $1 THEN COUNT(*) - $1 ELSE 0 END FROM rate_limits))";

#[derive(Queryable, QueryableByName)]
#[diesel(table_name = rate_limits)]
struct TallyRow {
    tries: Vec<u8>,
    blocked_until: Option<i64>,
}

impl TryFrom<TallyRow> for Tally {
    type Error = BadRow;

    fn try_from(row: TallyRow) -> Result<Self, BadRow> {
        let (tries, rest) = row.tries.as_chunks::<TRY_LENGTH>();
        if !rest.is_empty() || tries.len() > LimitPolicy::MAX_ATTEMPTS as usize {
            return Err(BadRow("tally of a limit"));
        }
        let tries = tries.iter().map(|&bytes| Timestamp::from_micros(i64::from_be_bytes(bytes))).collect();
        Ok(Self { tries, blocked_until: row::time(row.blocked_until) })
    }
}

/// The bytes that one try takes.
const TRY_LENGTH: usize = size_of::<i64>();

fn stored_tries(tally: &Tally) -> Vec<u8> {
    tally.tries.iter().flat_map(|at| at.micros().to_be_bytes()).collect()
}

#[async_trait]
impl RateLimiter for SqlRateLimiter {
    async fn charge(
        &self,
        key: Digest,
        policy: LimitPolicy,
        now: Timestamp,
    ) -> Result<LimitDecision, PortError> {
        self.db
            .transact("charge limit", move |conn| {
                let key = key.as_bytes().as_slice();
                let before = Tally::try_from(lock(conn, key, now)?)?;
                let mut tally = before.clone();
                let decision = tally.charge(policy, now);
                if tally != before {
                    let keeping = Prepared(diesel::update(rate_limits::table.find(key)).set((
                        rate_limits::tries.eq(stored_tries(&tally)),
                        rate_limits::blocked_until.eq(tally.blocked_until.map(Timestamp::micros)),
                        rate_limits::stale_at.eq(tally.stale_from(policy).micros()),
                    )));
                    on_its_connection!(conn, |conn| keeping.execute(conn))?;
                }
                Ok(decision)
            })
            .await
    }

    async fn refund(&self, key: Digest, at: Timestamp) -> Result<(), PortError> {
        self.db
            .transact("refund limit", move |conn| {
                let key = key.as_bytes().as_slice();
                let Some(row) = lock_existing(conn, key)? else {
                    return Ok(());
                };
                let mut tally = Tally::try_from(row)?;
                if tally.refund(at) {
                    diesel::update(rate_limits::table.find(key))
                        .set(rate_limits::tries.eq(stored_tries(&tally)))
                        .execute(conn)?;
                }
                Ok(())
            })
            .await
    }

    async fn clear(&self, key: Digest) -> Result<(), PortError> {
        self.db
            .write("clear limit", move |conn| {
                diesel::delete(rate_limits::table.find(key.as_bytes().as_slice())).execute(conn)?;
                Ok(())
            })
            .await
    }

    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.db
            .sweep("sweep limits", limit, move |conn| {
                let stale = "stale_at <= $1 ORDER BY stale_at LIMIT $2";
                let forgotten = diesel::sql_query(dialect::delete_found(conn, "rate_limits", "key", stale))
                    .bind::<BigInt, _>(now.micros())
                    .bind::<BigInt, _>(i64::from(limit))
                    .execute(conn)?;
                Ok(forgotten as u64)
            })
            .await
    }

    async fn trim(&self, now: Timestamp, keep: u32) -> Result<u64, PortError> {
        // As a rule there is room. To find that out must hold up nobody who writes.
        let rows: i64 = self
            .db
            .read::<_, PortError, _>("count limits", |conn| {
                Ok(rate_limits::table.count().get_result(conn)?)
            })
            .await?;
        if rows <= i64::from(keep) {
            return Ok(0);
        }
        self.db
            .transact("trim limits", move |conn| {
                let keep = i64::from(keep);
                let unblocked = diesel::sql_query(TRIM)
                    .bind::<BigInt, _>(keep)
                    .bind::<BigInt, _>(now.micros())
                    .execute(conn)?;
                let blocked = diesel::sql_query(TRIM_BLOCKED).bind::<BigInt, _>(keep).execute(conn)?;
                Ok((unblocked + blocked) as u64)
            })
            .await
    }
}

/// Locks the row of a key until the transaction ends, and reads it. The row is made if it is not
/// there. It is written to before it is read: that is the lock on both databases.
fn lock(conn: &mut DbConnection, key: &[u8], now: Timestamp) -> QueryResult<TallyRow> {
    match lock_existing(conn, key)? {
        Some(row) => Ok(row),
        None => diesel::sql_query(ADD)
            .bind::<Binary, _>(key)
            .bind::<Binary, _>([].as_slice())
            .bind::<BigInt, _>(now.micros())
            .get_result(conn),
    }
}

/// The same, where there is a row.
fn lock_existing(conn: &mut DbConnection, key: &[u8]) -> QueryResult<Option<TallyRow>> {
    let locking = diesel::update(rate_limits::table.find(key))
        .set(rate_limits::stale_at.eq(rate_limits::stale_at))
        .returning((rate_limits::tries, rate_limits::blocked_until));
    on_its_connection!(conn, |conn| Prepared(locking).get_result(conn).optional())
}

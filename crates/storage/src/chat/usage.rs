//! Table `chat_usage`.

use async_trait::async_trait;
use autorisen_domain::chat::{Quota, QuotaExceeded, UsageLedger, Used};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::{Abort, Db, DbConnection};
use crate::dialect;
use crate::schema::chat_usage;

/// Counts in a table, shared by all processes of a deployment.
pub struct SqlUsage {
    db: Db,
}

impl SqlUsage {
    /// The counts of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

/// Whose count stands for all users.
const ALL: &str = "all";
/// The day of a count for ever.
const EVER: &str = "";

/// Adds to a count, and gives what it is then. It is a write, and so a lock until the transaction ends.
const ADD: &str = "\
    INSERT INTO chat_usage (owner, usage, day, amount) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (owner, usage, day) DO UPDATE SET amount = chat_usage.amount + excluded.amount \
    RETURNING amount";

#[derive(QueryableByName)]
struct Amount {
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

#[async_trait]
impl UsageLedger for SqlUsage {
    async fn charge(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        let charged = self
            .db
            .transact("charge usage", move |conn| match add(conn, used, quota)? {
                None => Ok(()),
                Some(exceeded) => Err(Abort::Refused(NotCharged::Exceeded(exceeded))),
            })
            .await;
        match charged {
            Ok(()) => Ok(Ok(())),
            Err(NotCharged::Exceeded(exceeded)) => Ok(Err(exceeded)),
            Err(NotCharged::Port(cause)) => Err(cause),
        }
    }

    async fn note(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        self.db
            .transact("note usage", move |conn| {
                let exceeded = add(conn, used, quota)?;
                Ok(exceeded.map_or(Ok(()), Err))
            })
            .await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        let before = before.utc_day();
        self.db
            .transact("sweep usage", move |conn| {
                // What counts for ever has the least day of all, and is not even looked at.
                let oldest: Option<(String, String)> = chat_usage::table
                    .filter(chat_usage::day.gt(EVER))
                    .filter(chat_usage::day.lt(&before))
                    .order(chat_usage::day.asc())
                    .select((chat_usage::day, chat_usage::usage))
                    .first(conn)
                    .optional()?;
                let Some((day, usage)) = oldest else { return Ok(0) };
                // Of one day and usage, the owner is the key.
                let found = dialect::is_found(
                    conn,
                    "owner",
                    "SELECT owner FROM chat_usage WHERE day = $1 AND usage = $2 LIMIT $3",
                );
                let swept = diesel::sql_query(format!(
                    "DELETE FROM chat_usage WHERE day = $1 AND usage = $2 AND {found}"
                ))
                .bind::<Text, _>(&day)
                .bind::<Text, _>(&usage)
                .bind::<BigInt, _>(i64::from(limit))
                .execute(conn)?;
                Ok(swept as u64)
            })
            .await
    }
}

/// Why nothing was charged; it undoes what was counted.
enum NotCharged {
    Exceeded(QuotaExceeded),
    Port(PortError),
}

impl From<PortError> for NotCharged {
    fn from(cause: PortError) -> Self {
        Self::Port(cause)
    }
}

/// Counts a use under everything that has a quota, in one order so that no two calls wait for each
/// other, and says what is more than its quota then.
fn add(conn: &mut DbConnection, used: Used, quota: Quota) -> QueryResult<Option<QuotaExceeded>> {
    let (user, day) = (used.user.to_string(), used.at.utc_day());
    let tomorrow = Some(used.at.next_utc_day().since(used.at));
    let counts = [
        (user.as_str(), EVER, quota.user_total, None),
        (user.as_str(), day.as_str(), quota.user_day, tomorrow),
        (ALL, day.as_str(), quota.all_day, tomorrow),
    ];
    let amount = i64::try_from(used.amount).unwrap_or(i64::MAX);
    let mut exceeded = None;
    for (owner, day, limit, retry_after) in counts {
        let Some(limit) = limit else { continue };
        let total = diesel::sql_query(ADD)
            .bind::<Text, _>(owner)
            .bind::<Text, _>(used.usage.as_str())
            .bind::<Text, _>(day)
            .bind::<BigInt, _>(amount)
            .get_result::<Amount>(conn)?;
        if exceeded.is_none() && u64::try_from(total.amount).unwrap_or(u64::MAX) > limit {
            exceeded = Some(QuotaExceeded { usage: used.usage, retry_after });
        }
    }
    Ok(exceeded)
}

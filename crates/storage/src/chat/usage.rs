//! Table `chat_usage`.

use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::chat::{Quota, QuotaExceeded, UsageLedger, Used};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use diesel::dsl::Eq;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::upsert::excluded;

use crate::db::{Abort, Db, DbConnection, Prepared, on_its_connection};
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

#[async_trait]
impl UsageLedger for SqlUsage {
    async fn charge(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        let counts = counts(used, quota);
        let charged = match counts.as_slice() {
            [] => Ok(()),
            // Most have a single quota. One statement needs no transaction around it.
            [_] => self.db.write("charge usage", move |conn| charge_all(conn, used, &counts)).await,
            _ => self.db.transact("charge usage", move |conn| charge_all(conn, used, &counts)).await,
        };
        match charged {
            Ok(()) => Ok(Ok(())),
            Err(NotCharged::Exceeded(exceeded)) => Ok(Err(exceeded)),
            Err(NotCharged::Port(cause)) => Err(cause),
        }
    }

    async fn note(&self, used: Used, quota: Quota) -> Result<Result<(), QuotaExceeded>, PortError> {
        let counts = counts(used, quota);
        if counts.is_empty() {
            return Ok(Ok(()));
        }
        self.db
            .transact("note usage", move |conn| {
                let mut exceeded = None;
                for count in &counts {
                    if add(conn, used, count)? > count.limit {
                        exceeded.get_or_insert(count.exceeded(used));
                    }
                }
                Ok(exceeded.map_or(Ok(()), Err))
            })
            .await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        let before = before.utc_day();
        self.db
            .sweep("sweep usage", limit, move |conn| {
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

/// What has a quota, and so a row.
struct Count {
    owner: String,
    day: String,
    limit: i64,
    retry_after: Option<Duration>,
}

impl Count {
    const fn exceeded(&self, used: Used) -> QuotaExceeded {
        QuotaExceeded { usage: used.usage, retry_after: self.retry_after }
    }
}

/// Everything that a use counts under, in one order so that no two calls wait for each other.
fn counts(used: Used, quota: Quota) -> Vec<Count> {
    let (user, day) = (used.user.to_string(), used.at.utc_day());
    let tomorrow = Some(used.at.next_utc_day().since(used.at));
    let all = [
        (user.as_str(), EVER, quota.user_total, None),
        (user.as_str(), day.as_str(), quota.user_day, tomorrow),
        (ALL, day.as_str(), quota.all_day, tomorrow),
    ];
    let limited = all.into_iter().filter_map(|(owner, day, limit, retry_after)| {
        let limit = i64::try_from(limit?).unwrap_or(i64::MAX);
        Some(Count { owner: owner.to_owned(), day: day.to_owned(), limit, retry_after })
    });
    limited.collect()
}

fn charge_all(conn: &mut DbConnection, used: Used, counts: &[Count]) -> Result<(), Abort<NotCharged>> {
    for count in counts {
        if !add_within(conn, used, count)? {
            return Err(Abort::Refused(NotCharged::Exceeded(count.exceeded(used))));
        }
    }
    Ok(())
}

/// Adds to a count what its quota has left, or nothing. It is a lock until the transaction ends, as is
/// [`add`].
fn add_within(conn: &mut DbConnection, used: Used, count: &Count) -> QueryResult<bool> {
    let amount = amount(used);
    if amount > count.limit {
        return Ok(false);
    }
    let adding = diesel::insert_into(chat_usage::table)
        .values(row(used, count))
        .on_conflict((chat_usage::owner, chat_usage::usage, chat_usage::day))
        .do_update()
        .set(chat_usage::amount.eq(chat_usage::amount + excluded(chat_usage::amount)));
    let adding =
        diesel::query_dsl::methods::FilterDsl::filter(adding, chat_usage::amount.le(count.limit - amount));
    let added = on_its_connection!(conn, |conn| Prepared(adding).execute(conn))?;
    Ok(added == 1)
}

/// Adds to a count, and gives what it is then.
fn add(conn: &mut DbConnection, used: Used, count: &Count) -> QueryResult<i64> {
    let adding = diesel::insert_into(chat_usage::table)
        .values(row(used, count))
        .on_conflict((chat_usage::owner, chat_usage::usage, chat_usage::day))
        .do_update()
        .set(chat_usage::amount.eq(chat_usage::amount + excluded(chat_usage::amount)))
        .returning(chat_usage::amount);
    on_its_connection!(conn, |conn| Prepared(adding).get_result(conn))
}

type Row<'a> = (
    Eq<chat_usage::owner, &'a str>,
    Eq<chat_usage::usage, &'static str>,
    Eq<chat_usage::day, &'a str>,
    Eq<chat_usage::amount, i64>,
);

fn row(used: Used, count: &Count) -> Row<'_> {
    (
        chat_usage::owner.eq(count.owner.as_str()),
        chat_usage::usage.eq(used.usage.as_str()),
        chat_usage::day.eq(count.day.as_str()),
        chat_usage::amount.eq(amount(used)),
    )
}

fn amount(used: Used) -> i64 {
    i64::try_from(used.amount).unwrap_or(i64::MAX)
}

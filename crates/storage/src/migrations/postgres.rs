//! The lock of migrators on PostgreSQL.

use std::thread;
use std::time::{Duration, Instant};

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer};

use crate::db::DbConnection;
use crate::migrations::{LOCK_TIMEOUT, MigrateError};

/// The first half of the lock's key, this program's. The second is of the schema.
const LOCK_KEY: i32 = 0x6175_746f;

const POLL_EVERY: Duration = Duration::from_millis(50);

#[derive(QueryableByName)]
struct Lock {
    #[diesel(sql_type = Bool)]
    is_ours: bool,
}

/// Acts while this process alone migrates the schema. The lock goes with the connection.
///
/// It is polled for: a migrator that waited in a statement would hold up a concurrent
/// `CREATE INDEX CONCURRENTLY` of the one that it waits for, for good.
pub(super) fn locked<T>(
    mut conn: PgConnection,
    act: impl FnOnce(&mut DbConnection) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    while !try_lock(&mut conn)? {
        if Instant::now() > deadline {
            return Err(MigrateError::Locked);
        }
        thread::sleep(POLL_EVERY);
    }
    act(&mut DbConnection::Postgres(conn))
}

fn try_lock(conn: &mut PgConnection) -> Result<bool, MigrateError> {
    diesel::sql_query("SELECT pg_try_advisory_lock($1, hashtext(coalesce(current_schema(), ''))) AS is_ours")
        .bind::<Integer, _>(LOCK_KEY)
        .get_result::<Lock>(conn)
        .map(|lock| lock.is_ours)
        .map_err(MigrateError::list)
}

//! The one file that tells SQLite from PostgreSQL.

use std::thread;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Bool, Text};

use crate::db::DbConnection;
use crate::schema::__diesel_schema_migrations as applied;

/// A rule that some value stands only once, as each database names it when it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UniqueRule {
    /// The name of the constraint on PostgreSQL.
    pub(crate) constraint: &'static str,
    /// The columns on SQLite, where constraints have no names: `table.column, table.column`.
    pub(crate) columns: &'static str,
}

impl UniqueRule {
    /// Whether the error says that this rule was broken.
    pub(crate) fn is_broken_by(self, error: &Error) -> bool {
        let Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) = error else {
            return false;
        };
        match info.constraint_name() {
            Some(name) => name == self.constraint,
            None => info.message().strip_prefix("UNIQUE constraint failed: ") == Some(self.columns),
        }
    }
}

/// Whether the same statement may do better soon: the connection was lost, or a file was locked.
pub(crate) fn may_pass(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)) || is_locked(error)
}

/// Whether another connection to a SQLite file was in the way.
fn is_locked(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            ["database is locked", "database table is locked", "database schema is locked"]
                .iter()
                .any(|text| info.message().starts_with(text))
        }
        _ => false,
    }
}

/// Repeats what fails because a SQLite file is locked, until `deadline`.
pub(crate) fn while_locked<T>(
    deadline: Instant,
    mut act: impl FnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    let mut pause = Duration::from_millis(1);
    loop {
        match act() {
            Err(error) if is_locked(&error) && Instant::now() + pause < deadline => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(50));
            }
            result => return result,
        }
    }
}

/// The time of the database's own clock, in microseconds; `None` where it has none of its own.
pub(crate) fn server_micros(conn: &mut DbConnection) -> QueryResult<Option<i64>> {
    #[derive(QueryableByName)]
    struct Now {
        #[diesel(sql_type = BigInt)]
        micros: i64,
    }
    if matches!(conn, DbConnection::Sqlite(_)) {
        return Ok(None);
    }
    diesel::sql_query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros")
        .get_result::<Now>(conn)
        .map(|now| Some(now.micros))
}

/// The versions of the migrations that the database has seen, in their order. It writes nothing,
/// also when there was never a migration.
pub(crate) fn applied_migrations(conn: &mut DbConnection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Bool)]
        found: bool,
    }
    let question = match conn {
        DbConnection::Postgres(_) => "SELECT to_regclass($1) IS NOT NULL AS found",
        DbConnection::Sqlite(_) => {
            "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1) AS found"
        }
    };
    let table = diesel::sql_query(question)
        .bind::<Text, _>("__diesel_schema_migrations")
        .get_result::<Found>(conn)?;
    if !table.found {
        return Ok(Vec::new());
    }
    applied::table.select(applied::version).order(applied::version.asc()).load(conn)
}

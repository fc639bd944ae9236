//! The one place that tells SQLite from PostgreSQL.

pub(crate) mod bulk;
pub(crate) mod legacy;

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::migration::MigrationConnection as _;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Bool, Text};

use crate::db::DbConnection;
use crate::schema::{__diesel_schema_migrations as applied, migration_records as records};

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
    is_lost(error) || is_locked(error)
}

/// Whether the connection is lost: just now, or, if it is asked again, before.
fn is_lost(error: &Error) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    matches!(error, Error::DatabaseError(ClosedConnection | UnableToSendCommand, _))
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

/// Whether a lock that another connection has was waited for in vain.
pub(crate) fn is_held_up(error: &Error) -> bool {
    let Error::DatabaseError(_, info) = error else { return false };
    is_locked(error) || info.message() == "canceling statement due to lock timeout"
}

/// An error of a statement, with what to do where that can be known.
pub(crate) fn explained(error: Error) -> Box<dyn std::error::Error + Send + Sync> {
    match &error {
        // Only Diesel names statements so; the session that knows it is another client's by now.
        Error::DatabaseError(_, info)
            if info.message().starts_with("prepared statement \"__diesel_stmt_") =>
        {
            Box::new(Pooler(error))
        }
        _ => error.into(),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a pooler stands between that shares connections: add pgbouncer=true to the URL of the database")]
struct Pooler(#[source] Error);

/// The statement that deletes the rows of `table`, by their `key`, that `found` names, such as `expires_at <
/// $1 ORDER BY expires_at LIMIT $2`. It passes over what somebody else is at, and so waits for nobody; and
/// whatever is prepared for, the rows that go are looked up one by one.
pub(crate) fn delete_found(conn: &DbConnection, table: &str, key: &str, found: &str) -> String {
    let found = is_found(conn, key, &format!("SELECT {key} FROM {table} WHERE {found}"));
    format!("DELETE FROM {table} WHERE {found}")
}

/// The condition that the value of `column` is among those that `select` finds. It locks the rows that it
/// finds, of which one that somebody else is at is none.
pub(crate) fn is_found(conn: &DbConnection, column: &str, select: &str) -> String {
    match conn {
        // As an array it is found once, before anything is changed.
        DbConnection::Postgres(_) => format!("{column} = ANY (ARRAY ({}))", and_lock(conn, select)),
        DbConnection::Sqlite(_) => format!("{column} IN ({select})"),
    }
}

/// The same select, which locks what it finds until the transaction ends and passes over what somebody
/// else is at. SQLite has one writer, who has locked everything.
pub(crate) fn and_lock(conn: &DbConnection, select: &str) -> String {
    match conn {
        DbConnection::Postgres(_) => format!("{select} FOR UPDATE SKIP LOCKED"),
        DbConnection::Sqlite(_) => select.to_owned(),
    }
}

/// Until the transaction ends, has PostgreSQL give up what takes longer. SQLite finds no end for a statement by time.
pub(crate) fn limit_statements(conn: &mut DbConnection, limit: Duration) -> QueryResult<()> {
    let DbConnection::Postgres(conn) = conn else { return Ok(()) };
    conn.batch_execute(&format!("SET LOCAL statement_timeout = {}", limit.as_millis()))
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

/// A migration that the database has.
#[derive(Debug)]
pub(crate) struct Applied {
    /// The number that its name begins with.
    pub(crate) version: String,
    /// What was kept of it; `None` when it was applied before records were kept.
    pub(crate) record: Option<AppliedRecord>,
}

/// What is kept of an applied migration.
#[derive(Debug, Queryable)]
pub(crate) struct AppliedRecord {
    pub(crate) name: String,
    /// The SHA-256 of its text in the database's dialect.
    pub(crate) checksum: String,
    /// Whether it took something away.
    pub(crate) contracts: bool,
}

/// The migrations that the database has, in their order. It writes nothing, also when there was
/// never a migration.
pub(crate) fn applied_migrations(conn: &mut DbConnection) -> QueryResult<Vec<Applied>> {
    let found = MigrationTables::find(conn)?;
    if !found.versions {
        return Ok(Vec::new());
    }
    if !found.records {
        let versions: Vec<String> =
            applied::table.select(applied::version).order(applied::version.asc()).load(conn)?;
        return Ok(versions.into_iter().map(|version| Applied { version, record: None }).collect());
    }
    let rows: Vec<(String, Option<AppliedRecord>)> = applied::table
        .left_join(records::table.on(records::version.eq(applied::version)))
        .select((applied::version, (records::name, records::checksum, records::contracts).nullable()))
        .order(applied::version.asc())
        .load(conn)?;
    Ok(rows.into_iter().map(|(version, record)| Applied { version, record }).collect())
}

/// Makes the tables in which migrations are listed, where they are missing. They are older than the
/// first migration, so none can make them.
pub(crate) fn make_migration_tables(conn: &mut DbConnection) -> QueryResult<()> {
    let found = MigrationTables::find(conn)?;
    if !found.versions {
        match conn {
            DbConnection::Postgres(conn) => conn.setup(),
            DbConnection::Sqlite(conn) => conn.setup(),
        }?;
    }
    if !found.records {
        let collation = if matches!(conn, DbConnection::Postgres(_)) { "COLLATE \"C\" " } else { "" };
        conn.batch_execute(&format!(
            "CREATE TABLE migration_records (
                version   TEXT {collation}NOT NULL PRIMARY KEY,
                name      TEXT {collation}NOT NULL,
                checksum  TEXT {collation}NOT NULL CHECK (length(checksum) = 64),
                contracts BOOLEAN NOT NULL
            )"
        ))?;
    }
    Ok(())
}

/// Which tables of migrations there are.
#[derive(QueryableByName)]
struct MigrationTables {
    #[diesel(sql_type = Bool)]
    versions: bool,
    #[diesel(sql_type = Bool)]
    records: bool,
}

impl MigrationTables {
    fn find(conn: &mut DbConnection) -> QueryResult<Self> {
        let question = match conn {
            DbConnection::Postgres(_) => {
                "SELECT to_regclass($1) IS NOT NULL AS versions, to_regclass($2) IS NOT NULL AS records"
            }
            DbConnection::Sqlite(_) => {
                "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1) AS versions, \
                 EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $2) AS records"
            }
        };
        diesel::sql_query(question)
            .bind::<Text, _>("__diesel_schema_migrations")
            .bind::<Text, _>("migration_records")
            .get_result(conn)
    }
}

/// Whether there is a table of this name, which needs no quotes.
pub(crate) fn has_table(conn: &mut DbConnection, name: &str) -> QueryResult<bool> {
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
    diesel::sql_query(question).bind::<Text, _>(name).get_result::<Found>(conn).map(|table| table.found)
}

/// The one number that a statement gives as `count`.
pub(crate) fn number(conn: &mut DbConnection, statement: &str) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    diesel::sql_query(statement).get_result::<Counted>(conn).map(|counted| counted.count)
}

/// A table with rows that refer to missing rows, where the database lets that happen: on SQLite, as long
/// as rules between tables are off.
pub(crate) fn broken_reference(conn: &mut DbConnection) -> QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct Violation {
        #[diesel(sql_type = Text)]
        table: String,
    }
    if matches!(conn, DbConnection::Postgres(_)) {
        return Ok(None);
    }
    let violation = diesel::sql_query("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1")
        .get_result::<Violation>(conn)
        .optional()?;
    Ok(violation.map(|violation| violation.table))
}

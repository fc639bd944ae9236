//! Bringing a database to the tables of this version, and back.
//!
//! The migrations are embedded. However many processes run them at once, each migration is run
//! once: one process at a time holds a lock, for the whole of its run. Of each that was applied the
//! database keeps a record, written in the transaction of the migration itself: the checksum of its
//! text, by which an edited one is found, and whether it takes something away, which a version that
//! does not know it must be told. These functions block, and need no [`Db`]; only [`inspect`] is for
//! a server at work.

mod embedded;
mod postgres;
mod run;
mod sqlite;
mod status;
mod step;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use autorisen_domain::error::PortError;
use diesel::QueryResult;
use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;

use crate::db::{Access, DatabaseKind, DatabaseUrl, Db, DbConnection, connect_postgres, connect_sqlite};
use crate::dialect::{self, Applied};

use self::embedded::{ALL, Migration};
pub use self::status::{MigrationState, MigrationStatus, UnknownMigration};

/// How long a migrator waits for another one to finish.
const LOCK_TIMEOUT: Duration = Duration::from_mins(1);

/// What a run changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrationReport {
    /// The names of the migrations that were applied or reverted, in the order in which they were.
    pub migrations: Vec<String>,
}

/// A database could not be brought where it should be.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// There is no connection.
    #[error("cannot connect to {url}")]
    Connect {
        /// To what.
        url: DatabaseUrl,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The lock of migrators is one of a session, which a pooler gives to somebody else.
    #[error(
        "migrations need a connection of their own: run them with the URL of the server itself, \
         without pgbouncer=true"
    )]
    Pooled,
    /// Another process kept the lock.
    #[error("another process has been migrating this database for more than {} s", LOCK_TIMEOUT.as_secs())]
    Locked,
    /// Migrations are not what was applied to this database. Nothing has happened.
    #[error(
        "{} changed after it was applied to this database; put its text back, and make the change in a new migration",
        .0.join(", ")
    )]
    Edited(Vec<String>),
    /// A newer version applied a migration, and only that version can revert it.
    #[error("migration {0} is unknown to this version, which cannot revert it")]
    Unknown(String),
    /// A migration failed, and nothing of it has happened.
    #[error("migration {name} failed")]
    Failed {
        /// Its name.
        name: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The migrations left rows that refer to rows that are gone. SQLite only; nothing was kept.
    #[error("the migrations would leave rows of table {0} that refer to missing rows")]
    BrokenReferences(String),
    /// The list of migrations cannot be read or changed.
    #[error("cannot read or change the list of migrations")]
    List(#[source] Box<dyn Error + Send + Sync>),
}

impl MigrateError {
    fn list(error: diesel::result::Error) -> Self {
        Self::List(error.into())
    }

    fn failed(migration: &Migration, source: Box<dyn Error + Send + Sync>) -> Self {
        Self::Failed { name: migration.name.to_owned(), source }
    }
}

/// Applies the migrations that the database lacks, unless one that it has was edited since. A SQLite
/// file is made if it is not there.
pub fn run(url: &DatabaseUrl) -> Result<MigrationReport, MigrateError> {
    locked(url, |conn| run::apply(conn, ALL).and_then(|report| checked(conn, report)))
}

/// Reverts the newest migration, or all. Their tables, and what they hold, are gone. One that was
/// edited is reverted too: with another text it can then be applied again.
pub fn revert(url: &DatabaseUrl, all: bool) -> Result<MigrationReport, MigrateError> {
    locked(url, |conn| run::revert(conn, ALL, all).and_then(|report| checked(conn, report)))
}

/// Compares the database with this version, and changes nothing.
pub fn status(url: &DatabaseUrl) -> Result<MigrationStatus, MigrateError> {
    let applied = match url.file() {
        Some(path) if !path.exists() => Vec::new(),
        _ => dialect::applied_migrations(&mut open(url, Access::Reads)?).map_err(MigrateError::list)?,
    };
    Ok(MigrationStatus::compare(ALL, url.kind(), &applied))
}

/// The versions of the migrations that the database has, in their order.
pub(crate) fn applied(conn: &mut DbConnection) -> QueryResult<Vec<String>> {
    let applied = dialect::applied_migrations(conn)?;
    Ok(applied.into_iter().map(|applied| applied.version).collect())
}

/// Compares the database of a server at work with this version. Cheap enough to be asked all the
/// time: two queries.
pub async fn inspect(db: &Db) -> Result<MigrationStatus, PortError> {
    let applied = db.read("list migrations", |conn| Ok(dialect::applied_migrations(conn)?)).await?;
    Ok(MigrationStatus::compare(ALL, db.kind(), &applied))
}

/// The report, once what was done has left no reference to nothing. Where nothing was done there is
/// nothing to look for: a start is not to read millions of rows.
fn checked(conn: &mut DbConnection, report: MigrationReport) -> Result<MigrationReport, MigrateError> {
    if matches!(conn, DbConnection::Sqlite(_)) && !report.migrations.is_empty() {
        sqlite::check_references(conn)?;
    }
    Ok(report)
}

/// Acts on the database while nobody else migrates it.
fn locked<T>(
    url: &DatabaseUrl,
    act: impl FnOnce(&mut DbConnection) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    if url.is_pooled() {
        return Err(MigrateError::Pooled);
    }
    match open(url, Access::Migrates)? {
        DbConnection::Postgres(conn) => postgres::locked(conn, act),
        DbConnection::Sqlite(conn) => sqlite::locked(conn, act),
    }
}

/// Whether a database that has these migrations has all tables of this version; `Err` names what it lacks.
pub(crate) fn require(kind: DatabaseKind, applied: &[Applied]) -> Result<(), Vec<String>> {
    let missing = MigrationStatus::compare(ALL, kind, applied).missing();
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}

/// Makes all tables in a SQLite database that nobody else sees, and keeps no list of migrations there.
pub(crate) fn make_tables(conn: &mut SqliteConnection) -> QueryResult<()> {
    ALL.iter().try_for_each(|migration| conn.batch_execute(migration.texts(DatabaseKind::Sqlite).up))
}

fn open(url: &DatabaseUrl, access: Access) -> Result<DbConnection, MigrateError> {
    let conn = match url.file() {
        Some(path) => connect_sqlite(path, access),
        // A migration may take as long as it needs.
        None => connect_postgres(url, Duration::ZERO),
    };
    conn.map_err(|source| MigrateError::Connect { url: url.clone(), source: source.into() })
}

//! Bringing a database to the tables of this version, and back.
//!
//! The migrations are embedded. However many processes run them at once, each migration is run
//! once: one process at a time holds a lock, for the whole of its run. These functions block, and
//! need no [`Db`]; only [`pending`] is for a server at work.

mod embedded;
mod postgres;
mod sqlite;

use std::error::Error;
use std::time::Duration;

use autorisen_domain::error::PortError;

use crate::db::{Access, DatabaseUrl, Db, DbConnection, connect_postgres, connect_sqlite};
use crate::dialect;

use self::embedded::Known;

/// How long a migrator waits for another one to finish.
const LOCK_TIMEOUT: Duration = Duration::from_mins(1);

/// What a run changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrationReport {
    /// The names of the migrations that were applied or reverted, in the order in which they were.
    pub migrations: Vec<String>,
}

/// One migration that this version knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Its name.
    pub name: String,
    /// Whether the database has it.
    pub is_applied: bool,
}

/// How a database compares with this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// What this version knows, in order.
    pub known: Vec<MigrationState>,
    /// The versions of migrations that the database has and this version does not know: a newer
    /// version was here.
    pub unknown: Vec<String>,
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
    /// Another process kept the lock.
    #[error("another process has been migrating this database for more than {} s", LOCK_TIMEOUT.as_secs())]
    Locked,
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

/// Applies the migrations that the database lacks. A SQLite file is made if it is not there.
pub fn run(url: &DatabaseUrl) -> Result<MigrationReport, MigrateError> {
    match open(url, Access::Migrates)? {
        DbConnection::Postgres(conn) => postgres::locked(conn, embedded::apply_postgres),
        DbConnection::Sqlite(conn) => sqlite::locked(conn, embedded::apply_sqlite),
    }
}

/// Reverts the newest migration, or all. Their tables, and what they hold, are gone.
pub fn revert(url: &DatabaseUrl, all: bool) -> Result<MigrationReport, MigrateError> {
    match open(url, Access::Migrates)? {
        DbConnection::Postgres(conn) => postgres::locked(conn, |conn| embedded::revert_postgres(conn, all)),
        DbConnection::Sqlite(conn) => sqlite::locked(conn, |conn| embedded::revert_sqlite(conn, all)),
    }
}

/// Compares the database with this version, and changes nothing.
pub fn status(url: &DatabaseUrl) -> Result<MigrationStatus, MigrateError> {
    let known = embedded::known(url.kind());
    if url.file().is_some_and(|path| !path.exists()) {
        return Ok(compare(known, &[]));
    }
    let mut conn = open(url, Access::Reads)?;
    let applied = dialect::applied_migrations(&mut conn).map_err(|error| MigrateError::List(error.into()))?;
    Ok(compare(known, &applied))
}

/// The names of the migrations that the database lacks. Cheap enough to be asked all the time.
pub async fn pending(db: &Db) -> Result<Vec<String>, PortError> {
    let applied = db.read("list migrations", |conn| Ok(dialect::applied_migrations(conn)?)).await?;
    let status = compare(embedded::known(db.kind()), &applied);
    Ok(status.known.into_iter().filter(|known| !known.is_applied).map(|known| known.name).collect())
}

fn open(url: &DatabaseUrl, access: Access) -> Result<DbConnection, MigrateError> {
    let conn = match url.file() {
        Some(path) => connect_sqlite(path, access),
        // A migration may take as long as it needs.
        None => connect_postgres(url, Duration::ZERO),
    };
    conn.map_err(|source| MigrateError::Connect { url: url.clone(), source: source.into() })
}

fn compare(known: Vec<Known>, applied: &[String]) -> MigrationStatus {
    let is_unknown = |version: &&String| !known.iter().any(|known| known.version == **version);
    let unknown = applied.iter().filter(is_unknown).cloned().collect();
    let known = known
        .into_iter()
        .map(|known| MigrationState { is_applied: applied.contains(&known.version), name: known.name })
        .collect();
    MigrationStatus { known, unknown }
}

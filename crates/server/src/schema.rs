//! Bringing the database to the tables of this version before anything else is done with it.

use autorisen_domain::error::PortError;
use autorisen_storage::migrations::{self, MigrateError, MigrationReport};
use autorisen_storage::{DatabaseUrl, Db};
use slog::{Logger, info};

use crate::logging::EVENT;

/// The database does not have the tables of this version.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    /// They could not be made.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// They are not there, and nobody said to make them.
    #[error("the database lacks migrations: {}; run `autorisen migrate up` first", .0.join(", "))]
    Missing(Vec<String>),
    /// The database cannot be asked.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Applies what is missing, and says so.
pub(crate) fn migrate(url: &DatabaseUrl, log: &Logger) -> Result<MigrationReport, MigrateError> {
    let report = migrations::run(url)?;
    if !report.migrations.is_empty() {
        info!(log, #EVENT, "migrate.up.success"; "migrations" => report.migrations.join(", "));
    }
    Ok(report)
}

/// The same for a command beside a server: where nothing is missing it asks for no lock, which somebody
/// else may hold.
pub(crate) fn ensure(url: &DatabaseUrl, log: &Logger) -> Result<(), MigrateError> {
    let is_complete = migrations::status(url)?.known.iter().all(|known| known.is_applied);
    if is_complete { Ok(()) } else { migrate(url, log).map(drop) }
}

/// Fails when something is missing, and names it.
pub(crate) async fn require(db: &Db) -> Result<(), SchemaError> {
    let missing = migrations::inspect(db).await?.missing();
    if missing.is_empty() { Ok(()) } else { Err(SchemaError::Missing(missing)) }
}

//! The lock of migrators on SQLite: one transaction around the whole run.

use std::time::Instant;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::sqlite::SqliteConnection;

use crate::db::DbConnection;
use crate::dialect;
use crate::migrations::{LOCK_TIMEOUT, MigrateError};

/// Acts while this process alone writes to the file, and keeps all of it or nothing.
pub(super) fn locked<T>(
    mut conn: SqliteConnection,
    act: impl FnOnce(&mut DbConnection) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    dialect::while_locked(deadline, || {
        AnsiTransactionManager::begin_transaction_sql(&mut conn, "BEGIN EXCLUSIVE")
    })
    .map_err(|error| {
        if dialect::may_pass(&error) { MigrateError::Locked } else { MigrateError::list(error) }
    })?;

    // What is not committed goes with the connection.
    let mut conn = DbConnection::Sqlite(conn);
    let done = act(&mut conn)?;
    DbConnection::commit_transaction(&mut conn).map_err(MigrateError::list)?;
    Ok(done)
}

/// Rules between tables are off while tables are changed, since a table may have to be replaced. This reads
/// all that refers to anything.
pub(super) fn check_references(conn: &mut DbConnection) -> Result<(), MigrateError> {
    match dialect::broken_reference(conn).map_err(MigrateError::list)? {
        None => Ok(()),
        Some(table) => Err(MigrateError::BrokenReferences(table)),
    }
}

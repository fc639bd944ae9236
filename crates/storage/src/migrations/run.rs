//! Applying and reverting a list of migrations, under the lock of migrators.

use diesel::connection::SimpleConnection as _;
use diesel_migrations::MigrationHarness as _;

use crate::db::{DatabaseKind, DbConnection};
use crate::dialect;
use crate::migrations::embedded::Migration;
use crate::migrations::status::MigrationStatus;
use crate::migrations::step::{Record, Step};
use crate::migrations::{MigrateError, MigrationReport};

/// Applies what is missing of these. Nothing happens when one of them was edited.
pub(super) fn apply(conn: &mut DbConnection, all: &[Migration]) -> Result<MigrationReport, MigrateError> {
    let kind = DatabaseKind::of(conn);
    dialect::make_migration_tables(conn).map_err(MigrateError::list)?;
    let applied = dialect::applied_migrations(conn).map_err(MigrateError::list)?;
    let edited = MigrationStatus::compare(all, kind, &applied).edited();
    if !edited.is_empty() {
        return Err(MigrateError::Edited(edited));
    }

    let mut report = MigrationReport::default();
    for migration in all {
        match applied.iter().find(|applied| applied.version == migration.version()) {
            Some(applied) if applied.record.is_some() => {}
            // It was applied before records were kept.
            Some(_) => conn.batch_execute(&Record::of(migration, kind).kept()).map_err(MigrateError::list)?,
            None => {
                let step = Step::of(migration, kind);
                let run = match conn {
                    DbConnection::Postgres(conn) => conn.run_migration(&step),
                    DbConnection::Sqlite(conn) => conn.run_migration(&step),
                };
                run.map_err(|source| MigrateError::failed(migration, source))?;
                report.migrations.push(migration.name.to_owned());
            }
        }
    }
    Ok(report)
}

/// Reverts the newest of what was applied, or all.
pub(super) fn revert(
    conn: &mut DbConnection,
    known: &[Migration],
    all: bool,
) -> Result<MigrationReport, MigrateError> {
    let kind = DatabaseKind::of(conn);
    dialect::make_migration_tables(conn).map_err(MigrateError::list)?;
    let applied = dialect::applied_migrations(conn).map_err(MigrateError::list)?;
    let count = if all { applied.len() } else { 1 };

    // All are looked up before the first is reverted, so that an unknown one leaves all as it was.
    let mut chosen = Vec::with_capacity(count);
    for applied in applied.iter().rev().take(count) {
        let found = known.iter().find(|migration| migration.version() == applied.version);
        chosen.push(found.ok_or_else(|| MigrateError::Unknown(applied.version.clone()))?);
    }

    let mut report = MigrationReport::default();
    for migration in chosen {
        let step = Step::of(migration, kind);
        let reverted = match conn {
            DbConnection::Postgres(conn) => conn.revert_migration(&step),
            DbConnection::Sqlite(conn) => conn.revert_migration(&step),
        };
        reverted.map_err(|source| MigrateError::failed(migration, source))?;
        report.migrations.push(migration.name.to_owned());
    }
    Ok(report)
}

//! The migrations in the binary, and how a list of them is applied and reverted.

use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::{Pg, PgConnection};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::db::DatabaseKind;
use crate::migrations::{MigrateError, MigrationReport};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// A migration that this version knows.
pub(super) struct Known {
    /// The number that its name begins with.
    pub(super) version: String,
    /// Its name.
    pub(super) name: String,
}

/// The migrations for this database, in order.
pub(super) fn known(kind: DatabaseKind) -> Vec<Known> {
    match kind {
        DatabaseKind::Postgres => known_in::<Pg>(&POSTGRES),
        DatabaseKind::Sqlite => known_in::<Sqlite>(&SQLITE),
    }
}

pub(super) fn apply_postgres(conn: &mut PgConnection) -> Result<MigrationReport, MigrateError> {
    apply(conn, POSTGRES)
}

pub(super) fn apply_sqlite(conn: &mut SqliteConnection) -> Result<MigrationReport, MigrateError> {
    apply(conn, SQLITE)
}

pub(super) fn revert_postgres(conn: &mut PgConnection, all: bool) -> Result<MigrationReport, MigrateError> {
    revert(conn, &POSTGRES, all)
}

pub(super) fn revert_sqlite(conn: &mut SqliteConnection, all: bool) -> Result<MigrationReport, MigrateError> {
    revert(conn, &SQLITE, all)
}

fn known_in<DB: Backend>(source: &EmbeddedMigrations) -> Vec<Known> {
    let migrations: Vec<Box<dyn Migration<DB>>> = source.migrations().unwrap_or_default();
    let mut known: Vec<Known> = migrations
        .iter()
        .map(|migration| Known {
            version: migration.name().version().to_string(),
            name: migration.name().to_string(),
        })
        .collect();
    known.sort_by(|a, b| a.version.cmp(&b.version));
    known
}

fn apply<C, DB>(conn: &mut C, source: EmbeddedMigrations) -> Result<MigrationReport, MigrateError>
where
    C: MigrationHarness<DB>,
    DB: Backend,
{
    let mut report = MigrationReport::default();
    for migration in conn.pending_migrations(source).map_err(MigrateError::List)? {
        let name = migration.name().to_string();
        if let Err(source) = conn.run_migration(&migration) {
            return Err(MigrateError::Failed { name, source });
        }
        report.migrations.push(name);
    }
    Ok(report)
}

fn revert<C, DB>(
    conn: &mut C,
    source: &EmbeddedMigrations,
    all: bool,
) -> Result<MigrationReport, MigrateError>
where
    C: MigrationHarness<DB>,
    DB: Backend,
{
    let applied = conn.applied_migrations().map_err(MigrateError::List)?; // The newest first.
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(MigrateError::List)?;
    let count = if all { applied.len() } else { 1 };

    // All are looked up before the first is reverted, so that an unknown one leaves all as it was.
    let mut chosen = Vec::with_capacity(count);
    for version in applied.iter().take(count) {
        let found = known.iter().find(|migration| migration.name().version() == *version);
        chosen.push(found.ok_or_else(|| MigrateError::Unknown(version.to_string()))?);
    }

    let mut report = MigrationReport::default();
    for migration in chosen {
        let name = migration.name().to_string();
        if let Err(source) = conn.revert_migration(migration) {
            return Err(MigrateError::Failed { name, source });
        }
        report.migrations.push(name);
    }
    Ok(report)
}

//! `autorisen migrate`: changing and showing the tables.

use std::io::Write;

use autorisen_storage::DatabaseUrl;
use autorisen_storage::migrations::{self, MigrationStatus};
use serde_json::json;

use super::Failure;
use crate::cli::{ExitCode, MigrateCommand};

/// Does what was asked; answers go to `out`.
pub(super) fn run(
    command: &MigrateCommand,
    url: &DatabaseUrl,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    match command {
        MigrateCommand::Up => say_each(out, "applied", &migrations::run(url)?.migrations)?,
        MigrateCommand::Down { all } => {
            say_each(out, "reverted", &migrations::revert(url, *all)?.migrations)?;
        }
        MigrateCommand::Status { json } => show(out, &migrations::status(url)?, *json)?,
    }
    Ok(ExitCode::Success)
}

fn say_each(out: &mut dyn Write, what: &str, migrations: &[String]) -> std::io::Result<()> {
    if migrations.is_empty() {
        writeln!(out, "Nothing to do.")?;
    }
    migrations.iter().try_for_each(|name| writeln!(out, "{what} {name}"))
}

fn show(out: &mut dyn Write, status: &MigrationStatus, as_json: bool) -> std::io::Result<()> {
    if as_json {
        let known: Vec<_> = status
            .known
            .iter()
            .map(|migration| json!({ "name": migration.name, "applied": migration.is_applied }))
            .collect();
        return writeln!(out, "{:#}", json!({ "migrations": known, "unknown": status.unknown }));
    }
    for migration in &status.known {
        writeln!(out, "{}  {}", if migration.is_applied { "applied" } else { "missing" }, migration.name)?;
    }
    status.unknown.iter().try_for_each(|version| writeln!(out, "unknown  {version}"))
}

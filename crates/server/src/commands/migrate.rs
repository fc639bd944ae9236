//! `autorisen migrate`: changing and showing the tables.

use std::io::Write;

use autorisen_storage::DatabaseUrl;
use autorisen_storage::migrations::{self, MigrationState, MigrationStatus};
use serde_json::{Value, json};

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
        return writeln!(out, "{:#}", as_value(status));
    }
    for migration in &status.known {
        writeln!(out, "{}  {}{}", word(migration), migration.name, mark(migration.contracts))?;
    }
    status.unknown.iter().try_for_each(|unknown| {
        // One that left no word may have taken something away.
        writeln!(out, "unknown  {}{}", unknown.name, mark(unknown.contracts != Some(false)))
    })
}

fn as_value(status: &MigrationStatus) -> Value {
    let known: Vec<_> = status
        .known
        .iter()
        .map(|migration| {
            json!({
                "name": migration.name,
                "applied": migration.is_applied,
                "edited": migration.is_edited,
                "contracts": migration.contracts,
            })
        })
        .collect();
    let unknown: Vec<_> = status
        .unknown
        .iter()
        .map(|unknown| json!({ "name": unknown.name, "contracts": unknown.contracts }))
        .collect();
    json!({ "migrations": known, "unknown": unknown })
}

const fn word(migration: &MigrationState) -> &'static str {
    match (migration.is_applied, migration.is_edited) {
        (false, _) => "missing",
        (true, false) => "applied",
        (true, true) => "edited ",
    }
}

const fn mark(contracts: bool) -> &'static str {
    if contracts { "  (contracts)" } else { "" }
}

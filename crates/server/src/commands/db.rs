//! `autorisen db`: moving and checking the whole database.

use std::io::Write;

use autorisen_domain::audit::{AuditAction, AuditEntry};
use autorisen_domain::clock::Clock as _;
use autorisen_domain::context::Context;
use autorisen_storage::check::{self, CheckOptions, Checked, Violation};
use autorisen_storage::transfer::{self, TransferError};
use autorisen_storage::{DatabaseUrl, TableSum};
use serde_json::json;

use super::Failure;
use crate::cli::{DbCommand, ExitCode, To};
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::progress::ShownProgress;
use crate::request_log::Chain;

/// Does what was asked; answers go to `out`.
pub(super) fn run(
    command: &DbCommand,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    match command {
        DbCommand::Move(to) => {
            move_to(&settings.database.url, &target(to, &settings.database.url)?, settings, out)
        }
        DbCommand::Check { json } => check(settings, *json, out),
        DbCommand::EndSessions => {
            transfer::end_all_sessions(&settings.database.url, &restored_now())?;
            writeln!(out, "Nobody is signed in any more, and every signing key is void.")?;
            Ok(ExitCode::Success)
        }
    }
}

/// Says what was refused, if it was: nothing failed then.
pub(super) fn refused(failure: Failure) -> Result<ExitCode, Failure> {
    if failure.downcast_ref::<TransferError>().is_some_and(TransferError::is_refusal) {
        eprintln!("autorisen: {}", Chain(&*failure));
        return Ok(ExitCode::Refused);
    }
    Err(failure)
}

/// What the audit says of a restore.
pub(super) fn restored_now() -> AuditEntry {
    AuditEntry::new(&Context::local("cli"), SystemClock.now(), AuditAction::Restored)
}

/// The database that was named, or else the one of the settings.
pub(super) fn target(to: &To, otherwise: &DatabaseUrl) -> Result<DatabaseUrl, Failure> {
    if let Some(url) = &to.to {
        return Ok(url.clone());
    }
    let Some(path) = &to.to_file else { return Ok(otherwise.clone()) };
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    DatabaseUrl::parse(&text).map_err(|error| format!("what {} holds {error}", path.display()).into())
}

/// Says which table has how many rows.
pub(super) fn list(tables: &[TableSum], out: &mut dyn Write) -> std::io::Result<()> {
    let width = tables.iter().map(|sum| sum.table.len()).max().unwrap_or_default();
    tables
        .iter()
        .try_for_each(|sum| writeln!(out, "  {:width$}  {:.16}  {}", sum.table, sum.sha256, sum.rows))
}

fn move_to(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let mut progress = ShownProgress::on_stderr();
    let moved = transfer::move_database(from, to, &mut progress)?;
    drop(progress);
    writeln!(
        out,
        "Moved {from} to {to}; each table is the same on both sides, by checksum and number of rows:"
    )?;
    list(&moved.tables, out)?;
    if let Some(folder) = &settings.chat.attachment_folder {
        writeln!(out, "The bytes of files in {} were not moved, and belong to it.", folder.display())?;
    }
    writeln!(
        out,
        "Keep SECRET_KEY, set DATABASE_URL to the new one, and start. Nothing may write to the old one."
    )?;
    Ok(ExitCode::Success)
}

fn check(settings: &Settings, as_json: bool, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let options =
        CheckOptions { now: SystemClock.now(), bytes_in_folder: settings.chat.attachment_folder.is_some() };
    let mut progress = ShownProgress::on_stderr();
    let (mut listed, mut written) = (Vec::new(), Ok(()));
    let checked = check::check(&settings.database.url, options, &mut progress, &mut |violation| {
        if as_json {
            listed.push(as_value(&violation));
        } else if written.is_ok() {
            // As soon as it is found: a long check may be broken off.
            written = writeln!(out, "{violation}");
        }
    })?;
    drop(progress);
    written?;
    let Checked { rows, violations } = checked;
    if as_json {
        writeln!(out, "{:#}", json!({ "whole": violations == 0, "rows": rows, "violations": listed }))?;
    } else if violations == 0 {
        writeln!(out, "whole: everything holds in {rows} rows")?;
    } else {
        writeln!(out, "BROKEN: {violations} violations in {rows} rows")?;
    }
    Ok(if violations == 0 { ExitCode::Success } else { ExitCode::Refused })
}

fn as_value(violation: &Violation) -> serde_json::Value {
    let Violation { rule, table, id, problem } = violation;
    json!({ "rule": rule, "table": table, "id": id, "problem": problem })
}

//! `autorisen import`: bringing over what another system kept.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use autorisen_domain::audit::{AuditAction, AuditEntry};
use autorisen_domain::clock::Clock as _;
use autorisen_domain::context::Context;
use autorisen_storage::legacy::{Counts, Found, ImportSummary, LegacyImport, LegacyUrl};
use serde_json::json;
use slog::Logger;

use super::Failure;
use crate::cli::{ExitCode, ImportCommand, LegacySource};
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::progress::ShownProgress;
use crate::schema;

/// Brings over, or says what would be brought; the counts go to `out`.
pub(super) fn run(
    command: &ImportCommand,
    settings: &Settings,
    log: &Logger,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let ImportCommand::Legacy { from, dry_run, report } = command;
    let from = match LegacyUrl::parse(&source(from)?) {
        Ok(from) => from,
        Err(reason) => {
            eprintln!("autorisen: the URL of the old database {reason}");
            return Ok(ExitCode::Usage);
        }
    };
    let database = &settings.database;
    if database.migrate && !dry_run {
        schema::migrate(&database.url, log)?;
    }
    // Before anything is read: a long run must not end without its report.
    let mut report = report.as_deref().map(create).transpose()?;
    let now = SystemClock.now();
    let import = LegacyImport {
        from,
        to: database.url.clone(),
        adopt: autorisen_security::adopt,
        now,
        entry: AuditEntry::new(&Context::local("cli"), now, AuditAction::Imported),
    };
    let mut tell = |found: &Found| match &mut report {
        Some(file) => writeln!(file, "{}", line(found)),
        None => Ok(()),
    };
    let mut progress = ShownProgress::on_stderr();
    let summary = match dry_run {
        true => import.dry_run(&mut progress, &mut tell)?,
        false => import.run(&mut progress, &mut tell)?,
    };
    drop(progress);
    if let Some(mut file) = report {
        file.flush()?;
    }
    show(&summary, out)?;
    Ok(ExitCode::Success)
}

/// The text of the URL.
fn source(source: &LegacySource) -> Result<String, Failure> {
    match (&source.from, &source.from_file) {
        (Some(url), _) => Ok(url.expose().to_owned()),
        (None, Some(path)) => std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()).into()),
        (None, None) => Err("no database was named".into()),
    }
}

/// Makes the file anew, for its owner alone: ids of people are in it.
fn create(path: &Path) -> io::Result<BufWriter<File>> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.map(BufWriter::new).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot write the report to {}: {error}", path.display()))
    })
}

fn line(found: &Found) -> serde_json::Value {
    let Found { table, row, field, kind, fate, other } = found;
    json!({ "table": table, "id": row, "field": field, "kind": kind, "done": fate, "other_id": other })
}

fn show(summary: &ImportSummary, out: &mut dyn Write) -> io::Result<()> {
    if summary.was_resumed {
        writeln!(
            out,
            "An earlier run had been stopped; this one went on, and these are the counts of both."
        )?;
    }
    let word = if summary.is_dry { "to bring" } else { "brought" };
    let changed = if summary.is_dry { "to update" } else { "updated" };
    writeln!(
        out,
        "{:<22}{:>10} {word:>10} {changed:>10} {:>10} {:>10}",
        "table", "read", "there", "left out"
    )?;
    for table in &summary.tables {
        if table.exists {
            show_counts(table.table, table.counts, out)?;
        } else {
            writeln!(out, "{:<22}          - the old database has none", table.table)?;
        }
    }
    let total = summary.total();
    show_counts("all", total, out)?;

    if !summary.findings.is_empty() {
        writeln!(out, "\nNot kept as it was (--report FILE names each):")?;
    }
    for ((kind, fate), count) in &summary.findings {
        writeln!(out, "  {kind:<20} {fate:<18} {count:>8}")?;
    }
    if !summary.not_brought.is_empty() {
        writeln!(out, "\nTables that are not brought:")?;
    }
    for (name, rows, why) in &summary.not_brought {
        let rows = rows.map_or_else(|| "?".to_owned(), |rows| rows.to_string());
        writeln!(out, "  {name:<28} {rows:>10} rows  {}", why.unwrap_or("unknown"))?;
    }
    let is_new = total.brought + total.updated > 0;
    let end = match (summary.is_dry, is_new) {
        (true, _) => "This was a dry run: nothing was written.",
        (false, true) => "Done.",
        (false, false) => "There was nothing new: nothing was changed.",
    };
    writeln!(out, "\n{end}")
}

fn show_counts(name: &str, counts: Counts, out: &mut dyn Write) -> io::Result<()> {
    let Counts { read, brought, updated, there, left_out } = counts;
    writeln!(out, "{name:<22}{read:>10} {brought:>10} {updated:>10} {there:>10} {left_out:>10}")
}

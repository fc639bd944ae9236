//! `autorisen audit`: checking and reading what happened.

use std::io::{self, BufWriter, Write};

use autorisen_domain::audit::{AuditRow, AuditService, Verified};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use chrono::{DateTime, SecondsFormat};
use serde_json::json;

use super::Failure;
use crate::cli::{AuditCommand, ExitCode};
use crate::progress::ShownProgress;

/// Does what was asked; answers go to `out`.
pub(super) async fn run(
    command: &AuditCommand,
    audit: &AuditService,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    match command {
        AuditCommand::Verify { expect, json } => verify(audit, expect.as_deref(), *json, out).await,
        AuditCommand::Export { after } => {
            let mut out = BufWriter::new(out);
            audit
                .export(*after, |row| writeln!(out, "{}", line(row)).map_err(NotExported::Write))
                .await
                .map_err(Failure::from)?;
            out.flush()?;
            Ok(ExitCode::Success)
        }
    }
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
enum NotExported {
    #[error(transparent)]
    Port(#[from] PortError),
    #[error("cannot write the rows")]
    Write(#[source] io::Error),
}

async fn verify(
    audit: &AuditService,
    expect: Option<&str>,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let mut progress = ShownProgress::on_stderr();
    let Verified { rows, head, broken, has_expected } = audit.verify(expect, &mut progress).await?;
    drop(progress);
    let is_whole = broken.is_none() && has_expected;
    if as_json {
        let broken = broken.map(|broken| json!({ "seq": broken.seq, "fault": broken.fault.to_string() }));
        let answer = json!({
            "whole": is_whole, "rows": rows, "last": head.last_seq, "hash": head.last_hash.to_string(),
            "broken": broken, "has_expected": has_expected,
        });
        writeln!(out, "{answer:#}")?;
    } else if let Some(broken) = broken {
        writeln!(out, "BROKEN after {rows} rows: {broken}")?;
    } else if has_expected {
        writeln!(out, "whole: {rows} rows, the last is {} with hash {}", head.last_seq, head.last_hash)?;
    } else {
        writeln!(out, "BROKEN: whole in itself, with {rows} rows, but without the expected hash")?;
    }
    Ok(if is_whole { ExitCode::Success } else { ExitCode::Refused })
}

fn line(row: &AuditRow) -> serde_json::Value {
    json!({
        "seq": row.seq, "at": text(row.at), "action": row.action, "account_id": row.account,
        "session_id": row.session, "actor_id": row.actor, "client_ip": row.client_ip, "request_id": row.request_id,
        "hash": row.hash.to_string(),
    })
}

fn text(time: Timestamp) -> String {
    DateTime::from_timestamp_micros(time.micros())
        .unwrap_or(DateTime::UNIX_EPOCH)
        .to_rfc3339_opts(SecondsFormat::Micros, true)
}

//! `autorisen keys`: showing and changing the signing keys.

use std::io::Write;
use std::time::Duration;

use autorisen_domain::clock::Timestamp;
use autorisen_domain::context::Context;
use autorisen_domain::keys::{KeyService, RevokeError, RotateError, SigningKey};
use chrono::{DateTime, SecondsFormat};
use serde_json::json;

use super::Failure;
use crate::cli::{ExitCode, KeysCommand};
use crate::serve::TEND_EVERY;

/// Long enough for every process that reaches the database to have loaded the keys anew.
const SEEN_EVERYWHERE_AFTER: Duration = TEND_EVERY.saturating_mul(2);

/// Does what was asked; answers go to `out`.
pub(super) async fn run(
    command: &KeysCommand,
    keys: &KeyService,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    keys.prepare().await?;
    match command {
        KeysCommand::List { json } => show(out, &keys.list().await?, *json)?,
        KeysCommand::Rotate => match keys.rotate(&Context::local("cli")).await {
            Ok(()) => show(out, &keys.list().await?, false)?,
            Err(error @ (RotateError::TooSoon(_) | RotateError::Concurrent)) => {
                eprintln!("autorisen: {error}");
                return Ok(ExitCode::Refused);
            }
            Err(RotateError::Port(cause)) => return Err(cause.into()),
        },
        KeysCommand::Revoke { key } => match keys.revoke(&Context::local("cli"), key).await {
            Ok(()) => {
                eprintln!("autorisen: waiting until every process has forgotten the key");
                actix_web::rt::time::sleep(SEEN_EVERYWHERE_AFTER).await;
                show(out, &keys.list().await?, false)?;
            }
            Err(error @ (RevokeError::Unknown | RevokeError::Concurrent)) => {
                eprintln!("autorisen: {error}");
                return Ok(ExitCode::Refused);
            }
            Err(RevokeError::Port(cause)) => return Err(cause.into()),
        },
    }
    Ok(ExitCode::Success)
}

fn show(out: &mut dyn Write, keys: &[SigningKey], as_json: bool) -> std::io::Result<()> {
    if as_json {
        let keys: Vec<_> = keys
            .iter()
            .map(|key| {
                json!({
                    "kid": key.id.as_str(), "state": key.state.as_str(),
                    "created_at": text(key.created_at), "changed_at": text(key.changed_at),
                })
            })
            .collect();
        return writeln!(out, "{:#}", json!({ "keys": keys }));
    }
    keys.iter().try_for_each(|key| {
        writeln!(out, "{}  {:7}  since {}", key.id.as_str(), key.state.as_str(), text(key.changed_at))
    })
}

fn text(time: Timestamp) -> String {
    DateTime::from_timestamp_micros(time.micros())
        .unwrap_or(DateTime::UNIX_EPOCH)
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

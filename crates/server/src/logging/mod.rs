//! The log: one JSON object per line for programs, or text for people at a terminal.
//!
//! A record that carries the tag `event` is an event: its message is the event's name and is
//! written under `event`. Every other message is written under `msg`. Whoever logs sees to it that
//! no field holds a password, token, key, e-mail address or body.

mod fields;
mod json;
mod line;
mod one_line;
mod stamp;
mod text;

#[cfg(test)]
pub(crate) mod capture;

use std::io;
use std::sync::Arc;

use autorisen_domain::clock::Clock;
use slog::Logger;

pub(crate) use json::json;

use crate::config::{LogFormat, LogSettings};

/// The tag of records that are events: `info!(log, #EVENT, "auth.login.success"; …)`.
pub(crate) const EVENT: &str = "event";

/// Keeps the log going. When it is dropped everything that was logged before has been written, so
/// it is to be dropped last, and never skipped by `std::process::exit`.
#[must_use = "what is logged after the guard is gone is lost"]
pub(crate) struct LogGuard {
    _writer: slog_async::AsyncGuard,
}

/// Where the log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// For a server, whose log is all it says.
    Stdout,
    /// For a command, whose answer has standard output for itself.
    Stderr,
}

/// Opens the log.
pub(crate) fn start(settings: &LogSettings, clock: Arc<dyn Clock>, target: Target) -> (Logger, LogGuard) {
    match (settings.format, target) {
        (LogFormat::Json, Target::Stdout) => json(settings.level, clock, io::stdout()),
        (LogFormat::Json, Target::Stderr) => json(settings.level, clock, io::stderr()),
        (LogFormat::Text, target) => text::terminal(settings.level, clock, target),
    }
}

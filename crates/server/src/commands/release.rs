//! `autorisen release`: shows that this build can work, before anybody is sent to it.
//!
//! It brings the database up to date, under the lock of migrators, and serves on a spare port of this
//! machine for a moment. A platform that runs it as its release phase keeps the old build when it fails.

use std::io::{self, Read as _, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use autorisen_domain::clock::Clock as _;
use slog::Logger;

use super::Failure;
use crate::cli::ExitCode;
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::{schema, serve};

/// How long one answer may take; far more than one needs.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// An answer that is longer is cut off.
const MAX_ANSWER: u64 = 64 * 1024;

/// One request and what its answer must be.
struct Check {
    method: &'static str,
    path: &'static str,
    body: String,
    status: u16,
    holds: &'static str,
}

/// Migrates, serves, checks, stops; answers go to `out`.
pub(super) fn run(settings: &Settings, log: &Logger, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let migrated = schema::migrate(&settings.database.url, log)?.migrations;
    writeln!(out, "migrations applied: {}", migrated.len())?;
    migrated.iter().try_for_each(|name| writeln!(out, "  {name}"))?;

    let checks = checks();
    let found = serve::meanwhile(settings, log, move |address| {
        checks.into_iter().map(|check| (ask(address, &check), check)).collect::<Vec<_>>()
    })?;
    let found = found.ok_or("told to stop before the checks were done")?;
    let mut failed = 0;
    for (answer, check) in &found {
        let verdict = verdict(answer, check);
        failed += usize::from(verdict.is_err());
        let word = if verdict.is_ok() { "ok     " } else { "FAILED " };
        writeln!(out, "{word} {} {}: {}", check.method, check.path, verdict.unwrap_or_else(|why| why))?;
    }
    if failed > 0 {
        return Err(format!("{failed} of {} checks failed", found.len()).into());
    }
    writeln!(out, "This build can serve.")?;
    Ok(ExitCode::Success)
}

/// What a build that works answers. The login reaches the limits, the tables and the hashing.
fn checks() -> Vec<Check> {
    let nobody = format!("release-{}@example.invalid", SystemClock.now().micros());
    let login = format!(r#"{{"email":"{nobody}","password":"nobody has this password"}}"#);
    let get = |path, holds| Check { method: "GET", path, body: String::new(), status: 200, holds };
    let refused = |path, body| Check { method: "POST", path, body, status: 401, holds: "" };
    vec![
        get("/api/health", r#""status":"ok""#),
        get("/api/health/ready", r#""status":"ready""#),
        get("/.well-known/jwks.json", r#""kid":"#),
        refused("/api/auth/login", login),
        refused("/api/chatkit/token", "{}".to_owned()),
    ]
}

/// Sends the request and reads the whole answer.
fn ask(address: SocketAddr, check: &Check) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    stream.set_write_timeout(Some(ANSWER_WITHIN))?;
    let Check { method, path, body, .. } = check;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// What came, if it is what must come; else why it is not. No body is told.
fn verdict(answer: &io::Result<String>, check: &Check) -> Result<String, String> {
    let answer = answer.as_ref().map_err(|error| format!("no answer: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.split_whitespace().nth(1).unwrap_or("none");
    if status != check.status.to_string() {
        return Err(format!("{} was due, {status} came", check.status));
    }
    if !body.contains(check.holds) {
        return Err(format!("{status} came without {}", check.holds));
    }
    Ok(status.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(answer: &str) -> Result<String, String> {
        let check =
            Check { method: "GET", path: "/", body: String::new(), status: 200, holds: r#""status":"ok""# };
        verdict(&Ok(answer.to_owned()), &check)
    }

    #[test]
    fn only_the_status_and_body_that_are_due_will_do() {
        assert_eq!(judged("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{\"status\":\"ok\"}"), Ok("200".to_owned()));
        assert!(judged("HTTP/1.1 200 OK\r\n\r\n{}").is_err());
        assert!(judged("HTTP/1.1 503 Busy\r\n\r\n{\"status\":\"ok\"}").is_err());
        assert!(judged("").is_err());
    }
}

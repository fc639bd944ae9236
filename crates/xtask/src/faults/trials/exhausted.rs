//! Somebody else who holds what requests need: rows of PostgreSQL, or the file of SQLite.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::super::actor::End;
use super::super::crowd::{Findings, during, many_during};
use super::super::servers::{Replicas, SETTINGS, check_data};
use super::super::verdict::{Cause, Expected, Verdict, judge};
use super::{Came, Given};
use crate::failure::Failure;
use crate::rig::Keeper;
use crate::rig::statistics::quantile;

/// Connections of each replica, so few that the clients at hand can take all of them.
const POOL: usize = 4;
/// As many times the usual clients.
const CROWDS: usize = 3;
/// So long after its begin all that can be busy is.
const FILLS_WITHIN: Duration = Duration::from_secs(1);

pub(super) fn writes(given: Given<'_>) -> Result<Came, Failure> {
    held(given, "LOCK TABLE sessions IN SHARE ROW EXCLUSIVE MODE", "all that writes to sessions waits")
}

pub(super) fn everything(given: Given<'_>) -> Result<Came, Failure> {
    held(given, "LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE", "all that looks at a session waits")
}

fn held(given: Given<'_>, statement: &str, what: &str) -> Result<Came, Failure> {
    let pool = || vec![("AUTORISEN__DATABASE__POOL_SIZE", POOL.to_string())];
    let replicas = Replicas::start([given.binary; 3], |_| pool())?;
    let addresses = replicas.addresses();
    let extent = given.extent;
    let (cause, findings) = many_during(CROWDS, &addresses, |_| {
        thread::sleep(extent.quiet / 4);
        let held = replicas.hold(statement)?;
        let begun = Instant::now();
        thread::sleep(extent.held_for);
        let cause = Cause { begun, ended: held.release() };
        thread::sleep(extent.quiet);
        Ok(cause)
    })?;
    let mut verdict = judge(&findings, &[cause], Expected::Degraded, given.extent.tolerance);
    let reads = if statement.contains("ACCESS") {
        String::new()
    } else {
        format!("; {}", reads_go_on(&mut verdict, &findings, cause))
    };
    replicas.conclude(&mut verdict);
    let how = format!("for {} s {what}, in pools of {POOL}{reads}", extent.held_for.as_secs());
    Ok(Came::Tried { how, verdict })
}

pub(super) fn file(given: Given<'_>) -> Result<Came, Failure> {
    let mut keeper = Keeper::open(given.binary, "sqlite://faults.db")?;
    keeper.start(SETTINGS)?;
    let file = keeper.folder().join("faults.db");
    let extent = given.extent;
    let addresses = [keeper.address()];
    let (cause, findings) = during(&addresses, |_| {
        thread::sleep(extent.quiet / 4);
        let fail = |error: rusqlite::Error| Failure::new(format!("another process: {error}"));
        let other = Connection::open(&file).map_err(fail)?;
        other.busy_timeout(Duration::from_secs(10)).map_err(fail)?;
        other.execute_batch("BEGIN IMMEDIATE").map_err(fail)?;
        let begun = Instant::now();
        thread::sleep(extent.held_for);
        other.execute_batch("ROLLBACK").map_err(fail)?;
        let cause = Cause { begun, ended: Instant::now() };
        thread::sleep(extent.quiet);
        Ok(cause)
    })?;
    let mut verdict = judge(&findings, &[cause], Expected::Degraded, given.extent.tolerance);
    let reads = reads_go_on(&mut verdict, &findings, cause);
    check_data(&keeper, &mut verdict);
    let how = format!("for {} s: a transaction that writes; {reads}", extent.held_for.as_secs());
    Ok(Came::Tried { how, verdict })
}

/// Whoever only reads is served meanwhile; and how fast.
pub(super) fn reads_go_on(verdict: &mut Verdict, findings: &Findings, cause: Cause) -> String {
    let during: Vec<_> = findings
        .seen
        .iter()
        .filter(|seen| seen.route == "me")
        .filter(|seen| seen.begun > cause.begun + FILLS_WITHIN && seen.begun + seen.took < cause.ended)
        .collect();
    let refused = during.iter().filter(|seen| seen.end != End::Good).count();
    if during.is_empty() {
        verdict.fault("nobody asked who is signed in meanwhile");
    }
    if refused > 0 {
        verdict.fault(format!("{refused} of {} who asked who is signed in were refused", during.len()));
    }
    let mut took: Vec<f64> = during.iter().map(|seen| seen.took.as_secs_f64() * 1_000.0).collect();
    took.sort_by(f64::total_cmp);
    format!("{} reads meanwhile, p99 {:.0} ms", took.len(), quantile(&took, 0.99))
}

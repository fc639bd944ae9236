//! What a sweep of many rows does to those who write meanwhile.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Plan;
use super::measure::Subject;
use crate::failure::Failure;
use crate::rig::filling::Filler;
use crate::rig::http::{Connection, post};
use crate::rig::statistics::quantile;
use crate::rig::{say, visitor};

/// The sweeps have their say in the log at this level.
const SETTINGS: crate::rig::Settings<'_> = &[
    ("AUTORISEN__AUTH__BCRYPT_COST", "4"),
    ("RATE_LIMIT_PER_MIN", "0"),
    ("AUTORISEN__AUTH__ACCESS_TTL_SEC", "86400"),
    ("LOG_LEVEL", "debug"),
];
/// Between two writes.
const EVERY: Duration = Duration::from_millis(10);
/// No sweep comes earlier.
const QUIET: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A sweep that takes longer has stopped.
const PATIENCE: Duration = Duration::from_mins(30);

/// How long writes took, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writes {
    pub(super) number: usize,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
}

/// A sweep, and the writes before it and during it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Swept {
    pub(super) rows: u64,
    pub(super) batches: u64,
    pub(super) took_s: f64,
    /// As the server measured it, with the time that the batch waited for its turn.
    pub(super) longest_batch_ms: f64,
    pub(super) quiet: Writes,
    pub(super) during: Writes,
}

/// Adds rows that are over, starts the server, and writes until they are swept.
pub(super) fn measure(subject: &mut Subject, filler: &Filler, plan: &Plan) -> Result<Swept, Failure> {
    subject.keeper.stop()?;
    let over = subject.rows.accounts * 2;
    filler.over(&subject.url, visitor::EMAIL, subject.rows, over)?;
    super::measure::settle(plan);
    subject.keeper.start(SETTINGS)?;
    say("  waiting for the sweep, which comes half a minute to a minute and a half after the start");

    let ended = AtomicBool::new(false);
    let log = subject.keeper.log();
    let address = subject.keeper.address();
    let refresh_token = subject.refresh_token()?;
    let begun = Instant::now();
    let (writes, found) = thread::scope(|scope| {
        let writing = scope.spawn(|| write(address, refresh_token, begun, &ended));
        let mut found = None;
        while found.is_none() && begun.elapsed() < PATIENCE && !writing.is_finished() {
            thread::sleep(LOOK_EVERY);
            found = sweep_in(&fs::read_to_string(&log).unwrap_or_default(), over);
        }
        ended.store(true, Ordering::Relaxed);
        let writes = writing.join().map_err(|_| Failure::new("a thread panicked"))??;
        Ok::<_, Failure>((writes, found))
    })?;
    let found = found.ok_or_else(|| Failure::new("there was no sweep"))?;
    let ended_at = writes.last().map_or(Duration::ZERO, |(at, _)| *at);
    // It was seen up to half a second after it had ended.
    let began_at = ended_at.saturating_sub(found.took + LOOK_EVERY);
    if began_at < QUIET {
        return Err(Failure::new("the sweep came too early for anything to be compared with"));
    }
    let part = |of: &dyn Fn(Duration) -> bool| {
        let mut times: Vec<f64> = writes.iter().filter(|(at, _)| of(*at)).map(|(_, ms)| *ms).collect();
        times.sort_by(f64::total_cmp);
        Writes {
            number: times.len(),
            p50_ms: quantile(&times, 0.5),
            p99_ms: quantile(&times, 0.99),
            max_ms: quantile(&times, 1.0),
        }
    };
    Ok(Swept {
        rows: found.rows,
        batches: found.batches,
        took_s: found.took.as_secs_f64(),
        longest_batch_ms: found.longest_ms,
        quiet: part(&|at| at < began_at),
        during: part(&|at| at >= began_at),
    })
}

/// What the log says of sweeps.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Found {
    rows: u64,
    batches: u64,
    took: Duration,
    longest_ms: f64,
}

/// What the log says, once as many rows are gone.
fn sweep_in(log: &str, over: u64) -> Option<Found> {
    let mut found = Found::default();
    for line in log.lines().filter(|line| line.contains("sweep.run.success")) {
        // The last line may not be whole yet.
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        found.rows += line["rows"].as_u64()?;
        found.batches += line["batches"].as_u64()?;
        found.took += Duration::from_millis(line["duration_ms"].as_u64()?);
        found.longest_ms = f64::max(found.longest_ms, line["longest_ms"].as_f64()?);
    }
    (found.rows >= over).then_some(found)
}

/// Renews a session again and again, at its times, and tells when each was due and how long it took.
fn write(
    address: std::net::SocketAddr,
    mut refresh_token: String,
    begun: Instant,
    ended: &AtomicBool,
) -> Result<Vec<(Duration, f64)>, Failure> {
    let fail = |error: std::io::Error| Failure::new(format!("a write: {error}"));
    let mut connection = Connection::open(address).map_err(fail)?;
    let mut writes = Vec::new();
    let mut due = begun;
    while !ended.load(Ordering::Relaxed) {
        due = (due + EVERY).max(Instant::now());
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let body = serde_json::json!({"refresh_token": refresh_token}).to_string();
        let sent = Instant::now();
        connection.send(&post("/api/auth/refresh", None, &body)).map_err(fail)?;
        let answer = connection.receive().map_err(fail)?;
        writes.push((sent - begun, sent.elapsed().as_secs_f64() * 1_000.0));
        if answer.status != 200 {
            return Err(visitor::unexpected("refresh", answer.status, answer.body));
        }
        let tokens: Value =
            serde_json::from_slice(answer.body).map_err(|error| Failure::new(error.to_string()))?;
        refresh_token = visitor::text(&tokens, "refresh_token")?;
    }
    Ok(writes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_is_found_in_the_log_once_all_rows_are_gone() {
        let line = |rows: u64, longest: u64| {
            format!(
                r#"{{"event":"sweep.run.success","rows":{rows},"batches":3,"duration_ms":9,"longest_ms":{longest}}}"#
            )
        };
        let log = format!("{{\"event\":\"http.request\"}}\n{}\n", line(5, 7));
        assert_eq!(sweep_in(&log, 10), None);
        let log = format!("{log}{}\n{{\"event\":\"sweep.run.succ", line(6, 4));
        let found = Found { rows: 11, batches: 6, took: Duration::from_millis(18), longest_ms: 7.0 };
        assert_eq!(sweep_in(&log, 10), Some(found));
    }
}

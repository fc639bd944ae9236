//! One round: quiet, then the storm, then logins whose clients go away.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Plan;
use super::schedule::{Outcome, Schedule, milliseconds, send};
use crate::failure::Failure;
use crate::rig::cores;
use crate::rig::http::{Connection, get, post};
use crate::rig::process::{self, Memory};
use crate::rig::statistics::{Spread, count, quantile};

/// Other requests per second.
pub(super) const OTHERS_PER_SECOND: f64 = 200.0;
/// How many times more logins come than can be done.
pub(super) const TIMES: f64 = 10.0;
/// How many logins are abandoned.
pub(super) const ABANDONED: usize = 20;
/// Within this time a login that is not taken on is to be refused.
pub(super) const REFUSED_WITHIN_MS: f64 = 100.0;

/// More than are under way at once: those that are hashed, those that wait, and refusals.
const STORM_CONNECTIONS: usize = 128;
const OTHER_CONNECTIONS: usize = 8;
/// The longest that a client stays that goes away.
const STAYS: Duration = Duration::from_millis(50);
/// A login that is refused for longer will not be done.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A server in a round.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) address: SocketAddr,
    pub(super) pid: u32,
    /// For requests beside logins.
    pub(super) access_token: &'a str,
    pub(super) round: usize,
}

/// What was measured in a round.
#[derive(Debug, Clone)]
pub(super) struct Round {
    /// Logins per second, one after another on each core.
    pub(super) capacity: f64,
    /// How long one takes with nobody else, in milliseconds.
    pub(super) login_ms: f64,
    pub(super) quiet: Others,
    pub(super) storm: Others,
    pub(super) logins: Logins,
    pub(super) resident_before_mb: f64,
    pub(super) resident_peak_mb: f64,
    /// How long a login takes right after others were abandoned, in milliseconds.
    pub(super) after_abandoned_ms: f64,
}

/// How long other requests take, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Others {
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// What became of the logins of a storm.
#[derive(Debug, Clone, Copy)]
pub(super) struct Logins {
    pub(super) offered_per_second: f64,
    pub(super) done_per_second: f64,
    pub(super) refused: usize,
    pub(super) refused_p50_ms: f64,
    pub(super) refused_p99_ms: f64,
    pub(super) refused_max_ms: f64,
    /// The part of the refusals that came in time.
    pub(super) in_time: f64,
}

/// Measures a round.
pub(super) fn measure(target: Target<'_>, plan: &Plan) -> Result<Round, Failure> {
    let Target { address, access_token, .. } = target;
    let login_ms = quiet_login(target)?;
    let one_per_core = Schedule { per_second: 10_000.0, length: plan.look, connections: cores() };
    let begun = Instant::now();
    let done = send(address, one_per_core, |number| login(target, "c", number))?;
    expect("a login", &done, &[401])?;
    let capacity = count(done.len()) / begun.elapsed().as_secs_f64();

    let me = get("/api/auth/me", Some(access_token));
    let others =
        Schedule { per_second: OTHERS_PER_SECOND, length: plan.round, connections: OTHER_CONNECTIONS };
    let quiet = Others::of(&send(address, others, |_| me.clone())?)?;

    let resident_before_mb = memory(target)?.resident;
    let storm = Schedule { per_second: TIMES * capacity, connections: STORM_CONNECTIONS, ..others };
    let over = AtomicBool::new(false);
    let (logins, beside, resident_peak_mb) = thread::scope(|scope| {
        let looking = scope.spawn(|| peak(target, &over));
        let beside = scope.spawn(|| send(address, others, |_| me.clone()));
        let begun = Instant::now();
        let logins = send(address, storm, |number| login(target, "s", number));
        let took = begun.elapsed();
        let beside = beside.join();
        over.store(true, Ordering::Relaxed);
        let peak = looking.join();
        match (beside, peak) {
            (Ok(beside), Ok(peak)) => Ok((Logins::of(&logins?, took)?, Others::of(&beside?)?, peak?)),
            _ => Err(Failure::new("a thread panicked")),
        }
    })?;
    Ok(Round {
        capacity,
        login_ms,
        quiet,
        storm: beside,
        logins,
        resident_before_mb,
        resident_peak_mb,
        after_abandoned_ms: after_abandoned(target)?,
    })
}

/// A login that nobody has tried before.
fn login(target: Target<'_>, kind: &str, number: usize) -> Vec<u8> {
    let email = format!("{kind}{:02}{number:06}@example.org", target.round);
    post(
        "/api/auth/login",
        None,
        &json!({"email": email, "password": "nobody has this password"}).to_string(),
    )
}

/// The median of a few logins that come one after another.
fn quiet_login(target: Target<'_>) -> Result<f64, Failure> {
    let mut connection = open(target)?;
    let times = (0..5)
        .map(|number| timed(&mut connection, &login(target, "q", number)))
        .collect::<Result<Vec<_>, _>>()?;
    Spread::of(times).map(|spread| spread.median).ok_or_else(|| Failure::new("nothing was measured"))
}

/// How long a login takes whose elders have no client any more.
fn after_abandoned(target: Target<'_>) -> Result<f64, Failure> {
    let fail = |error: io::Error| Failure::new(error.to_string());
    let mut connections = (0..ABANDONED).map(|_| open(target)).collect::<Result<Vec<_>, _>>()?;
    let mut next = open(target)?;
    for (number, connection) in connections.iter_mut().enumerate() {
        connection.send(&login(target, "g", number)).map_err(fail)?;
    }
    thread::sleep(STAYS);
    drop(connections);
    timed(&mut next, &login(target, "n", 0))
}

fn open(target: Target<'_>) -> Result<Connection, Failure> {
    Connection::open(target.address).map_err(|error| Failure::new(error.to_string()))
}

/// How long it takes until a login is done. One that is refused tries again, as its client would.
fn timed(connection: &mut Connection, request: &[u8]) -> Result<f64, Failure> {
    let begun = Instant::now();
    loop {
        let sent = connection.send(request);
        let answer = sent.and_then(|()| connection.receive());
        match answer.map_err(|error| Failure::new(format!("a login: {error}")))?.status {
            401 => return Ok(milliseconds(begun.elapsed())),
            503 if begun.elapsed() < PATIENCE => thread::sleep(LOOK_EVERY),
            status => return Err(Failure::new(format!("a login was answered {status}"))),
        }
    }
}

fn memory(target: Target<'_>) -> Result<Memory, Failure> {
    process::memory(target.pid).ok_or_else(|| Failure::new("the server is gone"))
}

/// The most memory that the server has until it is over.
fn peak(target: Target<'_>, over: &AtomicBool) -> Result<f64, Failure> {
    let mut peak = memory(target)?.resident;
    while !over.load(Ordering::Relaxed) {
        peak = peak.max(memory(target)?.resident);
        thread::sleep(LOOK_EVERY);
    }
    Ok(peak)
}

fn expect(what: &str, outcomes: &[Outcome], statuses: &[u16]) -> Result<(), Failure> {
    match outcomes.iter().find(|outcome| !statuses.contains(&outcome.status)) {
        None => Ok(()),
        Some(outcome) => Err(Failure::new(format!("{what} was answered {}", outcome.status))),
    }
}

impl Others {
    fn of(outcomes: &[Outcome]) -> Result<Self, Failure> {
        expect("`me`", outcomes, &[200])?;
        let times = sorted(outcomes.iter().map(|outcome| outcome.since_due_ms));
        Ok(Self { p50_ms: quantile(&times, 0.5), p99_ms: quantile(&times, 0.99) })
    }
}

impl Logins {
    fn of(outcomes: &[Outcome], took: Duration) -> Result<Self, Failure> {
        expect("a login", outcomes, &[401, 429, 503])?;
        let refused: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.status != 401).collect();
        if refused.iter().any(|outcome| outcome.retry_after.is_none_or(|seconds| seconds == 0)) {
            return Err(Failure::new("a login was refused without a Retry-After"));
        }
        if refused.is_empty() {
            return Err(Failure::new("no login was refused: it was no storm"));
        }
        let times = sorted(refused.iter().map(|outcome| outcome.took_ms));
        let in_time = times.iter().filter(|&&time| time <= REFUSED_WITHIN_MS).count();
        Ok(Self {
            offered_per_second: count(outcomes.len()) / took.as_secs_f64(),
            done_per_second: count(outcomes.len() - refused.len()) / took.as_secs_f64(),
            refused: refused.len(),
            refused_p50_ms: quantile(&times, 0.5),
            refused_p99_ms: quantile(&times, 0.99),
            refused_max_ms: quantile(&times, 1.0),
            in_time: count(in_time) / count(refused.len()),
        })
    }
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, took_ms: f64) -> Outcome {
        let retry_after = (status != 401).then_some(1);
        Outcome { status, took_ms, since_due_ms: took_ms, retry_after }
    }

    #[test]
    fn refusals_are_told_from_what_was_done() {
        let outcomes = [outcome(401, 900.0), outcome(503, 1.0), outcome(429, 3.0), outcome(503, 5_000.0)];
        let logins = Logins::of(&outcomes, Duration::from_secs(2)).unwrap();
        assert!(
            (logins.offered_per_second - 2.0).abs() < 1e-9 && (logins.done_per_second - 0.5).abs() < 1e-9
        );
        assert!((logins.refused_p50_ms - 3.0).abs() < 1e-9 && (logins.refused_max_ms - 5_000.0).abs() < 1e-9);
        assert!((logins.in_time - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(logins.refused, 3);
    }

    #[test]
    fn a_refusal_that_names_no_time_or_another_answer_is_a_failure() {
        let silent = Outcome { retry_after: None, ..outcome(503, 1.0) };
        let took = Duration::from_secs(1);
        for (outcomes, part) in [
            ([outcome(401, 1.0), silent], "without a Retry-After"),
            ([outcome(401, 1.0), outcome(500, 1.0)], "answered 500"),
            ([outcome(401, 1.0), outcome(401, 1.0)], "no storm"),
        ] {
            let failure = format!("{:?}", Logins::of(&outcomes, took).unwrap_err());
            assert!(failure.contains(part), "{failure}");
        }
    }

    #[test]
    fn other_requests_are_timed_from_when_they_were_due_and_all_answered_well() {
        let late = Outcome { since_due_ms: 9.0, ..outcome(200, 1.0) };
        let others = Others::of(&[late, late]).unwrap();
        assert!((others.p99_ms - 9.0).abs() < 1e-9, "{others:?}");
        assert!(Others::of(&[late, outcome(503, 1.0)]).is_err());
    }
}

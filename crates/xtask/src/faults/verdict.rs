//! What was promised of a fault, held against what was seen.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::actor::End;
use super::crowd::Findings;
use super::ledger::Breach;

/// A request ends within this.
pub(super) const ENDS_WITHIN: Duration = Duration::from_secs(3);
/// All is well again so soon after a cause has ended.
pub(super) const WELL_WITHIN: Duration = Duration::from_secs(5);
/// A server makes no more connections than that in a second.
pub(super) const CONNECTIONS_PER_SECOND: usize = 20;
/// So long after its begin a fault must be known to who asks whether a server is ready.
const KNOWN_WITHIN: Duration = ENDS_WITHIN;

/// Something that was done to the servers or their database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cause {
    pub(super) begun: Instant,
    pub(super) ended: Instant,
}

/// What may be seen of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// Servers are killed: connections to them break, and they are started again.
    Killed,
    /// Servers are told to stop, one after the other: nobody listens for a while.
    Replaced,
    /// Requests are refused with 503, and servers say that they are not ready.
    Down,
    /// Requests are refused with 503; what only reads may be served, so either is right of readiness.
    Degraded,
    /// Nothing at all.
    Unnoticed,
}

/// What is said of a fault in the end.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Verdict {
    pub(super) requests: usize,
    pub(super) writes: usize,
    pub(super) ends: usize,
    pub(super) lost: usize,
    pub(super) used_twice: usize,
    pub(super) resurrected: usize,
    pub(super) signed_out: usize,
    /// 503 with `Retry-After`.
    pub(super) busy: usize,
    pub(super) slowest: Duration,
    /// What took so long.
    pub(super) slowest_route: &'static str,
    /// From the end of the cause to the last refusal; the longest of all causes. `None` where there was
    /// nothing to recover from.
    pub(super) well_after: Option<Duration>,
    /// The most connections that a server asked the database for in a second.
    pub(super) connections: Option<usize>,
    /// All that was not as promised, in words.
    pub(super) faults: Vec<String>,
}

impl Verdict {
    /// Whether all was as promised.
    pub(super) fn is_good(&self) -> bool {
        self.faults.is_empty()
    }

    /// Adds something that was not as promised.
    pub(super) fn fault(&mut self, fault: impl Into<String>) {
        self.faults.push(fault.into());
    }

    /// Takes note of the times at which one server asked the database for connections.
    pub(super) fn connections_of(&mut self, asked: &[Instant]) {
        let within = |since: &Instant| {
            asked.iter().filter(|at| **at >= *since && **at < *since + Duration::from_secs(1)).count()
        };
        let most = asked.iter().map(within).max().unwrap_or(0);
        if most > CONNECTIONS_PER_SECOND {
            self.fault(format!("a server asked for {most} connections in a second"));
        }
        self.connections = self.connections.max(Some(most));
    }
}

/// Judges what was seen while these causes were at work.
///
/// Times may be longer by `tolerance`: the load, the servers and the database share this machine, with
/// whatever else runs on it.
pub(super) fn judge(
    findings: &Findings,
    causes: &[Cause],
    expected: Expected,
    tolerance: Duration,
) -> Verdict {
    let count = |is: fn(&Breach) -> bool| findings.breaches.iter().filter(|breach| is(breach)).count();
    let mut verdict = Verdict {
        requests: findings.seen.len(),
        writes: findings.writes,
        ends: findings.ends,
        lost: count(|breach| matches!(breach, Breach::Lost(_))),
        used_twice: count(|breach| matches!(breach, Breach::UsedTwice(_))),
        resurrected: count(|breach| matches!(breach, Breach::Resurrected(_))),
        signed_out: count(|breach| matches!(breach, Breach::SignedOut(_))),
        busy: findings.seen.iter().filter(|seen| seen.end == End::Busy).count(),
        ..Verdict::default()
    };
    if verdict.writes == 0 || verdict.ends == 0 {
        verdict.fault("nothing was acknowledged, so nothing was tried");
    }
    for breach in findings.breaches.iter().take(3) {
        verdict.fault(format!("{breach:?}"));
    }
    if let Some(slow) = findings.seen.iter().max_by_key(|seen| seen.took) {
        (verdict.slowest, verdict.slowest_route) = (slow.took, slow.route);
    }
    if verdict.slowest > ENDS_WITHIN + tolerance {
        verdict.fault(format!("{} took {:.1} s", verdict.slowest_route, verdict.slowest.as_secs_f64()));
    }
    judge_ends(&mut verdict, findings, causes, expected);
    judge_health(&mut verdict, findings, causes, expected, tolerance);
    judge_recovery(&mut verdict, findings, causes, expected, tolerance);
    verdict
}

/// As long before and after the order to stop a connection may come that nobody takes any more.
const DOOR: Duration = Duration::from_millis(250);

/// Every request ended as it may.
fn judge_ends(verdict: &mut Verdict, findings: &Findings, causes: &[Cause], expected: Expected) {
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    // What the kernel had taken and the server had not is reset, unread, when its door closes.
    let at_the_door = |begun: Instant| {
        causes.iter().any(|cause| begun <= cause.begun + DOOR && cause.begun <= begun + DOOR)
    };
    for seen in &findings.seen {
        let what = match (&seen.end, expected) {
            (End::Good | End::Busy, _)
            | (End::Refused, Expected::Killed | Expected::Replaced)
            | (End::Cut, Expected::Killed) => continue,
            (End::Cut, Expected::Replaced) if at_the_door(seen.begun) => continue,
            (End::Wrong(what), _) => what.clone(),
            (end, _) => format!("{} ended in {end:?}", seen.route),
        };
        *wrong.entry(what).or_default() += 1;
    }
    for (what, times) in wrong.into_iter().take(5) {
        verdict.fault(format!("{times} times {what}"));
    }
    if expected == Expected::Unnoticed && verdict.busy > 0 {
        verdict.fault(format!("{} requests were refused", verdict.busy));
    }
    if matches!(expected, Expected::Down | Expected::Degraded) && verdict.busy == 0 {
        verdict.fault("nobody noticed anything, so nothing was tried");
    }
}

/// The process says that it runs, and readiness is told as it is.
fn judge_health(
    verdict: &mut Verdict,
    findings: &Findings,
    causes: &[Cause],
    expected: Expected,
    tolerance: Duration,
) {
    if matches!(expected, Expected::Killed | Expected::Replaced) {
        return;
    }
    if let Some(look) = findings.looks.iter().find(|look| look.alive != Some(200)) {
        verdict.fault(format!("/healthz said {:?}", look.alive));
    }
    if let Some(look) = findings.looks.iter().find(|look| look.took > ENDS_WITHIN + tolerance) {
        verdict.fault(format!("/readyz took {:.1} s", look.took.as_secs_f64()));
    }
    let begun = |look: &super::crowd::Look| look.at.checked_sub(look.took);
    for cause in causes.iter().filter(|_| expected == Expected::Down) {
        let known = cause.begun + KNOWN_WITHIN + tolerance;
        let during: Vec<_> = findings
            .looks
            .iter()
            .filter(|look| begun(look).is_some_and(|begun| begun > known) && look.at < cause.ended)
            .collect();
        if let Some(look) = during.iter().find(|look| look.ready != Some(503)) {
            verdict.fault(format!("/readyz said {:?} while the database was down", look.ready));
        }
    }
    for (place, cause) in causes.iter().enumerate() {
        let (well, until) =
            (cause.ended + WELL_WITHIN + tolerance, causes.get(place + 1).map(|next| next.begun));
        let after = findings.looks.iter().filter(|look| {
            begun(look).is_some_and(|begun| begun > well) && until.is_none_or(|until| look.at < until)
        });
        if let Some(look) = after.into_iter().find(|look| look.ready != Some(200)) {
            verdict.fault(format!("/readyz of server {} said {:?} afterwards", look.server, look.ready));
        }
    }
}

/// Soon after the cause has ended nothing is refused any more.
fn judge_recovery(
    verdict: &mut Verdict,
    findings: &Findings,
    causes: &[Cause],
    expected: Expected,
    tolerance: Duration,
) {
    if expected == Expected::Unnoticed {
        return;
    }
    for (place, cause) in causes.iter().enumerate() {
        let until = causes.get(place + 1).map(|next| next.begun);
        let last = findings
            .seen
            .iter()
            .filter(|seen| seen.end != End::Good)
            .map(|seen| (seen.begun + seen.took, seen))
            .filter(|&(at, _)| at >= cause.ended && until.is_none_or(|until| at < until))
            .max_by_key(|&(at, _)| at);
        let after = last.map_or(Duration::ZERO, |(at, _)| at.saturating_duration_since(cause.ended));
        if let Some((_, seen)) = last.filter(|_| after > WELL_WITHIN + tolerance) {
            verdict.fault(format!(
                "{:.1} s after the cause had ended {} was {:?} after {:.1} s",
                after.as_secs_f64(),
                seen.route,
                seen.end,
                seen.took.as_secs_f64()
            ));
        }
        verdict.well_after = verdict.well_after.max(Some(after));
    }
}

#[cfg(test)]
mod tests {
    use super::super::actor::Seen;
    use super::super::crowd::Look;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn seen(begun: Instant, took: Duration, end: End) -> Seen {
        Seen { begun, took, route: "me", end }
    }

    fn look(at: Instant, alive: u16, ready: u16) -> Look {
        Look { at, took: SECOND / 10, server: 0, alive: Some(alive), ready: Some(ready) }
    }

    /// A fault of ten seconds, survived as promised.
    fn survived() -> (Findings, Cause) {
        let begun = Instant::now();
        let cause = Cause { begun, ended: begun + SECOND * 10 };
        let findings = Findings {
            seen: vec![
                seen(begun, SECOND, End::Good),
                seen(begun + SECOND * 2, SECOND * 2, End::Busy),
                seen(begun + SECOND * 11, SECOND, End::Busy),
                seen(begun + SECOND * 17, SECOND / 10, End::Good),
            ],
            looks: vec![
                look(begun + SECOND, 200, 200),
                look(begun + SECOND * 5, 200, 503),
                look(begun + SECOND * 12, 200, 503),
                look(begun + SECOND * 17, 200, 200),
            ],
            breaches: Vec::new(),
            writes: 5,
            ends: 1,
        };
        (findings, cause)
    }

    fn faults(findings: &Findings, cause: Cause, expected: Expected) -> Vec<String> {
        judge(findings, &[cause], expected, SECOND).faults
    }

    #[test]
    fn what_is_survived_as_promised_is_good() {
        let (findings, cause) = survived();
        let verdict = judge(&findings, &[cause], Expected::Down, SECOND);
        assert!(verdict.is_good(), "{verdict:?}");
        assert_eq!((verdict.requests, verdict.busy, verdict.slowest), (4, 2, SECOND * 2));
        assert_eq!(verdict.well_after, Some(SECOND * 2));
    }

    #[test]
    fn every_kind_of_broken_promise_is_found() {
        for breach in [Breach::Lost, Breach::UsedTwice, Breach::Resurrected, Breach::SignedOut] {
            let (mut findings, cause) = survived();
            findings.breaches.push(breach("x".to_owned()));
            let verdict = judge(&findings, &[cause], Expected::Down, SECOND);
            assert!(!verdict.is_good());
            let counted = [verdict.lost, verdict.used_twice, verdict.resurrected, verdict.signed_out];
            assert_eq!(counted.iter().sum::<usize>(), 1, "{verdict:?}");
        }
    }

    #[test]
    fn requests_that_end_otherwise_or_late_are_found() {
        let wrong = End::Wrong("500".to_owned());
        for (end, took) in [
            (wrong, SECOND),
            (End::Cut, SECOND),
            (End::Refused, SECOND),
            (End::Hung, SECOND),
            (End::Good, SECOND * 5),
            (End::Busy, SECOND * 5),
        ] {
            let (mut findings, cause) = survived();
            findings.seen.push(seen(cause.begun, took, end.clone()));
            assert_eq!(faults(&findings, cause, Expected::Down).len(), 1, "{end:?}");
        }
    }

    #[test]
    fn broken_connections_are_right_where_servers_are_killed_and_an_answer_that_hangs_is_not() {
        let (mut findings, cause) = survived();
        findings.seen.push(seen(cause.begun, SECOND, End::Cut));
        findings.seen.push(seen(cause.begun, SECOND, End::Refused));
        assert_eq!(faults(&findings, cause, Expected::Killed), [""; 0]);
        findings.seen.push(seen(cause.begun, SECOND, End::Hung));
        assert_eq!(faults(&findings, cause, Expected::Killed).len(), 1);
    }

    #[test]
    fn a_server_that_is_replaced_cuts_what_comes_as_it_closes_and_nothing_else() {
        for (later, found) in [(DOOR / 2, 0), (SECOND, 1)] {
            let (mut findings, cause) = survived();
            findings.seen.push(seen(cause.begun + later, DOOR / 10, End::Cut));
            assert_eq!(faults(&findings, cause, Expected::Replaced).len(), found, "{later:?}");
        }
    }

    #[test]
    fn health_that_lies_is_found() {
        for (after, alive, ready) in [(5, 200, 200), (5, 503, 503), (17, 200, 503)] {
            let (mut findings, cause) = survived();
            findings.looks.push(look(cause.begun + SECOND * after, alive, ready));
            let found = faults(&findings, cause, Expected::Down);
            assert_eq!(found.len(), 1, "{after} {alive} {ready}: {found:?}");
        }
    }

    #[test]
    fn a_recovery_that_takes_long_is_found() {
        let (mut findings, cause) = survived();
        findings.seen.push(seen(cause.ended + SECOND * 6, SECOND, End::Busy));
        assert_eq!(faults(&findings, cause, Expected::Down).len(), 1);
    }

    #[test]
    fn a_trial_that_tried_nothing_is_not_good() {
        let (mut findings, cause) = survived();
        findings.seen.retain(|seen| seen.end == End::Good);
        assert_eq!(faults(&findings, cause, Expected::Down).len(), 1, "nobody noticed");
        let nothing = Findings::default();
        assert!(!judge(&nothing, &[cause], Expected::Killed, SECOND).is_good());
    }

    #[test]
    fn what_is_not_to_be_noticed_refuses_nobody() {
        let (findings, cause) = survived();
        assert!(faults(&findings, cause, Expected::Unnoticed).iter().any(|fault| fault.contains("refused")));
    }

    #[test]
    fn too_many_connections_in_a_second_are_found() {
        let (begun, mut verdict) = (Instant::now(), Verdict::default());
        let asked: Vec<Instant> = (0..100).map(|number| begun + SECOND / 20 * number).collect();
        verdict.connections_of(&asked);
        assert_eq!((verdict.connections, verdict.is_good()), (Some(20), true));
        verdict.connections_of(&[begun; 21]);
        assert_eq!((verdict.connections, verdict.is_good()), (Some(21), false));
    }
}

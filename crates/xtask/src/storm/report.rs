//! What was measured, as Markdown.

use super::Plan;
use super::round::{ABANDONED, OTHERS_PER_SECOND, REFUSED_WITHIN_MS, Round, TIMES};
use crate::rig::statistics::{Spread, count};
use crate::rig::{Machine, cores, table};

/// The rounds of the server on one database.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) database: &'static str,
    pub(super) rounds: Vec<Round>,
}

/// The whole section.
pub(super) fn section(machine: &Machine, plan: &Plan, servers: &[Server]) -> String {
    let (rounds, seconds) = (plan.rounds, plan.round.as_secs());
    let mut header = vec![""];
    header.extend(servers.iter().map(|server| server.database));
    let rows = rows().into_iter().map(|(name, figure)| {
        let cells = servers.iter().map(|server| {
            Spread::of(server.rounds.iter().map(&figure)).map_or_else(String::new, |spread| spread.show(show))
        });
        std::iter::once(name).chain(cells).collect()
    });
    format!(
        "\
Written by `cargo xtask storm`. {machine} Medians of {rounds} rounds, with the lowest and the highest in parentheses.

The release binary hashes at its own cost (12) on {} threads, with the settings that it has by itself but for the
limit by address. In each round: what it can do, with one login after another on each core; {seconds} s of
`GET /api/auth/me`, {OTHERS_PER_SECOND} a second, in quiet; the same with {TIMES} times the logins that it can do, each of
another address; then {ABANDONED} logins whose clients go away at once, and one more. Other requests are timed from when
they were due. All run on this machine, on the same cores.

{}",
        cores(),
        table(&header, rows)
    )
}

type Figure = Box<dyn Fn(&Round) -> f64>;

fn rows() -> Vec<(String, Figure)> {
    let row =
        |name: &str, figure: fn(&Round) -> f64| -> (String, Figure) { (name.to_owned(), Box::new(figure)) };
    vec![
        row("`me` in quiet, p50, ms", |round| round.quiet.p50_ms),
        row("`me` in quiet, p99, ms", |round| round.quiet.p99_ms),
        row("`me` in the storm, p50, ms", |round| round.storm.p50_ms),
        row("`me` in the storm, p99, ms", |round| round.storm.p99_ms),
        row("ratio of the p50", |round| round.storm.p50_ms / round.quiet.p50_ms),
        row("ratio of the p99", |round| round.storm.p99_ms / round.quiet.p99_ms),
        row("logins/s in quiet", |round| round.capacity),
        row("logins/s offered", |round| round.logins.offered_per_second),
        row("logins/s done", |round| round.logins.done_per_second),
        row("done of what it can do, %", |round| round.logins.done_per_second / round.capacity * 100.0),
        row("refusals", |round| count(round.logins.refused)),
        row("a refusal, p50, ms", |round| round.logins.refused_p50_ms),
        row("a refusal, p99, ms", |round| round.logins.refused_p99_ms),
        row("a refusal, at most, ms", |round| round.logins.refused_max_ms),
        (
            format!("refusals within {REFUSED_WITHIN_MS} ms, %"),
            Box::new(|round| round.logins.in_time * 100.0),
        ),
        row("memory before, MB", |round| round.resident_before_mb),
        row("memory at most, MB", |round| round.resident_peak_mb),
        row("one login, ms", |round| round.login_ms),
        (format!("one login after {ABANDONED} abandoned, ms"), Box::new(|round| round.after_abandoned_ms)),
        row("ratio of these", |round| round.after_abandoned_ms / round.login_ms),
    ]
}

/// As many digits as tell something.
fn show(figure: f64) -> String {
    if figure >= 100.0 {
        format!("{figure:.0}")
    } else if figure >= 10.0 {
        format!("{figure:.1}")
    } else {
        format!("{figure:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::round::{Logins, Others};
    use super::*;

    #[test]
    fn every_figure_is_told_with_its_spread() {
        let round = |factor: f64| Round {
            capacity: 7.0,
            login_ms: 300.0,
            quiet: Others { p50_ms: 0.5, p99_ms: 1.0 },
            storm: Others { p50_ms: 0.6, p99_ms: factor },
            logins: Logins {
                offered_per_second: 70.0,
                done_per_second: 6.3,
                refused: 600,
                refused_p50_ms: 1.0,
                refused_p99_ms: 20.0,
                refused_max_ms: 5_000.0,
                in_time: 0.995,
            },
            resident_before_mb: 12.0,
            resident_peak_mb: 20.0,
            after_abandoned_ms: 450.0,
        };
        let server = Server { database: "SQLite", rounds: vec![round(2.0), round(3.0), round(1.5)] };
        let plan = Plan { rounds: 3, ..super::super::QUICK };
        let text = section(&Machine::this(), &plan, &[server]);
        for part in [
            "| ratio of the p99                 | 2.00 (1.50 to 3.00) |",
            "| done of what it can do, %        | 90.0 (90.0 to 90.0) |",
            "| refusals within 100 ms, %        | 99.5 (99.5 to 99.5) |",
            "| a refusal, at most, ms           | 5000 (5000 to 5000) |",
            "| ratio of these                   | 1.50 (1.50 to 1.50) |",
            "Medians of 3 rounds",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}

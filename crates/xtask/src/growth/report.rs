//! What was measured, as Markdown.

use super::measure::Compared;
use super::sweeps::Swept;
use super::{Amounts, Plan};
use crate::rig::statistics::{count, grouped};
use crate::rig::{Machine, table};

/// A full database may cost so much more.
const BAR: f64 = 1.10;
/// No batch of a sweep may hold others up for longer.
const SWEEP_BAR_MS: f64 = 100.0;

/// What was measured on one kind of database.
pub(super) struct Measured {
    pub(super) database: &'static str,
    pub(super) compared: Vec<Compared>,
    pub(super) swept: Swept,
}

/// The tables.
pub(super) fn tables(all: &[Measured]) -> String {
    let parts = all.iter().map(|measured| {
        format!("## {}\n\n{}\n{}", measured.database, costs(&measured.compared), sweep(&measured.swept))
    });
    parts.collect::<Vec<_>>().join("\n")
}

fn costs(compared: &[Compared]) -> String {
    let header =
        ["request", "empty, µs", "full, µs", "full to empty", "server CPU, full to empty", "within 10 %"];
    let rows = compared.iter().map(|compared| {
        vec![
            compared.kind.name().to_owned(),
            compared.empty.show(grouped),
            compared.full.show(grouped),
            compared.ratio.show(|ratio| format!("{ratio:.2}")),
            compared.cpu_ratio.show(|ratio| format!("{ratio:.2}")),
            if compared.ratio.median <= BAR { "yes".to_owned() } else { "**no**".to_owned() },
        ]
    });
    table(&header, rows)
}

fn sweep(swept: &Swept) -> String {
    let rows = [("in quiet", swept.quiet), ("during the sweep", swept.during)].map(|(when, writes)| {
        vec![
            when.to_owned(),
            grouped(count(writes.number)),
            format!("{:.1}", writes.p50_ms),
            format!("{:.1}", writes.p99_ms),
            format!("{:.0}", writes.max_ms),
        ]
    });
    let verdict = if swept.longest_batch_ms <= SWEEP_BAR_MS { "within" } else { "**above**" };
    format!(
        "A sweep of {} rows that were over at once took {} batches and {:.0} s; the longest batch took {:.0} ms, \
         {verdict} the {SWEEP_BAR_MS:.0} ms that one may hold others up.\n\n{}",
        grouped(number(swept.rows)),
        grouped(number(swept.batches)),
        swept.took_s,
        swept.longest_batch_ms,
        table(&["renewals of a session", "number", "p50, ms", "p99, ms", "max, ms"], rows)
    )
}

fn number(rows: u64) -> f64 {
    count(usize::try_from(rows).unwrap_or(usize::MAX))
}

/// The whole document.
pub(super) fn document(machine: &Machine, amounts: &Amounts, plan: &Plan, all: &[Measured]) -> String {
    let Amounts { few, all: rows } = amounts;
    let [accounts, sessions, items, threads] =
        [rows.accounts, rows.sessions, rows.items, rows.threads].map(|rows| grouped(number(rows)));
    let (people, rounds, slices) = (plan.people, plan.rounds, plan.slices);
    format!(
        "\
# Growth

Written by `cargo xtask growth`; do not edit. {machine}

A database with {accounts} accounts, {sessions} sessions, {threads} threads and {items} items is to cost no more than 10 %
more than an empty one. Figures are medians, with the lowest and the highest in parentheses.

{tables}
## How it is measured

The release binary serves on loopback, with bcrypt at cost 4, without limits by address or account, with the log at `warn`: once on
the full database, and once on one that is empty but for {few} accounts with the same 20 threads of 20 items each, without
which there would be no page to ask for. In each of {rounds} rounds each kind of request is sent to both in turns, {slices}
slices of {slice} ms each, 4 at a time, by {people} sessions of as many accounts as there are, who are spread over all
accounts of the full database; the one that begins changes. A ratio is that of the times of one round. Processor time is the
server's own, without PostgreSQL's; both servers, both databases and the load share this machine.

The rows are made by the databases themselves, in sets (`crates/storage/examples/fill.rs`): what the product itself would
have written, but for the audit. Items of one thread lie far from each other, as those of talks do that go on at the same
time. SQLite is not analyzed, as it never is; PostgreSQL is. Both write as they do by default, except that the PostgreSQL of the
tests does not wait for the disk.

For the sweep, twice as many sessions as there are accounts are added that ended more than a year ago, and a tenth as many
registrations, limits, counts and hosted sessions, with some files: as after a long sleep. The server starts, and a session
is renewed every 10 ms, over one connection. A batch is timed by the server, from when it was asked for to its commit. Which
statements read how is no matter of measurement: a test looks at the plan of each (`crates/storage/tests/plans.rs`).
",
        tables = tables(all),
        few = few.accounts,
        slice = plan.slice.as_millis(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::load::Kind;
    use super::super::sweeps::Writes;
    use super::super::{FULL, measure};
    use super::*;
    use crate::rig::statistics::Spread;

    fn spread(median: f64) -> Spread {
        Spread { median, min: median / 2.0, max: median * 2.0 }
    }

    #[test]
    fn every_figure_is_in_the_document_and_a_missed_bar_is_told() {
        let compared = |kind, ratio| Compared {
            kind,
            empty: spread(1_200.0),
            full: spread(1_300.0),
            ratio: spread(ratio),
            cpu_ratio: spread(1.02),
        };
        let writes = Writes { number: 2_000, p50_ms: 1.0, p99_ms: 5.0, max_ms: 40.0 };
        let swept = Swept {
            rows: 2_800_000,
            batches: 6_000,
            took_s: 400.0,
            longest_batch_ms: 120.0,
            quiet: writes,
            during: Writes { max_ms: 130.0, ..writes },
        };
        let compared = vec![compared(Kind::Me, 1.05), compared(Kind::Login, 1.2)];
        let measured = Measured { database: "SQLite", compared, swept };
        let text = document(&Machine::this(), &measure::amounts(1_000_000), &FULL, &[measured]);
        for part in [
            "1,000,000 accounts, 5,000,000 sessions, 250,000 threads and 5,000,000 items",
            "| 1.05 (0.53 to 2.10) | 1.02 (0.51 to 2.04)       | yes         |",
            "| **no**      |",
            "A sweep of 2,800,000 rows that were over at once took 6,000 batches and 400 s; the longest batch took 120 ms, \
             **above** the 100 ms",
            "| during the sweep      | 2,000  | 1.0     | 5.0     | 130     |",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}

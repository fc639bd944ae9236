//! What was measured, as Markdown that is good to read as it is.

use std::fmt::Write;

use super::figures::Figures;
use super::load::CONNECTIONS;
use crate::rig::statistics::grouped;
use crate::rig::table;

/// Where and how it was measured.
pub(super) struct Setting {
    /// Of the day, in UTC.
    pub(super) date: String,
    pub(super) cores: usize,
    /// As it calls itself, if it does.
    pub(super) processor: Option<String>,
    pub(super) rounds: usize,
    pub(super) round_ms: u128,
    pub(super) starts: usize,
    /// The release binary, in bytes.
    pub(super) binary_bytes: u64,
}

/// The tables.
pub(super) fn tables(setting: &Setting, servers: &[Figures]) -> String {
    let mut text = String::new();
    for figures in servers {
        // Writing to a string does not fail.
        let _ = writeln!(text, "## {}\n\n{}", figures.database, loads(figures));
    }
    let _ = write!(text, "## Start, memory, size\n\n{}", sizes(setting, servers));
    text
}

/// The whole document.
pub(super) fn document(setting: &Setting, servers: &[Figures]) -> String {
    let Setting { date, cores, rounds, round_ms, starts, .. } = setting;
    let processor = setting.processor.as_deref().unwrap_or("unknown");
    let tables = tables(setting, servers);
    format!(
        "\
# Benchmarks

Written by `cargo xtask bench`; do not edit. Measured on {date}, on {cores} cores ({processor}).

Times are of one noisy machine: the ratios count. Figures are medians, with the lowest and the highest in
parentheses.

How it is measured: the release binary serves on loopback, with bcrypt at cost 4, without a limit by address,
with the log at `warn`. {CONNECTIONS} connections are kept alive, each with a session of its own and one request
under way. There are {rounds} rounds of {round_ms} ms for each kind of request, after a warm-up, and all kinds
take turns in a round. A ratio is that to `GET /api/health/alive` of the same server in the same round: JSON that
passes the same middleware and asks nobody. The load comes from the same cores, which makes ratios of requests
per second milder than those of the server's processor time; the latter is the server's alone, without
PostgreSQL's.

SQLite writes with full synchronisation. The PostgreSQL is the one of the tests, which does not: its renewals
are not durable, and faster than they would be.

{tables}
Start is from the order to start the process to the first 200 of `/api/health/ready`, on a database that is up
to date, over {starts} starts. Memory is what is resident: some time after the start, and after all loads above.
"
    )
}

fn loads(figures: &Figures) -> String {
    let header = ["request", "requests/s", "ratio to the floor", "server CPU per request, µs"];
    let rows = figures.loads.iter().map(|figures| {
        vec![
            format!("`{}`", figures.load.name()),
            figures.per_second.show(grouped),
            figures.ratio.show(|ratio| format!("{ratio:.2}")),
            figures.cpu_us.show(|microseconds| format!("{microseconds:.0}")),
        ]
    });
    table(&header, rows)
}

fn sizes(setting: &Setting, servers: &[Figures]) -> String {
    let mut header = vec![""];
    let mut rows: Vec<Vec<String>> =
        ["start, ms", "memory idle, MB", "memory after the loads, MB", "memory at most, MB"]
            .map(|name| vec![name.to_owned()])
            .to_vec();
    for figures in servers {
        header.push(figures.database);
        let cells = [
            figures.start_ms.show(grouped),
            figures.idle_mb.show(|megabytes| format!("{megabytes:.1}")),
            format!("{:.1}", figures.loaded.resident),
            format!("{:.1}", figures.loaded.peak),
        ];
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.push(cell);
        }
    }
    let tenths = setting.binary_bytes / 100_000;
    format!("{}\nThe binary has {}.{} MB.\n", table(&header, rows), tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::LoadFigures;
    use crate::bench::load::Load;
    use crate::rig::process::Memory;
    use crate::rig::statistics::Spread;

    fn spread(median: f64) -> Spread {
        Spread { median, min: median / 2.0, max: median * 2.0 }
    }

    fn figures(database: &'static str) -> Figures {
        let of_me = LoadFigures {
            load: Load::Me,
            per_second: spread(12_000.0),
            ratio: spread(0.5),
            cpu_us: spread(60.0),
        };
        Figures {
            database,
            start_ms: spread(40.0),
            idle_mb: spread(10.0),
            loaded: Memory { resident: 20.0, peak: 30.0 },
            loads: vec![of_me],
        }
    }

    fn setting() -> Setting {
        Setting {
            date: "2026-01-02".to_owned(),
            cores: 2,
            processor: None,
            rounds: 5,
            round_ms: 2_000,
            starts: 3,
            binary_bytes: 12_345_678,
        }
    }

    #[test]
    fn every_figure_is_in_the_document() {
        let text = document(&setting(), &[figures("SQLite"), figures("PostgreSQL")]);
        for part in [
            "Measured on 2026-01-02, on 2 cores (unknown).",
            "5 rounds of 2000 ms",
            "over 3 starts",
            "| `GET /api/auth/me` | 12,000 (6,000 to 24,000) | 0.50 (0.25 to 1.00) | 60 (30 to 120)             |",
            "| memory idle, MB            | 10.0 (5.0 to 20.0) | 10.0 (5.0 to 20.0) |",
            "| memory at most, MB         | 30.0               | 30.0               |",
            "The binary has 12.3 MB.",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}

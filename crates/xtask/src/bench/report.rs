//! What was measured, as Markdown that is good to read as it is.

use std::fmt::Write;

use super::Database;
use super::bars::{self, Most, Reached};
use super::figures::{self, Figures};
use super::load::{CONNECTIONS, Load};
use super::subject::Side;
use crate::rig::statistics::{Spread, grouped};
use crate::rig::{Machine, table};

/// Where and how it was measured.
pub(super) struct Setting {
    pub(super) machine: Machine,
    pub(super) rounds: usize,
    pub(super) round_ms: u128,
    pub(super) starts: usize,
    /// The release binary, in bytes.
    pub(super) binary_bytes: u64,
}

/// All of it.
pub(super) fn section(setting: &Setting, all: &[Figures]) -> String {
    let Setting { machine, rounds, round_ms, starts, .. } = setting;
    let bars = bars(&bars::reached(all).unwrap_or_default());
    let sizes = sizes(setting, all);
    let mut loads = String::new();
    for database in Database::ALL {
        // Writing to a string does not fail.
        let _ = write!(loads, "\n### {database}\n\n{}", rates(all, database));
    }
    format!(
        "\
Written by `cargo xtask bench`. {machine} Figures are medians of {rounds} rounds of {round_ms} ms, with the lowest and
the highest in parentheses; start and memory are of {starts} starts.

{bars}
{sizes}
The release binary serves on loopback, with bcrypt at cost 4, without limits by address or account, with the log at
`warn`. {CONNECTIONS} connections are kept alive, each for a user of its own and with one request under way; all kinds take
turns in a round, and a ratio is that of the same round. The floor is `crates/floor`: actix-web, biscuit and Diesel, and
nothing else. Both databases bring a commit to disk before it is told. The load comes from the same cores. Processor time
is the server's alone, without PostgreSQL's.
{loads}"
    )
}

fn verdict(holds: bool) -> String {
    if holds { "yes" } else { "no" }.to_owned()
}

fn bars(reached: &[Reached]) -> String {
    let rows = reached.iter().map(|one| {
        vec![
            one.what.clone(),
            one.ratio.show(|ratio| format!("{ratio:.2}")),
            format!("at least {:.2}", one.at_least),
            verdict(one.holds()),
        ]
    });
    table(&["requests per second", "ratio", "bar", "holds"], rows)
}

fn sizes(setting: &Setting, all: &[Figures]) -> String {
    let mut rows = Vec::new();
    for figures in all.iter().filter(|figures| figures.side == Side::Product) {
        let most = Most::on(figures.database);
        let row = |what: &str, shown: String, is: f64, bar: f64| {
            let what = format!("{what}, {}", figures.database);
            vec![what, shown, format!("at most {bar:.0}"), verdict(is <= bar)]
        };
        let megabytes = |spread: Spread| spread.show(|megabytes| format!("{megabytes:.1}"));
        rows.extend([
            row(
                "start to first 200, ms",
                figures.start_ms.show(grouped),
                figures.start_ms.median,
                most.start_ms,
            ),
            row("memory idle, MB", megabytes(figures.idle_mb), figures.idle_mb.median, most.idle_mb),
            row(
                "memory at most, MB",
                format!("{:.1}", figures.loaded.peak),
                figures.loaded.peak,
                most.loaded_mb,
            ),
        ]);
    }
    let tenths = setting.binary_bytes / 100_000;
    let holds = setting.binary_bytes <= 20_000_000;
    rows.push(vec![
        "release binary, MB".to_owned(),
        format!("{}.{}", tenths / 10, tenths % 10),
        format!("at most {:.0}", Most::BINARY_MB),
        verdict(holds),
    ]);
    table(&["start, memory, size", "measured", "bar", "holds"], rows)
}

/// What was measured on one database, each in relation to the bare answer too.
fn rates(all: &[Figures], database: Database) -> String {
    let bare = figures::of(all, Database::Sqlite, Load::Bare);
    let on_database = all.iter().filter(|figures| figures.database == database);
    let rows = on_database.flat_map(|figures| &figures.loads).map(|load| {
        let ratio = bare.and_then(|bare| figures::ratio(load, bare));
        let per_second = Spread::of(load.rounds.iter().copied());
        vec![
            format!("`{}`", load.load.name()),
            per_second.map(|rate| rate.show(grouped)).unwrap_or_default(),
            ratio.map(|ratio| ratio.show(|ratio| format!("{ratio:.2}"))).unwrap_or_default(),
            load.cpu_us.show(|microseconds| format!("{microseconds:.0}")),
        ]
    });
    table(&["request", "requests/s", "ratio to `GET /bare`", "server CPU per request, µs"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::LoadFigures;
    use crate::rig::process::Memory;

    fn figures(database: Database, side: Side, rate: f64) -> Figures {
        let spread = |median: f64| Spread { median, min: median / 2.0, max: median * 2.0 };
        let loads = match side {
            Side::Floor => Load::of_floor(database),
            Side::Product => Load::OF_PRODUCT,
        };
        let of_load = |&load| LoadFigures { load, rounds: vec![rate, rate], cpu_us: spread(60.0) };
        Figures {
            side,
            database,
            start_ms: spread(150.0),
            idle_mb: spread(10.0),
            loaded: Memory { resident: 20.0, peak: 90.0 },
            loads: loads.iter().map(of_load).collect(),
        }
    }

    #[test]
    fn every_figure_is_in_the_document_and_so_is_what_it_missed() {
        let setting = Setting {
            machine: Machine::this(),
            rounds: 5,
            round_ms: 2_000,
            starts: 3,
            binary_bytes: 12_345_678,
        };
        let all: Vec<Figures> = Database::ALL
            .into_iter()
            .flat_map(|on| [figures(on, Side::Floor, 20_000.0), figures(on, Side::Product, 8_000.0)])
            .collect();
        let text = section(&setting, &all);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "medians of 5 rounds of 2000 ms",
            "| `GET /api/auth/me` on SQLite, to `GET /bare` | 0.40 (0.40 to 0.40) | at least 0.45 | no |",
            "| `POST /api/chatkit/token` on PostgreSQL, to `GET /bare` on SQLite | 0.40 (0.40 to 0.40) | at least 0.10 | yes |",
            "| start to first 200, ms, SQLite | 150 (75 to 300) | at most 100 | no |",
            "| start to first 200, ms, PostgreSQL | 150 (75 to 300) | at most 300 | yes |",
            "| memory at most, MB, SQLite | 90.0 | at most 80 | no |",
            "| release binary, MB | 12.3 | at most 20 | yes |",
            "| `GET /bare` | 20,000 (20,000 to 20,000) | 1.00 (1.00 to 1.00) | 60 (30 to 120) |",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}

//! What was streamed, as Markdown that is good to read as it is.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Streamed;
use crate::rig::process::Memory;
use crate::rig::statistics::grouped;

/// Where and how it was measured.
pub(super) struct Setting {
    /// Of the day, in UTC.
    pub(super) date: String,
    pub(super) cores: usize,
    /// As it calls itself, if it does.
    pub(super) processor: Option<String>,
    pub(super) streams: usize,
    pub(super) per_second: f64,
    pub(super) seconds: f64,
}

/// What came of all streams on one database.
pub(super) struct Figures {
    pub(super) database: &'static str,
    pub(super) streams: usize,
    /// How many came whole.
    pub(super) whole: usize,
    /// Events of text a second in the middle stream, and in all together.
    pub(super) per_stream: f64,
    pub(super) per_second: f64,
    /// In milliseconds: of half of all events, of 99 of 100, of all.
    pub(super) late: [f64; 3],
    pub(super) cpu_cores: f64,
    /// In MB: before the streams, while all were open, and at most.
    pub(super) memory: [f64; 3],
    /// Why streams were not whole, and how many.
    pub(super) faults: BTreeMap<String, usize>,
}

impl Figures {
    pub(super) fn of(
        database: &'static str,
        streams: usize,
        streamed: Streamed,
        idle: Memory,
        peak: f64,
    ) -> Self {
        let (mut late, mut rates, mut faults) = (Vec::new(), Vec::new(), BTreeMap::new());
        for read in streamed.reads {
            match read {
                Ok(read) => {
                    let pauses = read.lateness_ms.len().saturating_sub(1);
                    rates
                        .push(f64::from(u32::try_from(pauses).unwrap_or(u32::MAX)) / read.seconds.max(0.001));
                    late.extend(read.lateness_ms);
                }
                Err(fault) => *faults.entry(fault).or_insert(0) += 1,
            }
        }
        let whole = rates.len();
        late.sort_by(f64::total_cmp);
        rates.sort_by(f64::total_cmp);
        Self {
            database,
            streams,
            whole,
            per_stream: at(&rates, 50),
            per_second: rates.iter().sum(),
            late: [at(&late, 50), at(&late, 99), at(&late, 100)],
            cpu_cores: streamed.cpu_cores,
            memory: [idle.resident, streamed.resident, peak],
            faults,
        }
    }
}

/// The figure that so many of a hundred do not exceed.
fn at(sorted: &[f64], percent: usize) -> f64 {
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

/// The table, and what went wrong.
pub(super) fn table(figures: &[Figures]) -> String {
    let mut text = String::from(
        "\
| database | streams | whole | events/s each | events/s in all | late, ms: p50 | p99 | max | server CPU, cores | memory, MB: idle | open | peak |
|---|---|---|---|---|---|---|---|---|---|---|---|
",
    );
    for figures in figures {
        let Figures { database, streams, whole, per_stream, per_second, late, cpu_cores, memory, .. } =
            figures;
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {database} | {streams} | {whole} | {per_stream:.1} | {} | {:.1} | {:.1} | {:.0} | {cpu_cores:.2} | \
             {:.1} | {:.1} | {:.1} |",
            grouped(*per_second),
            late[0],
            late[1],
            late[2],
            memory[0],
            memory[1],
            memory[2],
        );
    }
    for figures in figures {
        for (fault, count) in &figures.faults {
            let _ = writeln!(text, "\n{}: {count} streams: {fault}", figures.database);
        }
    }
    text
}

/// The whole document.
pub(super) fn document(setting: &Setting, figures: &[Figures]) -> String {
    let Setting { date, cores, processor, streams, per_second, seconds } = setting;
    let processor = processor.as_deref().unwrap_or("unknown");
    let table = table(figures);
    format!(
        "\
# Many streams at once

Written by `cargo xtask load`; do not edit. Measured on {date}, on {cores} cores ({processor}).

{table}
How it is measured: the release binary serves on loopback and asks a model, played by the command itself, that
says a word {per_second:.0} times a second for {seconds:.0} s to everybody who asks. {streams} clients begin a thread
each and read its answer. A stream is whole when every word came, in order, and the item at its end holds them
all. Late is the time from the model's word to the client's receipt of it, through the server. Processor time
and memory are those of the server's process; the model and the clients take their part of the same cores, and so
does PostgreSQL.
"
    )
}

#[cfg(test)]
mod tests {
    use super::super::reader::Read;
    use super::*;

    fn figures() -> Figures {
        let read = |late: f64| Ok(Read { lateness_ms: vec![late; 21], seconds: 1.0 });
        let reads = vec![read(1.0), read(3.0), Err("the connection was cut".to_owned())];
        let streamed = Streamed { reads, cpu_cores: 0.5, resident: 40.0 };
        Figures::of("SQLite", 3, streamed, Memory { resident: 20.0, peak: 21.0 }, 50.0)
    }

    #[test]
    fn figures_are_of_all_whole_streams_and_faults_are_counted() {
        let figures = figures();
        assert_eq!(figures.whole, 2);
        assert_eq!(figures.faults["the connection was cut"], 1);
        let table = table(&[figures]);
        assert!(table.contains("| SQLite | 3 | 2 | 20.0 | 40 | 1.0 | 3.0 | 3 | 0.50 | 20.0 | 40.0 | 50.0 |"));
        assert!(table.contains("SQLite: 1 streams: the connection was cut"), "{table}");
    }

    #[test]
    fn a_figure_of_a_hundred_is_found_in_any_number_of_them() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        for (figures, percent, expected) in [
            (&[1.0][..], 50, "1"),
            (&hundred, 50, "50"),
            (&hundred, 99, "99"),
            (&hundred, 100, "100"),
            (&[], 50, "NaN"),
        ] {
            assert_eq!(at(figures, percent).to_string(), expected, "{percent} of {}", figures.len());
        }
    }
}

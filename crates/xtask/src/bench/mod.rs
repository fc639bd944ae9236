//! `cargo xtask bench`: how fast the release binary is, in relation to the least that it can do.

mod figures;
mod load;
mod report;
mod subject;

use std::fs;
use std::time::Duration;

use self::report::Setting;
use self::subject::Subject;
use crate::cargo;
use crate::failure::Failure;
use crate::rig::{self, Options, own_postgres, process, say, today};

/// Where the results go, in the workspace.
const DOCUMENT: &str = "docs/benchmarks.md";

/// How much is measured.
struct Plan {
    rounds: usize,
    round: Duration,
    warm_up: Duration,
    starts: usize,
    /// After a start, until what it began is done.
    rest: Duration,
}

const FULL: Plan = Plan {
    rounds: 7,
    round: Duration::from_secs(2),
    warm_up: Duration::from_secs(1),
    starts: 7,
    rest: Duration::from_millis(500),
};
const QUICK: Plan = Plan {
    rounds: 2,
    round: Duration::from_millis(500),
    warm_up: Duration::from_millis(200),
    starts: 2,
    rest: Duration::from_millis(100),
};

/// Measures, prints, and, when all was measured on a binary that was built here, writes it down.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        return Err(rig::start_over_optimized("bench", &options.arguments()?));
    }
    let plan = if options.quick { &QUICK } else { &FULL };
    let binary = rig::binary(options.binary.as_deref())?;
    let at = |error| Failure::new(format!("{}: {error}", binary.display()));
    let binary_bytes = binary.metadata().map_err(at)?.len();

    // It goes when this does, after the servers that use it.
    let postgres = own_postgres()?;
    let mut subjects = vec![Subject::open("SQLite", &binary, "sqlite://bench.db")?];
    if let Some(postgres) = &postgres {
        subjects.push(Subject::open("PostgreSQL", &binary, postgres.url())?);
    }
    let servers = subject::measure(subjects, plan)?;

    let setting = Setting {
        date: today(),
        cores: rig::cores(),
        processor: process::processor(),
        rounds: plan.rounds,
        round_ms: plan.round.as_millis(),
        starts: plan.starts,
        binary_bytes,
    };
    say(&format!("\n{}", report::tables(&setting, &servers)));
    if *options == Options::default() && postgres.is_some() {
        let document = report::document(&setting, &servers);
        fs::write(cargo::workspace().join(DOCUMENT), document)
            .map_err(|error| Failure::new(format!("{DOCUMENT}: {error}")))?;
        say(&format!("Written to {DOCUMENT}."));
    }
    Ok(())
}

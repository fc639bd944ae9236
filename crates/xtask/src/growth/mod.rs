//! `cargo xtask growth`: what requests cost once there are a million accounts, in relation to an empty
//! database, and what a sweep of millions of rows does to those who write.

mod load;
mod measure;
mod options;
mod report;
mod sweeps;

use std::fs;
use std::path::Path;
use std::time::Duration;

use self::measure::Subject;
pub(crate) use self::options::Options;
use self::report::Measured;
use crate::cargo;
use crate::failure::Failure;
use crate::rig::filling::{Filler, Rows};
use crate::rig::{self, Machine, own_postgres, say};

/// Where the results go, in the workspace.
const DOCUMENT: &str = "docs/growth.md";

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Plan {
    rounds: usize,
    /// Of a round, for each kind of request and database.
    slices: usize,
    slice: Duration,
    warm_up: Duration,
    /// How many sessions send requests.
    people: u64,
    /// After filling.
    rest: Duration,
}

const FULL: Plan = Plan {
    rounds: 7,
    slices: 4,
    slice: Duration::from_millis(500),
    warm_up: Duration::from_secs(2),
    people: 512,
    rest: Duration::from_secs(10),
};
const SHORT: Plan = Plan {
    rounds: 5,
    slices: 2,
    slice: Duration::from_millis(200),
    warm_up: Duration::from_millis(300),
    people: 64,
    rest: Duration::from_secs(1),
};

/// How many rows the two databases have.
#[derive(Debug, Clone, Copy)]
struct Amounts {
    few: Rows,
    all: Rows,
}

/// Measures, prints, and, when all was measured on a binary that was built here, writes it down.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        return Err(rig::start_over_optimized("growth", &options.arguments()?));
    }
    let plan = if options.short { &SHORT } else { &FULL };
    let binary = rig::binary(options.binary())?;
    let filler = Filler::build()?;
    let amounts = measure::amounts(options.accounts);

    // One after the other: the full ones take the disk in turns.
    let mut all = vec![on_database("SQLite", false, &binary, &filler, &amounts, plan)?];
    let has_postgres = own_postgres()?.is_some();
    if has_postgres {
        all.push(on_database("PostgreSQL", true, &binary, &filler, &amounts, plan)?);
    }
    say(&format!("\n{}", report::tables(&all)));
    if options.is_whole() && has_postgres {
        let document = report::document(&Machine::this(), &amounts, plan, &all);
        fs::write(cargo::workspace().join(DOCUMENT), document)
            .map_err(|error| Failure::new(format!("{DOCUMENT}: {error}")))?;
        say(&format!("Written to {DOCUMENT}."));
    }
    Ok(())
}

fn on_database(
    database: &'static str,
    on_postgres: bool,
    binary: &Path,
    filler: &Filler,
    amounts: &Amounts,
    plan: &Plan,
) -> Result<Measured, Failure> {
    let open = |what: &str, rows: Rows| {
        say(&format!("{database}: filling the {what} database, with {} accounts", rows.accounts));
        let postgres = if on_postgres { own_postgres()? } else { None };
        Subject::open(binary, filler, postgres, rows)
    };
    let mut empty = open("empty", amounts.few)?;
    let mut full = open("full", amounts.all)?;
    measure::settle(plan);
    say(&format!("{database}: requests"));
    let compared = measure::compare(&mut empty, &mut full, plan)?;
    drop(empty);
    say(&format!("{database}: a sweep"));
    let swept = sweeps::measure(&mut full, filler, plan)?;
    Ok(Measured { database, compared, swept })
}
